#include "app/service/health_watch.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace vedette::app {
namespace {

constexpr const char* kHealthFact = "health";

double seconds_of(DurationUs duration) { return static_cast<double>(duration) / static_cast<double>(kSecondUs); }

std::vector<HealthSource> sources_of(const Config& config) {
  std::vector<HealthSource> sources;
  for (const SourceConfig& source : config.sources) {
    HealthSource made{.name = source.name, .tenant = source.tenant, .silent_after = source.silent_after};
    if (source.canary) made.canary_within = source.canary->every + source.canary->grace;
    sources.push_back(std::move(made));
  }
  return sources;
}

std::optional<DurationUs> delay_of(const correlate::HitBatch& hits) {
  const TimeUs received = run::newest_stamp(hits);
  if (received == event::kNoArrival || hits.last_good_t == correlate::kNoTime) return std::nullopt;
  return received - hits.last_good_t;
}

}  // namespace

HealthWatch::HealthWatch(const Config& config, Applier& applier, const Sources& sources, connectors::Clock clock,
                         Metrics& metrics, Logger& logger, std::function<bool(std::function<void()>)> submit)
    : config_(config),
      applier_(applier),
      sources_(sources),
      clock_(std::move(clock)),
      metrics_(metrics),
      logger_(logger),
      submit_(std::move(submit)),
      health_(sources_of(config), clock_()) {
  for (const SourceConfig& source : config.sources) {
    if (!source.canary) continue;
    canaries_[source.name] = source.canary->contains;
    metrics_.add("vedette_canaries_total", Metrics::label("source", source.name), 0);
  }
}

Status HealthWatch::restore(const connectors::Store& store) {
  if (!config_.health_alerts) return {};
  const auto stored = store.fact(kHealthFact);
  if (!stored) return {};
  if (const Status restored = health_.restore(*stored); !restored) return Error{restored.error().message, config_.store.path};
  show();
  return {};
}

void HealthWatch::step(TimeUs now) {
  // Without room the workers are busy: the next step judges.
  (void)submit_([this, now, looks = looks()] { judge(now, looks); });
}

std::map<std::string, SourceLook> HealthWatch::looks() const {
  std::map<std::string, SourceLook> looks;
  for (const SourceConfig& source : config_.sources) looks[source.name];
  for (const Sources::Live& live : sources_.all()) {
    if (live.config == nullptr) continue;
    const connectors::SourceHealth health = live.source->health();
    SourceLook& look = looks[live.config->name];
    look.up = health.up;
    look.reason = health.reason;
    look.finished = live.source->finished();
  }
  for (const connectors::KafkaSource* source : sources_.kafka())
    looks[source->name()].history_gaps = source->counters().history_gaps;
  for (const connectors::FileSource* source : sources_.files()) looks[source->name()].history_gaps = source->history_gaps();
  for (const connectors::HttpSource* source : sources_.http()) {
    for (const auto& [endpoint, count] : source->too_large()) looks[endpoint].bodies_too_large = count;
  }
  return looks;
}

std::vector<std::string> HealthWatch::degraded() const {
  const Generation& generation = applier_.generation();
  const auto& correlations = generation.rules.plan->correlations;
  std::vector<std::string> labels;
  for (std::uint32_t i = 0; i < correlations.size(); ++i) {
    if (generation.sequencer.correlator().correlation_counters(i).degraded) labels.push_back(correlations[i].meta.label());
  }
  return labels;
}

void HealthWatch::judge(TimeUs now, const std::map<std::string, SourceLook>& looks) {
  const HealthNews news = health_.judge(now, looks, degraded());
  if (news.empty()) return;
  for (const HealthEvent& event : news.ended)
    logger_.log(connectors::LogLevel::info, event.subject, fmt::format("{} has ended", health_name(event.kind)));
  std::vector<alert::Alert> alerts;
  for (const HealthEvent& event : news.begun) {
    logger_.log(connectors::LogLevel::warning, event.subject, fmt::format("{}: {}", health_name(event.kind), event.reason));
    alerts.push_back(health_alert(event, now));
  }
  show();
  if (!config_.health_alerts) return;
  for (const alert::Alert& alert : alerts)
    metrics_.add("vedette_alerts_total", Metrics::labels("rule", alert.rule->name, "level", plan::level_name(alert.level)));
  applier_.raise(alerts, {{kHealthFact, health_.stored()}});
}

void HealthWatch::show() {
  Metrics::Values open;
  std::set<std::string> silent;
  for (const auto& [condition, since] : health_.open()) {
    const auto& [kind, subject] = condition;
    open[Metrics::labels("kind", health_name(kind), "subject", subject)] = 1;
    if (kind == HealthKind::source_silent) silent.insert(subject);
  }
  metrics_.replace("vedette_health_open", std::move(open));
  const std::lock_guard lock(mutex_);
  silent_ = std::move(silent);
}

bool HealthWatch::silent(const std::string& source) const {
  const std::lock_guard lock(mutex_);
  return silent_.contains(source);
}

void HealthWatch::find_canaries(Job& job) const {
  if (canaries_.empty()) return;
  const auto canary = canaries_.find(job.batch.origin->source_name);
  if (canary == canaries_.end()) return;
  for (const event::RawRecord& record : job.batch.records) {
    if (record.bytes.find(canary->second) == std::string_view::npos) continue;
    ++job.canaries;
    job.canary_received = std::max(job.canary_received, record.arrival);
  }
}

void HealthWatch::note(const Done& done) {
  if (done.records == 0) return;
  const std::string& source = done.hits->origin->source_name;
  const TimeUs now = clock_();
  health_.note_records(source, now, delay_of(*done.hits));
  if (done.canaries == 0) return;
  health_.note_canary(source, done.canary_received);
  const auto label = Metrics::label("source", source);
  metrics_.add("vedette_canaries_total", label, done.canaries);
  metrics_.set("vedette_canary_last_seen_timestamp_seconds", label, seconds_of(done.canary_received));
  metrics_.set("vedette_canary_delay_seconds", label, seconds_of(std::max<DurationUs>(0, now - done.canary_received)));
}

}  // namespace vedette::app
