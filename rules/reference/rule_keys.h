// The keys of rule files: rules, filters, and what correlations share with them. Correlations: correlation_keys.h.
// Constants; any thread.
#pragma once

#include "rules/reference/words.h"

namespace vedette::rules::reference {

inline constexpr std::array<Key, 3> kLogSourceKeys = {{
    {.name = "category", .help = "What kind of event, over all systems", .example = "authentication"},
    {.name = "product", .help = "The product that logs it", .example = "okta"},
    {.name = "service", .help = "The product's log", .example = "okta"},
}};
inline constexpr Table kServedTable = {"served", "a log source that a source type serves", kLogSourceKeys, false};
inline constexpr std::array<Key, 1> kDefinitionKeys = {{
    {.name = "definition",
     .help = "What must be switched on there to have such events; for people",
     .example = "Audit log of the organisation"},
}};
inline constexpr auto kRuleLogSourceKeys = joined(kLogSourceKeys, kDefinitionKeys);
inline constexpr Table kLogSourceTable = {"logsource", "a log source", kRuleLogSourceKeys, true};

inline constexpr std::array<Key, 2> kDetectionKeys = {{
    {.name = "condition",
     .shape = Shape::condition,
     .help = "Selections joined by `and`, `or`, `not`, parentheses, `1 of x*`, `all of x*`, `1 of them`; of a list, any",
     .example = "selection and not 1 of filter_*",
     .required = true},
    {.name = "timeframe", .help = "Of old pipe aggregations; has no effect", .example = "15m"},
}};
inline constexpr Table kDetectionTable = {"detection", "a detection", kDetectionKeys, true};

inline constexpr std::array<Key, 2> kSuppressKeys = {{
    {.name = "by",
     .shape = Shape::expressions,
     .help = "One alert per value of these fields (rules) or members of `group-by` (correlations)",
     .example = "[actor.id]",
     .extension = true},
    {.name = "for",
     .shape = Shape::duration_or_zero,
     .help = "One alert within this time; 0: one per trigger. Rules need it; of a correlation, the larger of its timespan and 1h",
     .example = "1h",
     .extension = true},
}};
inline constexpr Table kSuppressTable = {"suppress", "`suppress`", kSuppressKeys, false};

inline constexpr std::array<Key, 1> kAlertKeys = {{
    {.name = "title",
     .help = "Title of the alerts. Names in braces are fields of the event, group members, metrics, `count`, `level`, `rule`",
     .example = "'MFA bombing of {actor.alternateId}'",
     .extension = true},
}};
inline constexpr Table kAlertTable = {"alert", "`alert`", kAlertKeys, false};

inline constexpr std::array<Key, 3> kLookupKeys = {{
    {.name = "table", .help = "A CSV file among the lists", .example = "admins.csv", .required = true, .extension = true},
    {.name = "key",
     .shape = Shape::expression,
     .help = "The field that the table's first column is compared with",
     .example = "actor.id",
     .required = true,
     .extension = true},
    {.name = "as",
     .help = "The row's columns become the fields `<as>.<column>`",
     .example = "person",
     .required = true,
     .extension = true},
}};
inline constexpr Table kLookupTable = {"lookup", "`lookup`", kLookupKeys, false};

inline constexpr std::array<Word, 1> kModes = {{{"shadow", "evaluated and counted, never routed to sinks", true}}};
inline constexpr std::array<Word, 3> kActions = {{
    {"global", "its keys are merged into all documents that follow"},
    {"reset", "forgets the global keys"},
    {"repeat", "the document before, with these keys changed"},
}};

// `[{critical: is_admin}]`: one condition per level.
inline constexpr std::array<Key, 5> kLevelWhenKeys = {{
    {.name = "informational", .help = "The condition of this level", .example = "is_guest", .extension = true},
    {.name = "low", .help = "The condition of this level", .example = "is_guest", .extension = true},
    {.name = "medium", .help = "The condition of this level", .example = "is_contractor", .extension = true},
    {.name = "high", .help = "The condition of this level", .example = "is_admin", .extension = true},
    {.name = "critical", .help = "The condition of this level", .example = "is_super_admin", .extension = true},
}};
inline constexpr Table kLevelWhenTable = {"level-when", "`level-when`", kLevelWhenKeys, false};

inline constexpr std::array<Key, 2> kRelatedKeys = {{
    {.name = "id", .help = "The id of the other rule", .example = "d2451be2-b582-4e15-8701-4196ac180260", .required = true},
    {.name = "type", .help = "derived, obsolete, merged, renamed or similar", .example = "derived", .required = true},
}};
inline constexpr Table kRelatedTable = {"related", "a related rule", kRelatedKeys, true};

// What every document of a rule file may hold.
inline constexpr std::array<Key, 20> kDocumentKeys = {{
    {.name = "title",
     .help = "What the rule finds, in a few words; alerts show it",
     .example = "Okta administrator rights granted"},
    {.name = "id",
     .help = "A random UUID. Alert ids are made of it: never change it",
     .example = "4d7ef3a1-6a70-4c0f-9c39-5a6f7e1d2b90"},
    {.name = "name", .help = "How correlations, tests and people call the rule", .example = "okta_admin_granted"},
    {.name = "description", .help = "What it finds and why that matters", .example = "Somebody was given administrator rights"},
    {.name = "status", .shape = Shape::word, .help = "How far it can be trusted", .example = "test", .words = kStates},
    {.name = "level", .shape = Shape::word, .help = "How urgent its alerts are", .example = "high", .words = kLevels},
    {.name = "author", .shape = Shape::texts, .help = "Who wrote it; alerts carry it", .example = "Jane Doe"},
    {.name = "date", .shape = Shape::date, .help = "When it was written", .example = "2026-05-04"},
    {.name = "modified", .shape = Shape::date, .help = "When its meaning last changed", .example = "2026-06-01"},
    {.name = "references",
     .shape = Shape::texts,
     .help = "Where to read on; alerts carry them",
     .example = "[https://example.com/runbook]"},
    {.name = "tags",
     .shape = Shape::texts,
     .help = "`attack.t1110.001`, `attack.credential-access` and others; alerts carry them",
     .example = "[attack.credential-access, attack.t1110]"},
    {.name = "falsepositives",
     .shape = Shape::texts,
     .help = "What else looks like it",
     .example = "[The quarterly access review]"},
    {.name = "license", .help = "Its licence, an SPDX name", .example = "DRL-1.1"},
    {.name = "related",
     .shape = Shape::maps,
     .help = "Other rules it came from or replaces",
     .example = "[{id: d2451be2-b582-4e15-8701-4196ac180260, type: derived}]",
     .inner = &kRelatedTable},
    {.name = "taxonomy", .help = "Which names its fields have", .example = "sigma"},
    {.name = "action",
     .shape = Shape::word,
     .help = "Only in files of several documents",
     .example = "global",
     .words = kActions},
    {.name = "mode",
     .shape = Shape::word,
     .help = "How its alerts are handled",
     .example = "shadow",
     .extension = true,
     .words = kModes},
    {.name = "risk",
     .shape = Shape::whole,
     .help = "What it adds to a `value_sum` of `risk`, up to 1000000",
     .example = "40",
     .extension = true},
    {.name = "suppress",
     .shape = Shape::map,
     .help = "At most one alert per time and value",
     .example = "{by: [actor.id], for: 1h}",
     .extension = true,
     .inner = &kSuppressTable},
    {.name = "alert",
     .shape = Shape::map,
     .help = "What its alerts say",
     .example = "{title: 'Password of {actor.alternateId} changed'}",
     .extension = true,
     .inner = &kAlertTable},
}};
inline constexpr Table kDocumentTable = {"document", "a document", kDocumentKeys, true};

// Besides kDocumentKeys.
inline constexpr std::array<Key, 8> kRuleKeys = {{
    {.name = "logsource",
     .shape = Shape::map,
     .help = "Which events it reads: all that the source types serve of it",
     .example = "{product: okta, service: okta}",
     .required = true,
     .inner = &kLogSourceTable},
    {.name = "detection",
     .shape = Shape::special,
     .help = "Named selections and a condition over them",
     .example = "{selection: {eventType: user.session.start}, condition: selection}",
     .required = true,
     .schema = R"({"$ref": "#/$defs/detection"})",
     .shown = "selections and `condition`"},
    {.name = "fields",
     .shape = Shape::texts,
     .help = "Fields worth a look; for people",
     .example = "[actor.alternateId, client.ipAddress]"},
    {.name = "scope", .shape = Shape::texts, .help = "Which hosts it is meant for; for people", .example = "[server]"},
    {.name = "timezone",
     .help = "IANA zone of its time modifiers (`hour`, `day`, ...)",
     .example = "Europe/Berlin",
     .extension = true},
    {.name = "level-when",
     .shape = Shape::list,
     .help = "Levels by conditions over the rule's selections; the highest that holds counts",
     .example = "[{critical: is_super_admin}]",
     .extension = true,
     .inner = &kLevelWhenTable},
    {.name = "lookup",
     .shape = Shape::maps,
     .help = "Fields from a table of yours",
     .example = "{table: admins.csv, key: actor.id, as: person}",
     .extension = true,
     .inner = &kLookupTable},
    {.name = "enrich",
     .shape = Shape::text_map,
     .help = "Country, city, network and place of an address, as `<name>.country`, `.city`, `.asn`, `.organization`, `.location`",
     .example = "{geo: client.ipAddress}",
     .extension = true},
}};
inline constexpr Table kRuleTable = {"rule", "a rule", kRuleKeys, true};

// Of filters, beside `filter` or inside it.
inline constexpr std::array<Key, 3> kFilterOwnKeys = {{
    {.name = "expires",
     .shape = Shape::date,
     .help = "Events from this day on (UTC) are not filtered any more",
     .example = "2026-12-31",
     .extension = true},
    {.name = "owner", .help = "Who answers for the exception", .example = "identity-team@example.com", .extension = true},
    {.name = "reason", .help = "Why it is there", .example = "Migration of the HR system", .extension = true},
}};

// Inside `filter`; further names are selections.
inline constexpr std::array<Key, 2> kFilterSigmaKeys = {{
    {.name = "rules",
     .shape = Shape::texts,
     .help = "Names or ids of the rules it filters, or `any` for all whose log source it covers",
     .example = "[okta_admin_granted]",
     .required = true},
    {.name = "condition",
     .shape = Shape::condition,
     .help = "What must hold, beside the rule's own condition: nearly always `not selection`",
     .example = "not selection",
     .required = true},
}};
inline constexpr auto kFilterKeys = joined(kFilterSigmaKeys, kFilterOwnKeys);
inline constexpr Table kFilterTable = {"filter", "a filter", kFilterKeys, true};

// Of a document with `filter`, besides kDocumentKeys.
inline constexpr std::array<Key, 3> kFilterOnlyKeys = {{
    {.name = "logsource",
     .shape = Shape::map,
     .help = "Which rules it may be about: what it gives, they must give alike",
     .example = "{product: okta, service: okta}",
     .required = true,
     .inner = &kLogSourceTable},
    {.name = "filter",
     .shape = Shape::special,
     .help = "The rules, named selections and a condition over them",
     .example = "{rules: [okta_admin_granted], selection: {actor.alternateId: a@example.com}, condition: not selection}",
     .required = true,
     .schema = R"({"$ref": "#/$defs/filter"})",
     .shown = "`rules`, selections and `condition`"},
    {.name = "timezone", .help = "IANA zone of its time modifiers", .example = "Europe/Berlin", .extension = true},
}};
inline constexpr auto kFilterDocumentKeys = joined(kFilterOnlyKeys, kFilterOwnKeys);
inline constexpr Table kFilterDocumentTable = {"filter-document", "a filter document", kFilterDocumentKeys, true};

}  // namespace vedette::rules::reference
