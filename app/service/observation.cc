// What the service counts and says of itself: metrics, log lines about records and alerts, and the admin endpoints.
#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <vector>

#include "app/service/evidence.h"
#include "app/service/quarantine.h"
#include "app/service/service.h"
#include "app/version.h"

namespace vedette::app {

using connectors::HttpRequest;
using connectors::HttpResponse;
using connectors::LogLevel;

namespace {

double seconds_of(DurationUs duration) { return static_cast<double>(duration) / static_cast<double>(kSecondUs); }

// From the events' own times to their receipt.
std::vector<double> delays(const correlate::HitBatch& hits) {
  std::vector<double> seconds;
  for (const correlate::EventHits& event : hits.events) {
    if (event.hits.empty() || event.head.a == event::kNoArrival || (event.head.flags & event::kTimeMissing) != 0) continue;
    seconds.push_back(std::max(0.0, seconds_of(event.head.a - event.head.t)));
  }
  return seconds;
}

// As `vedette store rejects` names it: a topic's partition and offset, else the line of the body or the file.
std::string place_of(const event::Origin& origin, std::uint64_t line, std::uint64_t position) {
  return origin.partition.empty() ? fmt::format("line {}", line) : fmt::format("{} at {}", origin.partition, position);
}

}  // namespace

connectors::RejectHandler Service::keep_rejects() {
  return [this](const event::Origin& origin, const event::Reject& reject) {
    // On a full disk a request is refused, and a pull source stands still.
    if (committer_->full() || !committer_->wait_for_queue(/*on_full_disk=*/false)) return;
    connectors::Changes changes;
    changes.rejects.push_back(stored_reject(origin, reject));
    committer_->add(std::move(changes));
  };
}

connectors::RejectHandler Service::count_rejects() {
  return [this](const event::Origin& origin, const event::Reject& reject) {
    count_reject(origin, reject.reason, reject.message, place_of(origin, reject.line, reject.position));
  };
}

void Service::count_reject(const event::Origin& origin, std::string_view reason, std::string_view message,
                           std::string_view place) {
  metrics_.add("vedette_source_errors_total", Metrics::labels("source", origin.source_name, "reason", reason));
  logger_.log(LogLevel::warning, origin.source_name, fmt::format("record refused ({}), {}: {}", reason, place, message));
}

void Service::note_alert(const alert::Alert& alert) {
  ++alerts_;
  const DurationUs latency = std::max<DurationUs>(0, connectors::system_clock_now() - alert.fired_at);
  metrics_.observe("vedette_event_to_alert_seconds", "", std::array{seconds_of(latency)});
  metrics_.add("vedette_alerts_total", Metrics::labels("rule", alert.rule->label(), "level", plan::level_name(alert.level)));
  logger_.log(LogLevel::debug, "alert",
              fmt::format("{} {} latency_ms={:.3f}", alert.alert_id, alert.rule->label(), static_cast<double>(latency) / 1000.0));
}

void Service::note_applied(const Done& done, const run::Sequencer& sequencer) {
  const correlate::HitBatch& hits = *done.hits;
  for (const RejectRecord& reject : done.rejects)
    count_reject(*hits.origin, reject.reason, reject.message, place_of(*hits.origin, reject.line, reject.position));
  upkeep_->note(hits);
  health_->note(done);
  if (hits.last_good_t != correlate::kNoTime) clock_.note_event(hits.last_good_t);
  const auto source = Metrics::label("source", hits.origin->source_name);
  events_ += hits.counters.events;
  matched_ += hits.counters.matched;
  rejected_ += hits.counters.rejected;
  metrics_.add("vedette_source_events_total", source, hits.counters.events);
  metrics_.add("vedette_source_matches_total", source, hits.counters.matched);
  const std::vector<double> measured = delays(hits);
  metrics_.observe("vedette_source_delay_seconds", source, measured);
  engine_metrics_.note_delays(hits.origin->source_name, measured);
  if (done.records > 0)
    metrics_.set("vedette_source_last_record_timestamp_seconds", source, seconds_of(connectors::system_clock_now()));
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
  const std::uint64_t forgotten = sequencer.counters().ordinals_forgotten;
  metrics_.add("vedette_ordinals_forgotten_total", "", forgotten - ordinals_counted_);
  ordinals_counted_ = forgotten;
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
    return HttpResponse{202, "reloading; the log and vedette_rules_reloads_total tell the result\n", "text/plain", {}};
  };
  admin_->route("POST", "/api/v1/reload", {admit, reload});
  const auto evidence = [this](const HttpRequest& request) { return evidence_response(*store_, request.query); };
  // Events are not handed to every user of this machine.
  const auto with_token = [secrets, admit](const HttpRequest& head) -> std::optional<HttpResponse> {
    if (secrets->empty()) return HttpResponse{403, "events need a token: set `admin: {token: ...}`\n", "text/plain", {}};
    return admit(head);
  };
  admin_->route("GET", "/api/v1/evidence", {with_token, evidence});
  if (const Status listening = admin_->listen(config_.admin->listen); !listening)
    return Error{with_remedy(listening.error(), config_.admin->listen), "admin"};
  admin_thread_ = std::thread([this] { admin_->run(); });
  announce(config_.admin->listen, "http://" + admin_->address() + "/metrics");
  return {};
}

