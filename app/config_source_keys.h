// The keys of sources, by type. Constants; any thread.
#pragma once

#include "app/config_common_keys.h"

namespace vedette::app {

inline constexpr std::array<Word, 2> kStartWords = {
    {{"earliest", "from the beginning; the default"}, {"latest", "only what is new"}}};
// In the order of SourceKind.
inline constexpr std::array<Word, 4> kSourceKinds = {{
    {"okta_hook", "Okta Event Hooks, verified and answered"},
    {"http", "events sent by POST: NDJSON, arrays, single events, lines"},
    {"kafka", "topics, all partitions"},
    {"file", "a file, once or as it grows; `-` is standard input"},
}};

inline constexpr std::array<Key, 1> kHookAuthKeys = {{
    {.name = "secrets",
     .shape = Shape::list,
     .help = "Values of the Authorization header, any of them; two while a secret is being replaced",
     .example = "[{env: OKTA_HOOK_SECRET}]",
     .required = true,
     .inner = &kSecretTable},
}};
inline constexpr Table kHookAuthTable = {"hook-auth", "`auth` of an okta_hook", kHookAuthKeys, false};

inline constexpr std::array<Key, 2> kBasicUserKeys = {{
    {.name = "user", .help = "The user", .example = "collector", .required = true},
    {.name = "password",
     .shape = Shape::map,
     .help = "The password",
     .example = "{env: COLLECTOR_PASSWORD}",
     .required = true,
     .inner = &kSecretTable},
}};
inline constexpr Table kBasicUserTable = {"basic", "an entry of `basic`", kBasicUserKeys, false};

inline constexpr std::array<Key, 2> kApiKeyKeys = {{
    {.name = "header", .help = "The header that carries it", .example = "X-Api-Key", .required = true},
    {.name = "values",
     .shape = Shape::list,
     .help = "What it may hold, any of them",
     .example = "[{env: INGEST_KEY}]",
     .required = true,
     .inner = &kSecretTable},
}};
inline constexpr Table kApiKeyTable = {"api-key", "`api_key`", kApiKeyKeys, false};

inline constexpr std::array<Key, 2> kStandardWebhooksKeys = {{
    {.name = "secrets",
     .shape = Shape::list,
     .help = "Signing secrets, `whsec_` and Base64, any of them",
     .example = "[{env: WEBHOOK_SECRET}]",
     .required = true,
     .inner = &kSecretTable},
    {.name = "tolerance",
     .shape = Shape::duration,
     .help = "How far the signed timestamp may be from this machine's clock; 5m",
     .example = "5m"},
}};
inline constexpr Table kStandardWebhooksTable = {"standard-webhooks", "`standard_webhooks`", kStandardWebhooksKeys, false};

// One of them. In the order of HttpAuthKind, from bearer on.
inline constexpr std::array<Key, 4> kHttpAuthKeys = {{
    {.name = "bearer",
     .shape = Shape::list,
     .help = "Bearer tokens, any of them",
     .example = "[{env: INGEST_TOKEN}]",
     .inner = &kSecretTable},
    {.name = "basic",
     .shape = Shape::list,
     .help = "Users and their passwords",
     .example = "[{user: collector, password: {env: COLLECTOR_PASSWORD}}]",
     .inner = &kBasicUserTable},
    {.name = "api_key",
     .shape = Shape::map,
     .help = "A header that holds a key",
     .example = "{header: X-Api-Key, values: [{env: INGEST_KEY}]}",
     .inner = &kApiKeyTable},
    {.name = "standard_webhooks",
     .shape = Shape::map,
     .help = "Bodies signed as standardwebhooks.com says",
     .example = "{secrets: [{env: WEBHOOK_SECRET}]}",
     .inner = &kStandardWebhooksTable},
}};
inline constexpr Table kHttpAuthTable = {"http-auth", "`auth` of http", kHttpAuthKeys, false};

inline constexpr std::array<Key, 3> kLimitKeys = {{
    {.name = "body",
     .shape = Shape::special,
     .help = "The largest body; 413 beyond it; 4MiB",
     .example = "4MiB",
     .schema = kSizeSchema,
     .shown = kSizeShown},
    {.name = "inflated",
     .shape = Shape::special,
     .help = "The most that a compressed body may hold; 16MiB",
     .example = "16MiB",
     .schema = kSizeSchema,
     .shown = kSizeShown},
    {.name = "connections", .shape = Shape::whole, .help = "Connections at once; 1024", .example = "1024"},
}};
inline constexpr Table kLimitsTable = {"limits", "`limits`", kLimitKeys, false};

inline constexpr std::array<Key, 3> kCanaryKeys = {{
    {.name = "contains",
     .help = "Text that stands in the raw record and in no other, at least 8 bytes",
     .example = "vedette-canary-7f3a",
     .required = true},
    {.name = "every", .shape = Shape::duration, .help = "How often it is sent", .example = "5m", .required = true},
    {.name = "grace", .shape = Shape::duration, .help = "How late it may come; 1m", .example = "1m"},
}};
inline constexpr Table kCanaryTable = {"canary", "`canary`", kCanaryKeys, false};

inline constexpr std::array<Key, 5> kSourceKeys = {{
    {.name = "name",
     .help = "What it is called; in alerts' evidence, logs, metrics and stored positions",
     .example = "okta-hook",
     .required = true},
    {.name = "type",
     .shape = Shape::word,
     .help = "How events come",
     .example = "okta_hook",
     .required = true,
     .words = kSourceKinds},
    {.name = "tenant", .help = "The tenant of its events; default", .example = "acme"},
    {.name = "silent_after",
     .shape = Shape::special,
     .help = "Without a record for so long the source is silent; `off`: never; by default ten times its usual gap, at least 15m",
     .example = "1h",
     .schema = R"({"anyOf": [{"$ref": "#/$defs/duration"}, {"const": "off"}]})",
     .shown = "duration or off"},
    {.name = "canary",
     .shape = Shape::map,
     .help = "A record that you send on purpose, whose absence is alerted on",
     .example = "{contains: vedette-canary-7f3a, every: 5m}",
     .inner = &kCanaryTable},
}};
inline constexpr Key kListenKey = {
    .name = "listen",
    .help = "address:port; port 0 takes a free one; several sources may share one under different paths",
    .example = "\"127.0.0.1:8088\"",
    .required = true};
inline constexpr std::array<Key, 2> kListenerKeys = {{
    {.name = "tls",
     .shape = Shape::map,
     .help = "HTTPS with this certificate; read again when the files change",
     .example = "{cert: tls/cert.pem, key: tls/key.pem}",
     .inner = &kTlsTable},
    {.name = "limits",
     .shape = Shape::map,
     .help = "What is too much",
     .example = "{body: 4MiB, connections: 1024}",
     .inner = &kLimitsTable},
}};
// Of sources whose records may be of any source type.
inline constexpr std::array<Key, 3> kRecordKeys = {{
    {.name = "unwrap",
     .shape = Shape::texts,
     .help = "Further envelopes, tried before those of the source type; auto: none",
     .example = "[payload.after]"},
    {.name = "timezone", .help = "IANA zone of syslog times; UTC", .example = "Europe/Paris"},
    {.name = "year", .shape = Shape::whole, .help = "Year of the first syslog line", .example = "2026"},
}};
inline constexpr Key kRecordTypeKey = {
    .name = "source", .help = "The source type of its records; auto recognises each", .example = "okta"};
inline constexpr Key kStartKey = {.name = "start",
                                  .shape = Shape::word,
                                  .help = "Where reading starts when there is no stored position",
                                  .example = "earliest",
                                  .words = kStartWords};

inline constexpr auto kOktaHookKeys =
    joined(joined(kSourceKeys, std::array<Key, 3>{{kListenKey,
                                                   {.name = "path", .help = "The URL's path; /okta", .example = "/okta"},
                                                   {.name = "auth",
                                                    .shape = Shape::map,
                                                    .help = "What Okta sends to prove that it is Okta",
                                                    .example = "{secrets: [{env: OKTA_HOOK_SECRET}]}",
                                                    .required = true,
                                                    .inner = &kHookAuthTable}}}),
           kListenerKeys);
inline constexpr Table kOktaHookTable = {"okta_hook", "a source of type okta_hook", kOktaHookKeys, false};

inline constexpr auto kHttpKeys = joined(
    joined(joined(kSourceKeys, std::array<Key, 4>{{kListenKey,
                                                   {.name = "path", .help = "The URL's path; /ingest", .example = "/ingest"},
                                                   {.name = "auth",
                                                    .shape = Shape::map,
                                                    .help = "Who may send, one way of telling; needed beyond loopback",
                                                    .example = "{bearer: [{env: INGEST_TOKEN}]}",
                                                    .inner = &kHttpAuthTable},
                                                   kRecordTypeKey}}),
           kListenerKeys),
    kRecordKeys);
inline constexpr Table kHttpTable = {"http", "a source of type http", kHttpKeys, false};

inline constexpr auto kKafkaSourceKeys = joined(
    joined(
        joined(kSourceKeys, kKafkaConnectionKeys),
        std::array<Key, 4>{
            {{.name = "topics", .shape = Shape::texts, .help = "The topics", .example = "[okta.system-log]", .required = true},
             {.name = "group", .help = "Consumer group for lag displays and quotas; vedette", .example = "vedette"},
             kStartKey,
             {.name = "source",
              .shape = Shape::special,
              .help = "The source type of its records, for all or by topic; auto recognises each",
              .example = "{okta.system-log: okta}",
              .schema =
                  R"({"anyOf": [{"$ref": "#/$defs/text"}, {"type": "object", "additionalProperties": {"$ref": "#/$defs/text"}}]})",
              .shown = "text, or topic -> text"}}}),
    kRecordKeys);
inline constexpr Table kKafkaSourceTable = {"kafka", "a source of type kafka", kKafkaSourceKeys, false};

inline constexpr auto kFileSourceKeys = joined(
    joined(
        kSourceKeys,
        std::array<Key, 4>{
            {{.name = "path", .help = "The file; `-` is standard input", .example = "/var/log/auth.log", .required = true},
             {.name = "follow", .shape = Shape::boolean, .help = "Go on as it grows, over rotations; false", .example = "true"},
             kStartKey,
             kRecordTypeKey}}),
    kRecordKeys);
inline constexpr Table kFileSourceTable = {"file", "a source of type file", kFileSourceKeys, false};

// In the order of SourceKind.
inline constexpr std::array<const Table*, 4> kSourceTables = {&kOktaHookTable, &kHttpTable, &kKafkaSourceTable,
                                                              &kFileSourceTable};
// What is inside them.
inline constexpr std::array<const Table*, 10> kInnerSourceTables = {
    &kCanaryTable,           &kHookAuthTable, &kHttpAuthTable, &kBasicUserTable, &kApiKeyTable,
    &kStandardWebhooksTable, &kTlsTable,      &kLimitsTable,   &kKafkaTlsTable,  &kKafkaSaslTable};

}  // namespace vedette::app
