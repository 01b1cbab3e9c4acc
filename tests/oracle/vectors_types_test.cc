// The worked examples of docs/semantics.md, 5 to 8: new_value, value_change, travel, metrics.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/oracle/vectors.h"

namespace vedette::oracle {
namespace {

using naive::Expr;
using naive::kHour;
using naive::kSecond;
using naive::Metric;
using naive::Op;
using naive::Type;

constexpr double kDay = 86400;

RuleSet new_value() {
  RuleSet set = rules_for(Type::new_value, 1, 0);
  top(set).values = {"val"};
  top(set).window = 30 * 24 * kHour;
  return set;
}

Given seen(const std::string& id, double day, const std::string& value, double stamp) {
  Given given;
  given.id = id;
  given.at = day * kDay;
  given.value = "\"" + value + "\"";
  given.arrival = stamp * kDay;
  return given;
}

TEST(TypeVectors, NewValueAndLateEvents) {
  RuleSet set = new_value();
  top(set).fire_first = true;
  Checker checker(set);
  for (const naive::Clock clock : {naive::Clock::live, naive::Clock::as_arrived}) {
    checker.one({seen("a", 31.0, "v", 31.0), seen("b", 30.9, "v", 31.01)}, clock, 1, {"1"});
    checker.one({seen("a", 30.05, "v", 30.05), seen("b", 29.9, "v", 30.06)}, clock, 1, {"0"});
  }
  oracle::Run run;
  run.clock = naive::Clock::live;
  run.log = {record_of(set, seen("a", 30.05, "v", 30.05), false), record_of(set, seen("b", 29.9, "v", 30.06), false)};
  const Outcome outcome = checker.check(run, {"0"});
  ASSERT_EQ(outcome.alerts.size(), 3u);  // {1}, withdrawn, and {0}
  EXPECT_EQ(std::count_if(outcome.alerts.begin(), outcome.alerts.end(), [](const auto& alert) { return alert.withdrawn; }), 1);
}

TEST(TypeVectors, NewValueLearns) {
  RuleSet set = new_value();
  top(set).learn = 2 * 24 * kHour;
  std::vector<Given> events = {seen("a", 0, "x", 0), seen("b", 1, "y", 1), seen("c", 3, "z", 3), seen("d", 4, "y", 4)};
  Checker(set).one(events, naive::Clock::merged, 2, {"0"});
  events.erase(events.begin() + 2);
  Checker(set).one(events, naive::Clock::merged, 2, {});
  top(set).learn = 0;
  Checker(set).one({seen("a", 0, "x", 0)}, naive::Clock::merged, 1, {});  // `first: ignore`
  Checker(set).one({seen("a", 0, "x", 0), seen("b", 0, "y", 0)}, naive::Clock::merged, 1, {});
  Checker(set).one({seen("a", 0, "x", 0), seen("b", 30, "y", 30)}, naive::Clock::merged, 1, {"1"});
  Checker(set).one({seen("a", 0, "x", 0), seen("b", 30.00001, "y", 30.00001)}, naive::Clock::merged, 1, {});  // a new run
}

Given pair(const std::string& id, double at, const std::string& first, const std::string& second) {
  Given given;
  given.id = id;
  given.at = at;
  given.value = first;
  given.other = second;
  return given;
}

TEST(TypeVectors, ValueChange) {
  RuleSet set = rules_for(Type::value_change, 1, 0);
  top(set).values = {"val", "other"};
  top(set).change_all = true;
  top(set).window = 24 * kHour;
  top(set).group_by.clear();
  top(set).suppress.period = 3 * kHour;
  set.rules.sources["oracle_a"].accept = 48 * kHour;
  const std::vector<Given> events = {pair("a", 0, "1", "\"mac\""), pair("b", 10, "2", "\"mac\"")};
  Checker(set).in_every_order(events, {});
  std::vector<Given> three = events;
  three.push_back(pair("c", 20, "2", "\"win\""));
  Checker(set).in_every_order(three, {"0"});
  Checker(set).in_every_order({pair("a", 0, "1", "null"), pair("b", 10, "2", "\"win\"")}, {});
  top(set).change_all = false;
  Checker(set).in_every_order(events, {"0"});
  Checker(set).in_every_order({pair("a", 0, "1", "null"), pair("b", 10, "1", "\"win\"")}, {});
  Checker(set).in_every_order({pair("a", 0, "[1,2]", "null"), pair("b", 10, "[2,3]", "null")}, {});
  Checker(set).in_every_order({pair("a", 0, "\"X\"", "null"), pair("b", 10, "\"x\"", "null")}, {});
  Checker(set).in_every_order({pair("a", 0, "1", "null"), pair("b", kDay, "2", "null")}, {"8"});
  Checker(set).in_every_order({pair("a", 0, "1", "null"), pair("b", kDay + 1, "2", "null")}, {});
}

TEST(TypeVectors, Travel) {
  RuleSet set = rules_for(Type::travel, 1, 0);
  top(set).values = {"val"};
  top(set).window = 24 * kHour;
  top(set).suppress.period = kHour;
  set.rules.sources["oracle_a"].accept = 48 * kHour;
  top(set).speed = {{Op::gte, "900"}};
  top(set).distance = {{Op::gte, "300"}};
  const std::string paris = R"({"lat":48.8566,"lon":2.3522})", tokyo = R"("35.6762,139.6503")",
                    versailles = R"({"latitude":48.8049,"longitude":2.1204})";
  Checker checker(set);
  checker.in_every_order({pair("a", 0, paris, ""), pair("b", 3600, tokyo, "")}, {"1"});
  checker.in_every_order({pair("a", 0, paris, ""), pair("b", 0, paris, "")}, {});
  checker.in_every_order({pair("a", 0, paris, ""), pair("b", 0, tokyo, "")}, {"0"});
  checker.in_every_order({pair("a", 0, paris, ""), pair("b", 1, versailles, "")}, {});
  checker.in_every_order({pair("a", 0, paris, ""), pair("b", 39000, tokyo, "")}, {});  // 9712 km in 10.8 h
  checker.in_every_order({pair("a", 0, paris, ""), pair("b", 38800, tokyo, "")}, {"10"});
  checker.in_every_order({pair("a", 0, paris, ""), pair("b", 60, R"("91,0")", ""), pair("c", 70, "null", "")}, {});
  top(set).distance.clear();
  Checker(set).in_every_order({pair("a", 0, paris, ""), pair("b", 1, versailles, "")}, {"0"});
}

RuleSet metrics() {
  RuleSet set = rules_for(Type::metrics, 2, 0);
  top(set).inputs[1].until = true;
  top(set).metrics = {{"attempts", Metric::count, {}, {}}};
  top(set).condition =
      Expr{Expr::compare, "", Op::gte, {{Expr::name, "attempts", Op::gte, {}}, {Expr::number, "3", Op::gte, {}}}};
  return set;
}

TEST(TypeVectors, MetricsUntil) {
  const RuleSet set = metrics();
  vector_of(set, "A@0 A@10 B@20 A@30", Letter::rule, {});
  vector_of(set, "A@0 A@10 A@30", Letter::rule, {"0"});
  vector_of(set, "B@30 A@0 A@10 A@30", Letter::rule, {});  // at equal times the success comes first
  vector_of(set, "A@0 A@10 A@30 B@31", Letter::rule, {"0"});
  vector_of(set, "A@0 A@10 A@601", Letter::rule, {});
  const Outcome withdrawn = log_of(set, "A@0 A@10 A@30 B@20/40", Letter::rule, {});
  ASSERT_EQ(withdrawn.alerts.size(), 2u);
  EXPECT_TRUE(withdrawn.alerts[1].withdrawn);
  RuleSet settled = set;
  top(settled).settled = true;
  EXPECT_TRUE(log_of(settled, "A@0 A@10 A@30 B@20/40", Letter::rule, {}).alerts.empty());
  EXPECT_EQ(log_of(settled, "A@0 A@10 A@30", Letter::rule, {"0"}).alerts.size(), 1u);
}

TEST(TypeVectors, MetricsRatios) {
  RuleSet set = metrics();
  top(set).inputs.pop_back();
  top(set).group_by[0].fields.pop_back();
  set.rules.rules.pop_back();
  set.kinds_of.erase("B");
  top(set).metrics.push_back({"users", Metric::distinct, {}, {"val"}});
  const Expr attempts{Expr::name, "attempts", Op::gte, {}}, users{Expr::name, "users", Op::gte, {}},
      five{Expr::number, "1.5", Op::gte, {}};
  const Expr ratio{Expr::compare, "", Op::lte, {{Expr::divide, "", Op::gte, {attempts, users}}, five}};
  top(set).condition = Expr{Expr::all, "", Op::gte, {*top(set).condition, ratio}};
  Checker(set).in_every_order({pair("a", 0, "1", ""), pair("b", 1, "2", ""), pair("c", 2, "2", "")}, {"0"});
  Checker(set).in_every_order({pair("a", 0, "1", ""), pair("b", 1, "1", ""), pair("c", 2, "1", "")}, {});
  // A division by zero is false, and its negation true.
  const std::vector<Given> nobody = {pair("a", 0, "null", ""), pair("b", 1, "null", ""), pair("c", 2, "null", "")};
  Checker(set).in_every_order(nobody, {});
  top(set).condition->children[1] = Expr{Expr::negation, "", Op::gte, {ratio}};
  Checker(set).in_every_order(nobody, {"0"});
}

}  // namespace
}  // namespace vedette::oracle
