// Seeded rule sets: base rules and correlations as the naive evaluator reads them. A kind is one flavour of correlation,
// or an outer flavour over an inner one. Values; one thread.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "tests/oracle/naive/model.h"

namespace vedette::oracle {

enum class Flavour {
  event_count,
  value_count,
  temporal,
  temporal_ordered,
  value_sum,
  value_change,
  travel,
  new_value,
  metrics,
  windows,   // event_count, value_count or value_sum with bounds that make the windows tumble
  averages,  // value_avg, value_percentile, value_median
  temporal_not,
  ordered_not,
};

struct Kind {
  Flavour outer = Flavour::event_count;
  std::optional<Flavour> inner = {};
};

// The flavours alone, then all pairs, outer before inner.
const std::vector<Kind>& all_kinds();
std::string name_of(Flavour flavour);
std::string name_of(const Kind& kind);

// A source type of text lines with declared repeats; the others are JSON.
inline const std::string kTextSource = "oracle_text";

struct RuleSet {
  Kind kind;
  std::uint64_t seed = 0;
  naive::Rules rules;                                        // the correlation under test is the last one
  std::map<std::string, std::vector<std::string>> kinds_of;  // base rule -> values of `kind` that it matches
  naive::Micros window = 0;                                  // W of the innermost correlation
  double spread = 10;                                        // how many windows a case should span, more or less
};

// attempt: another rule set of the same seed.
RuleSet make_rule_set(const Kind& kind, std::uint64_t seed, std::uint64_t attempt = 0);

// Some correlation of the set makes waiting decisions.
bool any_waits(const RuleSet& set);

}  // namespace vedette::oracle
