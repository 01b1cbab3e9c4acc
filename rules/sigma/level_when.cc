#include "rules/sigma/level_when.h"

#include <fmt/format.h>

#include <array>

#include "engine/base/suggest.h"
#include "rules/reference/words.h"

namespace vedette::rules {
namespace {

using yaml::Node;

// In the order of plan::Level.
constexpr auto kLevels = reference::names_of(reference::kLevels);
constexpr std::string_view kForm = "for example `level-when: [{critical: is_super_admin}]`";

}  // namespace

std::optional<plan::Level> find_level(std::string_view name) {
  for (std::size_t i = 0; i < kLevels.size(); ++i) {
    if (kLevels[i] == name) return static_cast<plan::Level>(i);
  }
  return std::nullopt;
}

std::string level_hint(std::string_view name) {
  return did_you_mean(name, kLevels, "the levels are informational, low, medium, high, critical");
}

std::vector<LevelEntry> parse_level_when(const Node& node, plan::Level own, Reporter& reporter) {
  std::vector<LevelEntry> out;
  if (!node.is_sequence() || node.items.empty()) {
    reporter.at("V1253", node.where, "`level-when` must be a list of levels with their conditions", std::string(kForm));
    return out;
  }
  for (const Node& item : node.items) {
    if (!item.is_map() || item.entries.size() != 1) {
      reporter.at("V1253", item.where, "an entry of `level-when` is one level and its condition", std::string(kForm));
      continue;
    }
    const auto& [key, condition] = item.entries.front();
    const auto level = find_level(key.text);
    if (!level) {
      reporter.at("V1011", key.where, fmt::format("unknown level `{}`", key.text), level_hint(key.text));
    } else if (!condition.is_scalar()) {
      reporter.at("V1253", condition.where, fmt::format("the condition of `{}` must be text", key.text), std::string(kForm));
    } else {
      out.push_back({*level, key.where, &condition});
      if (*level > own) continue;
      reporter.at("V2017", key.where, fmt::format("the alert is never below `{}`", plan::level_name(own)),
                  "alerts have the highest level that holds; remove the entry, or lower `level`");
    }
  }
  return out;
}

}  // namespace vedette::rules
