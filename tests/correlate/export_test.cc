// Exports: an outer correlation groups by values that an inner one saw in its window, whatever came first.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "scenario.h"

namespace vedette::test {
namespace {

using Type = plan::CorrelationType;

// Three failures from one address, then a success of one of the users seen.
PlanSpec spray() {
  Corr inner{.name = "spray", .type = Type::event_count, .rules = {"fail"}, .window = 60, .threshold = 3, .members = {"ip"}};
  inner.exports = {{"users", "user"}};
  Corr outer{.name = "hit", .type = Type::temporal_ordered, .rules = {"spray", "success"}, .window = 300, .threshold = 2};
  outer.members = {"users"};
  return {.correlations = {inner, outer}};
}

// The success binds the user itself.
plan::PlanPtr compiled(const PlanSpec& spec) {
  auto plan = std::make_shared<plan::Plan>(*make_plan(spec));
  for (plan::Input& input : plan->correlations.back().inputs) {
    if (!input.correlation) input.members.front().column = 0;
  }
  return plan;
}

Event fail(double t, Values user) {
  return {.rules = {"fail"}, .t = t, .id = "f" + std::to_string(t), .user = std::move(user), .ip = {"10.0.0.1"}};
}

Event success(double t, const std::string& user) {
  return {.rules = {"success"}, .t = t, .id = "s" + std::to_string(t), .user = {user}, .ip = {"10.9.9.9"}};
}

std::set<std::string> victims(const PlanSpec& spec, std::vector<Event> events) {
  std::set<std::string> expected;
  bool first = true;
  std::sort(events.begin(), events.end(), [](const Event& a, const Event& b) { return a.id < b.id; });
  do {
    Replay replay(compiled(spec));
    replay.feed_all(events);
    std::set<std::string> found;
    for (const alert::Alert& alert : replay.alerts_of("hit")) {
      EXPECT_TRUE(found.insert(alert.group.front().second).second) << alert.group.front().second << " twice";
    }
    if (first) expected = found;
    EXPECT_EQ(found, expected);
    first = false;
  } while (!testing::Test::HasFailure() &&
           std::next_permutation(events.begin(), events.end(), [](const Event& a, const Event& b) { return a.id < b.id; }));
  return expected;
}

using Names = std::set<std::string>;

TEST(Export, OuterRulesGroupByWhatTheWindowHeld) {
  const std::vector<Event> spray_of = {fail(0, {"ann"}), fail(1, {"bob"}), fail(2, {"eve"})};
  const auto with = [&](const Event& event) {
    std::vector<Event> events = spray_of;
    events.push_back(event);
    return events;
  };
  EXPECT_EQ(victims(spray(), with(success(10, "bob"))), Names({"bob"}));
  EXPECT_EQ(victims(spray(), with(success(10, "Ann"))), Names({"Ann"}));
  EXPECT_EQ(victims(spray(), with(success(10, "mallory"))), Names());
  EXPECT_EQ(victims(spray(), with(success(1, "bob"))), Names()) << "before the trigger";
}

// Three at once, so that the one before them makes no trigger: it only adds to theirs.
std::vector<Event> burst() {
  std::vector<Event> events;
  for (const std::string id : {"x", "y", "z"}) {
    events.push_back(fail(2, {"ann"}));
    events.back().id = id;
  }
  return events;
}

TEST(Export, AnEventThatArrivesLaterAddsItsValues) {
  std::vector<Event> events = burst();
  events.push_back(success(10, "bob"));
  Replay replay(compiled(spray()));
  replay.feed_all(events);
  EXPECT_TRUE(replay.alerts_of("hit").empty());
  replay.feed(fail(1, {"bob"}));
  ASSERT_EQ(replay.alerts_of("hit").size(), 1U);
  EXPECT_EQ(replay.alerts_of("hit")[0].group.front().second, "bob");
  events.push_back(fail(1, {"bob"}));
  EXPECT_EQ(victims(spray(), events), Names({"bob"}));
}

TEST(Export, ValuesFanOutBeyondArrays) {
  std::vector<Event> events;
  for (int i = 0; i < 200; ++i) events.push_back(fail(i * 0.1, {"user" + std::to_string(i)}));
  for (int i = 0; i < 200; ++i) events.push_back(success(30 + i * 0.1, "user" + std::to_string(i)));
  Replay replay(compiled(spray()));
  replay.feed_all(events);
  EXPECT_EQ(replay.alerts_of("hit").size(), 200U);
}

TEST(Export, ATriggerTakenBackTakesItsValuesAlong) {
  PlanSpec spec = spray();
  Corr& inner = spec.correlations[0];
  inner.type = Type::metrics;
  inner.decision = plan::DecisionClass::refutable;
  inner.metrics = {{"all"}};
  inner.condition = "all 3 >=";
  inner.until = {"clear"};
  spec.correlations[1].decision = plan::DecisionClass::refutable;
  Replay replay(compiled(spec));
  replay.feed_all(burst());
  for (const Event& event : {success(10, "bob"), success(11, "ann"), fail(1, {"bob"})}) replay.feed(event);
  ASSERT_EQ(replay.alerts_of("hit").size(), 2U);
  Event clear = fail(2, {"ann"});
  clear.rules = {"clear"};
  clear.id = "clear";
  replay.feed(clear);
  ASSERT_EQ(replay.alerts_of("hit").size(), 4U);
  EXPECT_TRUE(replay.alerts_of("hit")[2].withdrawn);
  EXPECT_TRUE(replay.alerts_of("hit")[3].withdrawn);
}

}  // namespace
}  // namespace vedette::test
