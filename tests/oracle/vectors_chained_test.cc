// Worked cases of docs/semantics.md, 1, about chained rules: what outer rules know of inner ones that wait or take back, and
// of sources that none of them listens to.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/oracle/vectors.h"

namespace vedette::oracle {
namespace {

using naive::Correlation;
using naive::Entry;
using naive::Expr;
using naive::kHour;
using naive::kSecond;
using naive::Op;
using naive::Type;

// A correlation under the set's own, which moves to the end.
Correlation inner(const std::string& name, Type type, const std::vector<naive::Input>& inputs, double window) {
  Correlation correlation;
  correlation.name = name;
  correlation.id = kVectorId + name.back();
  correlation.type = type;
  correlation.inputs = inputs;
  correlation.group_by = {{"user", std::vector<naive::FieldRef>(inputs.size(), {"user", {}})}};
  correlation.window = micros(window);
  return correlation;
}

void read(RuleSet& set, const std::vector<Correlation>& inners, const std::vector<naive::Input>& inputs) {
  set.rules.correlations.insert(set.rules.correlations.begin(), inners.begin(), inners.end());
  top(set).inputs = inputs;
  top(set).group_by[0].fields.assign(inputs.size(), {"user", {}});
}

Expr name(const std::string& text) { return {Expr::name, text, Op::gte, {}}; }
Expr no(const std::string& text) { return {Expr::negation, "", Op::gte, {name(text)}}; }

// At least one event and no later C.
Correlation undone_by_c(const std::string& called, const std::string& rule) {
  Correlation correlation = inner(called, Type::metrics, {{rule}, {"C", false, false, true}}, 600);
  correlation.suppress.period = kHour;
  correlation.metrics = {{"n", naive::Metric::count}};
  correlation.condition = {Expr::compare, "", Op::gte, {name("n"), {Expr::number, "1", Op::gte, {}}}};
  return correlation;
}

Correlation without_b(const std::string& called, double settle) {
  Correlation correlation = inner(called, Type::temporal, {{"A"}, {"B", false, true}}, 300);
  correlation.condition = {Expr::all, "", Op::gte, {name("A"), no("B")}};
  correlation.settle = micros(settle);
  return correlation;
}

Given at(const std::string& id, const std::string& kind, double time, double stamp, const std::string& source,
         const std::string& value = "\"v\"") {
  Given given;
  given.id = id;
  given.kind = kind;
  given.at = time;
  given.arrival = stamp;
  given.source = source;
  given.value = value;
  return given;
}

Given down(double stamp) {
  Given given = at("", "", stamp, stamp, "oracle_a");
  given.entry = Entry::down;
  return given;
}

Outcome live(const RuleSet& set, const std::vector<Given>& events, const std::set<std::string>& expected) {
  oracle::Run run;
  run.clock = naive::Clock::live;
  for (const Given& given : events) run.log.push_back(record_of(set, given, false));
  return Checker(set).check(run, expected);
}

// The value's part of the id is known although the hit has left its group; the rule that brought it is not the first input.
TEST(ChainedVectors, AnAlertIsWithdrawnUnderItsOwnId) {
  RuleSet set = rules_for(Type::new_value, 3, 0);
  top(set).values = {"val"};
  top(set).fire_first = true;
  read(set, {undone_by_c("c5", "B"), undone_by_c("c6", "A")}, {{"c5", true}, {"c6", true}});
  log_of(set, "A@100", Letter::rule, {"0"});
  const Outcome outcome = log_of(set, "A@100 C@100", Letter::rule, {});
  ASSERT_EQ(outcome.alerts.size(), 2u);
  EXPECT_TRUE(outcome.alerts[1].withdrawn);
  EXPECT_EQ(outcome.alerts[1].id, outcome.alerts[0].id);
}

// Both inner rules speak when log time jumps by days; their event has one alert.
TEST(ChainedVectors, OneAlertForATriggerThatIsDecidedTwice) {
  RuleSet set = rules_for(Type::event_count, 2, 1);
  top(set).suppress.period = 0;
  read(set, {without_b("c5", 5), without_b("c6", 120)}, {{"c5", true}, {"c6", true}});
  EXPECT_EQ(log_of(set, "A@100 z@1000000", Letter::rule, {"@e0"}).alerts.size(), 1u);
}

TEST(ChainedVectors, ASettledRuleWaitsForThoseBelow) {
  RuleSet set = rules_for(Type::new_value, 1, 0);
  top(set).values = {"val"};
  top(set).fire_first = true;
  top(set).settled = true;
  Correlation below = inner("c5", Type::event_count, {{"A"}}, 8 * 3600);
  below.bounds = {{Op::eq, "1"}};
  read(set, {below}, {{"c5", true}});
  const double deadline = 100 + 6 * 3600 + 8 * 3600 + 60;
  const auto noise = [](double time) { return at("z", "noise", time, time, "oracle_a"); };
  const Outcome decided = live(set, {at("a", "A", 100, 100, "oracle_a"), noise(deadline + 1)}, {"0"});
  ASSERT_EQ(decided.alerts.size(), 1u);
  EXPECT_EQ(decided.alerts[0].fired_at, micros(deadline));
  EXPECT_FALSE(decided.alerts[0].at_end);
  EXPECT_TRUE(live(set, {at("a", "A", 100, 100, "oracle_a"), noise(deadline)}, {"0"}).alerts.at(0).at_end);
}

// The sum at h is reached first with b (stamp 9900), then by c (stamp 1800), which moves its deadline back behind log time.
// The decision that waits for 9900 is made all the same.
TEST(ChainedVectors, APatternGoesOnWaitingWhenItWasCompleteEarlier) {
  RuleSet set = rules_for(Type::temporal_ordered, 3, 0);
  set.rules.sources["oracle_b"] = set.rules.sources["oracle_a"];
  top(set).window = 1800 * kSecond;
  Correlation sum = inner("c5", Type::value_sum, {{"B"}}, 1800);
  sum.values = {"val"};
  sum.bounds = at_least(10);
  read(set, {sum}, {{"C", false, true}, {"A"}, {"c5", true}});
  top(set).condition = {Expr::all, "", Op::gte, {no("C"), name("A"), name("c5")}};
  const std::vector<Given> events = {at("a", "A", 900, 900, "oracle_a"),        at("h", "B", 1800, 1800, "oracle_a", "8"),
                                     at("b", "B", 0, 9900, "oracle_b", "2"),    at("c", "B", 50, 1800, "oracle_a", "2"),
                                     at("a2", "A", 1000, 5000, "oracle_a"),     at("y", "noise", 20000, 20000, "oracle_a"),
                                     at("z", "noise", 20000, 20000, "oracle_b")};
  const Outcome outcome = live(set, events, {"3"});
  ASSERT_EQ(outcome.alerts.size(), 1u);
  EXPECT_EQ(outcome.alerts[0].fired_at, 9900 * kSecond);
}

TEST(ChainedVectors, WhenAllSourcesOfARuleAreDownOthersTellTheTime) {
  RuleSet set = rules_for(Type::event_count, 1, 0);
  set.rules.sources["oracle_b"] = set.rules.sources["oracle_a"];
  set.rules.rules[0].source = "oracle_a";
  top(set).window = 300 * kSecond;
  top(set).bounds = {{Op::eq, "1"}};
  top(set).max_hold = 600 * kSecond;
  const auto flags = [&](double last) {
    return live(set, {at("a", "A", 1, 1, "oracle_a"), down(2), at("z", "noise", last, last, "oracle_b")}, {"0"}).alerts.at(0);
  };
  EXPECT_TRUE(flags(961).incomplete);
  EXPECT_FALSE(flags(960).incomplete);
  EXPECT_TRUE(flags(960).at_end);
}

// What the rule below decides at 1260 is known when the outer one, which may hold for no time of its own, decides.
TEST(ChainedVectors, ARuleHoldsForAsLongAsThoseBelow) {
  RuleSet set = rules_for(Type::event_count, 1, 0);
  set.rules.sources["oracle_b"] = set.rules.sources["oracle_a"];
  set.rules.rules[0].source = "oracle_a";
  top(set).bounds = {{Op::lte, "2"}};
  top(set).max_hold = 0;
  Correlation below = inner("c5", Type::event_count, {{"A"}}, 300);
  below.bounds = {{Op::eq, "1"}};
  below.max_hold = 900 * kSecond;
  read(set, {below}, {{"c5", true}});
  const std::vector<Given> events = {at("a", "A", 1, 1, "oracle_a"), down(2), at("y", "noise", 1100, 1100, "oracle_b"),
                                     at("z", "noise", 2000, 2000, "oracle_b")};
  EXPECT_TRUE(live(set, events, {"0"}).alerts.at(0).incomplete);
}

}  // namespace
}  // namespace vedette::oracle
