#include "app/config_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <span>
#include <sstream>

#include "app/byte_size.h"
#include "app/config_keys.h"
#include "engine/base/diagnostic_codes.h"
#include "engine/base/suggest.h"

namespace vedette::app {

namespace {

std::string_view kind_name(const yaml::Node& node) {
  switch (node.kind) {
    case yaml::NodeKind::null:
      return "nothing";
    case yaml::NodeKind::scalar:
      return "a single value";
    case yaml::NodeKind::sequence:
      return "a list";
    case yaml::NodeKind::map:
      return "a map";
  }
  return "";
}

std::optional<int> parse_number(std::string_view text) {
  int value = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (code != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

void ConfigReader::report(std::string_view code, const yaml::Node& at, std::string message, std::string hint) {
  diagnostics_.add(place(at).finding(code, std::move(message), std::move(hint)));
}

ConfigPlace ConfigReader::place(const yaml::Node& node) const {
  Location where = node.where;
  where.file = file_.path;
  return {where, std::string(yaml::line_of(file_, where.line))};
}

ConfigPlaces ConfigReader::places(const yaml::Node& map) const {
  ConfigPlaces out{place(map), {}};
  for (const auto& [key, value] : map.entries) out.values.emplace(key.text, place(value));
  return out;
}

bool ConfigReader::is_map(const yaml::Node& node, std::string_view what) {
  if (node.is_map()) return true;
  report("V9003", node, fmt::format("{} is a map, not {}", what, kind_name(node)));
  return false;
}

const yaml::Node* ConfigReader::map(const yaml::Node& parent, std::string_view key) {
  const yaml::Node* node = parent.find(key);
  return node != nullptr && is_map(*node, fmt::format("`{}`", key)) ? node : nullptr;
}

void ConfigReader::keys(const yaml::Node& map, std::span<const std::string_view> known) {
  for (const auto& [key, value] : map.entries) {
    if (std::find(known.begin(), known.end(), key.text) != known.end()) continue;
    report("V9001", key, fmt::format("unknown key `{}`", key.text),
           did_you_mean(key.text, known, fmt::format("known here: {}", fmt::join(known, ", "))));
  }
}

std::optional<std::string> ConfigReader::text(const yaml::Node& map, std::string_view key) {
  const yaml::Node* node = map.find(key);
  if (node == nullptr) return std::nullopt;
  if (node->is_scalar() && !node->text.empty()) return node->text;
  report("V9003", *node, fmt::format("`{}` is a text, not {}", key, node->is_scalar() ? "an empty one" : kind_name(*node)));
  return std::nullopt;
}

std::optional<bool> ConfigReader::boolean(const yaml::Node& map, std::string_view key) {
  const yaml::Node* node = map.find(key);
  if (node == nullptr) return std::nullopt;
  if (node->is_scalar() && !node->quoted && (node->text == "true" || node->text == "false")) return node->text == "true";
  report("V9003", *node, fmt::format("`{}` is true or false", key));
  return std::nullopt;
}

std::optional<int> ConfigReader::number(const yaml::Node& map, std::string_view key, int low, int high) {
  const yaml::Node* node = map.find(key);
  if (node == nullptr) return std::nullopt;
  const auto value = node->is_scalar() ? parse_number(node->text) : std::nullopt;
  if (value && *value >= low && *value <= high) return value;
  report("V9004", *node, fmt::format("`{}` is a number from {} to {}", key, low, high));
  return std::nullopt;
}

std::optional<std::size_t> ConfigReader::word(const yaml::Node& map, std::string_view key,
                                              std::span<const std::string_view> words) {
  const yaml::Node* node = map.find(key);
  if (node == nullptr) return std::nullopt;
  const auto found = node->is_scalar() ? std::find(words.begin(), words.end(), node->text) : words.end();
  if (found != words.end()) return static_cast<std::size_t>(found - words.begin());
  report("V9004", *node, fmt::format("`{}` is one of {}", key, fmt::join(words, ", ")),
         node->is_scalar() ? did_you_mean(node->text, words, "") : "");
  return std::nullopt;
}

std::vector<std::string> ConfigReader::texts(const yaml::Node& map, std::string_view key) {
  const yaml::Node* node = map.find(key);
  if (node == nullptr) return {};
  if (!node->is_sequence()) {
    auto one = text(map, key);
    return one ? std::vector<std::string>{*one} : std::vector<std::string>{};
  }
  std::vector<std::string> list;
  for (const yaml::Node& item : node->items) {
    if (item.is_scalar() && !item.text.empty()) {
      list.push_back(item.text);
    } else {
      report("V9003", item, fmt::format("`{}` is a list of texts", key));
    }
  }
  return list;
}

std::string ConfigReader::required(const yaml::Node& map, std::string_view key, std::string_view what) {
  if (map.find(key) == nullptr) {
    report("V9002", map, fmt::format("{} needs `{}`", what, key));
    return {};
  }
  return text(map, key).value_or("");
}

std::vector<std::string> ConfigReader::required_list(const yaml::Node& map, std::string_view key, std::string_view what) {
  const yaml::Node* node = map.find(key);
  if (node == nullptr || (node->is_sequence() && node->items.empty())) {
    report("V9002", node == nullptr ? map : *node, fmt::format("{} needs `{}` with at least one entry", what, key));
    return {};
  }
  return texts(map, key);
}

std::optional<DurationUs> ConfigReader::duration(const yaml::Node& map, std::string_view key, DurationUs low, DurationUs high) {
  const yaml::Node* node = map.find(key);
  if (node == nullptr) return std::nullopt;
  const auto value = node->is_scalar() ? parse_duration(node->text) : std::nullopt;
  if (value && *value >= low && *value <= high) return value;
  report("V9004", *node,
         value ? fmt::format("`{}` is a duration from {} to {}", key, format_duration(low), format_duration(high))
               : fmt::format("`{}` is a duration: a whole number and one of s, m, h, d, w", key),
         value ? "" : "for example 90s, 10m, 24h or 7d");
  return std::nullopt;
}

std::optional<std::uint64_t> ConfigReader::size(const yaml::Node& map, std::string_view key, std::uint64_t low,
                                                std::uint64_t high) {
  const yaml::Node* node = map.find(key);
  if (node == nullptr) return std::nullopt;
  const auto value = node->is_scalar() ? parse_byte_size(node->text) : std::nullopt;
  if (value && *value >= low && *value <= high) return value;
  report("V9004", *node,
         value ? fmt::format("`{}` is a size from {} to {}", key, format_byte_size(low), format_byte_size(high))
               : fmt::format("`{}` is a size: a whole number and perhaps one of B, kB, MB, GB, TB, KiB, MiB, GiB, TiB", key),
         value ? "" : "for example 64MB, or 4GiB");
  return std::nullopt;
}

std::string ConfigReader::absolute(const std::string& path) const {
  const std::filesystem::path given(path);
  return given.is_absolute() ? path : (folder_ / given).lexically_normal().string();
}

std::string ConfigReader::path(const yaml::Node& map, std::string_view key) {
  const auto given = text(map, key);
  return given ? absolute(*given) : std::string();
}

std::vector<std::string> ConfigReader::paths(const yaml::Node& map, std::string_view key) {
  std::vector<std::string> given = texts(map, key);
  for (std::string& one : given) one = absolute(one);
  return given;
}

std::string ConfigReader::required_path(const yaml::Node& map, std::string_view key, std::string_view what) {
  const std::string given = required(map, key, what);
  return given.empty() ? given : absolute(given);
}

std::vector<std::string> ConfigReader::secrets(const yaml::Node& map, std::string_view key, std::string_view what) {
  const yaml::Node* list = map.find(key);
  if (list == nullptr || !list->is_sequence() || list->items.empty()) {
    report("V9002", list == nullptr ? map : *list, fmt::format("{} needs `{}`, a list with at least one secret", what, key),
           fmt::format("{}: [{{env: NAME}}]", key));
    return {};
  }
  std::vector<std::string> values;
  for (const yaml::Node& item : list->items) {
    if (auto value = secret(item)) values.push_back(std::move(*value));
  }
  return values;
}

std::optional<std::string> ConfigReader::secret(const yaml::Node& node) {
  if (node.is_scalar()) {
    report("V9007", node, "a secret is never written here", "refer to it: {env: NAME} or {file: PATH}");
    return std::nullopt;
  }
  if (!is_map(node, "a secret")) return std::nullopt;
  keys(node, names_of(kSecretKeys));
  const auto name = text(node, "env");
  const auto from = text(node, "file");
  if (name.has_value() == from.has_value()) {
    report("V9002", node, "a secret needs either `env` or `file`");
    return std::nullopt;
  }
  if (from) return secret_file(node, absolute(*from));
  const char* value = std::getenv(name->c_str());
  if (value != nullptr && *value != '\0') return value;
  report("V9008", node, fmt::format("the environment variable {} is {}", *name, value == nullptr ? "not set" : "empty"),
         "set it where the program is started, or refer to a file: {file: PATH}");
  return std::nullopt;
}

std::optional<std::string> ConfigReader::secret_file(const yaml::Node& node, const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  const std::string why = in ? "" : std::strerror(errno);
  std::ostringstream read;
  read << in.rdbuf();
  std::string value = read.str();
  while (!value.empty() && (value.back() == '\n' || value.back() == '\r')) value.pop_back();
  if (!value.empty()) return value;
  report("V9008", node, fmt::format("the secret's file {} {}", path, why.empty() ? "is empty" : "cannot be read: " + why),
         "it holds the secret and nothing else, and the user that the program runs as can read it");
  return std::nullopt;
}

std::string ConfigReader::address(const yaml::Node& map, std::string_view key, std::string_view what) {
  const std::string given = required(map, key, what);
  if (given.empty()) return given;
  const auto colon = given.rfind(':');
  const auto port = colon == std::string::npos ? std::nullopt : parse_number(std::string_view(given).substr(colon + 1));
  if (colon == 0 || !port || *port < 0 || *port > 65535) {
    report("V9004", *map.find(key), fmt::format("`{}` is address:port", key),
           "for example \"127.0.0.1:8088\", or port 0 for a free one");
    return {};
  }
  return given;
}

}  // namespace vedette::app
