#include "app/service/upkeep.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace vedette::app {
namespace {

using connectors::SourceHealth;

constexpr DurationUs kPushGrace = kSecondUs;       // a push source may still be writing what it received
constexpr DurationUs kDownAfter = 30 * kSecondUs;  // a source that cannot be reached for so long is down
constexpr DurationUs kTrimEvery = 60 * kSecondUs;

}  // namespace

Upkeep::Upkeep(const Config& config, connectors::Store& store, connectors::Committer& committer, Applier& applier,
               Sources& sources, Sinks& sinks, Logger& logger, std::function<bool(std::function<void()>)> submit)
    : config_(config),
      store_(store),
      committer_(committer),
      applier_(applier),
      sources_(sources),
      sinks_(sinks),
      logger_(logger),
      submit_(std::move(submit)) {}

void Upkeep::note(const correlate::HitBatch& hits) {
  for (std::uint32_t source = 0; source < hits.stamps.size(); ++source) {
    if (hits.stamps[source] == event::kNoArrival) continue;
    Clock& clock = clocks_[{hits.origin->clock, source}];
    clock.origin = hits.origin;
    clock.source = source;
    clock.stamp = std::max(clock.stamp, hits.stamps[source]);
  }
  TimeUs slowest = INT64_MAX;
  for (const auto& [key, clock] : clocks_) slowest = std::min(slowest, clock.stamp);
  const std::lock_guard lock(mutex_);
  slowest_ = slowest;
}

void Upkeep::step(TimeUs now) {
  mark_down(now);
  tick(now);
  if (now >= next_trim_) trim(now);
}

// Only rules that wait for log time look at ticks.
void Upkeep::tick(TimeUs now) {
  std::map<std::string, TimeUs> complete_to;  // config name -> nothing that was there by then is missing
  std::map<std::string, SourceHealth> pull;
  for (const Sources::Live& live : sources_.all()) {
    if (live.config != nullptr) pull[live.config->name] = live.source->health();
  }
  for (const SourceConfig& source : config_.sources) {
    const auto found = pull.find(source.name);
    const SourceHealth health = found == pull.end() ? SourceHealth{} : found->second;
    if (!health.up || !health.caught_up) continue;
    complete_to[source.name] = health.complete_to == SourceHealth::kNoTime ? now - kPushGrace : health.complete_to;
  }
  // Without room the workers are busy: the next step ticks further.
  (void)submit_([this, complete_to = std::move(complete_to)] { apply_ticks(complete_to); });
}

void Upkeep::apply_ticks(const std::map<std::string, TimeUs>& complete_to) {
  if (!applier_.generation().rules.plan->waits()) return;
  for (auto& [key, clock] : clocks_) {
    const auto found = complete_to.find(clock.origin->source_name);
    if (found == complete_to.end() || found->second < clock.stamp + kSecondUs) continue;
    clock.stamp = found->second;
    applier_.tick(*clock.origin, clock.source, clock.stamp);
  }
}

void Upkeep::mark_down(TimeUs now) {
  for (const Sources::Live& live : sources_.all()) {
    if (live.config == nullptr) continue;
    const std::string& name = live.config->name;
    const SourceHealth health = live.source->health();
    if (health.up) unwell_since_.erase(name);
    if (!health.up && unwell_since_.emplace(name, now).first->second > now - kDownAfter) continue;
    if (health.up != down_.contains(name)) continue;
    const auto mark = [this, name, down = !health.up] {
      std::set<std::uint32_t> types;
      for (const auto& [key, clock] : clocks_) {
        if (clock.origin->source_name == name) types.insert(clock.source);
      }
      for (const std::uint32_t type : types) applier_.set_down(type, down);
    };
    if (!submit_(mark)) continue;  // no room: at the next step
    health.up ? (void)down_.erase(name) : (void)down_.insert(name);
    logger_.log(connectors::LogLevel::warning, name,
                health.up ? std::string("up again")
                          : fmt::format("down: {}; rules that wait for it hold their decisions", health.reason));
  }
}

// What no rule can need any more, by the log time of the slowest clock; the clocks of what goes are kept.
void Upkeep::trim(TimeUs now) {
  next_trim_ = now + kTrimEvery;
  plan::PlanPtr plan;
  TimeUs slowest = INT64_MAX;
  {
    const std::lock_guard lock(mutex_);
    plan = plan_;
    slowest = slowest_;
  }
  if (!plan || slowest == INT64_MAX) return;
  const TimeUs before = slowest - run::log_retention(*plan);
  std::vector<run::ClockMark> marks;
  if (const auto stored = store_.fact(kClocksFact)) {
    auto decoded = run::decode_clocks(*stored);
    if (!decoded)
      return logger_.log(connectors::LogLevel::error, "store", "the log is not trimmed: " + decoded.error().to_string());
    marks = std::move(*decoded);
  }
  connectors::Trim trim;
  run::LogReader reader(
      plan, [this](const std::string& name) { return store_.bundle(streams_name(name)); },
      [](std::string_view, std::string_view, std::string_view) { return std::make_shared<const event::Origin>(); });
  Status noted;
  const Status read = store_.read_log(0, [&](std::uint64_t number, TimeUs time, std::string_view bytes) {
    if (time >= before) return false;
    noted = reader.note_clocks(bytes, marks);
    if (noted) trim.log = number;
    return noted.ok();
  });
  if (!read || !noted) {
    const Error& why = read ? noted.error() : read.error();
    return logger_.log(connectors::LogLevel::error, "store", "the log is not trimmed: " + why.to_string());
  }
  connectors::Changes changes;
  if (trim.log > 0) changes.facts[kClocksFact] = run::encode_clocks(marks);
  trim.outbox = sinks_.done_with();
  trim.emitted_before = before;
  trim.evidence_before = now - config_.store.evidence_keep;
  committer_.add(std::move(changes), [this, trim](bool durable) {
    if (!durable) return;
    if (const Status trimmed = store_.trim(trim); !trimmed)
      logger_.log(connectors::LogLevel::warning, "store", trimmed.error().to_string());
  });
}

void Upkeep::in_force(plan::PlanPtr plan) {
  const std::lock_guard lock(mutex_);
  plan_ = std::move(plan);
}

}  // namespace vedette::app
