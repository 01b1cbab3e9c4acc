// The worked examples of docs/semantics.md, 1 to 4: tumbling windows, sums, averages, negation, sources that are down.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/oracle/vectors.h"

namespace vedette::oracle {
namespace {

using naive::Bound;
using naive::Expr;
using naive::kHour;
using naive::kSecond;
using naive::Op;
using naive::Type;

RuleSet windows(Type type, const std::vector<Bound>& bounds, naive::Micros period) {
  RuleSet set = rules_for(type, 1, 0);
  top(set).window = 300 * kSecond;
  top(set).suppress.period = period;
  top(set).bounds = bounds;
  if (type != Type::event_count) top(set).values = {"val"};
  return set;
}

Expr name(const std::string& text) { return {Expr::name, text, Op::gte, {}}; }

// The negated rules, by name, and the others joined by `and`.
RuleSet negation(Type type, std::size_t inputs, const std::set<std::string>& negated) {
  RuleSet set = rules_for(type, inputs, 0);
  top(set).window = 300 * kSecond;
  Expr condition{Expr::all, "", Op::gte, {}};
  for (naive::Input& input : top(set).inputs) {
    input.negated = negated.contains(input.name);
    if (input.negated) {
      condition.children.push_back({Expr::negation, "", Op::gte, {name(input.name)}});
    } else {
      condition.children.push_back(name(input.name));
    }
  }
  top(set).condition = condition;
  return set;
}

bool any(const Outcome& outcome, bool EngineAlert::*flag) {
  return std::any_of(outcome.alerts.begin(), outcome.alerts.end(), [&](const EngineAlert& alert) { return alert.*flag; });
}

TEST(WaitingVectors, EventCountInARange) {
  const RuleSet set = windows(Type::event_count, {{Op::eq, "2"}}, kHour);
  log_of(set, "a@1 b@2", Letter::id, {"0"});
  const Outcome decided = log_of(set, "a@1 b@2 z@361", Letter::id, {"0"});
  ASSERT_EQ(decided.alerts.size(), 1u);
  EXPECT_EQ(decided.alerts[0].fired_at, 360 * kSecond);
  EXPECT_FALSE(decided.alerts[0].at_end);
  EXPECT_TRUE(any(log_of(set, "a@1 b@2 z@360", Letter::id, {"0"}), &EngineAlert::at_end));
  log_of(set, "a@1 b@2 c@3/360 z@400", Letter::id, {});
  log_of(set, "a@1 b@2 c@3/361 z@400", Letter::id, {"0"});
  log_of(set, "a@1 b@400", Letter::id, {});
  log_of(set, "a@300 b@599.999999 c@600 z@700", Letter::id, {"0"});
  vector_of(windows(Type::event_count, {{Op::gt, "1"}, {Op::lte, "2"}}, kHour), "a@-1 b@-300 c@-301", Letter::id, {"-1"});
}

TEST(WaitingVectors, WindowsWithoutEventsAreSilent) {
  const RuleSet set = windows(Type::event_count, {{Op::lt, "2"}}, 0);
  log_of(set, "a@1 b@301 c@302", Letter::id, {"@0"});
  log_of(set, "a@1 b@301 c@302 d@901", Letter::id, {"@0", "@3"});
}

TEST(WaitingVectors, ValueSum) {
  RuleSet set = rules_for(Type::value_sum, 1, 0);
  top(set).values = {"val"};
  top(set).bounds = {{Op::gt, "100"}};
  vector_of(set, "60@0 50@10", Letter::number, {"0"});
  vector_of(set, "60@0 -5@1 41@2", Letter::number, {"0"});
  vector_of(set, "60@0 40@1", Letter::number, {});
  vector_of(set, "60@0 40.000000000000001@1", Letter::number, {"0"});
  vector_of(set, R"(60@0 "50"@1)", Letter::number, {"0"});
  vector_of(set, R"(60@0 "50%"@1 true@2 null@3 "1e2x"@4)", Letter::number, {});
  vector_of(set, R"(60@0 [1,"50",7]@1)", Letter::number, {"0"});
  vector_of(set, "60@0 123456789012345678@1", Letter::number, {});  // too many digits
  std::vector<Given> again = parse("60@0 60@0", Letter::number);
  again[1].id = again[0].id;
  Checker(set).in_every_order(again, {});
}

TEST(WaitingVectors, ValueSumOfRisk) {
  RuleSet set = rules_for(Type::value_sum, 3, 0);
  top(set).risk = true;
  top(set).bounds = {{Op::gte, "100"}};
  set.rules.rules[0].risk = 40;
  set.rules.rules[1].risk = 60;
  vector_of(set, "A@0 B@1", Letter::rule, {"0"});
  vector_of(set, "A@0 A@1 C@2", Letter::rule, {});
  vector_of(set, "A@0 A@1 A@2", Letter::rule, {"0"});
  vector_of(set, "all@0", Letter::rule, {"0"});  // once per (rule, event)
}

TEST(WaitingVectors, AveragesAndRanks) {
  log_of(windows(Type::value_median, {{Op::gt, "5"}}, kHour), "1@0 6@1 9@2", Letter::number, {"0"});
  log_of(windows(Type::value_median, {{Op::gt, "5"}}, kHour), "1@0 5@1 9@2 9@3", Letter::number, {});
  log_of(windows(Type::value_avg, {{Op::gte, "2.5"}}, kHour), "-1@0 6@1", Letter::number, {"0"});
  log_of(windows(Type::value_avg, {{Op::gt, "2.5"}}, kHour), "-1@0 6@1", Letter::number, {});
  log_of(windows(Type::value_avg, {{Op::gt, "0.3333333333333333"}}, kHour), "1@0 0@1 0@2", Letter::number, {"0"});
  RuleSet ranks = windows(Type::value_percentile, {{Op::eq, "3"}}, kHour);
  for (const auto& [percentile, fires] : {std::pair("60", true), {"60.1", false}, {"40.1", true}, {"40", false}}) {
    top(ranks).percentile = percentile;
    log_of(ranks, "1@0 2@1 3@2 4@3 5@4", Letter::number, fires ? std::set<std::string>{"0"} : std::set<std::string>{});
  }
}

TEST(WaitingVectors, NotFollowedBy) {
  const RuleSet set = negation(Type::temporal_ordered, 2, {"B"});
  const Outcome alone = log_of(set, "A@100 z@461", Letter::rule, {"0"});
  ASSERT_EQ(alone.alerts.size(), 1u);
  EXPECT_EQ(alone.alerts[0].fired_at, 460 * kSecond);
  EXPECT_FALSE(alone.alerts[0].at_end);
  EXPECT_TRUE(any(log_of(set, "A@100 z@460", Letter::rule, {"0"}), &EngineAlert::at_end));
  log_of(set, "A@100 B@396/455 z@500", Letter::rule, {});
  log_of(set, "A@100 B@400/460 z@500", Letter::rule, {});
  log_of(set, "A@100 B@401 z@500", Letter::rule, {"0"});
  log_of(set, "A@100 B@100 z@500", Letter::rule, {});
  log_of(set, "A@100 B@99 z@500", Letter::rule, {"0"});
  const Outcome late = log_of(set, "A@100 B@390/470 z@500", Letter::rule, {"0"});
  ASSERT_EQ(late.alerts.size(), 2u);
  EXPECT_TRUE(late.alerts[1].late_resolution);
  EXPECT_FALSE(late.alerts[1].withdrawn);
  RuleSet each = set;
  top(each).suppress.period = 0;
  log_of(each, "A@100 A@200 B@450 z@600", Letter::rule, {"@e0"});
}

TEST(WaitingVectors, NotBeforeAndNotBetween) {
  RuleSet before = negation(Type::temporal_ordered, 3, {"A"});
  top(before).window = 10 * kSecond;
  log_of(before, "A@0 B@8 C@12", Letter::rule, {});
  log_of(before, "B@11 C@12", Letter::rule, {"0"});
  log_of(before, "A@1 B@11 C@12", Letter::rule, {});
  log_of(before, "A@0.999999 B@11 C@12", Letter::rule, {"0"});
  log_of(before, "A@11.5 B@11 C@12", Letter::rule, {"0"});
  const RuleSet between = negation(Type::temporal_ordered, 3, {"B"});
  log_of(between, "A@0 C@10", Letter::rule, {"0"});
  log_of(between, "A@0 B@10 C@10", Letter::rule, {});
  log_of(between, "A@0 B@5 A@6 C@10", Letter::rule, {"0"});  // some choice is not cancelled
  log_of(between, "A@0 C@10 B@11", Letter::rule, {"0"});
  log_of(between, "all@0 C@10", Letter::rule, {"0"});  // the first position's event is no B
}

TEST(WaitingVectors, TemporalWithNot) {
  const RuleSet set = negation(Type::temporal, 3, {"C"});
  log_of(set, "A@400 B@500", Letter::rule, {"0"});
  log_of(set, "A@400 B@500 C@800", Letter::rule, {});
  log_of(set, "A@400 B@500 C@800.000001", Letter::rule, {"0"});
  log_of(set, "C@200 A@400 B@500", Letter::rule, {});
  log_of(set, "C@199 A@400 B@500", Letter::rule, {"0"});
  log_of(set, "A@400 all@500 z@900", Letter::rule, {"0"});
}

// D is the stamp at which the positive part is complete, when that is later than the deadline.
TEST(WaitingVectors, ThePositivePartMayCompleteLate) {
  const RuleSet set = negation(Type::temporal_ordered, 2, {"B"});
  const Outcome late = log_of(set, "A@100/1000 z@1001", Letter::rule, {"0"});
  ASSERT_EQ(late.alerts.size(), 1u);
  EXPECT_EQ(late.alerts[0].fired_at, 1000 * kSecond);
  log_of(set, "A@100/1000 B@300/1000 z@1001", Letter::rule, {});
  log_of(set, "A@100/1000 B@300/1000.000001 z@1001", Letter::rule, {"0"});
}

// Windows of 300 s, settle 60 s, max_hold 600 s over two source types; `other` has delivered before it goes down at 3.
Outcome with_a_source_down(double last, bool up_again, const std::set<std::string>& expected) {
  RuleSet set = windows(Type::event_count, {{Op::eq, "2"}}, kHour);
  set.rules.sources["oracle_b"] = set.rules.sources["oracle_a"];
  top(set).max_hold = 600 * kSecond;
  const auto at = [](const std::string& id, double time, const std::string& source, naive::Entry entry) {
    Given given;
    given.id = id;
    given.at = time;
    given.arrival = time;
    given.source = source;
    given.entry = entry;
    given.kind = id == "x" || id == "z" ? "noise" : "A";
    return given;
  };
  std::vector<Given> events = {at("x", 0, "oracle_b", naive::Entry::event), at("a", 1, "oracle_a", naive::Entry::event),
                               at("b", 2, "oracle_a", naive::Entry::event), at("", 3, "oracle_b", naive::Entry::down),
                               at("z", last, "oracle_a", naive::Entry::event)};
  if (up_again) events.push_back(at("", last, "oracle_b", naive::Entry::up));
  if (up_again) events.push_back(at("x2", 361, "oracle_b", naive::Entry::event));
  oracle::Run run;
  run.clock = naive::Clock::live;
  for (const Given& given : events) run.log.push_back(record_of(set, given, false));
  return Checker(set).check(run, expected);
}

TEST(WaitingVectors, DownSourcesHoldDecisions) {
  const Outcome held = with_a_source_down(961, false, {"0"});
  ASSERT_EQ(held.alerts.size(), 1u);
  EXPECT_TRUE(held.alerts[0].incomplete);
  EXPECT_FALSE(held.alerts[0].at_end);
  EXPECT_EQ(held.alerts[0].fired_at, 360 * kSecond);
  const Outcome ended = with_a_source_down(960, false, {"0"});
  ASSERT_EQ(ended.alerts.size(), 1u);
  EXPECT_FALSE(ended.alerts[0].incomplete);
  EXPECT_TRUE(ended.alerts[0].at_end);
  const Outcome back = with_a_source_down(960, true, {"0"});
  ASSERT_EQ(back.alerts.size(), 1u);
  EXPECT_FALSE(back.alerts[0].incomplete);
  EXPECT_FALSE(back.alerts[0].at_end);
}

}  // namespace
}  // namespace vedette::oracle
