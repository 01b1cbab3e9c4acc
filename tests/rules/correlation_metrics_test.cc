// metrics: values, conditions over them, `until`, levels, and which of them can be refuted.
#include <gtest/gtest.h>

#include "engine/plan/print.h"
#include "tests/rules/support.h"

namespace vedette::rules::test {
namespace {

const std::string kValues = "  values: {n: count, denied: {count: b}, users: {distinct: actor.id}, bytes: {sum: debug.bytes}}\n";

// The condition by index and "!" when it can be refuted, or the codes of its errors.
std::string condition(const std::string& text, const std::string& values = kValues) {
  const Compiled compiled =
      with_bases("  type: metrics\n  rules: [a, b]\n  timespan: 10m\n" + values + "  condition: '" + text + "'\n");
  if (compiled.rules.plan == nullptr) return compiled.codes();
  const plan::CorrelationPlan& plan = compiled.plan().correlations[0];
  return plan::print_expr(plan.condition) + (plan.decision == plan::DecisionClass::refutable ? " !" : "");
}

TEST(CorrelationMetrics, Values) {
  const Compiled compiled = with_bases(
      "  type: metrics\n  rules: [a, b, s]\n  group-by: [client.ipAddress]\n  timespan: 15m\n  values:\n    attempts: count\n"
      "    denied: {count: b}\n    some: {count: [s, a]}\n    users: {distinct: actor.alternateId}\n"
      "    pairs: {distinct: [actor.id, 'client.ipAddress|cased'], of: s}\n    bytes: {sum: debugContext.bytes, of: [a, b]}\n"
      "  condition: attempts >= 25 and users >= 8 and attempts / users <= 5\n");
  ASSERT_NE(compiled.rules.plan, nullptr) << compiled.codes();
  EXPECT_EQ(meaning(compiled),
            "refutable; metric attempts count input:0 input:1 input:2; metric denied count input:1; metric some count input:0 "
            "input:2; metric users distinct value:0 input:0 input:1 input:2; metric pairs distinct value:1 value:2 input:2; "
            "metric bytes sum value:3 input:0 input:1; condition ((metric:0 >= 25) and (metric:3 >= 8) and "
            "((metric:0 / metric:3) <= 5))");
  const plan::CorrelationPlan& plan = compiled.plan().correlations[0];
  EXPECT_EQ(plan.value_names,
            (std::vector<std::string>{"actor.alternateId", "actor.id", "client.ipAddress", "debugContext.bytes"}));
  // A metric reads its inputs alone: no column for what nothing reads.
  ASSERT_EQ(plan.inputs[0].values.size(), 4U);
  EXPECT_EQ(plan.inputs[0].values[1].column, plan::kNone);
  EXPECT_EQ(compiled.plan().rules[0].columns.at(plan.inputs[0].values[3].column).name, "debugContext.bytes");
  EXPECT_EQ(compiled.plan().rules[2].columns.at(plan.inputs[2].values[2].column).name, "client.ipAddress|cased");
  EXPECT_EQ(plan.inputs[2].values[3].column, plan::kNone);
}

TEST(CorrelationMetrics, LowerBoundsOnCountsAreNeverRefuted) {
  EXPECT_EQ(condition("n >= 3"), "(metric:0 >= 3)");
  EXPECT_EQ(condition("n > 3 and users >= 2"), "((metric:0 > 3) and (metric:2 >= 2))");
  EXPECT_EQ(condition("n >= 3 or (denied >= 1 and users >= 2)"), "((metric:0 >= 3) or ((metric:1 >= 1) and (metric:2 >= 2)))");
  EXPECT_EQ(condition("3 <= n and 2 < users"), "((3 <= metric:0) and (2 < metric:2))");
}

TEST(CorrelationMetrics, EverythingElseIs) {
  EXPECT_EQ(condition("n < 3"), "(metric:0 < 3) !");
  EXPECT_EQ(condition("n >= 3 and users <= 2"), "((metric:0 >= 3) and (metric:2 <= 2)) !");
  EXPECT_EQ(condition("n == 3"), "(metric:0 == 3) !");
  EXPECT_EQ(condition("n != 3"), "(metric:0 != 3) !");
  EXPECT_EQ(condition("not n < 3"), "not (metric:0 < 3) !");
  EXPECT_EQ(condition("n / users > 3"), "((metric:0 / metric:2) > 3) !");
  EXPECT_EQ(condition("n >= users"), "(metric:0 >= metric:2) !");
  EXPECT_EQ(condition("3 >= n"), "(3 >= metric:0) !");
  EXPECT_EQ(condition("bytes >= 3"), "(metric:3 >= 3) !");
  EXPECT_EQ(condition("n >= 3 and span < 10m"), "((metric:0 >= 3) and (span < 600)) !");
}

TEST(CorrelationMetrics, Grammar) {
  EXPECT_EQ(condition("n+2*users-1>bytes/4"), "(((metric:0 + (2 * metric:2)) - 1) > (metric:3 / 4)) !");
  EXPECT_EQ(condition("(n + 2) * users - 1 > 4"), "((((metric:0 + 2) * metric:2) - 1) > 4) !");
  EXPECT_EQ(condition("n - users - denied > 0"), "(((metric:0 - metric:2) - metric:1) > 0) !");
  EXPECT_EQ(condition("n >= 1 or n >= 2 and n >= 3"), "((metric:0 >= 1) or ((metric:0 >= 2) and (metric:0 >= 3)))");
  EXPECT_EQ(condition("not (n < 1 or n < 2)"), "not ((metric:0 < 1) or (metric:0 < 2)) !");
  EXPECT_EQ(condition("not n < 1 and n < 2"), "(not (metric:0 < 1) and (metric:0 < 2)) !");
  EXPECT_EQ(condition("n > -1.50"), "(metric:0 > -1.5)");
  EXPECT_EQ(condition("n -1 > 2e1"), "((metric:0 - 1) > 20) !");
  EXPECT_EQ(condition("last - first >= 1h or n > 1e-3"), "(((last - first) >= 3600) or (metric:0 > 0.001)) !");
  EXPECT_EQ(condition("span >= 90s AND n >= 1"), "((span >= 90) and (metric:0 >= 1)) !");
}

TEST(CorrelationMetrics, Errors) {
  for (const char* wrong : {"", "n >", "n >= 3 and", "n => 3", "n = 3", "n ! 3", "n >= 3 users >= 2", "(n >= 3", "n >= 3)",
                            "n >= 3x", "n >= 3 & users >= 2", "n >= 123456789012345678", "3 <= n <= 5", "n >= é", "- n > 3"})
    EXPECT_EQ(condition(wrong), "V1222") << wrong;
  for (const char* wrong : {"n", "3", "n and users >= 2", "not n", "n + (users >= 2) > 1", "(n >= 1) + 1 > 2"})
    EXPECT_EQ(condition(wrong), "V1224") << wrong;
  EXPECT_EQ(condition("m >= 3 or k > 2"), "V1223 V1223");
  EXPECT_EQ(condition("Span >= 3"), "V1223");
  EXPECT_EQ(meaning_of("metrics", kValues + "  condition: {gte: 5}\n"), "V1207");
  EXPECT_EQ(meaning_of("metrics", kValues), "V1206");
}

TEST(CorrelationMetrics, ValuesErrors) {
  const auto values = [](const std::string& text) { return condition("n >= 1", "  values: " + text + "\n"); };
  EXPECT_EQ(values("{n: count}"), "(metric:0 >= 1)");
  EXPECT_EQ(values("{n: {count: [b]}}"), "(metric:0 >= 1)");
  EXPECT_EQ(values("{n: 11111112-1111-4111-8111-111111111111}"), "V1228");
  EXPECT_EQ(values("{n: {count: 11111112-1111-4111-8111-111111111111}}"), "(metric:0 >= 1)");
  for (const char* wrong :
       {"[n]", "{}", "count", "{n: counts}", "{n: {}}", "{n: {of: a}}", "{n: {sum: [x, y]}}", "{n: {sum: x, distinct: y}}",
        "{n: {count: a, of: b}}", "{n: {distinct: []}}", "{n: {distinct: {x: y}}}", "{n: {max: x}}", "{last: count}",
        "{Or: count}", "{1n: count}", "{n-m: count}", "{é: count}"})
    EXPECT_EQ(values(wrong), "V1228") << wrong;
  EXPECT_EQ(values("{n: {count: s}}"), "V1223");
  EXPECT_EQ(values("{n: {count: [a, a]}}"), "V1204");
  EXPECT_EQ(values("{n: {distinct: 'x|nope'}}"), "V1009");
  std::string many;
  for (int i = 0; i < 33; ++i) many += "v" + std::to_string(i) + ": count, ";
  EXPECT_EQ(values("{" + many + "n: count}"), "V1228");
  std::string fields;
  for (int i = 0; i < 17; ++i) fields += "f" + std::to_string(i) + ", ";
  EXPECT_EQ(values("{n: {distinct: [" + fields + "f]}}"), "V1212");
}

TEST(CorrelationMetrics, Until) {
  const auto until = [](const std::string& rest) {
    return with_bases("  type: metrics\n  rules: [a, b]\n  group-by: [user]\n  timespan: 10m\n" + kValues +
                      "  condition: n >= 3\n" + rest);
  };
  const Compiled compiled = until("  until: [s]\n  aliases: {user: {a: actor.id, b: actor.id, s: user}}\n");
  ASSERT_NE(compiled.rules.plan, nullptr) << compiled.codes();
  const plan::CorrelationPlan& plan = compiled.plan().correlations[0];
  ASSERT_EQ(plan.inputs.size(), 3U);
  EXPECT_FALSE(plan.inputs[1].until);
  EXPECT_TRUE(plan.inputs[2].until);
  EXPECT_EQ(plan.inputs[2].index, 2U);
  EXPECT_EQ(compiled.plan().rules[2].columns.at(plan.inputs[2].members.at(0).column).name, "user");
  EXPECT_TRUE(plan.inputs[2].values.empty());
  EXPECT_EQ(plan.metrics[0].inputs, (std::vector<std::uint32_t>{0, 1}));
  EXPECT_EQ(plan.decision, plan::DecisionClass::refutable);
  EXPECT_TRUE(compiled.plan().rules[2].referred);
  EXPECT_EQ(plan.sources.size(), 2U);
  EXPECT_EQ(until("  until: s\n").codes(), "");
  EXPECT_EQ(until("  until: [s]\n  aliases: {user: {a: actor.id, b: actor.id}}\n").codes(), "V1210");
  EXPECT_EQ(until("  until: [b]\n").codes(), "V1229");
  EXPECT_EQ(until("  until: [11111112-1111-4111-8111-111111111111]\n").codes(), "V1229");
  EXPECT_EQ(until("  until: [s, s]\n").codes(), "V1204");
  EXPECT_EQ(until("  until: {s: 1}\n").codes(), "V1229");
  EXPECT_EQ(until("  until: [t]\n").codes(), "V1203");
}

TEST(CorrelationMetrics, Levels) {
  const auto levels = [](const std::string& inside, const std::string& beside) {
    return meaning_of("metrics", "  values: {systems: {distinct: x}}\n  condition: systems >= 1\n" + inside, beside);
  };
  const std::string start = "metric systems distinct value:0 input:0 input:1; condition (metric:0 >= 1)";
  EXPECT_EQ(levels("", "level-when: [{critical: systems >= 2}]\n"), start + "; level critical when (metric:0 >= 2)");
  EXPECT_EQ(levels("  level-when: [{high: systems >= 2}, {critical: systems * 2 > 5}]\n", ""),
            start + "; level high when (metric:0 >= 2); level critical when ((metric:0 * 2) > 5)");
  EXPECT_EQ(levels("", "level-when: [{critical: users >= 2}]\n"), "V1223");
  EXPECT_EQ(levels("", "level-when: [{critical: systems >=}]\n"), "V1222");
  EXPECT_EQ(levels("", "level-when: {critical: systems >= 2}\n"), "V1253");
  EXPECT_EQ(levels("", "level-when: [{urgent: systems >= 2}]\n"), "V1011");
  EXPECT_EQ(meaning_of("event_count", "  condition: {gte: 2}\n", "level-when: [{critical: systems >= 2}]\n"), "V1220");
}

}  // namespace
}  // namespace vedette::rules::test
