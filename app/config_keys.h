// The keys of the configuration of `vedette run`, as data: what the configuration's reader accepts, what its JSON Schema
// and the reference print. Constants; any thread.
#pragma once

#include "app/config_sink_keys.h"
#include "app/config_source_keys.h"
#include "rules/reference/rule_keys.h"

namespace vedette::app {

inline constexpr std::array<Word, 1> kLearnStates = {{{"off", "nothing is learned; the default"}}};
// In the order of ReloadMode.
inline constexpr std::array<Word, 2> kReloadModes = {
    {{"signal", "on SIGHUP or by POST; the default"}, {"watch", "also when a file of theirs has changed"}}};
inline constexpr std::array<Word, 2> kLogFormats = {{{"json", "one object a line"}, {"human", "for a terminal"}}};
inline constexpr std::array<Word, 4> kLogLevels = {{
    {"debug", "everything"},
    {"info", "the default"},
    {"warning", "what should be looked at"},
    {"error", "what failed"},
}};

inline constexpr std::array<Word, 2> kHealthModes = {{
    {"on", "alerts of rules called `vedette.…`; the default"},
    {"off", "no such alerts; metrics only"},
}};

inline constexpr std::array<Key, 2> kEvidenceKeys = {{
    {.name = "keep",
     .shape = Shape::duration,
     .help = "How long events that rules matched are kept, by log time; 7d",
     .example = "7d"},
    {.name = "max_bytes",
     .shape = Shape::special,
     .help = "The most that they may take; the oldest go first; 4GB",
     .example = "4GB",
     .schema = kSizeSchema,
     .shown = kSizeShown},
}};
inline constexpr Table kEvidenceTable = {"evidence", "`evidence`", kEvidenceKeys, false};

inline constexpr std::array<Key, 1> kMemoryKeys = {{
    {.name = "budget",
     .shape = Shape::special,
     .help = "The most that the windows of all rules may take; groups with the least in them give way; 1GB",
     .example = "1GB",
     .schema = kSizeSchema,
     .shown = kSizeShown},
}};
inline constexpr Table kMemoryTable = {"memory", "`memory`", kMemoryKeys, false};

inline constexpr std::array<Key, 3> kStoreKeys = {{
    {.name = "path", .help = "The folder; one process at a time", .example = "./data", .required = true},
    {.name = "evidence",
     .shape = Shape::map,
     .help = "The events behind alerts",
     .example = "{keep: 7d, max_bytes: 4GB}",
     .inner = &kEvidenceTable},
    {.name = "memory", .shape = Shape::map, .help = "What windows may take", .example = "{budget: 1GB}", .inner = &kMemoryTable},
}};
inline constexpr Table kStoreTable = {"store", "`store`", kStoreKeys, false};

inline constexpr std::array<Key, 5> kRulesKeys = {{
    {.name = "paths", .shape = Shape::texts, .help = "Rule files and folders", .example = "[rules]", .required = true},
    {.name = "lists",
     .shape = Shape::texts,
     .help = "Folders of lists (*.txt, *.yml, *.csv); by default the folder `lists` beside the rules",
     .example = "[lists]"},
    {.name = "source_types",
     .shape = Shape::texts,
     .help = "Files or folders of further source types (*.yml); other ones need a restart",
     .example = "[sources]"},
    {.name = "json",
     .shape = Shape::list,
     .help = "What events of the source type `json` are: the log sources of rules that see them",
     .example = "[{product: azure, service: signinlogs}]",
     .inner = &rules::reference::kServedTable},
    {.name = "reload", .shape = Shape::word, .help = "When they are read again", .example = "signal", .words = kReloadModes},
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
     .help = "address:port of /healthz, /readyz, /metrics and /api",
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

inline constexpr std::array<Key, 11> kConfigKeys = {{
    {.name = "store",
     .shape = Shape::map,
     .help = "Where what was accepted is kept; without it in memory, gone with the process",
     .example = "{path: ./data}",
     .inner = &kStoreTable},
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
    {.name = "routes",
     .shape = Shape::list,
     .help =
         "Which sinks get which alerts, by every route that matches; alerts without a route go to every sink by its `min_level`",
     .example = "[{match: {level: high}, to: [pager]}]",
     .inner = &kRouteTable},
    {.name = "health",
     .shape = Shape::word,
     .help = "Whether Vedette alerts on what it notices about itself (docs/operations.md)",
     .example = "on",
     .words = kHealthModes},
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
    {.name = "drain_timeout",
     .shape = Shape::duration,
     .help = "The longest that a stop waits for what was accepted to be worked off; 10s",
     .example = "10s"},
}};
inline constexpr Table kConfigTable = {"configuration", "the configuration", kConfigKeys, false};

// The tables inside it, but for sources and sinks.
inline constexpr std::array<const Table*, 11> kConfigTables = {&kStoreTable,      &kEvidenceTable, &kMemoryTable, &kRulesTable,
                                                               &kIdentitiesTable, &kEnrichTable,   &kRouteTable,  &kMatchTable,
                                                               &kAdminTable,      &kLogTable,      &kSecretTable};

}  // namespace vedette::app
