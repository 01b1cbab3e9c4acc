#include "app/service.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "app/interrupt.h"
#include "connectors/net/secrets.h"
#include "connectors/sinks/kafka_sink.h"
#include "connectors/sinks/stdout_sink.h"
#include "connectors/sources/file_source.h"
#include "connectors/sources/kafka_source.h"
#include "rules/source/load.h"

namespace vedette::app {

namespace {

using connectors::LogLevel;

constexpr std::size_t kPipelineDepth = 64;

}  // namespace

Status check_sources(const Config& config, const plan::Plan& plan) {
  for (const SourceConfig& source : config.sources) {
    std::vector<std::string> types = {source.source};
    for (const auto& [topic, type] : source.kafka.topic_source) types.push_back(type);
    for (const std::string& type : types) {
      const auto found = find_source(plan, type);
      if (!found) return Error{found.error().message, "source " + source.name};
    }
    ZonePtr zone;
    if (!rules::load_zone(source.timezone, zone))
      return Error{"unknown time zone '" + source.timezone + "'", "source " + source.name};
  }
  return {};
}

Service::Service(const Config& config, const LoadedRules& rules, unsigned threads, Logger& logger)
    : config_(config),
      rules_(rules),
      logger_(logger),
      pipeline_(rules.plan, rules.program,
                {.threads = threads, .depth = kPipelineDepth, .keep_rejected_bytes = false, .observer = {}, .cancelled = {}}),
      sequencer_(rules.plan, run::ClockMode::live) {}

Service::~Service() { drain(); }

Status Service::build_sinks() {
  for (const SinkConfig& config : config_.sinks) {
    std::unique_ptr<connectors::AlertSink> sink;
    if (config.kind == SinkKind::standard_output) {
      sink = std::make_unique<connectors::StdoutSink>(config.name);
    } else {
      connectors::KafkaSinkOptions options;
      options.name = config.name;
      options.brokers = config.kafka.connection.brokers;
      options.topic = config.kafka.topic;
      options.properties = config.kafka.connection.properties;
      sink = std::make_unique<connectors::KafkaSink>(std::move(options), logger_.callback());
    }
    const Status started = sink->start();
    if (!started) return Error{started.error().to_string(), config.name};
    sinks_.push_back({std::move(sink), config.min_level});
  }
  return {};
}

Result<std::shared_ptr<event::Origin>> Service::make_origin(const SourceConfig& source, const std::string& partition,
                                                            const std::string& type) {
  auto origin = std::make_shared<event::Origin>();
  const auto index = find_source(*rules_.plan, type);
  if (!index) return Error{index.error().message, source.name};
  origin->source_name = source.name;
  origin->partition = partition;
  origin->tenant = source.tenant;
  origin->source = *index;
  origin->year_hint = source.year;
  for (const std::string& path : source.unwrap) {
    auto parsed = plan::parse_field_path(path);
    if (!parsed) return Error{parsed.error().message, source.name};
    origin->unwrap.push_back(std::move(*parsed));
  }
  if (!rules::load_zone(source.timezone, origin->zone)) return Error{"unknown time zone '" + source.timezone + "'", source.name};
  const std::lock_guard lock(origin_mutex_);
  origin->tenant_index = tenants_.emplace(source.tenant, static_cast<std::uint32_t>(tenants_.size())).first->second;
  origin->clock = next_clock_++;
  return origin;
}

Status Service::add_http(const SourceConfig& source, std::map<std::string, connectors::HttpSourceOptions>& listeners) {
  auto origin = make_origin(source, "", source.source);
  if (!origin) return origin.error();
  (*origin)->ordinal_per_batch = true;
  connectors::HttpEndpoint endpoint;
  endpoint.kind =
      source.kind == SourceKind::okta_hook ? connectors::HttpEndpointKind::okta_hook : connectors::HttpEndpointKind::ingest;
  endpoint.name = source.name;
  endpoint.path = source.http.path;
  endpoint.auth = source.http.auth;
  endpoint.origin = *origin;
  const bool text = (*origin)->source != plan::kNone && rules_.plan->sources[(*origin)->source].source.text;
  endpoint.framing = text ? event::Framing::lines : event::Framing::automatic;
  // Sources on one fixed address share its listener; port 0 gives each its own.
  const std::string key = source.http.listen.ends_with(":0") ? source.http.listen + " " + source.name : source.http.listen;
  connectors::HttpSourceOptions& options = listeners[key];
  options.listen = source.http.listen;
  options.tls = source.http.tls;
  options.limits.body_bytes = source.http.body_bytes;
  options.limits.connections = static_cast<std::size_t>(source.http.connections);
  options.inflated_bytes = source.http.inflated_bytes;
  for (const connectors::HttpEndpoint& other : options.endpoints) {
    if (other.path == endpoint.path) return Error{fmt::format("has the same address and path as {}", other.name), source.name};
  }
  options.endpoints.push_back(std::move(endpoint));
  return {};
}

Status Service::add_kafka(const SourceConfig& source) {
  connectors::KafkaSourceOptions options;
  options.name = source.name;
  options.brokers = source.kafka.connection.brokers;
  options.topics = source.kafka.topics;
  options.group = source.kafka.group;
  options.from_latest = source.kafka.from_latest;
  options.security = source.kafka.connection.security;
  options.properties = source.kafka.connection.properties;
  const auto type_of = [source](const std::string& topic) {
    const auto found = source.kafka.topic_source.find(topic);
    return found == source.kafka.topic_source.end() ? source.source : found->second;
  };
  // What can go wrong with an origin goes wrong here, not on the source's thread.
  for (const std::string& topic : source.kafka.topics) {
    const auto checked = make_origin(source, topic, type_of(topic));
    if (!checked) return checked.error();
  }
  auto origins = [this, source, type_of](const std::string& topic, int partition) -> std::shared_ptr<const event::Origin> {
    auto origin = make_origin(source, fmt::format("{}/{}", topic, partition), type_of(topic));
    return origin ? *origin : std::make_shared<event::Origin>();
  };
  sources_.push_back(std::make_unique<connectors::KafkaSource>(std::move(options), std::move(origins),
                                                               connectors::system_clock_now, logger_.callback()));
  return {};
}

Status Service::add_file(const SourceConfig& source) {
  auto origin = make_origin(source, "", source.source);
  if (!origin) return origin.error();
  connectors::FileSourceOptions options;
  options.name = source.name;
  options.path = source.file.path;
  options.follow = source.file.follow;
  options.from_end = source.file.from_end;
  const bool text = (*origin)->source != plan::kNone && rules_.plan->sources[(*origin)->source].source.text;
  options.framing = text ? event::Framing::lines : event::Framing::automatic;
  options.origin = *origin;
  sources_.push_back(std::make_unique<connectors::FileSource>(std::move(options), connectors::system_clock_now,
                                                              logger_.callback(), reject_handler()));
  return {};
}

Status Service::build_sources() {
  std::map<std::string, connectors::HttpSourceOptions> listeners;
  for (const SourceConfig& source : config_.sources) {
    Status added;
    if (source.kind == SourceKind::kafka) {
      added = add_kafka(source);
    } else if (source.kind == SourceKind::file) {
      added = add_file(source);
    } else {
      added = add_http(source, listeners);
    }
    if (!added) return added;
  }
  for (auto& [key, options] : listeners) {
    auto source =
        std::make_unique<connectors::HttpSource>(options, connectors::system_clock_now, logger_.callback(), reject_handler());
    const Status started = source->start(queue_);
    if (!started) return started;
    for (const connectors::HttpEndpoint& endpoint : options.endpoints) announce(options.listen, source->address(), endpoint.path);
    http_.push_back(source.get());
    sources_.push_back(std::move(source));
  }
  for (const auto& source : sources_) {
    const bool started_before = std::find(http_.begin(), http_.end(), source.get()) != http_.end();
    const Status started = started_before ? Status{} : source->start(queue_);
    if (!started) return started;
  }
  return {};
}

void Service::announce(const std::string& configured, const std::string& actual, const std::string& path) {
  const std::string line = fmt::format("listening http://{}{}", actual, path);
  if (configured.ends_with(":0")) {
    logger_.plain(line);
  } else {
    logger_.log(LogLevel::info, "http", line);
  }
}

connectors::RejectHandler Service::reject_handler() {
  return [this](const event::Origin& origin, const event::Reject& reject) {
    count_reject(origin.source_name, reject.reason, reject.message, reject.line);
  };
}

void Service::count_reject(std::string_view source, std::string_view reason, std::string_view message, std::uint64_t line) {
  metrics_.add("vedette_source_errors_total", Metrics::labels("source", source, "reason", reason));
  logger_.log(LogLevel::warning, source, fmt::format("record refused ({}), line {}: {}", reason, line, message));
}

connectors::HttpResponse Service::ready() const {
  return ready_ ? connectors::HttpResponse{200, "ready\n", "text/plain", {}}
                : connectors::HttpResponse{503, "not ready\n", "text/plain", {}};
}

Status Service::start_admin() {
  if (!config_.admin) return {};
  admin_ = std::make_unique<connectors::HttpServer>("admin", connectors::HttpLimits{}, logger_.callback());
  const auto secrets = std::make_shared<connectors::SecretSet>(
      config_.admin->token ? std::vector<std::string>{"Bearer " + *config_.admin->token} : std::vector<std::string>{});
  const auto admit = [secrets](const connectors::HttpRequest& head) -> std::optional<connectors::HttpResponse> {
    if (secrets->empty() || secrets->matches(head.header("authorization").value_or(""))) return std::nullopt;
    return connectors::HttpResponse{401, "a bearer token is needed\n", "text/plain", {}};
  };
  const auto alive = [](const connectors::HttpRequest&) { return connectors::HttpResponse{200, "ok\n", "text/plain", {}}; };
  for (const char* method : {"GET", "HEAD"}) {
    admin_->route(method, "/healthz", {{}, alive});
    admin_->route(method, "/readyz", {{}, [this](const connectors::HttpRequest&) { return ready(); }});
  }
  admin_->route("GET", "/metrics", {admit, [this](const connectors::HttpRequest&) {
                                      metrics_.set("vedette_queue_batches", "", queue_.size() + pipeline_.in_flight());
                                      metrics_.set("vedette_queue_bytes", "", queue_.bytes());
                                      for (const connectors::HttpSource* source : http_) {
                                        metrics_.set("vedette_http_overloads", Metrics::label("listen", source->name()),
                                                     source->overloads());
                                      }
                                      return connectors::HttpResponse{200, metrics_.render(), "text/plain; version=0.0.4", {}};
                                    }});
  const Status listening = admin_->listen(config_.admin->listen);
  if (!listening) return listening;
  admin_thread_ = std::thread([this] { admin_->run(); });
  announce(config_.admin->listen, admin_->address(), "/metrics");
  return {};
}

Status Service::start() {
  metrics_.set("vedette_rules_loaded", "", rules_.rules + rules_.correlations);
  for (const plan::FilterPlan& filter : rules_.plan->filters)
    metrics_.add("vedette_filtered_events_total", Metrics::label("filter", filter.label()), 0);
  const Status sinks = build_sinks();
  if (!sinks) return sinks;
  pump_thread_ = std::thread([this] { pump(); });
  correlator_thread_ = std::thread([this] { correlate(); });
  const Status sources = build_sources();
  if (!sources) return sources;
  const Status admin = start_admin();
  if (!admin) return admin;
  ready_ = true;
  return {};
}

void Service::pump() {
  while (!queue_.drained()) {
    Job job;
    if (!queue_.pop(job.batch, std::chrono::milliseconds(500))) continue;
    if (!pipeline_.submit(std::move(job))) return;
  }
  pipeline_.close();
}

void Service::correlate() {
  Done done;
  std::vector<alert::Alert> alerts;
  while (pipeline_.next(done)) {
    for (const RejectRecord& reject : done.rejects)
      count_reject(done.hits->origin->source_name, reject.reason, reject.message, reject.line);
    sequencer_.apply(*done.hits, alerts);
    deliver(alerts);
    update_metrics(*done.hits);
    alerts.clear();
  }
}

void Service::deliver(const std::vector<alert::Alert>& alerts) {
  if (alerts.empty()) return;
  std::string json;
  for (const alert::Alert& alert : alerts) {
    json.clear();
    alert::append_json(json, alert);
    if (alert.rule->shadow) continue;  // evaluated and counted, never routed
    for (const Sink& sink : sinks_) {
      if (alert.level >= sink.min_level) sink.sink->deliver(alert, json);
    }
  }
  for (const Sink& sink : sinks_) {
    const Status flushed = sink.sink->flush();
    if (flushed) continue;
    logger_.log(LogLevel::error, sink.sink->name(), flushed.error().to_string());
    sink_gone_ = true;
  }
  const TimeUs now = connectors::system_clock_now();
  for (const alert::Alert& alert : alerts) {
    const DurationUs latency = std::max<DurationUs>(0, now - alert.fired_at);
    metrics_.observe_latency(latency);
    metrics_.add("vedette_alerts_total", Metrics::labels("rule", alert.rule->label(), "level", plan::level_name(alert.level)));
    logger_.log(
        LogLevel::debug, "alert",
        fmt::format("{} {} latency_ms={:.3f}", alert.alert_id, alert.rule->label(), static_cast<double>(latency) / 1000.0));
  }
}

void Service::update_metrics(const correlate::HitBatch& hits) {
  const auto source = Metrics::label("source", hits.origin->source_name);
  metrics_.add("vedette_source_events_total", source, hits.counters.events);
  metrics_.add("vedette_source_matches_total", source, hits.counters.matched);
  for (std::size_t i = 0; i < hits.counters.filtered.size(); ++i) {
    metrics_.add("vedette_filtered_events_total", Metrics::label("filter", rules_.plan->filters[i].label()),
                 hits.counters.filtered[i]);
  }
  const std::uint64_t late = sequencer_.counters().late;
  if (late > late_counted_) {
    metrics_.add("vedette_events_late_total", "", late - late_counted_);
    warn_about_late(hits.origin->source_name, late);
  }
  late_counted_ = late;
  const std::uint64_t conflicts = sequencer_.correlator().id_conflicts();
  metrics_.add("vedette_id_conflicts_total", "", conflicts - conflicts_counted_);
  conflicts_counted_ = conflicts;
  metrics_.set("vedette_window_bytes", "", sequencer_.correlator().state_bytes());
}

void Service::warn_about_late(const std::string& source, std::uint64_t late) {
  const auto now = std::chrono::steady_clock::now();
  if (late_counted_ > 0 && now - late_warned_ < std::chrono::seconds(10)) return;
  late_warned_ = now;
  logger_.log(LogLevel::warning, source,
              fmt::format("{} matching events so far were older than their source accepts: correlations leave them out", late));
}

Status Service::run() {
  const auto ended = [&] {
    return std::all_of(sources_.begin(), sources_.end(), [](const auto& source) { return source->finished(); });
  };
  while (!wait_for_interrupt(100) && !sink_gone_ && !ended()) {
  }
  logger_.log(LogLevel::info, "service",
              interrupted() ? "stopping: draining what was accepted" : "stopping: every source has ended");
  drain();
  const run::SequencerCounters& c = sequencer_.counters();
  logger_.log(
      LogLevel::info, "service",
      fmt::format("{} events, {} matched, {} late, {} refused, {} alerts", c.events, c.matched, c.late, c.rejected, c.alerts));
  if (sink_gone_) return Error{"a sink is gone"};
  return {};
}

void Service::drain() {
  ready_ = false;
  for (const auto& source : sources_) source->stop();
  queue_.close();
  if (pump_thread_.joinable()) pump_thread_.join();
  if (correlator_thread_.joinable()) correlator_thread_.join();
  for (const Sink& sink : sinks_) {
    const Status stopped = sink.sink->stop();
    if (!stopped) logger_.log(LogLevel::error, sink.sink->name(), stopped.error().to_string());
  }
  sinks_.clear();
  if (admin_) admin_->stop();
  if (admin_thread_.joinable()) admin_thread_.join();
}

}  // namespace vedette::app
