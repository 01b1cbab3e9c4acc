// Logsource routing, normalised fields, columns, sharing of slots and predicates, metadata and hashes of single rules.
#include <gtest/gtest.h>

#include "tests/rules/support.h"

namespace vedette::rules::test {
namespace {

std::string with_logsource(const std::string& logsource, const std::string& selection = "eventType: a") {
  return "title: T\nid: 11111111-1111-4111-8111-111111111111\nlogsource: " + logsource + "\ndetection:\n  s:\n    " + selection +
         "\n  condition: s\n";
}

std::string served_by(const std::string& logsource) {
  const Compiled compiled = compile_text(with_logsource(logsource));
  if (compiled.rules.plan == nullptr) return compiled.codes();
  std::string out;
  for (const std::uint32_t source : compiled.plan().rules[0].sources)
    out += (out.empty() ? "" : " ") + compiled.plan().sources[source].source.name;
  return out.empty() ? compiled.codes() : out;
}

TEST(Routing, EveryGivenMemberMustEqual) {
  EXPECT_EQ(served_by("{product: okta, service: okta}"), "okta");
  EXPECT_EQ(served_by("{product: OKTA}"), "okta");
  EXPECT_EQ(served_by("{service: auth}"), "sshd");
  EXPECT_EQ(served_by("{product: linux}"), "sshd");
  EXPECT_EQ(served_by("{product: okta, service: auth}"), "V2007");
  EXPECT_EQ(served_by("{product: azure, service: signinlogs}"), "json");
  EXPECT_EQ(served_by("{product: windows}"), "V2007");
  EXPECT_EQ(served_by("{category: authentication}"), "okta sshd");
  EXPECT_EQ(served_by("{category: authentication, product: linux}"), "sshd");
  EXPECT_EQ(served_by("{category: process_creation, product: okta}"), "V2007");
  EXPECT_EQ(served_by("{definition: x}"), "V1002");
}

TEST(Routing, CategoryRulesAreRewrittenPerSource) {
  const Compiled compiled = compile_text(with_logsource("{category: authentication}", "event.outcome: failure"));
  ASSERT_NE(compiled.rules.plan, nullptr) << compiled.codes();
  std::vector<std::string> arms;
  for (const plan::SourceProgram& program : compiled.plan().sources) {
    for (const plan::Arm& arm : program.arms) arms.push_back(program.source.name + " " + plan::print_arm(program, arm));
  }
  const std::string mapped = "outcome.result|map{SUCCESS:success,FAILURE:failure,else:unknown}";
  ASSERT_EQ(arms.size(), 3U);
  EXPECT_EQ(arms[0], "okta (eventType = 'user.session.start' and " + mapped + " = 'failure')");
  EXPECT_EQ(arms[1], "okta (eventType startswith 'user.authentication.' and not (eventType = 'user.session.start') and " +
                         mapped + " = 'failure')");
  EXPECT_EQ(arms[2], "sshd (message startswith 'Failed ' and 'failure' = 'failure')");
}

TEST(Routing, AWarningIsSaidOncePerPlace) {
  EXPECT_EQ(compile_text(with_logsource("{category: authentication, product: okta}", "eventtype: a")).codes(), "V2003");
}

TEST(Routing, NativePathOfANormalisedNameWins) {
  CompileOptions with = options();
  with.sources[0].fields.push_back(*plan::parse_field_path("event.outcome"));
  const Compiled compiled =
      compile_text(with_logsource("{category: authentication, product: okta}", "event.outcome: failure"), with);
  EXPECT_EQ(compiled.arm(), "(eventType = 'user.session.start' and event.outcome = 'failure')");
}

TEST(Routing, ColumnsThatASourceCannotGiveAreNone) {
  const Compiled compiled = compile_text(
      "title: T\nname: base\nid: 11111111-1111-4111-8111-111111111111\nlogsource: {category: authentication}\ndetection:\n  s: "
      "{event.outcome: failure}\n  condition: s\n"
      "---\ntitle: C\nid: 22222222-2222-4222-8222-222222222222\ncorrelation:\n  type: event_count\n  rules: [base]\n  group-by: "
      "[source.ip, identity.user]\n"
      "  timespan: 10m\n  condition: {gte: 3}\n");
  ASSERT_NE(compiled.rules.plan, nullptr) << compiled.codes();
  const plan::Plan& plan = compiled.plan();
  ASSERT_EQ(plan.rules[0].columns.size(), 2U);
  EXPECT_EQ(plan.rules[0].columns[0].name, "source.ip");
  const auto source = [&](const char* name) -> const plan::SourceProgram& {
    for (const plan::SourceProgram& program : plan.sources) {
      if (program.source.name == name) return program;
    }
    return plan.sources[0];
  };
  EXPECT_EQ(source("sshd").arms[0].columns[0], plan::kNone);
  EXPECT_EQ(source("sshd").fields[source("sshd").arms[0].columns[1]].expr.text(), "user|person");
  EXPECT_EQ(source("okta").fields[source("okta").arms[0].columns[0]].expr.text(), "client.ipAddress");
}

TEST(Routing, SlotsAndPredicatesAreShared) {
  std::string text;
  for (int i = 0; i < 3; ++i) {
    text += "title: T" + std::to_string(i) + "\nid: 0000000" + std::to_string(i) +
            "-1111-4111-8111-111111111111\nlogsource: {product: okta}\ndetection:\n" +
            "  s:\n    eventType: a\n    eventtype|contains: b\n    request.ipChain.ip: c\n    outcome.result: d\n  condition: "
            "s\n---\n";
  }
  const Compiled compiled = compile_text(text);
  ASSERT_NE(compiled.rules.plan, nullptr) << compiled.codes();
  const plan::SourceProgram& okta = compiled.plan().sources[1];
  ASSERT_EQ(okta.source.name, "okta");
  EXPECT_EQ(okta.slots.size(), 3U);
  EXPECT_EQ(okta.predicates.size(), 4U);
  EXPECT_EQ(okta.predicates[0].line, 0);  // written on three lines
  EXPECT_EQ(okta.predicates[0].text, "eventType: a");
  EXPECT_EQ(okta.slots[1].path.text(), "request.ipChain.ip");
  ASSERT_EQ(okta.slots[1].spellings.size(), 1U);
  EXPECT_EQ(okta.slots[1].spellings[0].text(), "client.ipChain.ip");
  EXPECT_TRUE(okta.slots[2].upper);
}

TEST(Routing, MetadataIsKept) {
  const Compiled compiled = compile_text(rule(
      "  s: {eventType: a}\n  condition: s\n",
      "author: [A, B]\nreferences: [r1]\ntags: [t1, t2]\nlevel: high\nstatus: experimental\nname: n\nfalsepositives: Unknown\n"));
  ASSERT_NE(compiled.rules.plan, nullptr) << compiled.codes();
  const plan::RuleMeta& meta = compiled.plan().rules[0].meta;
  EXPECT_EQ(meta.author, "A, B");
  EXPECT_EQ(meta.tags.size(), 2U);
  EXPECT_EQ(meta.level, plan::Level::high);
  EXPECT_EQ(meta.key, "11111111-1111-4111-8111-111111111111");
  EXPECT_EQ(meta.label(), "n");
  EXPECT_TRUE(meta.shadow);
  EXPECT_EQ(meta.semantic_hash.size(), 16U);
}

TEST(Routing, SemanticHashFollowsMeaningOnly) {
  const auto hash = [](const std::string& detection, const std::string& extra = "") {
    return compile_text(rule(detection, extra)).plan().rules[0].meta.semantic_hash;
  };
  const std::string base = hash("  s: {eventType: a}\n  condition: s\n");
  EXPECT_EQ(base, hash("  s:\n    eventType: 'a'  # note\n  condition: s\n", "level: high\nauthor: x\n"));
  EXPECT_NE(base, hash("  s: {eventType: b}\n  condition: s\n"));
  EXPECT_NE(base, hash("  s: {eventType: a}\n  condition: not s\n"));
  EXPECT_NE(base, hash("  s: {eventType|contains: a}\n  condition: s\n"));
  EXPECT_NE(base, hash("  s: {eventType: a}\n  condition: s\n", "suppress: {by: [actor.id], for: 1h}\n"));
}

TEST(Routing, PlanHashSeesWhatAlertsShow) {
  const auto hash = [](const std::string& extra) {
    return compile_text(rule("  s: {eventType: a}\n  condition: s\n", extra)).plan().hash;
  };
  EXPECT_EQ(hash(""), hash(""));
  EXPECT_NE(hash(""), hash("level: high\n"));
  EXPECT_NE(hash(""), hash("author: x\n"));
}

TEST(Routing, SuppressOfARule) {
  const Compiled compiled = compile_text(
      rule("  s: {eventType: a}\n  condition: s\n", "suppress: {by: [actor.id, 'actor.alternateId|lower'], for: 1h}\n"));
  ASSERT_NE(compiled.rules.plan, nullptr) << compiled.codes();
  const plan::RulePlan& made = compiled.plan().rules[0];
  EXPECT_EQ(made.suppress.for_us, kHourUs);
  ASSERT_EQ(made.suppress.by.size(), 2U);
  EXPECT_EQ(made.columns[made.suppress.by[1]].name, "actor.alternateId|lower");
}

TEST(Routing, GlobalActionsAndSeveralDocuments) {
  const Compiled compiled = compile_text(
      "action: global\nlogsource: {product: okta}\nauthor: X\ndetection:\n  condition: s\n---\ntitle: A\nid: "
      "11111111-1111-4111-8111-111111111111\n"
      "detection:\n  s: {eventType: a}\n---\ntitle: B\nid: 22222222-2222-4222-8222-222222222222\ndetection:\n  s: {eventType: "
      "b}\n---\naction: repeat\n"
      "title: C\nid: 33333333-3333-4333-8333-333333333333\n");
  ASSERT_NE(compiled.rules.plan, nullptr) << compiled.codes();
  EXPECT_EQ(compiled.rules.rules, 3U);
  EXPECT_EQ(compiled.arm(1), "(eventType = 'b')");
  EXPECT_EQ(compiled.arm(2), "(eventType = 'b')");
  EXPECT_EQ(compiled.plan().rules[2].meta.author, "X");
}

TEST(Routing, ARuleInAResetDocumentIsAnError) {
  const std::string reset = "---\naction: reset\ntitle: B\n";
  EXPECT_EQ(compile_text(rule("  s: {eventType: a}\n  condition: s\n") + reset).codes(), "");
  EXPECT_EQ(compile_text(rule("  s: {eventType: a}\n  condition: s\n") + reset +
                         "logsource: {product: okta}\ndetection:\n  s: {eventType: b}\n  condition: s\n")
                .codes(),
            "V1016");
}

TEST(Routing, SkipBrokenLeavesTheRest) {
  const std::string text = rule("  s: {eventType|nope: a}\n  condition: s\n", "name: bad\n") +
                           "---\ntitle: G\nid: 22222222-2222-4222-8222-222222222222\nlogsource: {product: okta}\ndetection:\n  "
                           "s: {eventType: g}\n  condition: s\n"
                           "---\ntitle: C\nid: 33333333-3333-4333-8333-333333333333\ncorrelation:\n  type: event_count\n  rules: "
                           "[bad]\n  timespan: 5m\n  condition: {gte: 2}\n";
  EXPECT_EQ(compile_text(text).rules.plan, nullptr);
  EXPECT_EQ(compile_text(text).codes(), "V1004");
  CompileOptions with = options();
  with.skip_broken = true;
  const Compiled compiled = compile_text(text, with);
  ASSERT_NE(compiled.rules.plan, nullptr);
  EXPECT_EQ(compiled.rules.rules, 1U);
  EXPECT_EQ(compiled.rules.skipped, 2U);
  EXPECT_EQ(compiled.codes(), "V1004 V2011");
  EXPECT_EQ(compiled.plan().rules[0].meta.title, "G");
}

}  // namespace
}  // namespace vedette::rules::test
