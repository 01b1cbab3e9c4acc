#include "app/service/sources.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace vedette::app {

namespace {

// "source `other`: 127.0.0.1:8088: cannot listen: ...".
Error cannot_listen(const connectors::HttpSourceOptions& options, const Error& error) {
  std::string names;
  for (const connectors::HttpEndpoint& endpoint : options.endpoints)
    names += fmt::format("{}`{}`", names.empty() ? "source " : ", ", endpoint.name);
  return Error{with_remedy(error, options.listen), names};
}

}  // namespace

std::string who_listens(const Error& error, const std::string& address) {
  if (error.message.find(std::strerror(EADDRINUSE)) == std::string::npos) return {};
  return fmt::format("`ss -ltnp 'sport = {}'` names the program that has it; a running Vedette is one",
                     address.substr(address.rfind(':')));
}

std::string with_remedy(const Error& error, const std::string& address) {
  const std::string remedy = who_listens(error, address);
  return remedy.empty() ? error.to_string() : error.to_string() + ": " + remedy;
}

Sources::Sources(const Config& config, plan::PlanPtr plan, Origins& origins, const connectors::Store& store, Logger& logger,
                 connectors::Clock clock, SourceRejects rejects, connectors::InheritedSockets& inherited)
    : config_(config),
      plan_(std::move(plan)),
      origins_(origins),
      store_(store),
      logger_(logger),
      clock_(std::move(clock)),
      rejects_(std::move(rejects)),
      inherited_(inherited) {}

bool Sources::is_text(const event::Origin& origin) const {
  return origin.source != plan::kNone && plan_->sources[origin.source].source.text;
}

connectors::ResumeAt Sources::resume_at(const SourceConfig& source) const {
  return [this, name = source.name](const std::string& partition) { return store_.cursor(name + "/" + partition); };
}

// Of pull sources: it is in the committer's queue before the place behind it can be.
connectors::RejectHandler Sources::on_reject() const {
  return [this](const event::Origin& origin, const event::Reject& reject) {
    rejects_.keep(origin, reject);
    rejects_.count(origin, reject);
  };
}

void Sources::keep(const SourceConfig* config, std::unique_ptr<connectors::RecordSource> source, std::vector<std::string> names) {
  live_.push_back({config, source.get(), std::move(names)});
  if (config != nullptr) pull_[config->name] = source.get();
  sources_.push_back(std::move(source));
}

Status Sources::add_http(const SourceConfig& source, std::map<std::string, connectors::HttpSourceOptions>& listeners) {
  auto origin = origins_.configured(source, "", source.source);
  if (!origin) return origin.error();
  connectors::HttpEndpoint endpoint;
  endpoint.kind =
      source.kind == SourceKind::okta_hook ? connectors::HttpEndpointKind::okta_hook : connectors::HttpEndpointKind::ingest;
  endpoint.name = source.name;
  endpoint.path = source.http.path;
  endpoint.auth = source.http.auth;
  endpoint.origin = *origin;
  endpoint.framing = is_text(**origin) ? event::Framing::lines : event::Framing::automatic;
  // Sources on one fixed address share its listener; port 0 gives each its own.
  const std::string& listen = source.http.listen;
  connectors::HttpSourceOptions& options = listeners[listen.ends_with(":0") ? listen + " " + source.name : listen];
  options.listen = listen;
  options.inherited = &inherited_;
  options.tls = source.http.tls;
  options.limits.body_bytes = source.http.body_bytes;
  options.limits.connections = static_cast<std::size_t>(source.http.connections);
  options.inflated_bytes = source.http.inflated_bytes;
  options.endpoints.push_back(std::move(endpoint));
  return {};
}

