// The keys of rule tests, x.test.yml. Constants; any thread.
#pragma once

#include "rules/reference/words.h"

namespace vedette::rules::reference {

inline constexpr std::array<Key, 3> kAliasKeys = {{
    {.name = "person", .help = "The person", .example = "alice", .required = true},
    {.name = "system", .help = "The source type; left out: every one", .example = "sshd"},
    {.name = "account", .help = "The account's name there", .example = "asmith", .required = true},
}};
inline constexpr Table kAliasTable = {"alias", "an alias", kAliasKeys, false};

inline constexpr std::array<Key, 2> kIdentityKeys = {{
    {.name = "domains",
     .shape = Shape::texts,
     .help = "Mail domains whose addresses are persons by their local part",
     .example = "[acme.com]"},
    {.name = "aliases",
     .shape = Shape::maps,
     .help = "Accounts that are called otherwise",
     .example = "[{person: alice, system: sshd, account: asmith}]",
     .inner = &kAliasTable},
}};
inline constexpr Table kIdentityTable = {"identities", "`identities`", kIdentityKeys, false};

inline constexpr std::array<Key, 5> kEventKeys = {{
    {.name = "at", .shape = Shape::offset, .help = "When, after the start; 0s", .example = "8m20s"},
    {.name = "source", .help = "Its source type", .example = "okta", .required = true},
    {.name = "id", .help = "Its id; e1, e2, ... by default", .example = "e1"},
    {.name = "event",
     .shape = Shape::special,
     .help = "The fields of a JSON event, nested or as dotted paths",
     .example = "{eventType: user.session.start, outcome.result: FAILURE}",
     .schema = R"({"type": "object"})",
     .shown = "map"},
    {.name = "text",
     .help = "A line of a text source",
     .example = "'Failed password for alice from 203.0.113.7 port 50022 ssh2'"},
}};
inline constexpr Table kEventTable = {"event", "an event", kEventKeys, false};

inline constexpr std::array<Key, 5> kExpectKeys = {{
    {.name = "rule", .help = "Name, id or title of the rule that fires", .example = "okta_admin_granted", .required = true},
    {.name = "at", .shape = Shape::offset, .help = "The time of its alert", .example = "8m20s"},
    {.name = "count", .shape = Shape::whole, .help = "Its count", .example = "10"},
    {.name = "level", .shape = Shape::word, .help = "Its level", .example = "high", .words = kLevels},
    {.name = "group", .shape = Shape::text_map, .help = "Members of its group", .example = "{actor.alternateId: alice@acme.com}"},
}};
inline constexpr Table kExpectTable = {"expectation", "an expectation", kExpectKeys, false};

inline constexpr std::array<Key, 4> kCaseKeys = {{
    {.name = "name", .help = "What is tried", .example = "Ten failures within ten minutes", .required = true},
    {.name = "start",
     .shape = Shape::time,
     .help = "The time that `at` counts from; 2026-01-05T08:00:00Z",
     .example = "2026-05-04T09:00:00Z"},
    {.name = "events",
     .shape = Shape::maps,
     .help = "What happens",
     .example = "[{at: 5s, source: okta, event: {eventType: user.session.start}}]",
     .required = true,
     .inner = &kEventTable},
    {.name = "expect",
     .shape = Shape::maps,
     .help = "The alerts, all of them; `[]`: none",
     .example = "[{rule: okta_admin_granted, at: 5s}]",
     .required = true,
     .inner = &kExpectTable},
}};
inline constexpr Table kCaseTable = {"case", "a test", kCaseKeys, false};

inline constexpr std::array<Key, 4> kTestFileKeys = {{
    {.name = "rules",
     .shape = Shape::texts,
     .help = "Rule files, seen from the test file; x.yml of x.test.yml by default",
     .example = "[admin_granted.yml]"},
    {.name = "tests",
     .shape = Shape::maps,
     .help = "The cases",
     .example = "[{name: quiet, events: [], expect: []}]",
     .required = true,
     .inner = &kCaseTable},
    {.name = "identities",
     .shape = Shape::map,
     .help = "Who is who",
     .example = "{domains: [acme.com]}",
     .inner = &kIdentityTable},
    {.name = "lists",
     .shape = Shape::texts_map,
     .help = "Lists by name, instead of files",
     .example = "{sensitive_apps: [Payroll]}"},
}};
inline constexpr Table kTestFileTable = {"test-file", "a test file", kTestFileKeys, false};

}  // namespace vedette::rules::reference
