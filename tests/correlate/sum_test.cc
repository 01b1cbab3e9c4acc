// value_sum with lower bounds: the worked examples in every order of arrival, and a comparison with a naive evaluation.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "scenario.h"

namespace vedette::test {
namespace {

using Type = plan::CorrelationType;
using Buckets = std::set<std::int64_t>;

Corr sum(plan::Bound bound, Values rules = {"r"}) {
  return {.name = "s", .type = Type::value_sum, .rules = std::move(rules), .values = {"value"}, .bounds = {std::move(bound)}};
}

Event number(double t, const std::string& value, Values rules = {"r"}, const std::string& id = "") {
  const std::string own = id.empty() ? "n" + std::to_string(t) : id;
  return {.rules = std::move(rules), .t = t, .id = own, .value = {value}};
}

Buckets buckets(const Corr& correlation, const std::vector<Event>& events) {
  return buckets_in_every_order({.correlations = {correlation}}, events, correlation.name);
}

TEST(Sum, WorkedExamples) {
  EXPECT_EQ(buckets(sum(gt("100")), {number(0, "60"), number(10, "50")}), Buckets({0}));
  EXPECT_EQ(buckets(sum(gt("100")), {number(0, "60", {"r"}, "a"), number(0, "60", {"r"}, "a")}), Buckets());
  EXPECT_EQ(buckets(sum(gt("100")), {number(0, "60"), number(1, "-5"), number(2, "41")}), Buckets({0}));
}

TEST(Sum, BoundsAreExact) {
  EXPECT_EQ(buckets(sum(gt("100")), {number(0, "60"), number(10, "40")}), Buckets());
  EXPECT_EQ(buckets(sum(gte("100")), {number(0, "60"), number(10, "40")}), Buckets({0}));
  EXPECT_EQ(buckets(sum(gte("0.3")), {number(0, "0.1"), number(1, "0.1"), number(2, "0.1")}), Buckets({0}));
  EXPECT_EQ(buckets(sum(gt("0.3")), {number(0, "0.1"), number(1, "0.2")}), Buckets());
  EXPECT_EQ(buckets(sum(gte("100")), {number(0, "60"), number(600, "40")}), Buckets({1}));
  EXPECT_EQ(buckets(sum(gte("100")), {number(0, "60"), number(600.000001, "40")}), Buckets());
}

TEST(Sum, LargestNumberOfAnEventCounts) {
  EXPECT_EQ(buckets(sum(gte("100")), {{.rules = {"r"}, .t = 1, .id = "a", .value = {"40", "60", "-900", "x"}}, number(2, "40")}),
            Buckets({0}));
  EXPECT_EQ(buckets(sum(gte("100"), {"r", "q"}), {number(0, "60", {"r", "q"}), number(1, "30")}), Buckets());
}

TEST(Sum, TheLargestOfTwoRulesCounts) {
  auto plan = std::make_shared<plan::Plan>(*make_plan({.correlations = {sum(gte("60"), {"r", "q"})}}));
  plan->correlations[0].inputs[1].values[0].column = 2;  // q counts ip
  for (const std::string number_of_q : {"40", "39.5"}) {
    Replay replay(plan);
    replay.feed(number(0, "10"));
    replay.feed(number(20, "10"));
    replay.feed({.rules = {"r", "q"}, .t = 10, .id = "both", .value = {"30"}, .ip = {number_of_q}});
    EXPECT_EQ(replay.alerts().size(), number_of_q == "40" ? 1U : 0U);
  }
}

TEST(Sum, WhatIsNoNumberIsSkippedAndCounted) {
  Replay replay(make_plan({.correlations = {sum(gte("1"))}}));
  replay.feed(number(0, "many"));
  replay.feed(number(1, "-3"));
  replay.feed({.rules = {"r"}, .t = 2, .id = "none"});
  EXPECT_TRUE(replay.alerts().empty());
  EXPECT_EQ(replay.correlator().correlation_counters(0).skipped, 2U);
}

TEST(Sum, RiskCountsOncePerRuleAndEvent) {
  Corr risky = sum(gte("100"), {"r", "q", "free"});
  risky.sum_risk = true;
  risky.values.clear();
  PlanSpec spec{.correlations = {risky}, .risk = {{"r", 40}, {"q", 40}}};
  const auto one = [](double t, Values rules) { return Event{.rules = std::move(rules), .t = t, .id = "n" + std::to_string(t)}; };
  EXPECT_EQ(buckets_in_every_order(spec, {one(0, {"r", "q"}), one(1, {"r"})}, "s"), Buckets({0}));
  EXPECT_EQ(buckets_in_every_order(spec, {one(0, {"r", "q"}), one(1, {"free"}), one(0, {"r", "q"})}, "s"), Buckets());
}

TEST(Sum, AnInnerAlertCountsOnceWithItsLargestNumber) {
  const Corr inner{.name = "inner", .type = Type::event_count, .rules = {"r"}, .window = 60, .threshold = 2, .period = 600};
  Corr outer = sum(gte("100"), {"inner"});
  const PlanSpec spec{.correlations = {inner, outer}};
  // Triggers 30 and 70 of one inner alert: 70 counts.
  EXPECT_EQ(buckets_in_every_order(spec, {number(0, "9"), number(1, "30"), number(2, "70")}, "s"), Buckets());
  EXPECT_EQ(buckets_in_every_order(spec, {number(0, "9"), number(1, "30"), number(2, "101")}, "s"), Buckets({0}));
  // A second inner alert, in the next bucket.
  EXPECT_EQ(buckets_in_every_order(spec, {number(590, "9"), number(591, "70"), number(605, "30")}, "s"), Buckets({1}));
}

TEST(Sum, ReasonAndCount) {
  Replay replay(make_plan({.correlations = {sum(gt("100"))}}));
  replay.feed(number(0, "60.5"));
  replay.feed(number(10, "50"));
  ASSERT_EQ(replay.alerts().size(), 1U);
  EXPECT_EQ(replay.alerts()[0].count, 2U);
  EXPECT_EQ(replay.alerts()[0].reason, "sum of value is 110.5 over 2 events for alice within 10 m (> 100)");
}

}  // namespace
}  // namespace vedette::test
