// `schema`, `rules reference`, `rules fields`, `rules coverage` and the pages of diagnostic codes, on the built program.
#include <gtest/gtest.h>

#include "tests/app/events.h"
#include "tests/app/program.h"

namespace vedette::tests {
namespace {

constexpr const char* kRules = R"(title: Failed sign-in
id: 11111111-1111-4111-8111-111111111111
name: okta_failed
tags: [attack.credential-access, attack.t1110.001]
logsource: {product: okta, service: okta}
detection:
  selection: {eventType: user.session.start, outcome.result: FAILURE}
  condition: selection
---
title: Strange tool
id: 22222222-2222-4222-8222-222222222222
tags: [attack.Credential_Access, attack.T1110.001, attack.t9999]
logsource: {product: okta, service: okta}
detection:
  selection: {debugContext.debugData.tool: x}
  condition: selection
---
title: Many
id: 33333333-3333-4333-8333-333333333333
tags: [attack.initial-access]
correlation: {type: event_count, rules: [okta_failed], group-by: [actor.alternateId], timespan: 5m, condition: {gte: 3}, generate: true}
)";

TEST(Schema, PrintsWhatIsShipped) {
  for (const std::string kind : {"rule", "test", "source", "config"})
    EXPECT_EQ(run({"schema", kind}).out, read_file(source_path("rules/schema/" + kind + ".json"))) << kind;
  EXPECT_EQ(run({"schema", "rules"}).code, 2);
  EXPECT_EQ(run({"schema"}).code, 2);
}

TEST(Reference, PrintsWhatIsShipped) {
  const Outcome outcome = run({"rules", "reference"});
  EXPECT_EQ(outcome.code, 0);
  EXPECT_EQ(outcome.out, read_file(source_path("docs/reference.md")));
}

TEST(Explain, ACodeHasAPage) {
  const Outcome outcome = run({"explain", "V1004"});
  EXPECT_EQ(outcome.code, 0);
  EXPECT_EQ(outcome.out, read_file(source_path("docs/diagnostics/V1004.md")));
  EXPECT_EQ(run({"explain", "V0000", "--rules", source_path("rules/packs")}).code, 2);
}

TEST(Fields, OfASourceWithTheRulesThatReadThem) {
  const Folder folder;
  const std::string rules = folder.write("rules.yml", kRules);
  const Outcome human = run({"rules", "fields", "okta", "--rules", rules});
  EXPECT_EQ(human.code, 0) << human.err;
  EXPECT_NE(human.out.find("okta serves logsource {product: okta, service: okta}"), std::string::npos) << human.out;
  EXPECT_NE(human.out.find("event types; --types lists them"), std::string::npos);
  const std::string json = run({"rules", "fields", "okta", "--rules", rules, "--format", "jsonl"}).out;
  EXPECT_NE(json.find(R"({"field":"actor.alternateId","known":true,"encoded":false,"normalised":["identity.user","user.email",)"),
            std::string::npos)
      << json;
  EXPECT_NE(
      json.find(
          R"({"field":"outcome.result","known":true,"encoded":false,"normalised":["event.outcome"],"rules":["okta_failed"]})"),
      std::string::npos);
  EXPECT_NE(
      json.find(
          R"({"field":"debugContext.debugData.tool","known":false,"encoded":false,"normalised":[],"rules":["Strange tool"]})"),
      std::string::npos);
  EXPECT_EQ(run({"rules", "fields", "oktta", "--rules", rules}).code, 2);
}

TEST(Fields, OfEventsWithTheirShareAndASample) {
  const Folder folder;
  const std::string rules = folder.write("rules.yml", kRules);
  const std::string events =
      R"({"uuid":"a","published":"2026-05-04T09:00:00Z","eventType":"user.session.start","actor":{"alternateId":"b\u0040x"},"novel":[{"k":1},{"k":2}]}
{"uuid":"b","published":"2026-05-04T09:00:01Z","eventType":"user.sesion.start","actor":{"alternateId":null},"client":{"ipChain":[{"ip":"192.0.2.1"}]}}
)";
  const std::string json = run({"rules", "fields", "okta", "-", "--rules", rules, "--format", "jsonl"}, events).out;
  EXPECT_NE(json.find(R"("rules":["okta_failed"],"events":2,"share":1,"sample":"b@x"})"), std::string::npos) << json;
  EXPECT_NE(
      json.find(
          R"({"field":"novel.k","known":false,"encoded":false,"normalised":[],"rules":[],"events":1,"share":0.5,"sample":"1"})"),
      std::string::npos)
      << json;
  // Another spelling counts as the one that rules see.
  EXPECT_NE(json.find(R"({"field":"request.ipChain.ip","known":true,"encoded":false,"normalised":[],"rules":[],"events":1,)"),
            std::string::npos);
  EXPECT_EQ(json.find("\"field\":\"novel\""), std::string::npos);
  const Outcome human = run({"rules", "fields", "okta", "-", "--rules", rules}, events);
  EXPECT_NE(human.out.find("[not a known field]"), std::string::npos);
  EXPECT_NE(human.out.find("2 events, 2 fields that are not known"), std::string::npos) << human.out;
  const Outcome types = run({"rules", "fields", "okta", "-", "--types", "--rules", rules}, events);
  EXPECT_NE(types.out.find("user.sesion.start"), std::string::npos);
  EXPECT_NE(types.out.find("[not in the catalogue]"), std::string::npos);
}

