// The keys of sinks, by type, and of routes. Constants; any thread.
#pragma once

#include "app/config_common_keys.h"

namespace vedette::app {

// In the order of SinkKind.
inline constexpr std::array<Word, 4> kSinkKinds = {{
    {"stdout", "JSON lines on standard output"},
    {"file", "JSON lines to a file"},
    {"kafka", "JSON messages to a topic, the group as key"},
    {"webhook", "an HTTP POST for each alert, signed as standardwebhooks.com says"},
}};
// In the order of OnContinuation.
inline constexpr std::array<Word, 2> kContinuations = {
    {{"send", "as any other; the default"}, {"drop", "left out, but for one every `repeat_interval`"}}};

inline constexpr std::array<Key, 5> kSinkKeys = {{
    {.name = "name",
     .help = "What it is called; in routes, logs, metrics and stored positions",
     .example = "bus",
     .required = true},
    {.name = "type", .shape = Shape::word, .help = "Where alerts go", .example = "kafka", .required = true, .words = kSinkKinds},
    {.name = "min_level",
     .shape = Shape::word,
     .help = "Only alerts of this level and above",
     .example = "medium",
     .words = rules::reference::kLevels},
    {.name = "on_continuation",
     .shape = Shape::word,
     .help = "What is done with an alert that continues an earlier one of its group",
     .example = "drop",
     .words = kContinuations},
    {.name = "repeat_interval",
     .shape = Shape::duration,
     .help = "With `on_continuation: drop`: how often one of an episode goes out all the same; 24h",
     .example = "24h"},
}};
// Of sinks that can refuse an alert for good.
inline constexpr Key kDeadLetterKey = {
    .name = "dead_letter",
    .help =
        "File that takes alerts which the other side will never take, with the reason; without it they are logged and counted",
    .example = "dead/pager.jsonl"};

inline constexpr Table kStdoutTable = {"stdout", "a sink of type stdout", kSinkKeys, false};

inline constexpr std::array<Key, 3> kRotateKeys = {{
    {.name = "size",
     .shape = Shape::special,
     .help = "A new file once this one is as large",
     .example = "100MB",
     .schema = kSizeSchema,
     .shown = kSizeShown},
    {.name = "daily", .shape = Shape::boolean, .help = "A new file every day, UTC; false", .example = "true"},
    {.name = "keep", .shape = Shape::whole, .help = "How many earlier files are kept; 10", .example = "30"},
}};
inline constexpr Table kRotateTable = {"rotate", "`rotate`", kRotateKeys, false};

inline constexpr auto kFileSinkKeys =
    joined(kSinkKeys, std::array<Key, 2>{{{.name = "path",
                                           .help = "The file; new ones are readable for the service's user alone",
                                           .example = "alerts.jsonl",
                                           .required = true},
                                          {.name = "rotate",
                                           .shape = Shape::map,
                                           .help = "When a new file is begun; without it never",
                                           .example = "{size: 100MB, keep: 10}",
                                           .inner = &kRotateTable}}});
inline constexpr Table kFileSinkTable = {"file-sink", "a sink of type file", kFileSinkKeys, false};

inline constexpr auto kKafkaSinkKeys = joined(
    joined(kSinkKeys, kKafkaConnectionKeys),
    std::array<Key, 2>{{{.name = "topic", .help = "The topic", .example = "vedette.alerts", .required = true}, kDeadLetterKey}});
inline constexpr Table kKafkaSinkTable = {"kafka-sink", "a sink of type kafka", kKafkaSinkKeys, false};

inline constexpr auto kWebhookKeys = joined(
    kSinkKeys,
    std::array<Key, 8>{
        {{.name = "url", .help = "Where to", .example = "https://hooks.example.com/vedette", .required = true},
         {.name = "secrets",
          .shape = Shape::list,
          .help = "Signing secrets, `whsec_` and Base64; each adds a signature",
          .example = "[{env: WEBHOOK_SECRET}]",
          .inner = &kSecretTable},
         {.name = "headers",
          .shape = Shape::special,
          .help = "Further headers; those that hold a secret as {env: NAME} or {file: PATH}",
          .example = "{Authorization: {env: PAGER_AUTHORIZATION}}",
          .schema =
              R"({"type": "object", "additionalProperties": {"anyOf": [{"$ref": "#/$defs/text"}, {"$ref": "#/$defs/secret"}]}})",
          .shown = "name -> text or [secret](#secret)"},
         {.name = "body", .help = "Template of the body; without it the alert as it is", .example = "'{\"text\": {{reason}}}'"},
         {.name = "timeout", .shape = Shape::duration, .help = "The longest that one request may take; 10s", .example = "10s"},
         {.name = "ca", .help = "PEM file of authorities that are trusted; the system's", .example = "tls/ca.pem"},
         {.name = "allow",
          .shape = Shape::texts,
          .help = "Networks that are reached although they are private, also by http://",
          .example = "[10.20.0.0/16]"},
         kDeadLetterKey}});
inline constexpr Table kWebhookTable = {"webhook", "a sink of type webhook", kWebhookKeys, false};

inline constexpr std::array<Key, 5> kMatchKeys = {{
    {.name = "level",
     .shape = Shape::word,
     .help = "Alerts of this level and above",
     .example = "high",
     .words = rules::reference::kLevels},
    {.name = "tags",
     .shape = Shape::texts,
     .help = "Alerts of rules with any of these tags",
     .example = "[attack.credential-access]"},
    {.name = "rule",
     .shape = Shape::texts,
     .help =
         "Alerts of these rules, by what the alerts say as `rule_id` or `rule`: the id, or the name, or without a name the title",
     .example = "[okta_admin_granted]"},
    {.name = "source", .shape = Shape::texts, .help = "Alerts with an event of any of these source types", .example = "[okta]"},
    {.name = "tenant", .shape = Shape::texts, .help = "Alerts of these tenants", .example = "[acme]"},
}};
inline constexpr Table kMatchTable = {"match", "`match`", kMatchKeys, false};

inline constexpr std::array<Key, 2> kRouteKeys = {{
    {.name = "match",
     .shape = Shape::map,
     .help = "Which alerts: those that meet every term given; without it all",
     .example = "{tags: [attack.credential-access]}",
     .inner = &kMatchTable},
    {.name = "to", .shape = Shape::texts, .help = "The sinks they go to", .example = "[pager, bus]", .required = true},
}};
inline constexpr Table kRouteTable = {"route", "a route", kRouteKeys, false};

// In the order of SinkKind.
inline constexpr std::array<const Table*, 4> kSinkTables = {&kStdoutTable, &kFileSinkTable, &kKafkaSinkTable, &kWebhookTable};
// What is inside them.
inline constexpr std::array<const Table*, 1> kInnerSinkTables = {&kRotateTable};

}  // namespace vedette::app
