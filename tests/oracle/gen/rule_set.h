// Seeded rule sets: base rules and correlations as the naive evaluator reads them, and the same as rule YAML for the
// real compiler. A kind is one correlation type, or an outer type over an inner one. Values; one thread.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "tests/oracle/naive/model.h"

namespace vedette::oracle {

struct Kind {
  naive::Type outer = naive::Type::event_count;
  std::optional<naive::Type> inner = {};
};

// The four types, then the sixteen pairs, outer before inner.
const std::vector<Kind>& all_kinds();
std::string name_of(naive::Type type);
std::string name_of(const Kind& kind);

// A source type of text lines with declared repeats; the others are JSON.
inline const std::string kTextSource = "oracle_text";

struct RuleSet {
  Kind kind;
  std::uint64_t seed = 0;
  naive::Rules rules;                                        // the correlation under test is the last one
  std::map<std::string, std::vector<std::string>> kinds_of;  // base rule -> values of `kind` that it matches
  naive::Micros window = 0;                                  // W of the innermost correlation
  double spread_low = 1, spread_high = 1;                    // how many windows a case should span
};

RuleSet make_rule_set(const Kind& kind, std::uint64_t seed);
std::string to_yaml(const RuleSet& set);

}  // namespace vedette::oracle
