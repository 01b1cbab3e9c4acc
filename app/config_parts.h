// The parts of the configuration that have files of their own: sources, sinks and routes. Each reads its section, reports
// what is wrong with it and adds to the configuration. One thread; called by app/config.cc only.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "app/config.h"
#include "app/config_reader.h"

namespace vedette::app {

void parse_sources(ConfigReader& reader, const yaml::Node& key, const yaml::Node& list, Config& config);
// After the sources. All names, also those of sinks that are wrong otherwise.
[[nodiscard]] std::vector<std::string> parse_sinks(ConfigReader& reader, const yaml::Node& key, const yaml::Node& list,
                                                   Config& config);
// `sinks`: all names.
void parse_routes(ConfigReader& reader, const yaml::Node& key, const yaml::Node& list, const std::vector<std::string>& sinks,
                  Config& config);

// Shared by them.
// A list with at least one entry; reported otherwise.
[[nodiscard]] bool is_filled_list(ConfigReader& reader, const yaml::Node& key, const yaml::Node& list);
// The name of an entry, reported when it is absent or taken.
[[nodiscard]] std::string entry_name(ConfigReader& reader, const yaml::Node& map, std::string_view what, std::string_view plural,
                                     std::set<std::string>& names);
// The type of an entry by index; reported when it is absent, unknown, or among those that do not exist yet.
[[nodiscard]] std::optional<std::size_t> entry_type(ConfigReader& reader, const yaml::Node& map, std::string_view what,
                                                    std::span<const std::string_view> known,
                                                    std::span<const std::string_view> later);
// brokers, tls, sasl, properties. `what`: "a kafka source".
[[nodiscard]] KafkaConnection kafka_connection(ConfigReader& reader, const yaml::Node& map, std::string_view what);
// Names -> plain texts, or references where the value is secret or the name looks like it.
[[nodiscard]] std::map<std::string, std::string> texts_or_secrets(ConfigReader& reader, const yaml::Node& map,
                                                                  std::string_view key);
// Signing secrets of standardwebhooks.com; reported when one of them is none.
[[nodiscard]] std::vector<std::string> signing_secrets(ConfigReader& reader, const yaml::Node& map, std::string_view what);

}  // namespace vedette::app
