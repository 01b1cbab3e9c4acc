// The keys of `correlation`, and which of them each type takes. Constants; any thread.
#pragma once

#include "rules/reference/rule_keys.h"

namespace vedette::rules::reference {

inline constexpr std::array<Word, 1> kAcross = {{{"tenants", "one group for all tenants", true}}};
inline constexpr std::array<Word, 2> kDecide = {{
    {"eager", "at once; withdrawn when a late event refutes it. The default", true},
    {"settled", "once, when no accepted event can refute it any more", true},
}};
inline constexpr std::array<Word, 2> kFirst = {{
    {"ignore", "a group's very first event never alerts. The default", true},
    {"fire", "it does, when `learn` is 0", true},
}};

// In this order: gt, gte, lt, lte as in plan::CompareOp.
inline constexpr std::array<Key, 6> kOperators = {{
    {.name = "gt", .shape = Shape::number, .help = "More than", .example = "9"},
    {.name = "gte", .shape = Shape::number, .help = "At least", .example = "10"},
    {.name = "lt", .shape = Shape::number, .help = "Less than; waits for the end of the window", .example = "2"},
    {.name = "lte", .shape = Shape::number, .help = "At most; waits for the end of the window", .example = "2"},
    {.name = "eq", .shape = Shape::number, .help = "Exactly; waits for the end of the window", .example = "2"},
    {.name = "neq", .shape = Shape::number, .help = "Anything but; waits for the end of the window", .example = "2"},
}};
inline constexpr Table kOperatorTable = {"bounds", "a bound", kOperators, false};

// Beside the operators, in a condition that is a map.
inline constexpr std::array<Key, 5> kConditionFieldKeys = {{
    {.name = "field",
     .shape = Shape::expressions,
     .help = "What is counted, summed or compared; several fields count together",
     .example = "actor.alternateId"},
    {.name = "percentile", .shape = Shape::number, .help = "value_percentile: which one, above 0 and up to 100", .example = "95"},
    {.name = "all",
     .shape = Shape::boolean,
     .help = "value_change: every field must differ, not just one",
     .example = "true",
     .extension = true},
    {.name = "speed_kmh",
     .shape = Shape::map,
     .help = "travel: the speed, `gt` or `gte`",
     .example = "{gte: 900}",
     .extension = true,
     .inner = &kOperatorTable},
    {.name = "distance_km",
     .shape = Shape::map,
     .help = "travel: the distance, `gt` or `gte`",
     .example = "{gte: 300}",
     .extension = true,
     .inner = &kOperatorTable},
}};

inline constexpr std::array<Key, 4> kMetricKeys = {{
    {.name = "count",
     .shape = Shape::texts,
     .help = "Events of these rules (`count` alone: of all listed)",
     .example = "push_denied",
     .extension = true},
    {.name = "distinct",
     .shape = Shape::expressions,
     .help = "Different values of a field; several fields count together",
     .example = "actor.alternateId",
     .extension = true},
    {.name = "sum", .shape = Shape::expression, .help = "The sum of a field", .example = "debugContext.bytes", .extension = true},
    {.name = "of",
     .shape = Shape::texts,
     .help = "Beside `distinct` and `sum`: only events of these rules",
     .example = "login_failed",
     .extension = true},
}};
inline constexpr Table kMetricTable = {"metric", "a metric", kMetricKeys, false};

inline constexpr std::array<Key, 1> kExportKeys = {{
    {.name = "distinct",
     .shape = Shape::expression,
     .help = "The field whose values the alerts hand on",
     .example = "actor.alternateId",
     .required = true,
     .extension = true},
}};
inline constexpr Table kExportTable = {"export", "an export", kExportKeys, false};

inline constexpr std::array<Key, 1> kTagReferenceKeys = {{
    {.name = "tags",
     .shape = Shape::texts,
     .help = "Every loaded rule with one of these tags",
     .example = "[attack.credential-access]",
     .required = true,
     .extension = true},
}};
inline constexpr Table kTagReferenceTable = {"tag-reference", "a reference by tag", kTagReferenceKeys, false};

// Only inside `correlation`.
inline constexpr std::array<Key, 17> kInnerKeys = {{
    {.name = "type",
     .shape = Shape::word,
     .help = "What is looked for",
     .example = "event_count",
     .required = true,
     .words = kCorrelationTypes},
    {.name = "rules",
     .shape = Shape::special,
     .help = "Names or ids of the rules and correlations it reads; `{tags: [...]}` for all with a tag",
     .example = "[okta_login_failure]",
     .required = true,
     .schema = R"({"anyOf": [{"$ref": "#/$defs/texts"}, {"$ref": "#/$defs/tag-reference"}]})",
     .shown = "texts, or `{tags: texts}`"},
    {.name = "group-by",
     .shape = Shape::expressions,
     .help = "Only events that agree in all of these belong together; left out: all events of a tenant",
     .example = "[actor.alternateId]"},
    {.name = "timespan",
     .shape = Shape::duration,
     .help = "How far apart the first and the last event may lie. 24h by default for value_change and travel; all others need it",
     .example = "10m"},
    {.name = "condition",
     .shape = Shape::special,
     .help = "Bounds on what is counted; for temporal types, rule names with `and`, `or`, `not`; for metrics, comparisons",
     .example = "{gte: 10}",
     .schema = R"({"anyOf": [{"type": "string", "minLength": 1}, {"$ref": "#/$defs/correlation-condition"}]})",
     .shown = "map or text"},
    {.name = "aliases",
     .shape = Shape::special,
     .help = "Names for what is called differently in each rule",
     .example = "{user: {okta_login: actor.alternateId, aws_login: userIdentity.userName}}",
     .schema =
         R"({"type": "object", "additionalProperties": {"type": "object", "additionalProperties": {"$ref": "#/$defs/text"}}})",
     .shown = "alias -> rule -> field"},
    {.name = "generate",
     .shape = Shape::boolean,
     .help = "The rules it reads make alerts of their own as well",
     .example = "true"},
    {.name = "field",
     .shape = Shape::expressions,
     .help = "What is counted, summed or compared, when it does not stand inside the condition; travel: the place",
     .example = "client.geographicalContext.geolocation"},
    {.name = "percentile",
     .shape = Shape::number,
     .help = "value_percentile: which one, when it does not stand inside the condition",
     .example = "95"},
    {.name = "values",
     .shape = Shape::special,
     .help = "metrics: what is measured, by name",
     .example = "{attempts: count, users: {distinct: actor.alternateId}}",
     .extension = true,
     .schema =
         R"({"type": "object", "minProperties": 1, "additionalProperties": {"anyOf": [{"const": "count"}, {"$ref": "#/$defs/metric"}]}})",
     .shown = "name -> `count` or [metric](#metric)"},
    {.name = "until",
     .shape = Shape::texts,
     .help = "metrics: rules whose events start the group afresh",
     .example = "[login_success]",
     .extension = true},
    {.name = "export",
     .shape = Shape::map_of_maps,
     .help = "Values of all contributing events, for the group-by of a correlation that reads this one",
     .example = "{users: {distinct: actor.alternateId}}",
     .extension = true,
     .inner = &kExportTable},
    {.name = "learn",
     .shape = Shape::duration_or_zero,
     .help = "new_value: how long after a group's first event nothing alerts",
     .example = "7d",
     .extension = true},
    {.name = "first",
     .shape = Shape::word,
     .help = "new_value: what a group's first event does",
     .example = "fire",
     .extension = true,
     .words = kFirst},
    {.name = "decide",
     .shape = Shape::word,
     .help = "When a rule that a late event can refute speaks",
     .example = "settled",
     .extension = true,
     .words = kDecide},
    {.name = "settle",
     .shape = Shape::duration_or_zero,
     .help = "Upper bounds, averages and `not`: how long the decision waits for late events; by default what the slowest source "
             "needs",
     .example = "15m",
     .extension = true},
    {.name = "max_hold",
     .shape = Shape::duration_or_zero,
     .help = "How long sources that are down may hold a decision",
     .example = "1h",
     .extension = true},
}};
// Inside `correlation` or beside it, at the left margin.
inline constexpr std::array<Key, 3> kEitherKeys = {{
    {.name = "suppress",
     .shape = Shape::map,
     .help = "At most one alert per time and group",
     .example = "{for: 4h}",
     .extension = true,
     .inner = &kSuppressTable},
    {.name = "across",
     .shape = Shape::word,
     .help = "Groups reach over tenants",
     .example = "tenants",
     .extension = true,
     .words = kAcross},
    {.name = "level-when",
     .shape = Shape::list,
     .help = "metrics: levels by conditions over the values",
     .example = "[{critical: attempts >= 100}]",
     .extension = true,
     .inner = &kLevelWhenTable},
}};
inline constexpr auto kCorrelationKeys = joined(kInnerKeys, kEitherKeys);
inline constexpr Table kCorrelationTable = {"correlation", "a correlation", kCorrelationKeys, false};

// What a type needs, and takes beyond type, rules, group-by, aliases, timespan, generate, suppress, across, settle, max_hold.
struct TypeRow {
  std::string_view type;
  std::string_view condition;  // what its condition holds
  std::string_view example;    // of a condition
  std::string_view speaks;     // when it alerts
  std::string_view keys;       // further keys
  std::string_view condition_schema;
  bool needs_condition = true;
  bool needs_field = false;  // inside the condition or beside it
  bool needs_timespan = true;
};
inline constexpr std::string_view kMapSchema = R"({"type": "object"})";
inline constexpr std::string_view kTextSchema = R"({"type": "string"})";
inline constexpr std::string_view kEitherSchema = R"({"type": ["object", "string"]})";
inline constexpr std::string_view kBoundsSpeak = "at once with `gt`, `gte`; else when the window has closed";
// In the order of plan::CorrelationType.
inline constexpr std::array<TypeRow, 12> kTypeRows = {{
    {"event_count", "bounds", "{gte: 10}", kBoundsSpeak, "`export`", kMapSchema},
    {"value_count", "`field` and bounds", "{field: target.displayName, gte: 5}", kBoundsSpeak, "`export`", kMapSchema, true,
     true},
    {"temporal", "rule names with `and`, `or`, `not`; or how many different rules; left out: all", "sso and not logout",
     "at once; with `not`, when it is too late for what must not occur", "", kEitherSchema, false},
    {"temporal_ordered", "rule names with `and`, `not`; left out: all", "changed and used and not confirmed",
     "at once; with `not`, when it is too late for what must not occur", "", kTextSchema, false},
    {"value_sum", "`field` (or `risk`) and bounds", "{field: risk, gte: 100}", kBoundsSpeak, "`export`", kMapSchema, true, true},
    {"value_avg", "`field` and bounds", "{field: debugContext.debugData.responseTime, gt: 5000}", "when the window has closed",
     "", kMapSchema, true, true},
    {"value_percentile", "`field`, `percentile` and bounds",
     "{field: debugContext.debugData.responseTime, percentile: 95, gt: 5000}", "when the window has closed", "", kMapSchema, true,
     true},
    {"value_median", "`field` and bounds", "{field: debugContext.debugData.responseTime, gt: 5000}", "when the window has closed",
     "", kMapSchema, true, true},
    {"new_value", "`field`", "{field: client.geographicalContext.country}", "at once; a late event may withdraw it",
     "`learn`, `first`, `decide`", kMapSchema, false, true},
    {"value_change", "`field`, `all`", "{field: [securityContext.asNumber, client.userAgent.os], all: true}", "at once", "",
     kMapSchema, false, true, false},
    {"travel", "`speed_kmh`, `distance_km`", "{speed_kmh: {gte: 900}, distance_km: {gte: 300}}", "at once", "`field`",
     R"({"type": "object", "required": ["speed_kmh"]})", true, true, false},
    {"metrics", "comparisons of values, with `and`, `or`, `not`, arithmetic and `span`",
     "attempts >= 25 and attempts / users <= 5", "at once; with `until`, ratios or upper bounds a late event may withdraw it",
     "`values`, `until`, `level-when`, `decide`, `export`", kTextSchema},
}};

// Of a document with `correlation`, besides kDocumentKeys and kEitherKeys.
inline constexpr std::array<Key, 1> kCorrelationDocumentKeys = {{
    {.name = "correlation",
     .shape = Shape::map,
     .help = "What is looked for among the events that rules match",
     .example =
         "{type: event_count, rules: [okta_login_failure], group-by: [actor.alternateId], timespan: 10m, condition: {gte: 10}}",
     .required = true,
     .inner = &kCorrelationTable},
}};
inline constexpr Table kCorrelationDocumentTable = {"correlation-document", "a correlation document", kCorrelationDocumentKeys,
                                                    true};

}  // namespace vedette::rules::reference
