// Blocks of array members, element filters and paths into strings over recorded Okta events: the engine against the naive
// matcher, and against what is known to be there.
#include <gtest/gtest.h>

#include <cstdio>

#include "tests/corpus/corpus.h"
#include "tests/corpus/engine.h"
#include "tests/naive_match/match.h"

namespace vedette::corpus {
namespace {

const char* const kSelections[] = {
    "debugContext.debugData.risk.level: LOW",
    "debugContext.debugData.risk.level: MEDIUM",
    "debugContext.debugData.risk.reasons|contains: Anomalous Device",
    "debugContext.debugData.behaviors.New Device: POSITIVE",
    "debugContext.debugData.behaviors.Velocity: NEGATIVE",
    "debugContext.debugData.logOnlySecurityData.risk.level: [LOW, HIGH]",
    "debugContext.debugData.logOnlySecurityData.behaviors.New IP: POSITIVE",
    "debugContext.debugData.threatDetections.Password Spray: HIGH",
    "debugContext.debugData.tunnels[any]: {anonymous: true, type: VPN}",
    "debugContext.debugData.tunnels.operator|exists: true",
    "target[any]: {type: User, alternateId|contains: '@'}",
    "target[any]: {type: AppInstance, displayName|contains: Okta}",
    "target[any]: {type: User, displayName|contains: Okta}",
    "target[any]: {type|neq: User, detailEntry: null}",
    "target[type=User].alternateId|endswith: com",
    "target[0].type: User",
    "request.ipChain[any]: {version: V4, geographicalContext.country|exists: true}",
};

TEST(Structure, RecordedOktaEvents) {
  VEDETTE_NEEDS_CORPUS();
  std::string text;
  for (const char* selection : kSelections) {
    text += std::string(text.empty() ? "" : "---\n") + "title: " + selection[0] + std::to_string(text.size()) +
            "\nlogsource: {product: okta}\ndetection:\n  s:\n    " + selection + "\n  condition: s\n";
  }
  const std::vector<naive::Rule> rules = naive::parse_rules(text);
  Engine engine({{"structure.yml", text}}, {}, {});
  ASSERT_TRUE(engine.ok());
  ASSERT_EQ(engine.plan().rules.size(), rules.size());
  naive::Schema schema;
  schema.spellings["request.ipChain"] = {"client.ipChain"};
  std::vector<std::size_t> fired(rules.size());
  std::size_t events = 0;
  for (const std::string& line : read_lines(root() + "/events/okta/events.ndjson")) {
    engine.run(engine.source("okta"), line, [&](std::string_view raw, const std::set<std::uint32_t>& matched) {
      ++events;
      naive::Event event;
      event.json = naive::parse_json(raw).value();
      for (std::uint32_t rule = 0; rule < rules.size(); ++rule) {
        EXPECT_EQ(matched.contains(rule), naive::matches(rules[rule], event, schema)) << kSelections[rule] << "\n" << raw;
        fired[rule] += matched.contains(rule) ? 1 : 0;
      }
    });
  }
  EXPECT_GT(events, 100U);
  for (std::size_t rule = 0; rule < rules.size(); ++rule) {
    std::printf("%5zu of %zu events: %s\n", fired[rule], events, kSelections[rule]);
    // Nothing in the records is a user called after Okta; everything else is there.
    const bool absent = std::string(kSelections[rule]).find("User, displayName") != std::string::npos;
    EXPECT_EQ(fired[rule] == 0, absent) << kSelections[rule];
  }
}

}  // namespace
}  // namespace vedette::corpus
