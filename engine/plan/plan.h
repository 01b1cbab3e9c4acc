// The compiled rule set: base rules, correlations in evaluation order and, per source type, the program that decodes and
// matches. Built by rules/sigma (compile.h), executed by engine/. Immutable; held by shared_ptr<const Plan>; printable
// (print_plan) and hashable (Plan::hash).
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "engine/base/diagnostic.h"
#include "engine/base/time.h"
#include "engine/plan/identity.h"
#include "engine/plan/source_program.h"

namespace vedette::plan {

enum class Level : std::uint8_t { informational, low, medium, high, critical };
[[nodiscard]] std::string_view level_name(Level level);

struct RuleMeta {
  std::string key;  // what ids are made of: id, or the hash of name or title when there is none
  std::string id, name, title, description, status, author, date;
  Level level = Level::medium;
  std::vector<std::string> references, tags, falsepositives;
  Location where;
  bool shadow = false;
  std::string semantic_hash;                                                              // 16 hex
  [[nodiscard]] const std::string& label() const { return name.empty() ? title : name; }  // "rule" in alert JSON
};

// suppress: {by, for}. `for_us` 0 = one alert per trigger.
struct Suppress {
  bool given = false;
  DurationUs for_us = 0;
  std::vector<std::uint32_t> by;  // rules: columns; correlations: members
};

// A value that hits of a rule carry for correlations, suppression and alert text. The same for all sources and arms.
struct Column {
  std::string name;    // canonical text of the expression, e.g. actor.alternateId|lower
  bool cased = false;  // its key is not folded
};

struct RulePlan {
  RuleMeta meta;
  LogSource logsource;
  std::vector<Column> columns;
  Suppress suppress;
  bool emits = true;                   // makes its own alerts (not referred to, or referred to with generate: true)
  bool referred = false;               // some correlation reads it
  DurationUs accept = 0;               // the largest among the source types it listens to
  std::vector<std::uint32_t> sources;  // source indices that serve it
};

enum class CorrelationType : std::uint8_t { event_count, value_count, temporal, temporal_ordered };
[[nodiscard]] std::string_view type_name(CorrelationType type);

// Where a group member or counted value of one input comes from. For rule inputs: `column` of that rule.
// For correlation inputs: `inner_member` >= 0 takes the inner group's member (`fold`: cased there, but not here); else the
// trigger event's column, `column_of_rule[rule index]` (kNone where that rule cannot reach the inner correlation).
struct Binding {
  std::uint32_t column = kNone;
  std::int32_t inner_member = -1;
  bool fold = false;
  std::vector<std::uint32_t> column_of_rule;
};

struct Input {
  bool correlation = false;
  std::uint32_t index = 0;       // into Plan::rules or Plan::correlations
  std::vector<Binding> members;  // one per CorrelationPlan::members
  std::vector<Binding> values;   // value_count: one per counted field (several = tuple)
};

struct CorrelationPlan {
  RuleMeta meta;
  CorrelationType type = CorrelationType::event_count;
  std::vector<Input> inputs;         // in the order of `rules`
  std::vector<std::string> members;  // group-by names (field or alias, text before the first '|')
  std::vector<std::string> value_names;
  DurationUs window = 0;        // W
  std::uint64_t threshold = 0;  // fires at >= threshold (event_count, value_count, temporal)
  Suppress suppress;            // for_us and by always filled (defaults applied): P and the by-members
  bool across_tenants = false;
  bool emits = true;
  bool inner = false;                  // another correlation reads it: never pruned by count
  int level = 0;                       // 0 = reads only rules; evaluated in level order
  DurationUs accept = 0;               // the largest among all source types it listens to, directly or not
  DurationUs retention = 0;            // hits are kept while t >= logtime - retention
  std::vector<std::uint32_t> sources;  // source indices it listens to
};

struct Plan {
  std::vector<SourceProgram> sources;         // in name order
  std::vector<RulePlan> rules;                // in (file, document) order
  std::vector<CorrelationPlan> correlations;  // in level order
  IdentityTable identity;
  std::string hash;  // 16 hex over everything that can change an alert
};

using PlanPtr = std::shared_ptr<const Plan>;

// Canonical text, stable across runs; what golden tests and `vedette rules show` print.
[[nodiscard]] std::string print_plan(const Plan& plan);
// One predicate in full, every value of it: eventType = 'x'
[[nodiscard]] std::string print_predicate(const SourceProgram& program, const Predicate& predicate);
// The body of one arm as one line: (eventType = 'x' and not (a contains 'b')); cut at 64 KiB.
[[nodiscard]] std::string print_arm(const SourceProgram& program, const Arm& arm);

}  // namespace vedette::plan
