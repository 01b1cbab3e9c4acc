// Correlation documents: thresholds, bindings, chaining, suppression, retention, hashes, and every error.
#include <gtest/gtest.h>

#include "tests/rules/support.h"

namespace vedette::rules::test {
namespace {

std::string codes(const std::string& body) { return with_bases(body).codes(); }

const plan::CorrelationPlan& first(const Compiled& compiled) { return compiled.plan().correlations.at(0); }

TEST(Correlation, EventCount) {
  const Compiled compiled = with_bases(
      "  type: event_count\n  rules: [a, b]\n  group-by: [actor.id, 'actor.alternateId|lower']\n  timespan: 15m\n  condition: "
      "{gte: 5}\n");
  ASSERT_NE(compiled.rules.plan, nullptr) << compiled.codes();
  const plan::CorrelationPlan& c = first(compiled);
  EXPECT_EQ(c.type, plan::CorrelationType::event_count);
  EXPECT_EQ(c.threshold, 5U);
  EXPECT_EQ(c.window, 15 * kMinuteUs);
  EXPECT_EQ(c.members, (std::vector<std::string>{"actor.id", "actor.alternateId"}));
  EXPECT_EQ(c.suppress.for_us, kHourUs);
  EXPECT_FALSE(c.suppress.given);
  EXPECT_EQ(c.suppress.by, (std::vector<std::uint32_t>{0, 1}));
  EXPECT_EQ(c.accept, 6 * kHourUs);
  EXPECT_EQ(c.retention, 15 * kMinuteUs + 6 * kHourUs + kHourUs);
  EXPECT_TRUE(c.emits);
  EXPECT_FALSE(c.inner);
  const plan::Plan& plan = compiled.plan();
  EXPECT_EQ(plan.rules[0].columns.at(c.inputs.at(0).members.at(1).column).name, "actor.alternateId|lower");
  EXPECT_FALSE(plan.rules[0].emits);
  EXPECT_TRUE(plan.rules[0].referred);
  EXPECT_TRUE(plan.rules[2].emits);
}

TEST(Correlation, Thresholds) {
  const auto threshold = [](const std::string& condition) {
    const Compiled compiled = with_bases("  type: event_count\n  rules: a\n  timespan: 1m\n  condition: " + condition + "\n");
    return compiled.rules.plan == nullptr ? compiled.codes() : std::to_string(first(compiled).threshold);
  };
  EXPECT_EQ(threshold("{gte: 5}"), "5");
  EXPECT_EQ(threshold("{gt: 5}"), "6");
  EXPECT_EQ(threshold("{gte: 2.5}"), "3");
  EXPECT_EQ(threshold("{gt: 2.5}"), "3");
  EXPECT_EQ(threshold("{gte: 3.0000000000000000001}"), "4");
  EXPECT_EQ(threshold("{gt: 3.9999999999999999999}"), "4");
  EXPECT_EQ(threshold("{gte: 3.000}"), "3");
  EXPECT_EQ(threshold("{gte: 2.5e1}"), "25");
  EXPECT_EQ(threshold("{gte: 251e-1}"), "26");
  EXPECT_EQ(threshold("{gte: 1e-3}"), "1");
  EXPECT_EQ(threshold("{gte: 1e9}"), "1000000000");
  EXPECT_EQ(threshold("{gte: 1000000000.1}"), "V1207");
  EXPECT_EQ(threshold("{gte: 1e999999999999}"), "V1207");
  EXPECT_EQ(threshold("{gte: -0.5}"), "V1207");
  EXPECT_EQ(threshold("{gt: -0}"), "1");
  EXPECT_EQ(threshold("{gt: 0}"), "1");
  EXPECT_EQ(threshold("{gt: 4, gte: 3}"), "5");
  EXPECT_EQ(threshold("{gte: 0}"), "V1207");
  EXPECT_EQ(threshold("{gt: -1}"), "V1207");
  EXPECT_EQ(threshold("{gte: x}"), "V1207");
  EXPECT_EQ(threshold("{gte: 1e12}"), "V1207");
  EXPECT_EQ(threshold("{atleast: 3}"), "V1207");
  EXPECT_EQ(threshold("'>= 5'"), "V1207");
  EXPECT_EQ(threshold("{}"), "V1207");
  EXPECT_EQ(threshold("~"), "V1206");
  EXPECT_EQ(threshold("{field: x, gte: 3}"), "V1207");
}

TEST(Correlation, ValueCountTuple) {
  const Compiled compiled = with_bases(
      "  type: value_count\n  rules: [a]\n  timespan: 1m\n  condition: {field: [client.ipAddress, actor.id], gte: 3}\n");
  ASSERT_NE(compiled.rules.plan, nullptr) << compiled.codes();
  EXPECT_EQ(first(compiled).value_names, (std::vector<std::string>{"client.ipAddress", "actor.id"}));
  ASSERT_EQ(first(compiled).inputs[0].values.size(), 2U);
  EXPECT_TRUE(first(compiled).members.empty());
  EXPECT_EQ(codes("  type: value_count\n  rules: [a]\n  timespan: 1m\n  condition: {gte: 3}\n"), "V1208");
  EXPECT_NE(codes("  type: value_count\n  rules: [a]\n  timespan: 1m\n  condition: {field: [], gte: 3}\n").find("V1208"),
            std::string::npos);
  EXPECT_EQ(codes("  type: value_count\n  rules: [a]\n  timespan: 1m\n  condition: {field: actor.id}\n"), "V1206");
}

TEST(Correlation, Temporal) {
  const auto threshold = [](const std::string& rest) {
    const Compiled compiled = with_bases("  rules: [a, b, s]\n  timespan: 1m\n" + rest);
    return compiled.rules.plan == nullptr ? compiled.codes() : std::to_string(first(compiled).threshold);
  };
  EXPECT_EQ(threshold("  type: temporal\n"), "3");
  EXPECT_EQ(threshold("  type: temporal\n  condition: {gte: 2}\n"), "2");
  EXPECT_EQ(threshold("  type: temporal\n  condition: {gte: 4}\n"), "V1207");
  EXPECT_EQ(threshold("  type: temporal\n  condition: {lte: 2}\n"), "V1207");
  EXPECT_EQ(threshold("  type: temporal\n  condition: '> 2'\n"), "V1207");
  EXPECT_EQ(threshold("  type: temporal_ordered\n"), "3");
  EXPECT_EQ(threshold("  type: temporal_ordered\n  condition: {gte: 2}\n"), "V1209");
}

TEST(Correlation, Aliases) {
  const Compiled compiled = with_bases(
      "  type: temporal\n  rules: [a, s]\n  timespan: 1m\n  group-by: ['user|lower']\n  aliases:\n    user:\n      a: "
      "'target[type=User].alternateId|local'\n      s: user\n");
  ASSERT_NE(compiled.rules.plan, nullptr) << compiled.codes();
  EXPECT_EQ(first(compiled).members, std::vector<std::string>{"user"});
  EXPECT_EQ(compiled.plan().rules[0].columns.at(0).name, "target[type=User].alternateId|local|lower");
  EXPECT_EQ(compiled.plan().rules[2].columns.at(0).name, "user|lower");
  const std::string head = "  type: temporal\n  rules: [a, s]\n  timespan: 1m\n  group-by: [user]\n  aliases:\n    user: ";
  EXPECT_EQ(codes(head + "{a: actor.id}\n"), "V1210");
  EXPECT_EQ(codes(head + "{a: actor.id, s: user, b: x}\n"), "V1211");
  EXPECT_EQ(codes(head + "{a: actor.id, s: 'user|uper'}\n"), "V1009");
  EXPECT_EQ(codes(head + "actor.id\n"), "V1211");
}

TEST(Correlation, CasedColumnsAreMarked) {
  const Compiled compiled =
      with_bases("  type: event_count\n  rules: [a]\n  timespan: 1m\n  group-by: 'actor.id|cased'\n  condition: {gte: 2}\n");
  EXPECT_TRUE(compiled.plan().rules[0].columns.at(0).cased);
}

TEST(Correlation, ChainBindsMembersOrTriggerFields) {
  const Compiled compiled = compile_text(
      correlation_rule(
          "outer", 3,
          "  type: temporal_ordered\n  rules: [inner, s]\n  group-by: [user, actor.id]\n  timespan: 30m\n  generate: true\n"
          "  aliases: {user: {inner: who, s: user}}\n") +
      correlation_rule(
          "inner", 2,
          "  type: event_count\n  rules: [a, b]\n  group-by: [who]\n  timespan: 10m\n  condition: {gte: 3}\n  aliases: "
          "{who: {a: actor.id, b: 'actor.alternateId|lower'}}\n") +
      base_rule("a", 1) + base_rule("b", 2) + base_rule("s", 9));
  ASSERT_NE(compiled.rules.plan, nullptr) << compiled.codes();
  const plan::Plan& plan = compiled.plan();
  ASSERT_EQ(plan.correlations.size(), 2U);
  const plan::CorrelationPlan& inner = plan.correlations[0];
  const plan::CorrelationPlan& outer = plan.correlations[1];
  EXPECT_EQ(inner.meta.name, "inner");
  EXPECT_TRUE(inner.inner);
  EXPECT_TRUE(inner.emits);  // generate: true of the outer one
  EXPECT_FALSE(plan.rules[0].emits);
  EXPECT_TRUE(plan.rules[2].emits);
  EXPECT_EQ(outer.level, 1);
  ASSERT_TRUE(outer.inputs[0].correlation);
  EXPECT_EQ(outer.inputs[0].index, 0U);
  EXPECT_EQ(outer.inputs[0].members[0].inner_member, 0);
  const plan::Binding& trigger = outer.inputs[0].members[1];
  EXPECT_EQ(trigger.inner_member, -1);
  ASSERT_EQ(trigger.column_of_rule.size(), 3U);
  EXPECT_EQ(plan.rules[0].columns.at(trigger.column_of_rule[0]).name, "actor.id");
  EXPECT_EQ(plan.rules[1].columns.at(trigger.column_of_rule[1]).name, "actor.id");
  EXPECT_EQ(trigger.column_of_rule[2], plan::kNone);
  EXPECT_EQ(outer.accept, 6 * kHourUs);
  // W + accept + P of its own, and W + accept of the inner one; the inner one keeps as much.
  EXPECT_EQ(outer.retention, 30 * kMinuteUs + 6 * kHourUs + kHourUs + 10 * kMinuteUs + 6 * kHourUs);
  EXPECT_EQ(inner.retention, outer.retention);
  EXPECT_EQ(outer.sources.size(), 2U);
}

TEST(Correlation, InnerAliasesAreNotFieldsOfTheTrigger) {
  const std::string rules =
      base_rule("a", 1) +
      correlation_rule("inner", 2,
                       "  type: event_count\n  rules: [a]\n  group-by: [who]\n  timespan: 10m\n  condition: {gte: 3}\n"
                       "  aliases: {who: {a: actor.id}}\n");
  const std::string outer = "  type: event_count\n  rules: [inner]\n  timespan: 10m\n  condition: {gte: 3}\n  group-by: ";
  EXPECT_EQ(compile_text(rules + correlation_rule("outer", 3, outer + "[who]\n")).codes(), "");
  EXPECT_EQ(compile_text(rules + correlation_rule("outer", 3, outer + "['who|lower']\n")).codes(), "V1212");
  EXPECT_EQ(compile_text(rules + correlation_rule("outer", 3, outer + "['actor.id|lower']\n")).codes(), "");
}

// A correlation by `outer` on one by `inner`: the binding of its member, or the codes of its errors.
std::string binding_text(const std::string& inner, const std::string& outer) {
  const std::string rest = "]\n  timespan: 10m\n  condition: {gte: 3}\n  group-by: ";
  const Compiled compiled =
      compile_text(base_rule("a", 1) + correlation_rule("inner", 2, "  type: event_count\n  rules: [a" + rest + inner) +
                   correlation_rule("outer", 3, "  type: event_count\n  rules: [inner" + rest + outer));
  if (compiled.rules.plan == nullptr) return compiled.codes();
  const plan::Binding& binding = compiled.plan().correlations.at(1).inputs.at(0).members.at(0);
  return std::to_string(binding.inner_member) + (binding.fold ? " folded" : "");
}

TEST(Correlation, AMemberOfTheInnerGroupStaysInIt) {
  const auto text = [](const std::string& inner, const std::string& outer) {
    return binding_text("['" + inner + "']\n", "['" + outer + "']\n");
  };
  EXPECT_EQ(text("actor.id", "actor.id"), "0");
  EXPECT_EQ(text("actor.id|local", "actor.id"), "0");
  EXPECT_EQ(text("actor.id|local", "actor.id|local"), "0");
  EXPECT_EQ(text("actor.id|cased", "actor.id|cased"), "0");
  EXPECT_EQ(text("actor.id|cased", "actor.id"), "0 folded");
  EXPECT_EQ(text("actor.id|local|cased", "actor.id"), "0 folded");
  EXPECT_EQ(text("actor.id", "actor.id|local"), "V1212");
  EXPECT_EQ(text("actor.id", "actor.id|cased"), "V1212");
  EXPECT_EQ(text("actor.id|cased", "actor.id|lower"), "V1212");
  EXPECT_EQ(text("actor.id|domain", "actor.id|local"), "V1212");
  EXPECT_EQ(text("actor.id", "actor.alternateId|local"), "-1");
}

TEST(Correlation, CountedValuesAndAliasesStayInTheInnerGroup) {
  const std::string rules =
      base_rule("a", 1) +
      correlation_rule("inner", 2,
                       "  type: event_count\n  rules: [a]\n  group-by: [actor.id]\n  timespan: 1m\n  condition: {gte: 3}\n");
  const std::string outer = "  rules: [inner]\n  timespan: 10m\n";
  const auto counted = [&](const std::string& field) {
    return compile_text(rules + correlation_rule("outer", 3,
                                                 outer + "  type: value_count\n  condition: {field: '" + field + "', gte: 3}\n"))
        .codes();
  };
  EXPECT_EQ(counted("actor.id"), "");
  EXPECT_EQ(counted("actor.id|local"), "V1212");
  EXPECT_EQ(counted("actor.alternateId|local"), "");
  const auto alias = [&](const std::string& field) {
    return compile_text(rules + correlation_rule("outer", 3,
                                                 outer + "  type: event_count\n  condition: {gte: 3}\n  group-by: [who]\n" +
                                                     "  aliases: {who: {inner: '" + field + "'}}\n"))
        .codes();
  };
  EXPECT_EQ(alias("actor.id"), "");
  EXPECT_EQ(alias("actor.id|local"), "V1212");
}

TEST(Correlation, FoldingIsPartOfTheSemanticHash) {
  const auto hash = [](const std::string& outer) {
    const std::string rest = "]\n  timespan: 10m\n  condition: {gte: 3}\n  group-by: ";
    const Compiled compiled = compile_text(
        base_rule("a", 1) + correlation_rule("inner", 2, "  type: event_count\n  rules: [a" + rest + "['actor.id|cased']\n") +
        correlation_rule("outer", 3, "  type: event_count\n  rules: [inner" + rest + outer));
    return compiled.rules.plan == nullptr ? compiled.codes() : compiled.plan().correlations.at(1).meta.semantic_hash;
  };
  EXPECT_NE(hash("[actor.id]\n"), hash("['actor.id|cased']\n"));
}

TEST(Correlation, CyclesAndDepth) {
  const std::string head = "  type: event_count\n  timespan: 1m\n  condition: {gte: 2}\n  rules: ";
  EXPECT_EQ(compile_text(correlation_rule("x", 1, head + "[y]\n") + correlation_rule("y", 2, head + "[x]\n")).codes(), "V1214");
  EXPECT_EQ(compile_text(correlation_rule("x", 1, head + "[x]\n")).codes(), "V1214");
  std::string chain = base_rule("a", 1) + correlation_rule("c1", 1, head + "[a]\n");
  for (int i = 2; i <= 4; ++i) chain += correlation_rule("c" + std::to_string(i), i, head + "[c" + std::to_string(i - 1) + "]\n");
  const Compiled four = compile_text(chain);
  ASSERT_NE(four.rules.plan, nullptr) << four.codes();
  EXPECT_EQ(four.plan().correlations[3].level, 3);
  EXPECT_EQ(compile_text(chain + correlation_rule("c5", 5, head + "[c4]\n")).codes(), "V1215");
}

TEST(Correlation, References) {
  const std::string rest = "  timespan: 1m\n  type: event_count\n  condition: {gte: 2}\n";
  EXPECT_EQ(codes("  rules: [11111111-1111-4111-8111-111111111111]\n" + rest), "");
  EXPECT_EQ(codes("  rules: [a, zz]\n" + rest), "V1203");
  EXPECT_EQ(codes("  rules: [a, a]\n" + rest), "V1204");
  EXPECT_EQ(codes("  rules: [a, 11111111-1111-4111-8111-111111111111]\n" + rest), "V1204");
  EXPECT_EQ(codes(rest), "V1002");
  EXPECT_EQ(codes("  rules: []\n" + rest), "V1002");
}

TEST(Correlation, Suppress) {
  const auto made = [](const std::string& suppress) {
    return with_bases(
        "  type: event_count\n  rules: [a]\n  group-by: [actor.id, client.ipAddress]\n  timespan: 2h\n  condition: {gte: 2}\n  "
        "suppress: " +
        suppress + "\n");
  };
  EXPECT_EQ(first(made("{for: 0}")).suppress.for_us, 0);
  EXPECT_EQ(first(made("{by: [client.ipAddress]}")).suppress.for_us, 2 * kHourUs);
  EXPECT_EQ(first(made("{by: [client.ipAddress]}")).suppress.by, std::vector<std::uint32_t>{1});
  EXPECT_TRUE(first(made("{by: []}")).suppress.by.empty());
  EXPECT_EQ(made("{by: [eventType]}").codes(), "V1213");
  EXPECT_EQ(made("{for: soon}").codes(), "V1015");
  EXPECT_EQ(made("{form: 1h}").codes(), "V1015");
}

TEST(Correlation, WrongKeysAndValues) {
  const std::string good = "  type: event_count\n  rules: [a]\n  timespan: 1m\n  condition: {gte: 2}\n";
  EXPECT_EQ(codes(good), "");
  EXPECT_EQ(codes(good + "  groupby: [x]\n"), "V1202");
  EXPECT_EQ(codes(good + "  learn: 7d\n"), "V1220");
  EXPECT_EQ(codes(good + "  generate: yes\n"), "V1003");
  EXPECT_EQ(codes(good + "  across: worlds\n"), "V1003");
  EXPECT_EQ(codes(good + "  group-by: [a, a]\n"), "V1212");
  EXPECT_EQ(codes(good + "  group-by: [[a]]\n"), "V1212");
  EXPECT_EQ(codes("  type: event_count\n  rules: [a]\n  condition: {gte: 2}\n"), "V1002");
  for (const char* span : {"10", "10M", "1y", "0m", "1h30m", "-1m", "m"}) {
    EXPECT_EQ(codes("  type: event_count\n  rules: [a]\n  condition: {gte: 2}\n  timespan: " + std::string(span) + "\n"), "V1205")
        << span;
  }
  EXPECT_EQ(codes("  type: event_sum\n  rules: [a]\n  timespan: 1m\n  condition: {gte: 2}\n"), "V1201");
  EXPECT_EQ(codes("  type: value_sum\n  rules: [a]\n  timespan: 1m\n  condition: {gte: 2}\n"), "V1208");
  EXPECT_EQ(codes("  rules: [a]\n  timespan: 1m\n"), "V1201");
}

TEST(Correlation, AcrossTenants) {
  EXPECT_TRUE(first(with_bases("  type: event_count\n  rules: [a]\n  timespan: 1m\n  condition: {gte: 2}\n  across: tenants\n"))
                  .across_tenants);
}

TEST(Correlation, SemanticHash) {
  const auto hash = [](const std::string& rest) {
    return first(with_bases("  type: event_count\n  rules: [a]\n" + rest)).meta.semantic_hash;
  };
  const std::string base_hash = hash("  timespan: 10m\n  condition: {gte: 3}\n");
  EXPECT_EQ(base_hash, hash("  timespan: 600s\n  condition: {gt: 2}\n"));
  EXPECT_NE(base_hash, hash("  timespan: 11m\n  condition: {gte: 3}\n"));
  EXPECT_NE(base_hash, hash("  timespan: 10m\n  condition: {gte: 4}\n"));
  EXPECT_NE(base_hash, hash("  timespan: 10m\n  condition: {gte: 3}\n  group-by: [actor.id]\n"));
  EXPECT_NE(base_hash, hash("  timespan: 10m\n  condition: {gte: 3}\n  suppress: {for: 5m}\n"));
}

TEST(Correlation, IdsAndNamesAreUnique) {
  EXPECT_EQ(compile_text(base_rule("a", 1) + base_rule("b", 1)).codes(), "V1012");
  EXPECT_EQ(compile_text(base_rule("a", 1) + base_rule("a", 2)).codes(), "V1013");
}

}  // namespace
}  // namespace vedette::rules::test
