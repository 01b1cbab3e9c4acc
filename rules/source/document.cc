#include "rules/source/document.h"

#include <fmt/format.h>

#include <algorithm>

#include "engine/base/diagnostic_codes.h"
#include "engine/base/suggest.h"

namespace vedette::rules {
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

}  // namespace

void DocumentReader::report(std::string_view code, const yaml::Node& at, std::string message, std::string hint) {
  diagnostics_.add(make_diagnostic(code, at.where, std::move(message), std::move(hint), yaml::line_of(file_, at.where.line)));
}

void DocumentReader::check_keys(const yaml::Node& map, std::span<const std::string_view> known, std::string_view what) {
  for (const auto& [key, value] : map.entries) {
    if (std::find(known.begin(), known.end(), key.text) != known.end()) continue;
    report(codes_.unknown_key, key, fmt::format("unknown key `{}` in {}", key.text, what),
           did_you_mean(key.text, known, fmt::format("the keys are {}", fmt::join(known, ", "))));
  }
}

const yaml::Node* DocumentReader::require(const yaml::Node& map, std::string_view key, std::string_view what) {
  const yaml::Node* value = optional(map, key);
  if (value == nullptr) report(codes_.missing_key, map, fmt::format("{} needs `{}`", what, key), fmt::format("add `{}:`", key));
  return value;
}

const yaml::Node* DocumentReader::optional(const yaml::Node& map, std::string_view key) {
  const yaml::Node* value = map.find(key);
  return value == nullptr || value->kind == yaml::NodeKind::null ? nullptr : value;
}

void DocumentReader::wrong_type(const yaml::Node& at, std::string_view wanted) {
  report(codes_.wrong_type, at, fmt::format("expected {}, found {}", wanted, kind_name(at)));
}

bool DocumentReader::expect_map(const yaml::Node& node) {
  if (!node.is_map()) wrong_type(node, "a map");
  return node.is_map();
}

const std::string* DocumentReader::text(const yaml::Node& node) {
  if (node.is_scalar()) return &node.text;
  wrong_type(node, "a single value");
  return nullptr;
}

std::vector<const yaml::Node*> DocumentReader::members(const yaml::Node& node) {
  std::vector<const yaml::Node*> out;
  if (node.is_sequence()) {
    for (const yaml::Node& item : node.items) out.push_back(&item);
  } else if (node.kind != yaml::NodeKind::null) {
    out.push_back(&node);
  }
  return out;
}

std::vector<std::string> DocumentReader::texts(const yaml::Node& node) {
  std::vector<std::string> out;
  for (const yaml::Node* member : members(node)) {
    if (const std::string* value = text(*member)) out.push_back(*value);
  }
  return out;
}

std::optional<DurationUs> DocumentReader::duration(const yaml::Node& node) {
  const std::string* value = text(node);
  if (value == nullptr) return std::nullopt;
  const auto parsed = parse_duration(*value);
  if (!parsed)
    report(codes_.bad_duration, node, fmt::format("`{}` is not a length of time", *value),
           "write a number and one of s, m, h, d, w: 90s, 5m, 6h");
  return parsed;
}

}  // namespace vedette::rules
