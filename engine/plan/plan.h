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
#include "engine/plan/value_table.h"

namespace vedette::plan {

enum class Level : std::uint8_t { informational, low, medium, high, critical };
[[nodiscard]] std::string_view level_name(Level level);

// One part of `alert.title`. Values of several are joined by ", "; none is "?".
// span, first, last: of metrics, as in its conditions.
enum class TitleKind : std::uint8_t { text, column, member, metric, count, level, rule, span, first, last };
struct TitlePart {
  TitleKind kind = TitleKind::text;
  std::string text = {};                           // text: the literal; otherwise the name as written
  std::uint32_t index = kNone;                     // column (rules), member or metric
  std::vector<std::uint32_t> column_of_rule = {};  // column (correlations): by the rule of the trigger event
};
using Title = std::vector<TitlePart>;  // empty: the rule's title

struct RuleMeta {
  std::string key;  // what ids are made of: id, or the hash of name or title when there is none
  std::string id, name, title, description, status, author, date;
  Level level = Level::medium;
  std::vector<std::string> references, tags, falsepositives;
  Location where;
  bool shadow = false;
  std::uint32_t risk = 0;
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
  Title title;
  Suppress suppress;
  bool emits = true;                   // makes its own alerts (not referred to, or referred to with generate: true)
  bool referred = false;               // some correlation reads it
  DurationUs accept = 0;               // the largest among the source types it listens to
  std::vector<std::uint32_t> sources;  // source indices that serve it
};

// A filter document. What it says is part of the arms of the rules it filters (ArmFilter).
struct FilterPlan {
  std::string id, name, title, owner, reason;
  Location where;
  TimeUs expires = INT64_MAX;  // applies to events before it
  [[nodiscard]] const std::string& label() const { return !name.empty() ? name : !title.empty() ? title : id; }
};

// docs/semantics.md says what each means.
enum class CorrelationType : std::uint8_t {
  event_count,
  value_count,
  temporal,
  temporal_ordered,
  value_sum,
  value_avg,
  value_percentile,
  value_median,
  new_value,
  value_change,
  travel,
  metrics,
};
[[nodiscard]] std::string_view type_name(CorrelationType type);

// When a correlation speaks, its inputs considered (docs/semantics.md, 1). Weakest last.
enum class DecisionClass : std::uint8_t { monotone, refutable, waiting };
[[nodiscard]] std::string_view class_name(DecisionClass decision);

// Where a group member or counted value of one input comes from. For rule inputs: `column` of that rule.
// For correlation inputs: `inner_member` >= 0 takes the inner group's member (`fold`: cased there, but not here),
// `inner_export` >= 0 the values it exports; else the trigger event's column, `column_of_rule[rule index]` (kNone where that
// rule cannot reach the inner correlation).
struct Binding {
  std::uint32_t column = kNone;
  std::int32_t inner_member = -1;
  std::int32_t inner_export = -1;
  bool fold = false;
  std::vector<std::uint32_t> column_of_rule;
};

struct Input {
  bool correlation = false;
  std::uint32_t index = 0;       // into Plan::rules or Plan::correlations
  std::vector<Binding> members;  // one per CorrelationPlan::members
  std::vector<Binding> values;   // fields that are counted, summed or compared; metrics: those of all metrics, one after another
  bool negated = false;          // temporal types: must not occur
  bool until = false;            // metrics: an `until` rule; stands after the listed ones
};

struct Bound {
  CompareOp op = CompareOp::gte;
  bool differs = false;  // neq: `op` is eq
  std::string number;    // canonical decimal text
};

enum class MetricKind : std::uint8_t { count, distinct, sum };
struct Metric {
  std::string name;
  MetricKind kind = MetricKind::count;
  std::vector<std::uint32_t> inputs;  // that it counts, ascending
  std::uint32_t first_value = 0;      // its fields: Input::values[first_value, first_value + values)
  std::uint32_t values = 0;
};

// An expression over metrics (type metrics) or over the presence of inputs (temporal: present, all_of, any_of only).
enum class ExprKind : std::uint8_t {
  number,  // text: canonical decimal
  metric,  // index into CorrelationPlan::metrics
  span,    // last - first, seconds
  first,   // seconds since 1970
  last,    // seconds since 1970
  add,     // two children, as the next three
  subtract,
  multiply,
  divide,
  lt,  // two children, as the next five
  lte,
  gt,
  gte,
  eq,
  neq,
  all_of,
  any_of,
  negation,  // one child
  present,   // index into CorrelationPlan::inputs
};
struct ExprNode {
  ExprKind kind = ExprKind::number;
  std::string text = {};
  std::uint32_t index = kNone;
  std::vector<std::uint32_t> children = {};
};
struct Expr {
  std::vector<ExprNode> nodes;  // children before parents
  std::uint32_t root = kNone;   // kNone: no expression
  std::string text;             // as written
  [[nodiscard]] bool empty() const { return root == kNone; }
};

struct LevelWhen {
  Level level = Level::medium;
  Expr condition;
};

// Distinct values over the window of a trigger, carried by derived events.
struct Export {
  std::string name;
  std::vector<Binding> values;  // one per input
};

struct CorrelationPlan {
  RuleMeta meta;
  CorrelationType type = CorrelationType::event_count;
  DecisionClass decision = DecisionClass::monotone;
  bool settled = false;                  // refutable by nature, `decide: settled`: decision is then waiting
  std::vector<Input> inputs;             // in the order of `rules`; then those of `until`
  std::vector<std::string> members;      // group-by names (field or alias, text before the first '|')
  std::vector<std::string> value_names;  // of the counted, summed or compared fields
  DurationUs window = 0;                 // W
  std::uint64_t threshold = 0;           // sliding event_count, value_count, temporal: fires at >= threshold
  bool tumbling = false;                 // windows [kW, (k+1)W), decided when closed
  std::vector<Bound> bounds;             // value_sum and everything that tumbles: all must hold
  std::string percentile;                // value_percentile, value_median: canonical decimal in (0, 100]
  bool sum_risk = false;                 // value_sum of `risk`
  Expr condition;                        // temporal with a text condition (its positive part), metrics
  std::vector<Metric> metrics;
  std::vector<LevelWhen> level_when;          // metrics
  bool change_all = false;                    // value_change: in every field
  std::vector<Bound> speed_kmh, distance_km;  // travel
  DurationUs learn = 0;                       // new_value
  bool fire_first = false;                    // new_value
  std::vector<Export> exports;
  Title title;
  Suppress suppress;       // for_us and by always filled (defaults applied): P and the by-members
  bool by_values = false;  // new_value: the value's parts follow the members in the by-values
  bool across_tenants = false;
  bool emits = true;
  bool inner = false;                  // another correlation reads it: never pruned by count
  int level = 0;                       // 0 = reads only rules; evaluated in level order
  DurationUs accept = 0;               // the largest among all source types it listens to, directly or not
  DurationUs settle = 0;               // what a waiting decision allows (negation: the negated inputs; settled: besides accept)
  DurationUs max_hold = kHourUs;       // how long sources that are down hold it
  DurationUs retention = 0;            // hits are kept while t >= logtime - retention
  std::vector<std::uint32_t> sources;  // source indices it listens to
};

// A table that some rule reads.
struct TablePlan {
  std::string name;  // admins.csv, or enrich
  ValueTablePtr values;
};

struct Plan {
  std::vector<SourceProgram> sources;         // in name order
  std::vector<RulePlan> rules;                // in (file, document) order
  std::vector<CorrelationPlan> correlations;  // in level order
  std::vector<FilterPlan> filters;
  std::vector<TablePlan> tables;
  IdentityTable identity;
  std::string hash;  // 16 hex over everything that can change an alert
  // Some correlation makes decisions that wait for log time.
  [[nodiscard]] bool waits() const;
};

using PlanPtr = std::shared_ptr<const Plan>;

// Canonical text, stable across runs; what golden tests and `vedette rules show` print.
[[nodiscard]] std::string print_plan(const Plan& plan);
// One predicate in full, every value of it: eventType = 'x'
[[nodiscard]] std::string print_predicate(const SourceProgram& program, const Predicate& predicate);
// The body of one arm as one line: (eventType = 'x' and not (a contains 'b')); cut at 64 KiB.
[[nodiscard]] std::string print_arm(const SourceProgram& program, const Arm& arm);
// One node of an arm likewise: what a filter or level asks.
[[nodiscard]] std::string print_node(const SourceProgram& program, const Arm& arm, std::uint32_t node);

}  // namespace vedette::plan
