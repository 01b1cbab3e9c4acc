// What the service counts and says of itself: metrics, log lines about records and alerts, and the admin endpoints.
#include <fmt/format.h>

#include <algorithm>

#include "app/service/service.h"

namespace vedette::app {

using connectors::HttpRequest;
using connectors::HttpResponse;
using connectors::LogLevel;

connectors::RejectHandler Service::reject_handler() {
  return [this](const event::Origin& origin, const event::Reject& reject) {
    count_reject(origin.source_name, reject.reason, reject.message, reject.line);
  };
}

void Service::count_reject(std::string_view source, std::string_view reason, std::string_view message, std::uint64_t line) {
  metrics_.add("vedette_source_errors_total", Metrics::labels("source", source, "reason", reason));
  logger_.log(LogLevel::warning, source, fmt::format("record refused ({}), line {}: {}", reason, line, message));
}

void Service::note_alert(const alert::Alert& alert) {
  ++alerts_;
  const DurationUs latency = std::max<DurationUs>(0, connectors::system_clock_now() - alert.fired_at);
  metrics_.observe_latency(latency);
  metrics_.add("vedette_alerts_total", Metrics::labels("rule", alert.rule->label(), "level", plan::level_name(alert.level)));
  logger_.log(LogLevel::debug, "alert",
              fmt::format("{} {} latency_ms={:.3f}", alert.alert_id, alert.rule->label(), static_cast<double>(latency) / 1000.0));
}

void Service::note_applied(const Done& done, const run::Sequencer& sequencer) {
  const correlate::HitBatch& hits = *done.hits;
  for (const RejectRecord& reject : done.rejects)
    count_reject(hits.origin->source_name, reject.reason, reject.message, reject.line);
  upkeep_->note(hits);
  const auto source = Metrics::label("source", hits.origin->source_name);
  events_ += hits.counters.events;
  matched_ += hits.counters.matched;
  rejected_ += hits.counters.rejected;
  metrics_.add("vedette_source_events_total", source, hits.counters.events);
  metrics_.add("vedette_source_matches_total", source, hits.counters.matched);
  const std::vector<plan::FilterPlan>& filters = applier_->generation().rules.plan->filters;
  for (std::size_t i = 0; i < hits.counters.filtered.size(); ++i)
    metrics_.add("vedette_filtered_events_total", Metrics::label("filter", filters[i].label()), hits.counters.filtered[i]);
  const std::uint64_t late = sequencer.counters().late;
  if (late > late_counted_) {
    metrics_.add("vedette_events_late_total", "", late - late_counted_);
    warn_about_late(hits.origin->source_name, late);
  }
  late_counted_ = late;
  const std::uint64_t conflicts = sequencer.correlator().id_conflicts();
  metrics_.add("vedette_id_conflicts_total", "", conflicts - conflicts_counted_);
  conflicts_counted_ = conflicts;
  metrics_.set("vedette_window_bytes", "", sequencer.correlator().state_bytes());
}

void Service::warn_about_late(const std::string& source, std::uint64_t late) {
  const auto now = std::chrono::steady_clock::now();
  if (late_counted_ > 0 && now - late_warned_ < std::chrono::seconds(10)) return;
  late_warned_ = now;
  logger_.log(LogLevel::warning, source,
              fmt::format("{} matching events so far were older than their source accepts: correlations leave them out", late));
}

// --- admin endpoints ---

Status Service::start_admin() {
  if (!config_.admin) return {};
  admin_ = std::make_unique<connectors::HttpServer>("admin", connectors::HttpLimits{}, logger_.callback());
  const auto secrets = std::make_shared<connectors::SecretSet>(
      config_.admin->token ? std::vector<std::string>{"Bearer " + *config_.admin->token} : std::vector<std::string>{});
  const auto admit = [secrets](const HttpRequest& head) -> std::optional<HttpResponse> {
    if (secrets->empty() || secrets->matches(head.header("authorization").value_or(""))) return std::nullopt;
    return HttpResponse{401, "a bearer token is needed\n", "text/plain", {}};
  };
  const auto alive = [](const HttpRequest&) { return HttpResponse{200, "ok\n", "text/plain", {}}; };
  for (const char* method : {"GET", "HEAD"}) {
    admin_->route(method, "/healthz", {{}, alive});
    admin_->route(method, "/readyz", {{}, [this](const HttpRequest&) { return ready(); }});
  }
  const auto metrics = [this](const HttpRequest&) {
    return HttpResponse{200, render_metrics(), "text/plain; version=0.0.4", {}};
  };
  admin_->route("GET", "/metrics", {admit, metrics});
  const auto reload = [this](const HttpRequest&) {
    reload_wanted_ = true;
    return HttpResponse{202, "reloading; the log and vedette_reloads_total tell the result\n", "text/plain", {}};
  };
  admin_->route("POST", "/api/v1/reload", {admit, reload});
  if (const Status listening = admin_->listen(config_.admin->listen); !listening) return listening;
  admin_thread_ = std::thread([this] { admin_->run(); });
  announce(config_.admin->listen, admin_->address(), "/metrics");
  return {};
}

HttpResponse Service::ready() const {
  if (!ready_) return {503, "not ready\n", "text/plain", {}};
  if (committer_->full()) return {503, "the disk is full\n", "text/plain", {}};
  for (const Sources::Live& live : sources_->all()) {
    const connectors::SourceHealth health = live.source->health();
    if (!health.up) return {503, fmt::format("source {} is down: {}\n", live.source->name(), health.reason), "text/plain", {}};
  }
  return {200, "ready\n", "text/plain", {}};
}

std::string Service::render_metrics() {
  metrics_.set("vedette_queue_batches", "", queue_.size());
  metrics_.set("vedette_queue_bytes", "", queue_.bytes());
  metrics_.set("vedette_store_full", "", committer_->full() ? 1 : 0);
  const connectors::CommitterCounters commits = committer_->counters();
  metrics_.set("vedette_store_writes", "", commits.writes);
  metrics_.set("vedette_store_sync_us_max", "", commits.sync_us_max);
  for (const connectors::HttpSource* source : sources_->http())
    metrics_.set("vedette_http_overloads", Metrics::label("listen", source->name()), source->overloads());
  for (const connectors::KafkaSource* source : sources_->kafka()) {
    for (const connectors::KafkaPartitionState& partition : source->partitions()) {
      const auto labels =
          Metrics::labels("source", source->name(), "partition", fmt::format("{}/{}", partition.topic, partition.partition));
      metrics_.set("vedette_kafka_lag_records", labels, partition.lag());
    }
  }
  for (const Sources::Live& live : sources_->all())
    metrics_.set("vedette_source_up", Metrics::label("source", live.source->name()), live.source->health().up ? 1 : 0);
  for (const auto& dispatcher : sinks_->dispatchers()) {
    const auto sink = Metrics::label("sink", dispatcher->name());
    const connectors::DispatcherCounters counters = dispatcher->counters();
    metrics_.set("vedette_sink_delivered", sink, counters.delivered);
    metrics_.set("vedette_sink_lag_alerts", sink, counters.lag);
    metrics_.set("vedette_sink_retries", sink, counters.retries);
    metrics_.set("vedette_sink_dead_letters", sink, counters.dead);
    metrics_.set("vedette_sink_failing", sink, counters.failing ? 1 : 0);
  }
  return metrics_.render();
}

}  // namespace vedette::app