TEST(Fields, OfTextLines) {
  const Folder folder;
  const std::string log = folder.write("auth.log",
                                       "May  4 09:00:00 h sshd[7]: Failed password for alice from 192.0.2.1 port 50022 ssh2\n"
                                       "May  4 09:00:01 h sshd[7]: something else\n");
  const Outcome outcome = run({"rules", "fields", "sshd", log, "--year", "2026", "--format", "jsonl"}, "", folder.path());
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_NE(
      outcome.out.find(
          R"({"field":"user","known":true,"encoded":false,"normalised":["identity.user","user.name"],"rules":[],"events":1,"share":0.5,"sample":"alice"})"),
      std::string::npos)
      << outcome.out;
  EXPECT_EQ(run({"rules", "fields", "sshd", "--types"}, "", folder.path()).code, 2);
}

TEST(Coverage, ByTacticAndTechnique) {
  const Folder folder;
  const std::string rules = folder.write("rules.yml", kRules);
  const Outcome human = run({"rules", "coverage", "--rules", rules});
  EXPECT_EQ(human.code, 0) << human.err;
  EXPECT_NE(human.out.find("credential-access  2 rules\n  T1110.001   Password Guessing"), std::string::npos) << human.out;
  EXPECT_NE(human.out.find("3 rules that alert: 2 of 16 tactics, 2 techniques; 1 without a technique"), std::string::npos)
      << human.out;
  const Outcome layer = run({"rules", "coverage", "--rules", rules, "--format", "navigator"});
  EXPECT_NE(
      layer.out.find(R"({"techniqueID": "T1110.001", "score": 2, "comment": "Strange tool, okta_failed", "enabled": true})"),
      std::string::npos)
      << layer.out;
  EXPECT_NE(layer.out.find(R"("layer": "4.5")"), std::string::npos);
  EXPECT_NE(layer.out.find(R"("domain": "enterprise-attack")"), std::string::npos);
  const Outcome json = run({"rules", "coverage", "--rules", rules, "--format", "json"});
  EXPECT_NE(json.out.find(R"({"tactic": "initial-access", "rules": ["Many"]})"), std::string::npos) << json.out;
  EXPECT_NE(json.out.find(R"("without_technique": ["Many"])"), std::string::npos);
}

}  // namespace
}  // namespace vedette::tests
