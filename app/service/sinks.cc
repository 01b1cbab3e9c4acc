#include "app/service/sinks.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "app/service/health.h"
#include "connectors/sinks/file_sink.h"
#include "connectors/sinks/kafka_sink.h"
#include "connectors/sinks/stdout_sink.h"
#include "connectors/sinks/webhook_sink.h"
#include "connectors/sources/record_source.h"
#include "engine/base/diagnostic_codes.h"
#include "engine/base/suggest.h"

namespace vedette::app {

using connectors::OutboxAlert;

namespace {

bool any_of(const std::vector<std::string>& wanted, const std::vector<std::string>& found) {
  return wanted.empty() || std::any_of(found.begin(), found.end(), [&](const std::string& one) {
           return std::find(wanted.begin(), wanted.end(), one) != wanted.end();
         });
}

bool matches(const RouteConfig& route, const OutboxAlert& alert) {
  return (!route.level || alert.level >= *route.level) && any_of(route.tags, alert.tags) &&
         any_of(route.rules, {alert.rule_id, alert.rule}) && any_of(route.sources, alert.sources) &&
         any_of(route.tenants, {alert.tenant});
}

connectors::LineFileOptions line_file(const FileSinkConfig& file) {
  connectors::LineFileOptions options;
  options.path = file.path;
  options.rotate_bytes = file.rotate.size;
  options.rotate_daily = file.rotate.daily;
  options.keep = static_cast<std::size_t>(file.rotate.keep);
  options.now = connectors::system_clock_now;
  return options;
}

// What alerts say as rule_id or rule.
std::vector<std::string> rule_names(const plan::Plan& plan) {
  std::vector<std::string> out;
  const auto add = [&out](const plan::RuleMeta& meta) { out.insert(out.end(), {meta.id, meta.label()}); };
  for (const plan::RulePlan& rule : plan.rules) add(rule.meta);
  for (const plan::CorrelationPlan& correlation : plan.correlations) add(correlation.meta);
  for (std::size_t kind = 0; kind < kHealthKinds; ++kind) out.push_back(health_rule(static_cast<HealthKind>(kind)));
  return out;
}

void check_names(const std::vector<std::string>& asked, const std::vector<std::string>& known, std::string_view what,
                 const std::string& otherwise, const ConfigPlace& place, Diagnostics& findings) {
  for (const std::string& name : asked) {
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    findings.add(place.finding("V9014", fmt::format("a route asks for the {} `{}`, and there is none", what, name),
                               vedette::did_you_mean(name, known, otherwise)));
  }
}

}  // namespace

void check_routes(const Config& config, const plan::Plan& plan, Diagnostics& findings) {
  const std::vector<std::string> rules = rule_names(plan);
  std::vector<std::string> types;
  for (const auto& program : plan.sources) types.push_back(program.source.name);
  for (const RouteConfig& route : config.routes) {
    check_names(route.rules, rules, "rule", "`vedette rules list` shows them", route.match_places.of("rule"), findings);
    check_names(route.sources, types, "source type", fmt::format("there are: {}", fmt::join(types, ", ")),
                route.match_places.of("source"), findings);
  }
}

connectors::WebhookSinkOptions webhook_options(const SinkConfig& sink) {
  connectors::WebhookSinkOptions options;
  options.name = sink.name;
  options.url = sink.webhook.url;
  options.secrets = sink.webhook.secrets;
  options.headers = sink.webhook.headers;
  options.body = sink.webhook.body;
  options.http.allow = sink.webhook.allow;
  options.http.ca_file = sink.webhook.ca;
  options.http.total_deadline = std::chrono::milliseconds(sink.webhook.timeout / 1000);
  options.now = connectors::system_clock_now;
  return options;
}

Sinks::Sinks(const Config& config, connectors::Store& store, connectors::Committer& committer, Logger& logger)
    : config_(config), store_(store), committer_(committer), logger_(logger), feed_(store) {}

Sinks::~Sinks() { stop(std::chrono::milliseconds(0)); }

Status Sinks::start(std::function<void(const std::string&, const std::string&)> closed) {
  closed_ = std::move(closed);
  for (const SinkConfig& config : config_.sinks) {
    auto sink = make(config);
    if (!sink) return Error{sink.error().to_string(), "sink " + config.name};
    auto functions = functions_of(config);
    if (!functions) return Error{functions.error().to_string(), "sink " + config.name};
    connectors::DispatcherOptions options;
    options.min_level = config.min_level;
    options.drop_continuations = config.on_continuation == OnContinuation::drop;
    options.repeat_interval = config.repeat_interval;
    dispatchers_.push_back(std::make_unique<connectors::Dispatcher>(std::move(*sink), store_.delivered(config.name), options,
                                                                    std::move(*functions), logger_.callback()));
    if (const Status started = dispatchers_.back()->start(); !started)
      return Error{started.error().to_string(), "sink " + config.name};
  }
  return {};
}

Result<std::unique_ptr<connectors::Sink>> Sinks::make(const SinkConfig& sink) {
  using Made = std::unique_ptr<connectors::Sink>;
  switch (sink.kind) {
    case SinkKind::standard_output:
      return Made(std::make_unique<connectors::StdoutSink>(sink.name));
    case SinkKind::file:
      return Made(std::make_unique<connectors::FileSink>(sink.name, line_file(sink.file), logger_.callback()));
    case SinkKind::kafka: {
      connectors::KafkaSinkOptions options;
      options.name = sink.name;
      options.brokers = sink.kafka.connection.brokers;
      options.topic = sink.kafka.topic;
      options.security = sink.kafka.connection.security;
      options.properties = sink.kafka.connection.properties;
      return Made(std::make_unique<connectors::KafkaSink>(std::move(options), logger_.callback()));
    }
    case SinkKind::webhook: {
      auto made = connectors::WebhookSink::make(webhook_options(sink));
      if (!made) return made.error();
      return Made(std::move(*made));
    }
  }
  return Error{"unknown type of sink"};
}

Result<connectors::DispatcherFunctions> Sinks::functions_of(const SinkConfig& sink) {
  connectors::DispatcherFunctions functions;
  functions.read = [this](std::uint64_t after, std::size_t most, std::chrono::milliseconds wait) {
    return feed_.read(after, most, wait);
  };
  functions.delivered = [this, name = sink.name](std::uint64_t position) {
    connectors::Changes changes;
    changes.delivered[name] = position;
    committer_.add(std::move(changes));
  };
  functions.newest = [this] { return feed_.newest(); };
  functions.now = connectors::system_clock_now;
  functions.routed = [this, &sink](const OutboxAlert& alert) { return routed(sink, alert); };
  functions.closed = [this, name = sink.name](const std::string& reason) { closed_(name, reason); };
  if (!sink.dead_letter.empty()) {
    connectors::LineFileOptions options;
    options.path = sink.dead_letter;
    options.now = connectors::system_clock_now;
    dead_letters_.push_back(std::make_unique<connectors::LineFile>(std::move(options), sink.name, logger_.callback()));
    connectors::LineFile& file = *dead_letters_.back();
    if (const Status opened = file.open(); !opened) return opened.error();
    functions.dead_letter = [&file](std::string_view line) { return file.append(std::string(line) + "\n"); };
  }
  return functions;
}

// Every route that matches counts; an alert that none matches goes to all.
bool Sinks::routed(const SinkConfig& sink, const OutboxAlert& alert) const {
  bool matched = false;
  for (const RouteConfig& route : config_.routes) {
    if (!matches(route, alert)) continue;
    matched = true;
    if (std::find(route.to.begin(), route.to.end(), sink.name) != route.to.end()) return true;
  }
  return !matched;
}

void Sinks::stop(std::chrono::milliseconds drain) {
  for (const auto& dispatcher : dispatchers_) dispatcher->begin_stop(drain);
  for (const auto& dispatcher : dispatchers_) dispatcher->stop(drain);
}

std::uint64_t Sinks::done_with() const {
  std::uint64_t least = feed_.newest();
  for (const auto& dispatcher : dispatchers_) least = std::min(least, dispatcher->counters().position);
  return least;
}

}  // namespace vedette::app
