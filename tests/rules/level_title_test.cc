// level-when, alert titles, risk and time zones of rules: what the plan holds and its hashes.
#include <gtest/gtest.h>

#include "tests/rules/support.h"

namespace vedette::rules::test {
namespace {

const std::string kDetection =
    "  selection: {eventType: user.account.privilege.grant}\n"
    "  is_super: {'target.displayName|contains': Super}\n"
    "  is_org: {'target.displayName|contains': Organization}\n"
    "  condition: selection\n";

std::string levels_of(const Compiled& compiled) {
  if (compiled.rules.plan == nullptr) return "no plan: " + compiled.codes();
  std::string out;
  for (const plan::SourceProgram& program : compiled.plan().sources) {
    for (const plan::Arm& arm : program.arms) {
      for (const plan::ArmLevel& level : arm.levels) {
        out += std::string(plan::level_name(static_cast<plan::Level>(level.level))) + " " +
               plan::print_node(program, arm, level.node) + "\n";
      }
    }
  }
  return out;
}

TEST(LevelWhen, ConditionsOverTheRulesOwnSelections) {
  const Compiled compiled =
      compile_text(rule(kDetection, "level: low\nlevel-when:\n  - critical: is_super and not is_org\n  - high: 1 of is_*\n"));
  EXPECT_EQ(compiled.codes(), "");
  EXPECT_EQ(compiled.arm(), "(eventType = 'user.account.privilege.grant')");
  EXPECT_EQ(levels_of(compiled),
            "high (target.displayName contains 'Super' or target.displayName contains 'Organization')\n"
            "critical (target.displayName contains 'Super' and not (target.displayName contains 'Organization'))\n");
}

TEST(LevelWhen, SelectionsItUsesAreUsed) {
  EXPECT_EQ(compile_text(rule(kDetection)).codes(), "V2010 V2010");
  EXPECT_EQ(compile_text(rule(kDetection, "level-when: [{high: is_super}]\n")).codes(), "V2010");
}

TEST(LevelWhen, LevelsNotAboveTheRulesOwnHaveNoEffect) {
  const Compiled compiled =
      compile_text(rule(kDetection, "level: high\nlevel-when: [{high: is_super}, {critical: is_org}, {low: is_org}]\n"));
  EXPECT_EQ(compiled.codes(), "V2017 V2017");
  EXPECT_EQ(levels_of(compiled), "critical (target.displayName contains 'Organization')\n");
}

TEST(LevelWhen, ExpandsLists) {
  const std::string detection =
      "  selection: {eventType: a}\n  by_admin: {'actor.alternateId|expand': '%admins%'}\n  condition: selection\n";
  const Compiled compiled = compile_text(rule(detection, "level-when: [{high: by_admin}]\n"));
  EXPECT_EQ(compiled.codes(), "");
  EXPECT_EQ(levels_of(compiled), "high ((actor.alternateId = 'root' or actor.alternateId startswith 'adm'))\n");
  const std::string unknown =
      "  selection: {eventType: a}\n  by_admin: {'actor.alternateId|expand': '%admns%'}\n  condition: selection\n";
  EXPECT_EQ(compile_text(rule(unknown, "level-when: [{high: by_admin}]\n")).codes(), "V1014");
}

TEST(LevelWhen, ChangesThePlanButNotWhatTheRuleMatches) {
  const auto with = [](const std::string& levels) { return compile_text(rule(kDetection, levels)); };
  const Compiled super = with("level-when: [{high: is_super}]\n"), org = with("level-when: [{high: is_org}]\n"),
                 critical = with("level-when: [{critical: is_org}]\n");
  EXPECT_NE(super.plan().hash, org.plan().hash);
  EXPECT_NE(critical.plan().hash, org.plan().hash);
  EXPECT_EQ(super.plan().rules[0].meta.semantic_hash, org.plan().rules[0].meta.semantic_hash);
}

TEST(AlertTitle, FieldsAreColumnsAndWordsAreTheAlerts) {
  const Compiled compiled = compile_text(
      rule("  s: {eventType: a}\n  condition: s\n",
           "suppress: {by: [actor.id], for: 1h}\n"
           "alert: {title: '{{{level}}} {rule}: {actor.alternateId|lower} x{ count } {target[type=User].id}, {actor.id}'}\n"));
  EXPECT_EQ(compiled.codes(), "");
  const plan::RulePlan& made = compiled.plan().rules[0];
  std::string printed;
  for (const plan::TitlePart& part : made.title) {
    printed += part.kind == plan::TitleKind::text     ? part.text
               : part.kind == plan::TitleKind::column ? "<" + made.columns[part.index].name + ">"
                                                      : "<" + part.text + ">";
  }
  EXPECT_EQ(printed, "{<level>} <rule>: <actor.alternateId|lower> x<count> <target[type=User].id>, <actor.id>");
  EXPECT_EQ(made.columns.size(), 3U);
}

TEST(AlertTitle, BadFieldsAreShownWhereTheyStand) {
  const Compiled compiled = compile_text(rule("  s: {eventType: a}\n  condition: s\n", "alert: {title: 'by {actor..id}'}\n"));
  ASSERT_EQ(compiled.codes(), "V1009");
  EXPECT_EQ(compiled.diagnostics.items()[0].where.line, 4);
  EXPECT_EQ(compiled.diagnostics.items()[0].where.column, 21);
}

TEST(AlertTitle, IsPartOfThePlanAndNotOfTheRulesMeaning) {
  const std::string detection = "  s: {eventType: a}\n  condition: s\n";
  const Compiled plain = compile_text(rule(detection)), titled = compile_text(rule(detection, "alert: {title: A}\n")),
                 other = compile_text(rule(detection, "alert: {title: B}\n"));
  EXPECT_NE(plain.plan().hash, titled.plan().hash);
  EXPECT_NE(other.plan().hash, titled.plan().hash);
  EXPECT_EQ(plain.plan().rules[0].meta.semantic_hash, titled.plan().rules[0].meta.semantic_hash);
}

TEST(Risk, IsReadAndHashed) {
  const std::string detection = "  s: {eventType: a}\n  condition: s\n";
  const Compiled none = compile_text(rule(detection)), some = compile_text(rule(detection, "risk: 40\n")),
                 most = compile_text(rule(detection, "risk: 1000000\n"));
  EXPECT_EQ(none.plan().rules[0].meta.risk, 0U);
  EXPECT_EQ(some.plan().rules[0].meta.risk, 40U);
  EXPECT_EQ(most.plan().rules[0].meta.risk, 1'000'000U);
  EXPECT_NE(none.plan().rules[0].meta.semantic_hash, some.plan().rules[0].meta.semantic_hash);
  for (const std::string bad : {"-1", "1.5", "'4 0'", "ten", "[40]", "1000001", "99999999999999"})
    EXPECT_EQ(compile_text(rule(detection, "risk: " + bad + "\n")).codes(), "V1252") << bad;
}

TEST(Shadow, ByModeOrByStatus) {
  const auto shadow = [](const std::string& extra) {
    return compile_text(rule("  s: {eventType: a}\n  condition: s\n", extra)).plan().rules[0].meta.shadow;
  };
  EXPECT_FALSE(shadow(""));
  EXPECT_FALSE(shadow("status: test\n"));
  EXPECT_TRUE(shadow("status: experimental\n"));
  EXPECT_TRUE(shadow("mode: shadow\n"));
}

TEST(TimeZone, AppliesToEveryTimePart) {
  for (const std::string part : {"minute", "hour", "day", "week", "month", "year"}) {
    const Compiled compiled = compile_text(
        rule("  s:\n    published|" + part + ": 7\n    eventType: a\n  condition: s\n", "timezone: America/New_York\n"));
    EXPECT_EQ(compiled.codes(), "");
    EXPECT_EQ(compiled.arm(), "(" + part + "(published, America/New_York) == 7 and eventType = 'a')");
  }
}

}  // namespace
}  // namespace vedette::rules::test