HttpResponse Service::ready() const {
  if (!ready_) return {503, "not ready\n", "text/plain", {}};
  if (committer_->full()) return {503, "the disk is full\n", "text/plain", {}};
  std::string remarks;
  for (const Sources::Live& live : sources_->all()) {
    const connectors::SourceHealth health = live.source->health();
    if (!health.reason.empty()) remarks += fmt::format("source {}: {}\n", live.source->name(), health.reason);
    if (!health.up) return {503, fmt::format("source {} is down: {}\n", live.source->name(), health.reason), "text/plain", {}};
  }
  return {200, "ready\n" + remarks, "text/plain", {}};
}

// --- metrics that are read when asked for ---

void Service::begin_metrics() {
  metrics_.set("vedette_build_info", Metrics::label("version", kVersion), 1);
  metrics_.set("process_start_time_seconds", "", seconds_of(connectors::system_clock_now()));
  metrics_.set("vedette_window_budget_bytes", "", config_.store.memory_budget);
  for (const char* outcome : {"ok", "failed"}) metrics_.add("vedette_rules_reloads_total", Metrics::label("outcome", outcome), 0);
  note_rules(first_rules_.rules + first_rules_.correlations);
  for (const char* counter : {"vedette_events_late_total", "vedette_id_conflicts_total", "vedette_ordinals_forgotten_total"})
    metrics_.add(counter, "", 0);
  for (const plan::FilterPlan& filter : plan_->filters)
    metrics_.add("vedette_filtered_events_total", Metrics::label("filter", filter.label()), 0);
  for (const SourceConfig& source : config_.sources) {
    const auto label = Metrics::label("source", source.name);
    metrics_.add("vedette_source_events_total", label, 0);
    metrics_.add("vedette_source_matches_total", label, 0);
  }
}

void Service::note_rules(std::size_t rules) {
  metrics_.set("vedette_rules_loaded", "", rules);
  metrics_.set("vedette_rules_reload_success_timestamp_seconds", "", seconds_of(connectors::system_clock_now()));
}

void Service::note_reload(const Status& reloaded) {
  metrics_.add("vedette_rules_reloads_total", Metrics::label("outcome", reloaded ? "ok" : "failed"));
  if (!reloaded) logger_.log(LogLevel::error, "rules", reloaded.error().to_string());
}

std::string Service::render_metrics() {
  // The engine's counters are the correlator's: it brings them up to date for the next time.
  if (!collecting_.exchange(true)) {
    const bool submitted = submit([this] {
      engine_metrics_.collect(*applier_->generation().rules.plan, applier_->generation().sequencer);
      collecting_ = false;
    });
    if (!submitted) collecting_ = false;
  }
  measure_process();
  measure_store();
  measure_sources();
  for (const connectors::HttpSource* source : sources_->http()) measure_http(source->name(), source->counters());
  measure_http(config_.admin->listen, admin_->counters());
  measure_sinks();
  return metrics_.render();
}

void Service::measure_process() {
  rusage usage{};
  if (::getrusage(RUSAGE_SELF, &usage) == 0) {
    const auto seconds = [](const timeval& time) {
      return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
    };
    metrics_.set("process_cpu_seconds_total", "", seconds(usage.ru_utime) + seconds(usage.ru_stime));
  }
  std::ifstream memory("/proc/self/statm");
  double total = 0, resident = 0;
  if (memory >> total >> resident)
    metrics_.set("process_resident_memory_bytes", "", resident * static_cast<double>(::sysconf(_SC_PAGESIZE)));
  metrics_.set("vedette_wall_clock_difference_seconds", "",
               static_cast<double>(clock_.difference()) / static_cast<double>(kSecondUs));
  metrics_.set("vedette_ready", "", ready().status == 200);
  metrics_.set("vedette_queue_batches", "", queue_.size());
  metrics_.set("vedette_queue_bytes", "", queue_.bytes());
}

