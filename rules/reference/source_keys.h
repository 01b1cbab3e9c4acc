// The keys of source types, rules/sources/<name>.yml. Constants; any thread.
#pragma once

#include "rules/reference/rule_keys.h"

namespace vedette::rules::reference {

inline constexpr std::array<Key, 3> kRecogniseKeys = {{
    {.name = "all", .shape = Shape::fields, .help = "All of these must be there", .example = "[uuid, eventType]"},
    {.name = "any", .shape = Shape::fields, .help = "At least one of these must be there", .example = "[eventVersion]"},
    {.name = "none", .shape = Shape::fields, .help = "None of these may be there", .example = "[records]"},
}};
inline constexpr Table kRecogniseTable = {"recognise", "`recognise`", kRecogniseKeys, false};

inline constexpr std::array<Key, 2> kTimeKeys = {{
    {.name = "path", .shape = Shape::field, .help = "Where the time stands", .example = "published", .required = true},
    {.name = "format", .shape = Shape::word, .help = "How it is written", .example = "iso8601", .words = kTimeFormats},
}};
inline constexpr Table kTimeTable = {"time", "a time", kTimeKeys, false};

inline constexpr std::array<Key, 4> kSetKeys = {{
    {.name = "path", .shape = Shape::expression, .help = "The field it is taken from", .example = "outcome.result"},
    {.name = "map",
     .shape = Shape::text_map,
     .help = "What each value becomes",
     .example = "{SUCCESS: success, FAILURE: failure}"},
    {.name = "else", .help = "What all other values become; left out: nothing", .example = "unknown"},
    {.name = "value", .help = "Always this", .example = "login"},
}};
inline constexpr Table kSetTable = {"set", "a `set` value", kSetKeys, false};

inline constexpr std::array<Key, 3> kNormaliseKeys = {{
    {.name = "when",
     .shape = Shape::texts_map,
     .help = "Which events: each field has one of its values",
     .example = "{eventType: [user.session.start]}"},
    {.name = "category", .help = "The category they belong to", .example = "authentication", .required = true},
    {.name = "set",
     .shape = Shape::special,
     .help = "Their normalised names",
     .example = "{event.action: {value: login}, identity.user: actor.alternateId|person}",
     .schema =
         R"({"type": "object", "propertyNames": {"$ref": "#/$defs/normalised-name"}, "additionalProperties": {"anyOf": [{"$ref": "#/$defs/text"}, {"$ref": "#/$defs/set"}]}})",
     .shown = "normalised name -> expression or [set](#set)"},
}};
inline constexpr Table kNormaliseTable = {"normalise", "a `normalise` entry", kNormaliseKeys, false};

inline constexpr std::array<Key, 4> kPatternKeys = {{
    {.name = "name",
     .help = "What kind of message it is; the field `pattern` of its events",
     .example = "failed",
     .required = true},
    {.name = "regex",
     .help = "RE2; its named groups become fields",
     .example = "'^Failed (?P<method>\\S+) for (?P<user>.*) from (?P<source_ip>\\S+)'",
     .required = true},
    {.name = "repeat", .help = "The group that says how often the event happened", .example = "repeat"},
    {.name = "inner", .help = "The group that holds the repeated message", .example = "inner"},
}};
inline constexpr Table kPatternTable = {"pattern", "a pattern", kPatternKeys, false};

inline constexpr std::array<Key, 18> kSourceKeys = {{
    {.name = "source", .help = "Its name: lower-case letters, digits and _", .example = "okta", .required = true},
    {.name = "description", .help = "What it is", .example = "Okta System Log"},
    {.name = "logsource",
     .shape = Shape::maps,
     .help = "The log sources of rules that it serves",
     .example = "[{product: okta, service: okta}]",
     .inner = &kServedTable},
    {.name = "recognise",
     .shape = Shape::map,
     .help = "How its events are told from others; JSON sources need `all` or `any`",
     .example = "{all: [uuid, eventType]}",
     .inner = &kRecogniseTable},
    {.name = "unwrap",
     .shape = Shape::fields,
     .help = "Envelopes that events may come in, tried in order",
     .example = "[data.events, message]"},
    {.name = "id", .shape = Shape::fields, .help = "Where the event's id stands; the first that is there", .example = "uuid"},
    {.name = "time",
     .shape = Shape::maps,
     .help = "Where the event's time stands; the first that can be read",
     .example = "{path: published, format: iso8601}",
     .required = true,
     .inner = &kTimeTable},
    {.name = "arrival",
     .shape = Shape::special,
     .help = "Where a recorded time of arrival stands",
     .example = "{path: received, format: iso8601}",
     .schema = R"({"anyOf": [{"$ref": "#/$defs/time"}, {"type": "null"}]})",
     .shown = "[time](#time)"},
    {.name = "accept",
     .shape = Shape::duration,
     .help = "How late an event may come and still count for correlations; 6h",
     .example = "6h"},
    {.name = "settle",
     .shape = Shape::duration,
     .help = "How long a decision that waits allows this source; 5m",
     .example = "5m"},
    {.name = "sentinels",
     .shape = Shape::texts,
     .help = "Values that mean nothing: missing as keys and counted values",
     .example = "[unknown, '-', 'null']"},
    {.name = "canonical",
     .shape = Shape::text_map,
     .help = "Other spellings of a path -> the one rules see, with `|upper` for values in any case",
     .example = "{client.ipChain: request.ipChain, outcome.result: '|upper'}"},
    {.name = "fields",
     .shape = Shape::fields,
     .help = "The paths it is known to have, in their exact case",
     .example = "[eventType, actor.alternateId]"},
    {.name = "encoded",
     .shape = Shape::fields,
     .help = "Fields whose text holds JSON or `{k=v}`",
     .example = "[debugContext.debugData.risk]"},
    {.name = "normalise",
     .shape = Shape::maps,
     .help = "Which events belong to a category, and their normalised names",
     .example = "[{when: {eventType: user.session.start}, category: authentication}]",
     .inner = &kNormaliseTable},
    {.name = "patterns",
     .shape = Shape::maps,
     .help = "Text sources: one per kind of message, the first that matches",
     .example = "[{name: failed, regex: '^Failed (?P<method>\\S+)'}]",
     .inner = &kPatternTable},
    {.name = "timezone", .help = "IANA zone of times without one; UTC", .example = "Europe/Berlin"},
    {.name = "year", .shape = Shape::whole, .help = "The year of the first syslog line of a replay", .example = "2026"},
}};
inline constexpr Table kSourceTable = {"source", "a source type", kSourceKeys, false};

}  // namespace vedette::rules::reference
