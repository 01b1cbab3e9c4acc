// Conditions of correlations: over rule names (`sso and not logout`) and over values of metrics
// (`attempts / users <= 5 or span < 10m`). A lexer and a recursive-descent parser; names stay unresolved. Pure; any thread.
//
//   condition  = and_term { "or" and_term }            (metrics: everything; rules: `and`, `or`, `not`, parentheses, names)
//   and_term   = not_term { "and" not_term }
//   not_term   = { "not" } comparison
//   comparison = sum [ ( ">=" | ">" | "<=" | "<" | "==" | "!=" ) sum ]
//   sum        = product { ( "+" | "-" ) product }
//   product    = primary { ( "*" | "/" ) primary }
//   primary    = "(" condition ")" | [ "-" ] number | duration | name
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/plan/plan.h"
#include "rules/sigma/reporter.h"
#include "rules/yaml/node.h"

namespace vedette::rules {

// `metric` and `present` nodes hold the name in `text`.
struct ExprDocNode {
  plan::ExprKind kind = plan::ExprKind::number;
  std::string text = {};  // a canonical number, or a name
  Location where = {};    // of the token
  std::vector<std::uint32_t> children = {};
};
struct ExprDoc {
  std::vector<ExprDocNode> nodes;  // children before parents
  std::uint32_t root = plan::kNone;
  std::string text;  // as written
  Location where;
  [[nodiscard]] bool empty() const { return root == plan::kNone; }
};

enum class ExprOver : std::uint8_t { rules, values };

// nullopt after an error, which is reported at its token.
[[nodiscard]] std::optional<ExprDoc> parse_expression(const yaml::Node& node, ExprOver over, Reporter& reporter);

}  // namespace vedette::rules