Status Sources::add_kafka(const SourceConfig& source) {
  connectors::KafkaSourceOptions options;
  options.name = source.name;
  options.brokers = source.kafka.connection.brokers;
  options.topics = source.kafka.topics;
  options.group = source.kafka.group;
  options.instance = store_.fact(kInstanceFact).value_or("");
  options.from_latest = source.kafka.from_latest;
  options.security = source.kafka.connection.security;
  options.properties = source.kafka.connection.properties;
  options.resume_at = resume_at(source);
  const auto type_of = [&source](const std::string& topic) {
    const auto found = source.kafka.topic_source.find(topic);
    return found == source.kafka.topic_source.end() ? source.source : found->second;
  };
  // What can go wrong with an origin goes wrong here, not on the source's thread.
  for (const std::string& topic : source.kafka.topics) {
    const auto checked = origins_.configured(source, topic + "/0", type_of(topic));
    if (!checked) return checked.error();
    if (is_text(**checked)) options.text_topics.insert(topic);
  }
  auto origin_of = [this, &source, type_of](const std::string& topic, int partition) -> std::shared_ptr<const event::Origin> {
    const std::string name = fmt::format("{}/{}", topic, partition);
    auto origin = origins_.configured(source, name, type_of(topic));
    return origin ? *origin : origins_.named(source.name, name, source.tenant);
  };
  auto made = std::make_unique<connectors::KafkaSource>(std::move(options), std::move(origin_of), clock_, logger_.callback(),
                                                        on_reject());
  kafka_.push_back(made.get());
  keep(&source, std::move(made), {source.name});
  return {};
}

Status Sources::add_file(const SourceConfig& source) {
  auto origin = origins_.configured(source, "", source.source);
  if (!origin) return origin.error();
  connectors::FileSourceOptions options;
  options.name = source.name;
  options.path = source.file.path;
  options.follow = source.file.follow;
  options.from_end = source.file.from_end;
  options.resume_at = resume_at(source);
  options.framing = is_text(**origin) ? event::Framing::lines : event::Framing::automatic;
  options.origin = *origin;
  auto made = std::make_unique<connectors::FileSource>(std::move(options), clock_, logger_.callback(), on_reject());
  files_.push_back(made.get());
  keep(&source, std::move(made), {source.name});
  return {};
}

Status Sources::start(connectors::BatchSink& sink,
                      const std::function<void(const std::string&, const std::string&, const std::string&)>& listening) {
  std::map<std::string, connectors::HttpSourceOptions> listeners;
  for (const SourceConfig& source : config_.sources) {
    const Status added = source.kind == SourceKind::kafka  ? add_kafka(source)
                         : source.kind == SourceKind::file ? add_file(source)
                                                           : add_http(source, listeners);
    if (!added) return added;
  }
  const std::size_t pull = sources_.size();
  if (const Status started = start_listeners(listeners, sink, listening); !started) return started;
  for (std::size_t i = 0; i < pull; ++i) {
    if (const Status started = sources_[i]->start(sink); !started) return started;
  }
  return {};
}

Status Sources::start_listeners(
    std::map<std::string, connectors::HttpSourceOptions>& listeners, connectors::BatchSink& sink,
    const std::function<void(const std::string&, const std::string&, const std::string&)>& listening) {
  for (auto& [key, options] : listeners) {
    options.keep_reject = rejects_.keep;
    auto source = std::make_unique<connectors::HttpSource>(options, clock_, logger_.callback(), rejects_.count);
    if (const Status started = source->start(sink); !started) return cannot_listen(options, started.error());
    for (const connectors::HttpEndpoint& endpoint : options.endpoints)
      listening(options.listen, fmt::format("{}://{}", options.tls ? "https" : "http", source->address()), endpoint.path);
    std::vector<std::string> names;
    for (const connectors::HttpEndpoint& endpoint : options.endpoints) names.push_back(endpoint.name);
    http_.push_back(source.get());
    keep(nullptr, std::move(source), std::move(names));
  }
  return {};
}

void Sources::committed(const std::string& source, const std::string& partition, const std::string& resume) {
  const auto found = pull_.find(source);
  if (found != pull_.end()) found->second->committed(partition, resume);
}

bool Sources::finished() const {
  return std::all_of(sources_.begin(), sources_.end(), [](const auto& source) { return source->finished(); });
}

void Sources::stop() {
  for (const auto& source : sources_) source->stop();
}

}  // namespace vedette::app
