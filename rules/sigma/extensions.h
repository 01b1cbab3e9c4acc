// Keys beyond Sigma that rules and correlations share: `alert: {title: ...}` and `risk`. What the names in a title mean is
// for those who link documents to say. Pure; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/plan/plan.h"
#include "rules/sigma/reporter.h"
#include "rules/yaml/node.h"

namespace vedette::rules {

// Literal text, or what stands between braces: `client.ipAddress`, `count`.
struct TitlePartDoc {
  bool name = false;
  std::string text;
  Location where;  // of a name
};

// The title of `alert` of a document; empty when it gives none or it is wrong.
[[nodiscard]] std::vector<TitlePartDoc> parse_title(const yaml::Node& root, Reporter& reporter);

// What a name in a title stands for: `count`, `level`, `rule`, or else a field (column).
[[nodiscard]] plan::TitleKind title_word(std::string_view name);

// `risk` of a document, 0 to 1,000,000; 0 when it gives none.
[[nodiscard]] std::uint32_t parse_risk(const yaml::Node& root, Reporter& reporter);

}  // namespace vedette::rules
