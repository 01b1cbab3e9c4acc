// The naive matcher: one rule against one event by walking both trees. Independent of the engine; slow on purpose.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "tests/naive_match/json.h"
#include "tests/naive_match/rule.h"

namespace vedette::naive {

// A JSON event, or a line of text (`is_text`), whose fields, if any, are given as a flat JSON object.
struct Event {
  Json json;
  bool is_text = false;
  std::string line;
  std::string day;  // of its time, year-month-day in UTC; empty: unknown
};

// What a source type says about field names.
struct Schema {
  std::vector<std::string> fields;                            // known names, for the case repair of rules
  std::map<std::string, std::vector<std::string>> spellings;  // other paths that mean the same
  std::set<std::string> upper;                                // paths whose values read in upper case
};

// What the rule and all of its filters say.
[[nodiscard]] bool matches(const Rule& rule, const Event& event, const Schema& schema = {});
// Whether the filter keeps an event from its rules.
[[nodiscard]] bool removes(const Filter& filter, const Event& event, const Schema& schema = {});
// The highest level of `level-when` that holds, or empty.
[[nodiscard]] std::string level_of(const Rule& rule, const Event& event, const Schema& schema = {});
[[nodiscard]] bool matches(const Selection& selection, const Event& event, const Schema& schema = {});
// Values of a field; empty = absent.
[[nodiscard]] std::vector<Value> values_of(const Event& event, const std::string& field, const Schema& schema = {});

}  // namespace vedette::naive
