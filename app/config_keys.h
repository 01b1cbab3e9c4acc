// The keys of the configuration of `vedette run`, as data: what the configuration's reader accepts, what its JSON Schema
// and the reference print. Constants; any thread.
#pragma once

#include "rules/reference/words.h"

namespace vedette::app {

using rules::reference::Key;
using rules::reference::Shape;
using rules::reference::Table;
using rules::reference::Word;

inline constexpr std::array<Word, 1> kLearnStates = {{{"off", "nothing is learned; the default"}}};
inline constexpr std::array<Word, 2> kLogFormats = {{{"json", "one object a line"}, {"human", "for a terminal"}}};
inline constexpr std::array<Word, 4> kLogLevels = {{
    {"debug", "everything"},
    {"info", "the default"},
    {"warning", "what should be looked at"},
    {"error", "what failed"},
}};
inline constexpr std::array<Word, 2> kStartWords = {
    {{"earliest", "from the beginning; the default"}, {"latest", "only what is new"}}};
// In the order of SourceKind and SinkKind.
inline constexpr std::array<Word, 4> kSourceKinds = {{
    {"okta_hook", "Okta Event Hooks, verified and answered"},
    {"http", "events sent by POST: NDJSON, arrays, single events, lines"},
    {"kafka", "topics, all partitions"},
    {"file", "a file, once or as it grows; `-` is standard input"},
}};
inline constexpr std::array<Word, 2> kSinkKinds = {
    {{"stdout", "JSON lines on standard output"}, {"kafka", "JSON messages to a topic"}}};

inline constexpr std::array<Key, 2> kSecretKeys = {{
    {.name = "env", .help = "The environment variable that holds it", .example = "OKTA_HOOK_SECRET"},
    {.name = "file", .help = "The file that holds it", .example = "/run/secrets/okta"},
}};
inline constexpr Table kSecretTable = {"secret", "a secret", kSecretKeys, false};

inline constexpr std::array<Key, 1> kHookAuthKeys = {{
    {.name = "secrets",
     .shape = Shape::list,
     .help = "Values of the Authorization header, any of them",
     .example = "[{env: OKTA_HOOK_SECRET}]",
     .required = true,
     .inner = &kSecretTable},
}};
inline constexpr Table kHookAuthTable = {"hook-auth", "`auth` of an okta_hook", kHookAuthKeys, false};
inline constexpr std::array<Key, 1> kHttpAuthKeys = {{
    {.name = "bearer",
     .shape = Shape::list,
     .help = "Bearer tokens, any of them",
     .example = "[{env: INGEST_TOKEN}]",
     .required = true,
     .inner = &kSecretTable},
}};
inline constexpr Table kHttpAuthTable = {"http-auth", "`auth` of http", kHttpAuthKeys, false};

inline constexpr Key kSourceNameKey = {
    .name = "name", .help = "What it is called; in alerts' evidence, logs and metrics", .example = "okta-hook", .required = true};
inline constexpr Key kSourceTypeKey = {.name = "type",
                                       .shape = Shape::word,
                                       .help = "How events come",
                                       .example = "okta_hook",
                                       .required = true,
                                       .words = kSourceKinds};
inline constexpr Key kTenantKey = {.name = "tenant", .help = "The tenant of its events; default", .example = "acme"};
inline constexpr Key kListenKey = {
    .name = "listen", .help = "address:port; port 0 takes a free one", .example = "\"127.0.0.1:8088\"", .required = true};
inline constexpr Key kRecordTypeKey = {
    .name = "source", .help = "The source type of its records; auto recognises each", .example = "okta"};
inline constexpr Key kUnwrapKey = {.name = "unwrap",
                                   .shape = Shape::texts,
                                   .help = "Further envelopes, tried before those of the source type; auto: none",
                                   .example = "[payload.after]"};
inline constexpr Key kTimezoneKey = {.name = "timezone", .help = "IANA zone of syslog times; UTC", .example = "Europe/Paris"};
inline constexpr Key kYearKey = {
    .name = "year", .shape = Shape::whole, .help = "Year of the first syslog line", .example = "2026"};
inline constexpr Key kStartKey = {
    .name = "start", .shape = Shape::word, .help = "Where reading starts", .example = "earliest", .words = kStartWords};
inline constexpr Key kBrokersKey = {.name = "brokers",
                                    .shape = Shape::texts,
                                    .help = "Kafka brokers, host:port",
                                    .example = "[\"kafka:9092\"]",
                                    .required = true};
inline constexpr Key kPropertiesKey = {
    .name = "properties",
    .shape = Shape::special,
    .help = "librdkafka settings; passwords and secrets as {env: NAME} or {file: PATH}",
    .example = "{security.protocol: SASL_SSL, sasl.password: {env: KAFKA_PASSWORD}}",
    .schema = R"({"type": "object", "additionalProperties": {"anyOf": [{"$ref": "#/$defs/text"}, {"$ref": "#/$defs/secret"}]}})",
    .shown = "setting -> text or [secret](#secret)"};

inline constexpr std::array<Key, 6> kOktaHookKeys = {{
    kSourceNameKey,
    kSourceTypeKey,
    kTenantKey,
    kListenKey,
    {.name = "path", .help = "The URL's path; /okta", .example = "/okta"},
    {.name = "auth",
     .shape = Shape::map,
     .help = "What Okta sends to prove that it is Okta",
     .example = "{secrets: [{env: OKTA_HOOK_SECRET}]}",
     .required = true,
     .inner = &kHookAuthTable},
}};
inline constexpr Table kOktaHookTable = {"okta_hook", "a source of type okta_hook", kOktaHookKeys, false};

inline constexpr std::array<Key, 10> kHttpKeys = {{
    kSourceNameKey,
    kSourceTypeKey,
    kTenantKey,
    kListenKey,
    {.name = "path", .help = "The URL's path; /ingest", .example = "/ingest"},
    {.name = "auth",
     .shape = Shape::map,
     .help = "Who may send; needed beyond loopback",
     .example = "{bearer: [{env: INGEST_TOKEN}]}",
     .inner = &kHttpAuthTable},
    kRecordTypeKey,
    kUnwrapKey,
    kTimezoneKey,
    kYearKey,
}};
inline constexpr Table kHttpTable = {"http", "a source of type http", kHttpKeys, false};

inline constexpr std::array<Key, 12> kKafkaSourceKeys = {{
    kSourceNameKey,
    kSourceTypeKey,
    kTenantKey,
    kBrokersKey,
    {.name = "topics", .shape = Shape::texts, .help = "The topics", .example = "[okta.system-log]", .required = true},
    {.name = "group", .help = "Consumer group for metrics and quotas; vedette", .example = "vedette"},
    kStartKey,
    {.name = "source",
     .shape = Shape::special,
     .help = "The source type of its records, for all or by topic; auto recognises each",
     .example = "{okta.system-log: okta}",
     .schema = R"({"anyOf": [{"$ref": "#/$defs/text"}, {"type": "object", "additionalProperties": {"$ref": "#/$defs/text"}}]})",
     .shown = "text, or topic -> text"},
    kUnwrapKey,
    kTimezoneKey,
    kYearKey,
    kPropertiesKey,
}};
inline constexpr Table kKafkaSourceTable = {"kafka", "a source of type kafka", kKafkaSourceKeys, false};

inline constexpr std::array<Key, 10> kFileSourceKeys = {{
    kSourceNameKey,
    kSourceTypeKey,
    kTenantKey,
    {.name = "path", .help = "The file; `-` is standard input", .example = "/var/log/auth.log", .required = true},
    {.name = "follow", .shape = Shape::boolean, .help = "Go on as it grows, over rotations", .example = "true"},
    kStartKey,
    kRecordTypeKey,
    kUnwrapKey,
    kTimezoneKey,
    kYearKey,
}};
inline constexpr Table kFileSourceTable = {"file", "a source of type file", kFileSourceKeys, false};

inline constexpr Key kSinkNameKey = {.name = "name", .help = "What it is called", .example = "bus", .required = true};
inline constexpr Key kSinkTypeKey = {
    .name = "type", .shape = Shape::word, .help = "Where alerts go", .example = "kafka", .required = true, .words = kSinkKinds};
inline constexpr Key kMinLevelKey = {.name = "min_level",
                                     .shape = Shape::word,
                                     .help = "Only alerts of this level and above",
                                     .example = "medium",
                                     .words = rules::reference::kLevels};

inline constexpr std::array<Key, 3> kStdoutKeys = {{kSinkNameKey, kSinkTypeKey, kMinLevelKey}};
inline constexpr Table kStdoutTable = {"stdout", "a sink of type stdout", kStdoutKeys, false};
inline constexpr std::array<Key, 6> kKafkaSinkKeys = {{
    kSinkNameKey,
    kSinkTypeKey,
    kMinLevelKey,
    kBrokersKey,
    {.name = "topic", .help = "The topic", .example = "vedette.alerts", .required = true},
    kPropertiesKey,
}};
inline constexpr Table kKafkaSinkTable = {"kafka-sink", "a sink of type kafka", kKafkaSinkKeys, false};

inline constexpr std::array<Key, 2> kRulesKeys = {{
    {.name = "paths", .shape = Shape::texts, .help = "Rule files and folders", .example = "[rules]", .required = true},
    {.name = "lists", .shape = Shape::texts, .help = "Folders of lists (*.txt, *.yml, *.csv)", .example = "[lists]"},
}};
inline constexpr Table kRulesTable = {"rules", "`rules`", kRulesKeys, false};

inline constexpr std::array<Key, 3> kIdentitiesKeys = {{
    {.name = "aliases", .shape = Shape::texts, .help = "CSV files: person,system,account", .example = "[identities.csv]"},
    {.name = "domains",
     .shape = Shape::texts,
     .help = "Mail domains whose addresses are persons by their local part",
     .example = "[acme.com]"},
    {.name = "learn",
     .shape = Shape::word,
     .help = "Learning accounts from Okta's own log",
     .example = "off",
     .words = kLearnStates},
}};
inline constexpr Table kIdentitiesTable = {"identities", "`identities`", kIdentitiesKeys, false};

inline constexpr std::array<Key, 2> kAdminKeys = {{
    {.name = "listen",
     .help = "address:port of /healthz, /readyz and /metrics",
     .example = "\"127.0.0.1:9600\"",
     .required = true},
    {.name = "token",
     .shape = Shape::map,
     .help = "Bearer token; needed beyond loopback",
     .example = "{env: VEDETTE_ADMIN_TOKEN}",
     .inner = &kSecretTable},
}};
inline constexpr Table kAdminTable = {"admin", "`admin`", kAdminKeys, false};

inline constexpr std::array<Key, 2> kLogKeys = {{
    {.name = "format", .shape = Shape::word, .help = "How log lines look", .example = "json", .words = kLogFormats},
    {.name = "level", .shape = Shape::word, .help = "The least level that is written", .example = "info", .words = kLogLevels},
}};
inline constexpr Table kLogTable = {"log", "`log`", kLogKeys, false};

inline constexpr std::array<Key, 1> kEnrichKeys = {{
    {.name = "databases",
     .shape = Shape::texts,
     .help = "MaxMind DB files (City, Country, ASN)",
     .example = "[GeoLite2-City.mmdb]",
     .required = true},
}};
inline constexpr Table kEnrichTable = {"enrich", "`enrich`", kEnrichKeys, false};

inline constexpr std::array<Key, 7> kConfigKeys = {{
    {.name = "rules",
     .shape = Shape::map,
     .help = "Which rules and lists",
     .example = "{paths: [rules], lists: [lists]}",
     .required = true,
     .inner = &kRulesTable},
    {.name = "identities",
     .shape = Shape::map,
     .help = "Who is who",
     .example = "{domains: [acme.com]}",
     .inner = &kIdentitiesTable},
    {.name = "enrich",
     .shape = Shape::map,
     .help = "What rules can say of addresses",
     .example = "{databases: [GeoLite2-City.mmdb]}",
     .inner = &kEnrichTable},
    {.name = "sources",
     .shape = Shape::special,
     .help = "Where events come from",
     .example = "[{name: ssh, type: file, path: /var/log/auth.log, source: sshd, follow: true}]",
     .required = true,
     .schema = R"({"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/source"}})",
     .shown = "list of sources"},
    {.name = "sinks",
     .shape = Shape::special,
     .help = "Where alerts go; standard output by default",
     .example = "[{name: out, type: stdout}]",
     .schema = R"({"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/sink"}})",
     .shown = "list of sinks"},
    {.name = "admin",
     .shape = Shape::map,
     .help = "Health and metrics",
     .example = "{listen: \"127.0.0.1:9600\"}",
     .inner = &kAdminTable},
    {.name = "log",
     .shape = Shape::map,
     .help = "The program's own log, on standard error",
     .example = "{format: json, level: info}",
     .inner = &kLogTable},
}};
inline constexpr Table kConfigTable = {"configuration", "the configuration", kConfigKeys, false};

// In the order of SourceKind and SinkKind.
inline constexpr std::array<const Table*, 4> kSourceTables = {&kOktaHookTable, &kHttpTable, &kKafkaSourceTable,
                                                              &kFileSourceTable};
inline constexpr std::array<const Table*, 2> kSinkTables = {&kStdoutTable, &kKafkaSinkTable};

}  // namespace vedette::app
