#include "app/connect.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <set>

#include "app/service/sinks.h"
#include "app/service/sources.h"
#include "connectors/net/http_server.h"
#include "connectors/net/kafka_probe.h"
#include "engine/base/diagnostic_codes.h"

namespace vedette::app {

namespace {

namespace fs = std::filesystem;

Status readable(const std::string& path) {
  std::error_code code;
  if (path != "-" && fs::is_directory(path, code)) return Error{"is a folder, not a file", path};
  if (path == "-" || ::access(path.c_str(), R_OK) == 0) return {};
  return Error{fmt::format("cannot be read: {}", std::strerror(errno)), path};
}

// The folder that is there, or the one that it will be made in, can be written to.
Status writable_folder(fs::path folder) {
  std::error_code code;
  folder = fs::absolute(folder.empty() ? fs::path(".") : folder, code);
  while (!fs::exists(folder, code) && folder != folder.parent_path()) folder = folder.parent_path();
  if (!fs::is_directory(folder, code)) return Error{"is no folder", folder.string()};
  if (::access(folder.c_str(), W_OK | X_OK) != 0)
    return Error{fmt::format("cannot be written to: {}", std::strerror(errno)), folder.string()};
  return {};
}

// Of a file that is appended to; its folder must be there.
Status writable_file(const std::string& path) {
  std::error_code code;
  if (fs::exists(path, code)) {
    if (::access(path.c_str(), W_OK) == 0) return {};
    return Error{fmt::format("cannot be written to: {}", std::strerror(errno)), path};
  }
  const fs::path folder = fs::path(path).parent_path();
  if (!folder.empty() && !fs::is_directory(folder, code)) return Error{"its folder does not exist", path};
  return writable_folder(folder);
}

Status reach_brokers(const KafkaConnection& connection, std::vector<std::string> topics) {
  return connectors::probe_kafka({connection.brokers, connection.security, connection.properties, std::move(topics)});
}

Status reach_webhook(const SinkConfig& sink) {
  const connectors::WebhookSinkOptions options = webhook_options(sink);
  auto client = connectors::HttpClient::make(options.url, options.http);
  return client ? (*client)->reach() : Status(client.error());
}

class Connections {
 public:
  Connections(const Config& config, const std::function<void(const std::string&)>& tell, Diagnostics& findings)
      : config_(config), tell_(tell), findings_(findings) {}

  void check() {
    if (config_.store.durable())
      look("store", config_.store.path, config_.places.of("store"), [&] { return writable_folder(config_.store.path); });
    for (const SourceConfig& source : config_.sources) check(source);
    for (const SinkConfig& sink : config_.sinks) check(sink);
    if (config_.admin) listen("admin", config_.admin->listen, std::nullopt, config_.admin->places);
  }

 private:
  void check(const SourceConfig& source) {
    const std::string name = "source `" + source.name + "`";
    switch (source.kind) {
      case SourceKind::okta_hook:
      case SourceKind::http:
        return listen(name, source.http.listen, source.http.tls, source.places);
      case SourceKind::kafka:
        return look(name, connectors::join_brokers(source.kafka.connection.brokers), source.places.of("brokers"),
                    [&] { return reach_brokers(source.kafka.connection, source.kafka.topics); });
      case SourceKind::file:
        return look(name, source.file.path, source.places.of("path"), [&] { return readable(source.file.path); });
    }
  }

  void check(const SinkConfig& sink) {
    const std::string name = "sink `" + sink.name + "`";
    if (!sink.dead_letter.empty())
      look(name, sink.dead_letter, sink.places.of("dead_letter"), [&] { return writable_file(sink.dead_letter); });
    switch (sink.kind) {
      case SinkKind::standard_output:
        return;
      case SinkKind::file:
        return look(name, sink.file.path, sink.places.of("path"), [&] { return writable_file(sink.file.path); });
      case SinkKind::kafka:
        return look(name, connectors::join_brokers(sink.kafka.connection.brokers), sink.places.of("brokers"),
                    [&] { return reach_brokers(sink.kafka.connection, {sink.kafka.topic}); });
      case SinkKind::webhook:
        return look(name, sink.webhook.url, sink.places.of("url"), [&] { return reach_webhook(sink); });
    }
  }

  template <typename Look>
  void look(const std::string& name, const std::string& what, const ConfigPlace& place, Look&& at) {
    tell_(name + ": " + what);
    const Status status = at();
    if (!status) add("V9012", name, status, place);
  }

  // Certificate, key and port. Sources may share an address.
  void listen(const std::string& name, const std::string& address, const std::optional<connectors::HttpTlsFiles>& tls,
              const ConfigPlaces& places) {
    if (!address.ends_with(":0") && !listened_.insert(address).second) return;
    tell_(name + ": " + address);
    connectors::HttpServer server("check", {}, {});
    connectors::HttpListen options;
    options.address = address;
    options.tls = tls;
    const Status status = server.listen(options);
    if (status) return;
    const bool address_is_wrong = status.error().where.find(address) != std::string::npos;
    if (const std::string hint = who_listens(status.error(), address); !hint.empty())
      return add("V9013", name, status, places.of("listen"), hint);
    add("V9012", name, status, places.of(address_is_wrong ? "listen" : "tls"));
  }

  void add(std::string_view code, const std::string& name, const Status& status, const ConfigPlace& place,
           std::string hint = {}) {
    findings_.add(place.finding(code, name + ": " + status.error().to_string(), std::move(hint)));
  }

  const Config& config_;
  const std::function<void(const std::string&)>& tell_;
  Diagnostics& findings_;
  std::set<std::string> listened_;
};

}  // namespace

void check_connections(const Config& config, const std::function<void(const std::string&)>& tell, Diagnostics& findings) {
  Connections(config, tell, findings).check();
}

}  // namespace vedette::app
