// Bounds of correlations and the fields they read: what slides, what tumbles, and what is refused.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/rules/support.h"

namespace vedette::rules::test {
namespace {

const std::string kTumbling = "waiting, settle 300000000 us, max_hold 3600000000 us; tumbling; ";

std::string count(const std::string& condition) { return meaning_of("event_count", "  condition: " + condition + "\n"); }
std::string value(const std::string& type, const std::string& condition) {
  return meaning_of(type, "  condition: " + condition + "\n");
}

TEST(CorrelationBounds, CountsSlideWithLowerBoundsAlone) {
  EXPECT_EQ(count("{gte: 5}"), "");
  EXPECT_EQ(count("{gt: 5, gte: 7}"), "");
  EXPECT_EQ(count("{lte: 5}"), kTumbling + "bounds <= 5");
  EXPECT_EQ(count("{gt: 5, lte: 20}"), kTumbling + "bounds > 5 and <= 20");
  EXPECT_EQ(count("{eq: 2}"), kTumbling + "bounds == 2");
  EXPECT_EQ(count("{neq: 3}"), kTumbling + "bounds != 3");
  EXPECT_EQ(count("{lt: 2.50}"), kTumbling + "bounds < 2.5");
  EXPECT_EQ(count("{lt: 1e3}"), kTumbling + "bounds < 1000");
  EXPECT_EQ(count("{gte: 2, lt: +007}"), kTumbling + "bounds >= 2 and < 7");
  const Compiled tumbling = with_bases("  type: event_count\n  rules: [a]\n  timespan: 10m\n  condition: {gte: 2, lt: 7}\n");
  EXPECT_EQ(tumbling.plan().correlations[0].threshold, 0U);
}

TEST(CorrelationBounds, ValueCountTumblesToo) {
  EXPECT_EQ(value("value_count", "{field: actor.id, gte: 3}"), "");
  EXPECT_EQ(value("value_count", "{field: actor.id, lt: 3}"), kTumbling + "bounds < 3");
  EXPECT_EQ(value("value_count", "{lt: 3}"), "V1208");
  EXPECT_EQ(meaning_of("value_count", "  field: actor.id\n  condition: {gte: 3}\n"), "");
  EXPECT_EQ(meaning_of("value_count", "  field: actor.id\n  condition: {field: actor.id, gte: 3}\n"), "V1208");
}

TEST(CorrelationBounds, ConditionsThatNeverOrAlwaysHoldAreRefused) {
  for (const char* never : {"{eq: 0}", "{lt: 1}", "{lte: 0}", "{eq: 2.5}", "{gt: 5, lt: 6}", "{gte: 5, lte: 4}",
                            "{eq: 3, neq: 3}", "{eq: -1}", "{gt: 2, eq: 2}"})
    EXPECT_EQ(count(never), "V1207") << never;
  for (const char* always : {"{neq: 0}", "{neq: 2.5}", "{gte: 1, neq: 0}", "{lt: 5, gte: 0}", "{neq: -3}"})
    EXPECT_EQ(count(always), "V1207") << always;
  EXPECT_EQ(count("{gt: 5, lt: 7}"), kTumbling + "bounds > 5 and < 7");
  EXPECT_EQ(count("{lt: 1.5}"), kTumbling + "bounds < 1.5");
  EXPECT_EQ(value("value_sum", "{field: x, lt: 0}"), "V1207");
  EXPECT_EQ(value("value_sum", "{field: x, gte: 0}"), "V1207");
  EXPECT_EQ(value("value_sum", "{field: x, gte: -1}"), "V1207");
  EXPECT_EQ(value("value_sum", "{field: x, gt: 0}"), "bounds > 0");
  EXPECT_EQ(value("value_avg", "{field: x, lt: 0}"), kTumbling + "bounds < 0");
  EXPECT_EQ(value("value_avg", "{field: x, gt: 5, lt: 6}"), kTumbling + "bounds > 5 and < 6");
  EXPECT_EQ(value("value_avg", "{field: x, gt: 6, lt: 5}"), "V1207");
}

TEST(CorrelationBounds, AListIsNotANumber) {
  const Compiled made = with_bases("  type: event_count\n  rules: [a]\n  timespan: 10m\n  condition: {gte: [1]}\n");
  ASSERT_EQ(made.diagnostics.error_count(), 1U);
  const auto error = std::find_if(made.diagnostics.items().begin(), made.diagnostics.items().end(),
                                  [](const Diagnostic& diagnostic) { return diagnostic.code == "V1207"; });
  ASSERT_NE(error, made.diagnostics.items().end());
  EXPECT_EQ(error->message, "`gte` takes one number, not a list or a map");
}

TEST(CorrelationBounds, NumbersMustBeExact) {
  EXPECT_EQ(count("{lt: 12345678901234567}"), kTumbling + "bounds < 12345678901234567");
  EXPECT_EQ(count("{lt: 123456789012345678}"), "V1207");
  EXPECT_EQ(count("{lt: 1e17}"), "V1207");
  EXPECT_EQ(count("{lt: many}"), "V1207");
  EXPECT_EQ(count("{lt: [1]}"), "V1207");
  EXPECT_EQ(value("value_sum", "{field: x, gt: 0.000000000000000001}"), "bounds > 0.000000000000000001");
  EXPECT_EQ(value("value_sum", "{field: x, gt: 0.0000000000000000001}"), "V1207");
  EXPECT_EQ(value("value_sum", "{field: x, gt: 0x17}"), "V1207");
}

TEST(CorrelationBounds, Sums) {
  EXPECT_EQ(value("value_sum", "{field: debug.bytes, gte: 100, gt: 5.50}"), "bounds >= 100 and > 5.5");
  EXPECT_EQ(value("value_sum", "{field: debug.bytes, lte: 100}"), kTumbling + "bounds <= 100");
  EXPECT_EQ(value("value_sum", "{field: [debug.bytes], gte: 100}"), "bounds >= 100");
  EXPECT_EQ(value("value_sum", "{field: [x, y], gte: 100}"), "V1208");
  EXPECT_EQ(value("value_sum", "{gte: 100}"), "V1208");
  EXPECT_EQ(value("value_sum", "{field: x}"), "V1206");
  const Compiled sum =
      with_bases("  type: value_sum\n  rules: [a, b]\n  timespan: 10m\n  condition: {field: debug.bytes, gte: 100}\n");
  const plan::CorrelationPlan& plan = sum.plan().correlations[0];
  EXPECT_EQ(plan.value_names, std::vector<std::string>{"debug.bytes"});
  ASSERT_EQ(plan.inputs[1].values.size(), 1U);
  EXPECT_EQ(sum.plan().rules[1].columns.at(plan.inputs[1].values[0].column).name, "debug.bytes");
}

TEST(CorrelationBounds, RiskIsNoField) {
  const auto risk = [](const std::string& rest) {
    return compile_text(base_rule("a", 1, "risk: 40\n") +
                        correlation_rule("c", 1, "  type: value_sum\n  rules: [a]\n  timespan: 1d\n" + rest, "risk: 7\n"));
  };
  const Compiled beside = risk("  field: risk\n  condition: {gte: 100}\n");
  EXPECT_EQ(meaning(beside), "bounds >= 100; sum of risk");
  EXPECT_TRUE(beside.plan().correlations[0].inputs[0].values.empty());
  EXPECT_TRUE(beside.plan().rules[0].columns.empty());
  EXPECT_EQ(beside.plan().rules[0].meta.risk, 40U);
  EXPECT_EQ(beside.plan().correlations[0].meta.risk, 7U);
  EXPECT_EQ(meaning(risk("  condition: {field: risk, gte: 100}\n")), "bounds >= 100; sum of risk");
  EXPECT_EQ(meaning(risk("  condition: {field: risk.level, gte: 100}\n")), "bounds >= 100");
  EXPECT_EQ(meaning(risk("  condition: {field: risk, gte: 100}\n  aliases: {risk: {a: x.risk}}\n")), "bounds >= 100");
  EXPECT_EQ(value("value_avg", "{field: risk, gte: 100}"), kTumbling + "bounds >= 100");
}

TEST(CorrelationBounds, AveragesAndPercentilesAlwaysTumble) {
  EXPECT_EQ(value("value_avg", "{field: x, gte: 5}"), kTumbling + "bounds >= 5");
  EXPECT_EQ(value("value_median", "{field: x, gt: 5}"), kTumbling + "bounds > 5; percentile 50");
  EXPECT_EQ(value("value_percentile", "{field: x, percentile: 99.90, gt: 5}"), kTumbling + "bounds > 5; percentile 99.9");
  EXPECT_EQ(meaning_of("value_percentile", "  percentile: 100\n  condition: {field: x, gt: 5}\n"),
            kTumbling + "bounds > 5; percentile 100");
  for (const char* wrong : {"0", "-1", "100.1", "p95", "[95]"})
    EXPECT_EQ(value("value_percentile", "{field: x, gt: 5, percentile: " + std::string(wrong) + "}"), "V1221") << wrong;
  EXPECT_EQ(value("value_percentile", "{field: x, gt: 5}"), "V1221");
  EXPECT_EQ(value("value_median", "{field: x, gt: 5, percentile: 50}"), "V1207");
  EXPECT_EQ(meaning_of("value_median", "  percentile: 50\n  condition: {field: x, gt: 5}\n"), "V1220");
}

TEST(CorrelationBounds, FieldsBelongToTypesThatReadThem) {
  EXPECT_EQ(count("{field: x, gte: 3}"), "V1207");
  EXPECT_EQ(meaning_of("event_count", "  field: x\n  condition: {gte: 3}\n"), "V1220");
  EXPECT_EQ(meaning_of("temporal", "  field: x\n"), "V1220");
  EXPECT_EQ(value("value_avg", "{field: 'x|nope', gte: 3}"), "V1009");
  EXPECT_EQ(value("value_sum", "{field: '', gte: 3}"), "V1208");
}

}  // namespace
}  // namespace vedette::rules::test
