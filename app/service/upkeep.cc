#include "app/service/upkeep.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace vedette::app {
namespace {

using connectors::SourceHealth;

constexpr DurationUs kPushGrace = kSecondUs;  // a push source may still be writing what it received
constexpr DurationUs kTrimEvery = 60 * kSecondUs;
constexpr DurationUs kTickForTrimming = 10 * kMinuteUs;
constexpr DurationUs kClockAhead = 10 * kMinuteUs;  // more than a record's own stamp may be ahead

}  // namespace

Upkeep::Upkeep(const Config& config, connectors::Store& store, connectors::Committer& committer, Applier& applier,
               Sources& sources, Sinks& sinks, const HealthWatch& health, Logger& logger,
               std::function<bool(std::function<void()>)> submit)
    : config_(config),
      store_(store),
      committer_(committer),
      applier_(applier),
      sources_(sources),
      sinks_(sinks),
      health_(health),
      logger_(logger),
      submit_(std::move(submit)) {}

void Upkeep::restore(const std::vector<run::ClockMark>& clocks, const plan::Plan& plan, Origins& origins) {
  for (const run::ClockMark& mark : clocks) {
    const auto origin = origins.named(mark.source_name, mark.partition, mark.tenant);
    for (std::uint32_t source = 0; source < plan.sources.size(); ++source) {
      if (plan.sources[source].source.name == mark.source_type) clocks_[{origin->clock, source}] = {origin, source, mark.stamp};
    }
  }
  note_slowest();
}

void Upkeep::warn_about_clocks(TimeUs now) const {
  for (const auto& [key, clock] : clocks_) {
    if (clock.stamp <= now + kClockAhead) continue;
    logger_.log(
        connectors::LogLevel::warning, clock.origin->source_name,
        fmt::format("its log time stands at {}, ahead of the wall clock: an earlier run went by a wrong one, or this one is "
                    "wrong. Until then events count as received at that time, and as late when they are older than their "
                    "source accepts; when it is far, set the clock right or restore a backup of the store from before",
                    format_rfc3339(clock.stamp)));
  }
}

void Upkeep::note(const correlate::HitBatch& hits) {
  for (std::uint32_t source = 0; source < hits.stamps.size(); ++source) {
    if (hits.stamps[source] == event::kNoArrival) continue;
    Clock& clock = clocks_[{hits.origin->clock, source}];
    clock.origin = hits.origin;
    clock.source = source;
    clock.stamp = std::max(clock.stamp, hits.stamps[source]);
  }
  note_slowest();
}

void Upkeep::note_slowest() {
  TimeUs slowest = INT64_MAX;
  for (const auto& [key, clock] : clocks_) slowest = std::min(slowest, clock.stamp);
  const std::lock_guard lock(mutex_);
  slowest_ = slowest;
}

void Upkeep::step(TimeUs now) {
  const std::map<std::string, Look> all = looks();
  mark_down(now, all);
  tick(now, all);
  if (now >= next_trim_) trim(now);
}

std::map<std::string, Upkeep::Look> Upkeep::looks() const {
  std::map<std::string, Look> looks;
  for (const SourceConfig& source : config_.sources) looks[source.name].silent = health_.silent(source.name);
  for (const Sources::Live& live : sources_.all()) {
    if (live.config != nullptr) looks[live.config->name].health = live.source->health();
  }
  // With none left to tell the time by, silence is a quiet hour, not a fault: held decisions would wait without end.
  const auto alive = [](const auto& look) { return look.second.health.up && !look.second.silent; };
  if (std::none_of(looks.begin(), looks.end(), alive)) {
    for (auto& [name, look] : looks) look.silent = false;
  }
  return looks;
}

void Upkeep::tick(TimeUs now, const std::map<std::string, Look>& looks) {
  std::map<std::string, TimeUs> complete_to;  // config name -> nothing that was there by then is missing
  for (const auto& [name, look] : looks) {
    const SourceHealth& health = look.health;
    if (!health.up || !health.caught_up || look.silent) continue;
    complete_to[name] = health.complete_to == SourceHealth::kNoTime ? now - kPushGrace : health.complete_to;
  }
  // Without room the workers are busy: the next step ticks further.
  (void)submit_([this, complete_to = std::move(complete_to), now] { apply_ticks(complete_to, now); });
}

// From a source that is not configured any more nothing more will come. Without rules that wait for log time the clocks are
// for trimming alone.
void Upkeep::apply_ticks(const std::map<std::string, TimeUs>& complete_to, TimeUs now) {
  const DurationUs least = applier_.generation().rules.plan->waits() ? kSecondUs : kTickForTrimming;
  for (auto& [key, clock] : clocks_) {
    const auto found = complete_to.find(clock.origin->source_name);
    if (found == complete_to.end() && is_configured(clock.origin->source_name)) continue;
    const TimeUs stamp = found != complete_to.end() ? found->second : now - kPushGrace;
    if (stamp < clock.stamp + least) continue;
    clock.stamp = stamp;
    applier_.tick(*clock.origin, clock.source, clock.stamp);
  }
  note_slowest();
}

bool Upkeep::is_configured(const std::string& source) const {
  return std::any_of(config_.sources.begin(), config_.sources.end(),
                     [&](const SourceConfig& each) { return each.name == source; });
}

void Upkeep::mark_down(TimeUs now, const std::map<std::string, Look>& looks) {
  std::set<std::string> down;
  for (const auto& [name, look] : looks) {
    if (look.health.up) unwell_since_.erase(name);
    const bool gone = !look.health.up && unwell_since_.emplace(name, now).first->second <= now - kDownAfter;
    if (gone || look.silent) down.insert(name);
  }
  if (down_ == down || !submit_([this, down] { apply_down(down); })) return;  // without room: at the next step
  for (const auto& [name, look] : looks) {
    const bool before = down_ && down_->contains(name);
    if (before == down.contains(name)) continue;
    logger_.log(connectors::LogLevel::warning, name,
                before ? std::string("up again")
                       : fmt::format("down: {}; rules that wait for it hold their decisions",
                                     look.silent ? "it sends nothing any more" : look.health.reason));
  }
  down_ = std::move(down);
}

// The log says what a process before this one has marked.
void Upkeep::apply_down(const std::set<std::string>& down) {
  std::set<std::uint32_t> types;
  for (const SourceConfig& source : config_.sources) {
    if (down.contains(source.name)) types.merge(types_of(source));
  }
  for (std::uint32_t type = 0; type < applier_.generation().rules.plan->sources.size(); ++type) {
    const bool mark = types.contains(type);
    if (applier_.generation().sequencer.correlator().is_down(type) != mark) applier_.set_down(type, mark);
  }
}

// Those it is configured to be of, and those that came.
std::set<std::uint32_t> Upkeep::types_of(const SourceConfig& source) const {
  std::vector<std::string> names = {source.source};
  for (const auto& [topic, type] : source.kafka.topic_source) names.push_back(type);
  std::set<std::uint32_t> types;
  for (const std::string& name : names) {
    const auto type = find_source(*applier_.generation().rules.plan, name);
    if (type && *type != plan::kNone) types.insert(*type);
  }
  for (const auto& [key, clock] : clocks_) {
    if (clock.origin->source_name == source.name) types.insert(clock.source);
  }
  return types;
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
  if (trim.log > 0) {
    changes.facts[kClocksFact] = run::encode_clocks(marks);
    changes.facts[kLogFromFact] = fmt::format("{}", std::max(before, log_from(store_)));
  }
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
