// The configuration of `vedette run`: one YAML file -> typed values. Every mistake is a diagnostic with its place.
// Relative paths are those of the configuration file's folder. Immutable after load.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "app/commands.h"
#include "connectors/net/log.h"
#include "engine/base/diagnostic.h"
#include "engine/base/result.h"
#include "engine/plan/plan.h"
#include "rules/yaml/node.h"

namespace vedette::app {

enum class SourceKind : std::uint8_t { okta_hook, http, kafka, file };
enum class SinkKind : std::uint8_t { standard_output, kafka };

struct SourceConfig {
  std::string name;
  SourceKind kind = SourceKind::file;
  std::string tenant = "default";
  std::string source;                               // forced source type; empty: recognised
  std::map<std::string, std::string> topic_source;  // kafka: per topic
  std::vector<std::string> unwrap;                  // further paths
  std::string timezone;
  int year = 0;
  std::string listen, path;          // okta_hook, http; file: path only
  std::vector<std::string> secrets;  // okta_hook: Authorization values; http: bearer tokens
  std::vector<std::string> brokers, topics;
  std::string group = "vedette";
  bool from_latest = false;
  std::map<std::string, std::string> properties;
  bool follow = false, from_end = false;
};

struct SinkConfig {
  std::string name;
  SinkKind kind = SinkKind::standard_output;
  plan::Level min_level = plan::Level::informational;
  std::vector<std::string> brokers;
  std::string topic;
  std::map<std::string, std::string> properties;
};

struct AdminConfig {
  std::string listen;
  std::optional<std::string> token;
};

struct Config {
  std::string path;
  std::vector<std::string> rule_paths, lists;
  std::vector<std::string> identity_files, domains;
  std::vector<std::string> databases;  // MaxMind DB files
  std::vector<SourceConfig> sources;
  std::vector<SinkConfig> sinks;
  std::optional<AdminConfig> admin;
  bool log_json = true;
  bool log_format_given = false;
  connectors::LogLevel log_level = connectors::LogLevel::info;

  [[nodiscard]] RuleOptions rule_options() const;
};

// An Error when the file cannot be read. With errors among the diagnostics the value is not to be used.
[[nodiscard]] Result<Config> load_config(const std::string& path, Diagnostics& diagnostics);
// The same from memory.
[[nodiscard]] Config parse_config(const yaml::File& file, Diagnostics& diagnostics);

}  // namespace vedette::app