void Service::measure_store() {
  const connectors::CommitterCounters commits = committer_->counters();
  metrics_.set("vedette_store_full", "", committer_->full());
  metrics_.set("vedette_store_writes_total", "", commits.writes);
  metrics_.set("vedette_store_changes_total", "", commits.changes);
  metrics_.set("vedette_store_sync_seconds_total", "", static_cast<double>(commits.sync_us_total) / 1e6);
  metrics_.set("vedette_store_sync_max_seconds", "", static_cast<double>(commits.sync_us_max) / 1e6);
  const auto info = store_->info();
  if (!info) return;
  metrics_.set("vedette_store_rejects", "", info->rejects);
  metrics_.set("vedette_store_rejects_dropped_total", "", info->rejects_dropped);
  metrics_.set("vedette_store_bytes", "", info->bytes);
  metrics_.set("vedette_store_evidence_bytes", "", info->evidence_bytes);
  metrics_.set("vedette_store_inbox_entries", "", info->inbox_last == 0 ? 0 : info->inbox_last - info->inbox_first + 1);
}

void Service::measure_sources() {
  for (const Sources::Live& live : sources_->all()) {
    const connectors::SourceHealth health = live.source->health();
    for (const std::string& name : live.names) {
      const auto label = Metrics::label("source", name);
      metrics_.set("vedette_source_up", label, health.up);
      metrics_.set("vedette_source_caught_up", label, health.caught_up);
    }
  }
  for (const connectors::HttpSource* source : sources_->http())
    metrics_.set("vedette_http_repeats_total", Metrics::label("listen", source->name()), source->repeats());
  for (const connectors::FileSource* source : sources_->files())
    metrics_.set("vedette_file_history_gaps_total", Metrics::label("source", source->name()), source->history_gaps());
  for (const connectors::KafkaSource* source : sources_->kafka()) {
    const auto label = Metrics::label("source", source->name());
    const connectors::KafkaSourceCounters counters = source->counters();
    metrics_.set("vedette_kafka_records_total", label, counters.records);
    metrics_.set("vedette_kafka_tombstones_total", label, counters.tombstones);
    metrics_.set("vedette_kafka_broker_errors_total", label, counters.errors);
    metrics_.set("vedette_kafka_pauses_total", label, counters.pauses);
    metrics_.set("vedette_kafka_history_gaps_total", label, counters.history_gaps);
    metrics_.set("vedette_kafka_group_refusals_total", label, counters.group_refusals);
    metrics_.set("vedette_kafka_group_strangers", label, counters.group_strangers);
    metrics_.set("vedette_kafka_partitions", label, counters.partitions);
    for (const connectors::KafkaPartitionState& partition : source->partitions()) {
      const auto place = Metrics::labels("topic", partition.topic, "partition", fmt::format("{}", partition.partition));
      metrics_.set("vedette_source_lag_records", label + "," + place, partition.lag());
    }
  }
}

void Service::measure_http(const std::string& listen, const connectors::HttpCounters& counters) {
  const auto label = Metrics::label("listen", listen);
  metrics_.set("vedette_http_requests_total", label, counters.requests);
  metrics_.set("vedette_http_connections_total", label, counters.accepted);
  metrics_.set("vedette_http_open_connections", label, counters.connections);
  metrics_.set("vedette_http_body_bytes", label, counters.body_bytes);
  const auto refused = [&](std::string_view reason, std::uint64_t count) {
    metrics_.set("vedette_http_refusals_total", Metrics::labels("listen", listen, "reason", reason), count);
  };
  refused("overloaded", counters.overloaded);
  refused("unauthorised", counters.unauthorised);
  refused("malformed", counters.malformed);
  refused("too_large", counters.too_large + counters.header_too_large);
  refused("timed_out", counters.timed_out);
  refused("handshake", counters.handshakes_failed);
  refused("peer_limit", counters.peer_refused + counters.evicted);
}

void Service::measure_sinks() {
  for (const auto& dispatcher : sinks_->dispatchers()) {
    const connectors::DispatcherCounters counters = dispatcher->counters();
    const auto delivered = [&](std::string_view outcome, std::uint64_t count) {
      metrics_.set("vedette_sink_deliveries_total", Metrics::labels("sink", dispatcher->name(), "outcome", outcome), count);
    };
    delivered("delivered", counters.delivered);
    delivered("skipped", counters.skipped);
    delivered("retried", counters.retries);
    delivered("dead_letter", counters.dead);
    const auto label = Metrics::label("sink", dispatcher->name());
    metrics_.set("vedette_sink_queue_length", label, counters.lag);
    metrics_.set("vedette_sink_oldest_age_seconds", label, seconds_of(counters.oldest_age));
    metrics_.set("vedette_sink_failing", label, counters.failing);
  }
}

}  // namespace vedette::app
