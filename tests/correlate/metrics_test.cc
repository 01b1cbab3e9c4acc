// metrics: the worked examples in every order of arrival; counts, tuples, sums, arithmetic, `until`, inner alerts, levels.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "scenario.h"

namespace vedette::test {
namespace {

using Type = plan::CorrelationType;
using Kind = plan::MetricKind;
using Class = plan::DecisionClass;
using Buckets = std::set<std::int64_t>;

Corr metrics(std::vector<MetricSpec> values, const std::string& condition, Class decision = Class::monotone) {
  return {.name = "m",
          .type = Type::metrics,
          .rules = {"f", "g"},
          .decision = decision,
          .metrics = std::move(values),
          .condition = condition};
}

Corr until(const std::string& condition) {
  Corr c = metrics({{"attempts"}}, condition, Class::refutable);
  c.until = {"s"};
  return c;
}

Event event(const std::string& rule, double t, Values value = {}, Values ip = {}) {
  return {.rules = {rule}, .t = t, .id = rule + std::to_string(t), .value = std::move(value), .ip = std::move(ip)};
}

Buckets buckets(const Corr& c, const std::vector<Event>& events) {
  return buckets_in_every_order({.correlations = {c}}, events, "m");
}

TEST(Metrics, UntilExamples) {
  const Corr c = until("attempts 3 >=");
  EXPECT_EQ(buckets(c, {event("f", 0), event("f", 10), event("s", 20), event("f", 30)}), Buckets());
  EXPECT_EQ(buckets(c, {event("f", 0), event("f", 10), event("f", 30)}), Buckets({0}));
  EXPECT_EQ(buckets(c, {event("f", 0), event("f", 10), event("f", 30), event("s", 30)}), Buckets()) << "equal time";
  EXPECT_EQ(buckets(c, {event("f", 0), event("f", 10), event("f", 30), event("s", 31)}), Buckets({0}));
  EXPECT_EQ(buckets(c, {event("s", 5), event("f", 10), event("f", 20), event("s", 31), event("f", 40)}), Buckets());
  EXPECT_EQ(buckets(c, {event("s", 5), event("f", 10), event("f", 20), event("f", 30), event("s", 31)}), Buckets({0}));
}

TEST(Metrics, ALateUntilWithdrawsAndMoreAttemptsBringBack) {
  Replay replay(make_plan({.correlations = {until("attempts 3 >=")}}));
  for (const double t : {0.0, 10.0, 30.0}) replay.feed(event("f", t));
  ASSERT_EQ(replay.alerts().size(), 1U);
  EXPECT_FALSE(replay.alerts()[0].withdrawn);
  replay.feed(event("s", 20));
  ASSERT_EQ(replay.alerts().size(), 2U);
  EXPECT_TRUE(replay.alerts()[1].withdrawn);
  EXPECT_EQ(replay.alerts()[1].alert_id, replay.alerts()[0].alert_id);
  ASSERT_EQ(replay.alerts()[1].events.size(), 1U);
  EXPECT_EQ(replay.alerts()[1].events[0].id, event("s", 20).id);
  replay.feed(event("f", 25));
  replay.feed(event("f", 40));
  ASSERT_EQ(replay.alerts().size(), 3U);
  EXPECT_FALSE(replay.alerts()[2].withdrawn);
  EXPECT_EQ(replay.alerts()[2].revision, 3U);
}

TEST(Metrics, AlertsPerTriggerOfOneRecordComeInOrderOfTheirIds) {
  Corr c = metrics({{"all"}, {"g", Kind::count, {}, {"g"}}}, "all g / 8 >=", Class::refutable);
  c.period = 0;
  Replay replay(make_plan({.correlations = {c}}));
  std::vector<std::string> expected;
  for (const char id : std::string("hcagebdf")) {
    Event one = event("f", 10);
    one.id = std::string(1, id);
    replay.feed(one);
    expected.push_back("@" + one.id);
  }
  EXPECT_TRUE(replay.alerts().empty());
  replay.feed(event("g", 5));
  std::vector<std::string> buckets;
  for (const alert::Alert& alert : replay.alerts()) buckets.push_back(alert.bucket_text);
  std::sort(expected.begin(), expected.end());
  EXPECT_EQ(buckets, expected);
}

TEST(Metrics, CountsAreOfDistinctEvents) {
  const Corr all = metrics({{"all"}}, "all 3 >=");
  EXPECT_EQ(buckets(all, {event("f", 0), event("g", 1), event("f", 2)}), Buckets({0}));
  EXPECT_EQ(buckets(all, {event("f", 0), event("f", 0), event("f", 2)}), Buckets());
  const Event both{.rules = {"f", "g"}, .t = 1, .id = "both"};
  EXPECT_EQ(buckets(all, {both, event("f", 2)}), Buckets()) << "an event of two rules is one";
  const Corr denied = metrics({{"denied", Kind::count, {}, {"g"}}}, "denied 2 >=");
  EXPECT_EQ(buckets(denied, {both, event("g", 2)}), Buckets({0}));
  EXPECT_EQ(buckets(denied, {event("g", 0), event("f", 1)}), Buckets());
  EXPECT_EQ(buckets(denied, {event("g", 0), event("g", 1), event("f", 600)}), Buckets({0, 1})) << "any listed event may end it";
  Event repeated = event("f", 5);
  repeated.repeat = 3;
  EXPECT_EQ(buckets(all, {repeated}), Buckets({0}));
}

TEST(Metrics, WindowIsClosed) {
  const Corr c = metrics({{"all"}}, "all 2 >=");
  EXPECT_EQ(buckets(c, {event("f", 0), event("f", 600)}), Buckets({1}));
  EXPECT_EQ(buckets(c, {event("f", 0), event("f", 600.000001)}), Buckets());
}

TEST(Metrics, DistinctTuples) {
  const Corr c = metrics({{"pairs", Kind::distinct, {"value", "ip"}}}, "pairs 3 >=");
  EXPECT_EQ(buckets(c, {event("f", 0, {"x"}, {"1"}), event("g", 1, {"X"}, {"1"}), event("f", 2, {"y"}, {"1"})}), Buckets());
  EXPECT_EQ(buckets(c, {event("f", 0, {"x", "y"}, {"1"}), event("f", 2, {"y"}, {"2"})}), Buckets({0}));
  EXPECT_EQ(buckets(c, {event("f", 0, {"x", "y"}, {"1"}), event("f", 2, {"z"}, {})}), Buckets()) << "a missing part is no tuple";
  const Corr of_g = metrics({{"values", Kind::distinct, {"value"}, {"g"}}}, "values 2 >=");
  EXPECT_EQ(buckets(of_g, {event("g", 0, {"x"}), event("f", 1, {"y"})}), Buckets());
  EXPECT_EQ(buckets(of_g, {event("g", 0, {"x"}), event("g", 1, {"y"})}), Buckets({0}));
}

TEST(Metrics, TwoMetricsOfEqualValuesStayApart) {
  const Corr c = metrics({{"users", Kind::distinct, {"value"}}, {"ips", Kind::distinct, {"ip"}}}, "users 1 >= ips 1 >= and");
  EXPECT_EQ(buckets(c, {event("f", 0, {"same"}, {"same"})}), Buckets({0}));
  const Corr sums = metrics({{"a", Kind::sum, {"value"}}, {"b", Kind::sum, {"ip"}}}, "a b + 20 >=", Class::refutable);
  EXPECT_EQ(buckets(sums, {event("f", 0, {"10"}, {"10"})}), Buckets({0}));
}

TEST(Metrics, Sums) {
  const Corr c = metrics({{"bytes", Kind::sum, {"value"}}}, "bytes 0.3 ==", Class::refutable);
  EXPECT_EQ(buckets(c, {event("f", 0, {"0.1"}), event("f", 1, {"0.2"})}), Buckets({0}));
  EXPECT_EQ(buckets(c, {event("f", 0, {"0.1", "0.05"}), event("f", 1, {"0.2"}), event("f", 1.5, {"-7"})}), Buckets({0}));
  EXPECT_EQ(buckets(c, {event("f", 0, {"0.1"}), event("f", 1, {"0.2"}), event("f", 2, {"0.1"})}), Buckets({0}))
      << "the window that ends at 1 still holds 0.3";
}

TEST(Metrics, RatiosAreExact) {
  const Corr c = metrics({{"all"}, {"users", Kind::distinct, {"value"}}}, "all users / 1.5 ==", Class::refutable);
  EXPECT_EQ(buckets(c, {event("f", 0, {"x"}), event("f", 1, {"x"}), event("f", 2, {"y"})}), Buckets({0}));
  EXPECT_EQ(buckets(c, {event("f", 0, {"x"}), event("f", 1, {"y"})}), Buckets());
  const Corr third = metrics({{"all"}, {"users", Kind::distinct, {"value"}}}, "users all / 3 * 1 ==", Class::refutable);
  EXPECT_EQ(buckets(third, {event("f", 0, {"x"}), event("f", 1, {"x"}), event("f", 2, {"x"})}), Buckets({0}));
}

TEST(Metrics, DivisionByZeroMakesItsComparisonFalse) {
  const std::vector<MetricSpec> values = {{"all"}, {"users", Kind::distinct, {"value"}}};
  const std::vector<Event> events = {event("f", 0), event("f", 1)};
  for (const std::string op : {"<", "<=", ">", ">=", "==", "!="}) {
    EXPECT_EQ(buckets(metrics(values, "all users / 5 " + op, Class::refutable), events), Buckets()) << op;
    EXPECT_EQ(buckets(metrics(values, "all users / 5 " + op + " not", Class::refutable), events), Buckets({0})) << op;
  }
}

TEST(Metrics, ArithmeticAndSpan) {
  const std::vector<MetricSpec> values = {{"all"}};
  const std::vector<Event> events = {event("f", 10), event("f", 20), event("f", 70.5)};
  EXPECT_EQ(buckets(metrics(values, "span 60.5 ==", Class::refutable), events), Buckets({0}));
  EXPECT_EQ(buckets(metrics(values, "span 60.5 >", Class::refutable), events), Buckets());
  EXPECT_EQ(buckets(metrics(values, "last first - span ==", Class::refutable), {event("f", 10)}), Buckets({0}));
  EXPECT_EQ(buckets(metrics(values, "1 all - -2 ==", Class::refutable), events), Buckets({0}));
  EXPECT_EQ(buckets(metrics(values, "all 2 > all 1 < or", Class::refutable), events), Buckets({0}));
  EXPECT_EQ(buckets(metrics(values, "0 all - 1 / -0.5 <", Class::refutable), events), Buckets({0}));
  EXPECT_EQ(buckets(metrics(values, "1 0 all - / -0.5 ==", Class::refutable), events), Buckets({0}));
  EXPECT_EQ(buckets(metrics(values, "1 0 all - / 0 <", Class::refutable), events), Buckets({0}));
}

TEST(Metrics, AnUpperBoundIsRefuted) {
  const Corr c = metrics({{"all"}, {"users", Kind::distinct, {"value"}}}, "all 3 >= users 1 <= and", Class::refutable);
  EXPECT_EQ(buckets(c, {event("f", 0, {"x"}), event("f", 1, {"x"}), event("f", 3, {"x"})}), Buckets({0}));
  EXPECT_EQ(buckets(c, {event("f", 0, {"x"}), event("f", 1, {"x"}), event("f", 3, {"x"}), event("f", 2, {"y"})}), Buckets());
}

TEST(Metrics, InnerAlertsCountOnce) {
  const Corr inner{.name = "inner", .type = Type::event_count, .rules = {"r"}, .window = 60, .threshold = 2, .period = 600};
  Corr outer = metrics({{"alerts"}, {"bytes", Kind::sum, {"value"}}, {"values", Kind::distinct, {"value"}}}, "alerts 2 >=");
  outer.rules = {"inner"};
  const auto outcome = [&](const std::string& condition, Class decision, const std::vector<Event>& events) {
    outer.condition = condition;
    outer.decision = decision;
    return buckets_in_every_order({.correlations = {inner, outer}}, events, "m");
  };
  const std::vector<Event> one = {event("r", 0, {"1"}), event("r", 1, {"30"}), event("r", 2, {"70"})};
  EXPECT_EQ(outcome("alerts 2 >=", Class::monotone, one), Buckets());
  EXPECT_EQ(outcome("bytes 71 >=", Class::refutable, one), Buckets());
  EXPECT_EQ(outcome("bytes 70 == values 2 == and", Class::refutable, one), Buckets({0}));
  const std::vector<Event> two = {event("r", 590, {"1"}), event("r", 591, {"30"}), event("r", 605, {"70"})};
  EXPECT_EQ(outcome("alerts 2 >=", Class::monotone, two), Buckets({1}));
  EXPECT_EQ(outcome("bytes 100 ==", Class::refutable, two), Buckets({1}));
}

TEST(Metrics, InnerUntil) {
  const Corr inner{.name = "inner", .type = Type::event_count, .rules = {"s"}, .window = 60, .threshold = 2, .period = 600};
  Corr outer = until("attempts 3 >=");
  outer.until = {"inner"};
  const PlanSpec spec{.correlations = {inner, outer}};
  const auto f = [](double t) { return event("f", t); };
  EXPECT_EQ(buckets_in_every_order(spec, {f(0), f(10), event("s", 15), f(30)}, "m"), Buckets({0}));
  EXPECT_EQ(buckets_in_every_order(spec, {f(0), f(10), event("s", 15), event("s", 16), f(30)}, "m"), Buckets());
}

TEST(Metrics, AnUntilThatIsTakenBackNeverWas) {
  Corr inner = metrics({{"all"}}, "all 1 >=", Class::refutable);
  inner.name = "inner";
  inner.rules = {"s"};
  inner.until = {"x"};
  Corr outer = until("attempts 3 >=");
  outer.until = {"inner"};
  const PlanSpec spec{.correlations = {inner, outer}};
  const auto f = [](double t) { return event("f", t); };
  EXPECT_EQ(buckets_in_every_order(spec, {f(0), f(10), event("s", 20), f(30)}, "m"), Buckets());
  EXPECT_EQ(buckets_in_every_order(spec, {f(0), f(10), event("s", 20), event("x", 20), f(30)}, "m"), Buckets({0}));
}

TEST(Metrics, LevelOfTheTrigger) {
  Corr c = metrics({{"all"}, {"users", Kind::distinct, {"value"}}}, "all 2 >=");
  c.level_when = {{plan::Level::high, "users 2 >="}, {plan::Level::critical, "users 3 >="}};
  Replay replay(make_plan({.correlations = {c}}));
  replay.feed(event("f", 0, {"x"}));
  replay.feed(event("f", 1, {"x"}));
  ASSERT_EQ(replay.alerts().size(), 1U);
  EXPECT_EQ(replay.alerts()[0].level, plan::Level::medium);
  replay.feed(event("f", 2, {"y", "z"}));
  ASSERT_EQ(replay.alerts().size(), 2U);
  EXPECT_EQ(replay.alerts()[1].level, plan::Level::critical);
  EXPECT_EQ(replay.alerts()[1].revision, 2U);
}

TEST(Metrics, Titles) {
  using Title = plan::TitleKind;
  Corr c = metrics({{"all"}, {"users", Kind::distinct, {"value"}}}, "all 2 >=");
  const auto field = [](std::uint32_t column) { return plan::TitlePart{Title::column, "field", plan::kNone, {column, column}}; };
  c.title = {{Title::text, "{"},  {Title::member, "user", 0},
             {Title::text, "} "}, {Title::metric, "users", 1},
             {Title::text, " "},  field(1),
             {Title::text, " "},  field(2),
             {Title::text, " "},  {Title::count},
             {Title::text, " "},  {Title::level},
             {Title::text, " "},  {Title::rule},
             {Title::text, " "},  {Title::span}};
  Replay replay(make_plan({.correlations = {c}}));
  replay.feed(event("f", 0, {"x"}));
  replay.feed(event("g", 90, {"y", "Z"}));
  ASSERT_EQ(replay.alerts().size(), 1U);
  EXPECT_EQ(replay.alerts()[0].title, "{alice} 3 y, Z ? 2 medium m 1 m 30 s");
}

TEST(Metrics, ReasonAndCount) {
  Replay replay(make_plan({.correlations = {metrics({{"all"}, {"users", Kind::distinct, {"value"}}}, "all 2 >=")}}));
  replay.feed(event("f", 0, {"x", "y"}));
  replay.feed(event("g", 1, {"y"}));
  ASSERT_EQ(replay.alerts().size(), 1U);
  EXPECT_EQ(replay.alerts()[0].count, 2U);
  EXPECT_EQ(replay.alerts()[0].events.size(), 2U);
  EXPECT_EQ(replay.alerts()[0].reason, "all 2, users 2 for alice within 10 m (all 2 >=)");
}

}  // namespace
}  // namespace vedette::test
