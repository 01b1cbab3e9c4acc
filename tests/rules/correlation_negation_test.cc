// Text conditions of temporal correlations: what must occur, what must not, and where each may stand.
#include <gtest/gtest.h>

#include "engine/plan/print.h"
#include "tests/rules/support.h"

namespace vedette::rules::test {
namespace {

std::string text(const std::string& type, const std::string& rules, const std::string& condition) {
  const Compiled compiled =
      with_bases("  type: " + type + "\n  rules: [" + rules + "]\n  timespan: 10m\n  condition: " + condition + "\n");
  if (compiled.rules.plan == nullptr) return compiled.codes();
  const plan::CorrelationPlan& plan = compiled.plan().correlations[0];
  std::string out = plan::print_expr(plan.condition);
  for (std::size_t i = 0; i < plan.inputs.size(); ++i) {
    if (plan.inputs[i].negated) out += " not:" + std::to_string(i);
  }
  return out + (plan.decision == plan::DecisionClass::waiting ? " waits" : "");
}

std::string temporal(const std::string& condition) { return text("temporal", "a, b, s", condition); }
std::string ordered(const std::string& condition) { return text("temporal_ordered", "a, b, s", condition); }

TEST(CorrelationNegation, PositiveConditions) {
  EXPECT_EQ(temporal("a and b and s"), "(input:0 and input:1 and input:2)");
  EXPECT_EQ(temporal("s and (a or b)"), "(input:2 and (input:0 or input:1))");
  EXPECT_EQ(temporal("a or b and s"), "(input:0 or (input:1 and input:2))");
  EXPECT_EQ(temporal("(a and b) AND s"), "(input:0 and input:1 and input:2)");
  EXPECT_EQ(text("temporal", "a", "a"), "input:0");
  EXPECT_EQ(ordered("s and b and a"), "");
}

TEST(CorrelationNegation, NegatedNames) {
  EXPECT_EQ(temporal("a and not b and s"), "(input:0 and input:2) not:1 waits");
  EXPECT_EQ(temporal("not a and not b and s"), "input:2 not:0 not:1 waits");
  EXPECT_EQ(temporal("(a or b) and not s"), "(input:0 or input:1) not:2 waits");
  EXPECT_EQ(temporal("a and (b and not s)"), "(input:0 and input:1) not:2 waits");
  EXPECT_EQ(temporal("a and (not b) and s"), "(input:0 and input:2) not:1 waits");
  EXPECT_EQ(ordered("not a and b and s"), " not:0 waits");
  EXPECT_EQ(ordered("a and b and not s"), " not:2 waits");
}

TEST(CorrelationNegation, OrderedCountsItsPositives) {
  const Compiled compiled =
      with_bases("  type: temporal_ordered\n  rules: [a, b, s]\n  timespan: 10m\n  condition: a and s and not b\n");
  EXPECT_EQ(compiled.plan().correlations[0].threshold, 2U);
  EXPECT_TRUE(compiled.plan().correlations[0].condition.empty());
}

TEST(CorrelationNegation, TheTextIsKept) {
  const Compiled compiled = with_bases("  type: temporal\n  rules: [a, b]\n  timespan: 10m\n  condition: a  and not b\n");
  EXPECT_EQ(compiled.plan().correlations[0].condition.text, "a  and not b");
}

TEST(CorrelationNegation, EveryRuleIsNamedOnce) {
  EXPECT_EQ(temporal("a and b"), "V1225");
  EXPECT_EQ(temporal("a and b and s and a"), "V1225");
  EXPECT_EQ(temporal("a and b and s and t"), "V1223");
  EXPECT_EQ(temporal("a and b and not A"), "V1223");
  EXPECT_EQ(text("temporal", "a, b", "a and not 11111112-1111-4111-8111-111111111111"), "input:0 not:1 waits");
  EXPECT_EQ(text("temporal", "a, 11111112-1111-4111-8111-111111111111", "a and not b"), "input:0 not:1 waits");
}

TEST(CorrelationNegation, WhereNotMayStand) {
  EXPECT_EQ(temporal("a or not b or s"), "V1226");
  EXPECT_EQ(temporal("s and (a or not b)"), "V1226");
  EXPECT_EQ(temporal("s and not (a or b)"), "V1226");
  EXPECT_EQ(temporal("s and a and not not b"), "V1226 V1226");
  EXPECT_EQ(temporal("not a and not b and not s"), "V1226");
  EXPECT_EQ(ordered("a and (b or s)"), "V1227");
  EXPECT_EQ(ordered("a and not (b or s)"), "V1226 V1227");
}

TEST(CorrelationNegation, Syntax) {
  for (const char* wrong : {"a and", "and a", "a b", "(a", "a)", "a and (b s)", "(a b)", "not", "a or or b"})
    EXPECT_EQ(text("temporal", "a, b", wrong), "V1222") << wrong;
  std::string deep = "a and b";
  for (int i = 0; i < 70; ++i) deep = "(" + deep + ")";
  EXPECT_EQ(text("temporal", "a, b", deep), "V1222");
  std::string nots = "a and ";
  for (int i = 0; i < 100; ++i) nots += "not ";
  EXPECT_EQ(text("temporal", "a, b", nots + "b"), "V1222");
}

TEST(CorrelationNegation, InnerCorrelationsMayBeNegated) {
  const Compiled compiled = compile_text(
      base_rule("a", 1) + base_rule("b", 2) +
      correlation_rule("inner", 2, "  type: event_count\n  rules: [a]\n  timespan: 1h\n  condition: {gte: 3}\n") +
      correlation_rule("outer", 3, "  type: temporal\n  rules: [b, inner]\n  timespan: 10m\n  condition: b and not inner\n"));
  ASSERT_NE(compiled.rules.plan, nullptr) << compiled.codes();
  const plan::CorrelationPlan& outer = compiled.plan().correlations.at(1);
  EXPECT_TRUE(outer.inputs[1].correlation);
  EXPECT_TRUE(outer.inputs[1].negated);
  EXPECT_EQ(outer.settle, 5 * kMinuteUs);  // the inner one does not wait
}

}  // namespace
}  // namespace vedette::rules::test
