// Conditions: `selection and not 1 of filter_*`. A hand-written lexer with whole-word keywords and a recursive-descent
// parser (or < and < not < x of). Pure; any thread.
//
//   condition  = and_term { "or" and_term }
//   and_term   = not_term { "and" not_term }
//   not_term   = { "not" } primary
//   primary    = "(" condition ")" | quantifier "of" ( "them" | pattern ) | identifier
//   quantifier = "1" | "any" | "all"
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "rules/sigma/detection.h"

namespace vedette::rules {

// Parses one condition over the selections; marks those it uses. nullopt after an error.
[[nodiscard]] std::optional<Expr> parse_condition(const yaml::Node& node, const std::vector<NamedSelection>& selections,
                                                  std::vector<bool>& used, const AggregationContext& aggregation,
                                                  Reporter& reporter);

// The correlation documents that say what `left | aggregation` said.
[[nodiscard]] std::string replacement_for(std::string_view left, std::string_view aggregation, const AggregationContext& context);

}  // namespace vedette::rules
