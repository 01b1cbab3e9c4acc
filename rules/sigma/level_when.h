// `level-when: [{critical: condition}]`: the levels of a document with the text of their conditions, which rules and
// correlations read each in their own way. Pure; any thread.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "engine/plan/plan.h"
#include "rules/sigma/reporter.h"
#include "rules/yaml/node.h"

namespace vedette::rules {

struct LevelEntry {
  plan::Level level = plan::Level::medium;
  Location where;                         // of the level
  const yaml::Node* condition = nullptr;  // a scalar; as long-lived as the document
};

[[nodiscard]] std::optional<plan::Level> find_level(std::string_view name);
// "did you mean `high`?"
[[nodiscard]] std::string level_hint(std::string_view name);

// The entries of a `level-when` list that are well formed; those not above `own`, the document's level, are warned about.
[[nodiscard]] std::vector<LevelEntry> parse_level_when(const yaml::Node& node, plan::Level own, Reporter& reporter);

}  // namespace vedette::rules
