// A correlation document as written, its references not yet resolved (rules/sigma/link.cc does that). Built by
// parse_correlation (correlation.cc) during one load; value types.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "engine/plan/plan.h"
#include "rules/sigma/correlation_expr.h"
#include "rules/sigma/extensions.h"

namespace vedette::rules {

// `suppress: {by, for}` as written.
struct SuppressDoc {
  bool given = false;
  std::optional<DurationUs> for_us;
  bool by_given = false;
  std::vector<std::pair<std::string, Location>> by;
};

// A name or id in `rules`.
struct RuleRef {
  std::string text;
  Location where;
};

// A group-by entry or counted field: `user|lower`.
struct MemberDoc {
  std::string text;        // whole
  std::string name;        // before the first '|'
  std::string transforms;  // from the first '|' on, or empty
  Location where;
};

struct AliasDoc {
  std::string name;
  Location where;
  std::vector<std::tuple<std::string, std::string, Location>> fields;  // rule, expression, where
};

struct MetricDoc {
  std::string name;
  plan::MetricKind kind = plan::MetricKind::count;
  std::vector<RuleRef> of;  // the rules it counts; empty: all that are listed
  std::vector<MemberDoc> fields;
};

struct ExportDoc {
  std::string name;
  Location where;
  MemberDoc field;
};

struct LevelWhenDoc {
  plan::Level level = plan::Level::medium;
  ExprDoc condition;
};

// A length of time and its place.
struct DurationDoc {
  DurationUs value = 0;
  Location where;
};

struct CorrelationDoc {
  plan::RuleMeta meta;
  plan::CorrelationType type = plan::CorrelationType::event_count;
  Location where;
  std::vector<RuleRef> rules;
  std::vector<std::string> tags;  // `rules: {tags: [...]}`
  Location tags_where;
  std::vector<RuleRef> until;
  std::vector<MemberDoc> group_by;
  std::vector<AliasDoc> aliases;
  DurationUs window = 0;
  std::optional<std::uint64_t> threshold;  // sliding counts and numeric temporal
  Location threshold_where;
  bool tumbling = false;
  std::vector<plan::Bound> bounds;
  std::vector<MemberDoc> values;
  std::string percentile;
  bool sum_risk = false;
  bool change_all = false;
  std::vector<plan::Bound> speed_kmh, distance_km;
  ExprDoc condition;  // of rules (temporal types) or of metrics
  std::vector<MetricDoc> metrics;
  std::vector<LevelWhenDoc> level_when;
  std::vector<ExportDoc> exports;
  DurationUs learn = 0;
  bool fire_first = false;
  std::optional<bool> settled;  // `decide: settled` or `eager`
  Location decide_where;
  std::optional<DurationDoc> settle, max_hold;
  std::vector<TitlePartDoc> title;
  SuppressDoc suppress;
  bool generate = false;
  bool across_tenants = false;
};

}  // namespace vedette::rules
