// The configuration of `vedette run`: one YAML file -> typed values. Every mistake is a diagnostic with its place.
// Relative paths are those of the configuration file's folder; secrets are their values, durations are microseconds, sizes
// bytes. Immutable after load; any thread.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "app/commands.h"
#include "app/config_place.h"
#include "connectors/net/http_auth.h"
#include "connectors/net/http_server.h"
#include "connectors/net/kafka_client.h"
#include "connectors/net/log.h"
#include "engine/base/diagnostic.h"
#include "engine/base/result.h"
#include "engine/base/time.h"
#include "engine/plan/plan.h"
#include "rules/yaml/node.h"

namespace vedette::app {

// In the order of kReloadModes, kSourceKinds, kSinkKinds, kContinuations (app/config_keys.h and its neighbours).
enum class ReloadMode : std::uint8_t { signal, watch };
enum class SourceKind : std::uint8_t { okta_hook, http, kafka, file };
enum class SinkKind : std::uint8_t { standard_output, file, kafka, webhook };
enum class OnContinuation : std::uint8_t { send, drop };

struct StoreConfig {
  std::string path;  // folder; empty: everything is kept in memory and lost with the process
  DurationUs evidence_keep = 7 * kDayUs;
  std::uint64_t evidence_bytes = 4'000'000'000;  // oldest first beyond it
  std::uint64_t memory_budget = 1'000'000'000;   // of the windows' accounted bytes

  [[nodiscard]] bool durable() const { return !path.empty(); }
};

// okta_hook, http. Sources on one address share a listener; their tls and limits are the same.
struct HttpSourceConfig {
  std::string listen, path;
  connectors::HttpAuthOptions auth;
  std::optional<connectors::HttpTlsFiles> tls;
  std::uint64_t body_bytes = std::uint64_t{4} << 20;
  std::uint64_t inflated_bytes = std::uint64_t{16} << 20;  // of a gzip body
  int connections = 1024;
};

struct KafkaConnection {
  std::vector<std::string> brokers;
  connectors::KafkaSecurity security;
  connectors::KafkaSettings properties;  // further librdkafka settings; may hold secrets
};

struct KafkaSourceConfig {
  KafkaConnection connection;
  std::vector<std::string> topics;
  std::map<std::string, std::string> topic_source;  // source type by topic; others have the source's
  std::string group = "vedette";
  bool from_latest = false;
};

struct FileSourceConfig {
  std::string path;  // "-" is standard input
  bool follow = false, from_end = false;
};

// A record that somebody sends on purpose, known by a text in it.
struct CanaryConfig {
  std::string contains;
  DurationUs every = 0, grace = kMinuteUs;
};

struct SourceConfig {
  std::string name;
  SourceKind kind = SourceKind::file;
  std::string tenant = "default";
  std::string source;               // forced source type; empty: recognised
  std::vector<std::string> unwrap;  // further paths, tried first
  std::string timezone;
  int year = 0;
  std::optional<DurationUs> silent_after;  // 0: never; absent: measured
  std::optional<CanaryConfig> canary;
  HttpSourceConfig http;    // okta_hook, http
  KafkaSourceConfig kafka;  // kafka
  FileSourceConfig file;    // file
  ConfigPlaces places;
};

struct RotateConfig {
  std::uint64_t size = 0;  // 0: whatever its size
  bool daily = false;
  int keep = 10;  // rotated files

  [[nodiscard]] bool any() const { return size > 0 || daily; }
};

struct FileSinkConfig {
  std::string path;
  RotateConfig rotate;
};

struct KafkaSinkConfig {
  KafkaConnection connection;
  std::string topic;
};

struct WebhookConfig {
  std::string url;
  std::vector<std::string> secrets;            // signing secrets, whsec_ and base64; each signs
  std::map<std::string, std::string> headers;  // may hold secrets
  std::string body;                            // template; empty: the alert as it is
  DurationUs timeout = 10 * kSecondUs;
  std::string ca;                  // PEM file of authorities that are trusted; empty: the system's
  std::vector<std::string> allow;  // networks in CIDR notation that are reached although private
};

struct SinkConfig {
  std::string name;
  SinkKind kind = SinkKind::standard_output;
  plan::Level min_level = plan::Level::informational;
  OnContinuation on_continuation = OnContinuation::send;
  DurationUs repeat_interval = kDayUs;  // with drop: one of an episode goes out this often all the same
  std::string dead_letter;              // file of alerts that the other side never takes; empty: counted and logged only
  FileSinkConfig file;                  // file
  KafkaSinkConfig kafka;                // kafka
  WebhookConfig webhook;                // webhook
  ConfigPlaces places;
};

// Alerts that meet every given term go to the sinks named, subject to their own min_level; each route that matches counts.
// An alert that no route matches goes to every sink by its min_level.
struct RouteConfig {
  std::optional<plan::Level> level;                        // this level and above
  std::vector<std::string> tags, rules, sources, tenants;  // any of each; rules: as rule_id or rule of the alert; sources: types
  std::vector<std::string> to;                             // names of sinks
  ConfigPlaces match_places;
};

struct AdminConfig {
  std::string listen;
  std::optional<std::string> token;
  ConfigPlaces places;
};

struct Config {
  std::string path;
  StoreConfig store;
  std::vector<std::string> rule_paths, lists;
  std::vector<std::string> source_types;     // files or folders of further source types
  std::vector<std::string> json_logsources;  // product=azure,service=signinlogs: what other JSON serves
  ReloadMode reload = ReloadMode::signal;
  std::vector<std::string> identity_files, domains;
  std::vector<std::string> databases;  // MaxMind DB files
  std::vector<SourceConfig> sources;
  std::vector<SinkConfig> sinks;
  std::vector<RouteConfig> routes;
  bool health_alerts = true;
  std::optional<AdminConfig> admin;
  DurationUs drain_timeout = 10 * kSecondUs;
  bool log_json = true;
  bool log_format_given = false;
  connectors::LogLevel log_level = connectors::LogLevel::info;
  ConfigPlaces places;
  std::string text;  // of the file, as load_config() read it
  std::vector<NamedPath> named_paths;  // that load_config() finds missing

  [[nodiscard]] RuleOptions rule_options() const;
};

// An Error when the file cannot be read; files and folders of rules that are not there are diagnostics. With errors among the
// diagnostics the value is not to be used.
[[nodiscard]] Result<Config> load_config(const std::string& path, Diagnostics& diagnostics);
// The same from memory, without a look at what it names.
[[nodiscard]] Config parse_config(const yaml::File& file, Diagnostics& diagnostics);

}  // namespace vedette::app
