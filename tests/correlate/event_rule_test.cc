// Alerts of single-event rules: identity, de-duplication for accept + P of log time, suppression, late events.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "scenario.h"

namespace vedette::test {
namespace {

Event hit(double t, const std::string& id) { return {.rules = {"r"}, .t = t, .id = id, .a = t}; }

TEST(EventRule, IdIsTheSpecifiedDigest) {
  const std::string rule = "11111111-1111-4111-8111-111111111111";
  Replay run(make_plan({.emit = {rule}}));
  run.feed({.rules = {rule}, .t = 5, .id = "33e9dcbc-3ed3-423b-acdf-7e44ab17ebdb"});
  ASSERT_EQ(run.alerts().size(), 1U);
  const alert::Alert& alert = run.alerts().front();
  EXPECT_EQ(alert.alert_id, "46fb6aca0c273f79da11ff37a24d03e0");
  EXPECT_EQ(alert.count, 1U);
  EXPECT_EQ(alert.time, 5 * kSecondUs);
  EXPECT_EQ(alert.fired_at, 4000 * kSecondUs);
  EXPECT_EQ(alert.reason, "okta event matched " + rule);
  EXPECT_TRUE(alert.episode_id.empty());
}

TEST(EventRule, ACopyIsDroppedUntilAcceptHasPassed) {
  Replay run(make_plan({.emit = {"r"}}));
  run.feed(hit(0, "a"));
  run.feed(hit(0, "a"));
  EXPECT_EQ(run.alerts().size(), 1U);
  EXPECT_EQ(run.correlator().rule_counters(0).hits, 2U);
  EXPECT_EQ(run.correlator().rule_counters(0).suppressed, 1U);
  run.feed(hit(6 * 3600, "b"));
  run.feed(hit(0, "a"));
  EXPECT_EQ(run.alerts().size(), 2U);
  run.feed(hit(6 * 3600 + 1, "c"));
  run.feed(hit(6 * 3600 + 1, "d"));
  Event copy = hit(0, "a");
  copy.flags = event::kLate;
  run.feed(copy);
  EXPECT_EQ(run.alerts().size(), 5U);
}

TEST(EventRule, LateEventsAlertWithTheFlag) {
  Replay run(make_plan({.emit = {"r"}}));
  Event event = hit(0, "a");
  event.flags = event::kLate | event::kTimeClamped;
  run.feed(event);
  ASSERT_EQ(run.alerts().size(), 1U);
  EXPECT_EQ(run.alerts().front().flags, (Values{"late", "time_clamped"}));
}

TEST(EventRule, SuppressionIsByBucket) {
  const plan::Suppress hourly{.given = true, .for_us = kHourUs, .by = {0}};
  Replay run(make_plan({.emit = {"r"}, .rule_suppress = hourly}));
  Event bob = hit(20, "c");
  bob.user = {"Bob"};
  Event nobody = hit(30, "d");
  nobody.user.clear();
  run.feed_all({hit(0, "a"), hit(10, "b"), bob, nobody, hit(3600, "e"), hit(9000, "f")});
  ASSERT_EQ(run.alerts().size(), 5U);
  EXPECT_EQ(run.alerts()[0].alert_id, alert::correlation_alert_id("default", "r", kHourUs, {"alice"}, "0"));
  EXPECT_EQ(run.alerts()[1].alert_id, alert::correlation_alert_id("default", "r", kHourUs, {"bob"}, "0"));
  EXPECT_EQ(run.alerts()[1].group, (std::vector<std::pair<std::string, std::string>>{{"user", "Bob"}}));
  EXPECT_EQ(run.alerts()[1].entities, (std::vector<std::pair<std::string, std::string>>{{"user", "Bob"}}));
  EXPECT_EQ(run.alerts()[2].alert_id, alert::correlation_alert_id("default", "r", kHourUs, {""}, "0"));
  EXPECT_EQ(run.alerts()[3].bucket, 1);
  EXPECT_TRUE(run.alerts()[3].continuation);
  EXPECT_EQ(run.alerts()[3].episode_id, run.alerts()[0].alert_id);
  EXPECT_FALSE(run.alerts()[4].continuation);
}

Event at_level(double t, const std::string& id, plan::Level level) {
  Event event = hit(t, id);
  if (level != plan::Level::medium) event.level = level;  // medium is the rule's own
  return event;
}

TEST(EventRule, LevelIsThatOfTheHit) {
  Replay run(make_plan({.emit = {"r"}}));
  run.feed_all({hit(0, "a"), at_level(1, "b", plan::Level::critical), at_level(1, "b", plan::Level::critical)});
  ASSERT_EQ(run.alerts().size(), 2U);
  EXPECT_EQ(run.alerts()[0].level, plan::Level::medium);
  EXPECT_EQ(run.alerts()[1].level, plan::Level::critical);
  EXPECT_EQ(run.alerts()[1].revision, 1U);
}

TEST(EventRule, AHigherLevelRaisesTheAlertOfItsBucket) {
  const plan::Suppress hourly{.given = true, .for_us = kHourUs, .by = {0}};
  Replay run(make_plan({.emit = {"r"}, .rule_suppress = hourly}));
  run.feed_all({hit(0, "a"), at_level(10, "b", plan::Level::high), at_level(11, "b", plan::Level::high),
                at_level(20, "c", plan::Level::high), at_level(30, "d", plan::Level::critical), hit(40, "e"),
                at_level(3600, "f", plan::Level::high), hit(3700, "g")});
  ASSERT_EQ(run.alerts().size(), 4U);
  const std::string id = run.alerts()[0].alert_id;
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(run.alerts()[i].alert_id, id);
    EXPECT_EQ(run.alerts()[i].revision, i + 1);
    EXPECT_EQ(run.alerts()[i].episode_id, id);
    EXPECT_FALSE(run.alerts()[i].continuation);
    EXPECT_FALSE(run.alerts()[i].withdrawn);
    EXPECT_EQ(run.alerts()[i].group, run.alerts()[0].group);
    EXPECT_EQ(run.alerts()[i].bucket, 0);
  }
  EXPECT_EQ(run.alerts()[1].level, plan::Level::high);
  EXPECT_EQ(run.alerts()[1].events[0].id, "b");
  EXPECT_EQ(run.alerts()[2].level, plan::Level::critical);
  EXPECT_EQ(run.alerts()[3].revision, 1U);
  EXPECT_EQ(run.alerts()[3].level, plan::Level::high);
  EXPECT_EQ(run.alerts()[3].episode_id, id);
  EXPECT_TRUE(run.alerts()[3].continuation);
  EXPECT_EQ(run.correlator().rule_counters(0).alerts, 4U);
  EXPECT_EQ(run.correlator().rule_counters(0).suppressed, 4U);
}

// Whatever the order of arrival: the last revision has the highest level, and no revision follows without need.
TEST(EventRule, TheLastLevelIsTheHighestInEveryOrder) {
  using plan::Level;
  const plan::Suppress hourly{.given = true, .for_us = kHourUs, .by = {0}};
  std::vector<Event> events = {at_level(0, "a", Level::medium), at_level(1, "b", Level::high), at_level(2, "c", Level::critical),
                               at_level(3, "d", Level::medium), at_level(4, "e", Level::high)};
  std::sort(events.begin(), events.end(), [](const Event& a, const Event& b) { return a.id < b.id; });
  std::size_t most = 0, orders = 0;
  do {
    Replay run(make_plan({.emit = {"r"}, .rule_suppress = hourly}));
    run.feed_all(events);
    ASSERT_FALSE(run.alerts().empty());
    EXPECT_EQ(run.settled_ids().size(), 1U);
    EXPECT_EQ(run.alerts().back().level, Level::critical);
    for (std::size_t i = 1; i < run.alerts().size(); ++i) EXPECT_GT(run.alerts()[i].level, run.alerts()[i - 1].level);
    most = std::max(most, run.alerts().size());
    ++orders;
  } while (std::next_permutation(events.begin(), events.end(), [](const Event& a, const Event& b) { return a.id < b.id; }));
  EXPECT_EQ(orders, 120U);
  EXPECT_EQ(most, 3U);
}

TEST(EventRule, TitleShowsTheEventsValues) {
  using plan::TitleKind;
  const plan::Title title = {{TitleKind::text, "x{"},      {TitleKind::column, "user", 0}, {TitleKind::text, "} "},
                             {TitleKind::column, "ip", 2}, {TitleKind::text, " "},         {TitleKind::column, "value", 1},
                             {TitleKind::text, " "},       {TitleKind::level, "level"},    {TitleKind::text, " "},
                             {TitleKind::count, "count"},  {TitleKind::text, " "},         {TitleKind::rule, "rule"}};
  Replay run(make_plan({.emit = {"r"}, .rule_title = title}));
  Event event = at_level(0, "a", plan::Level::high);
  event.user = {"Bob"};
  event.ip = {"10.0.0.1", "10.0.0.2"};
  run.feed(event);
  run.feed(hit(1, "b"));
  ASSERT_EQ(run.alerts().size(), 2U);
  EXPECT_EQ(run.alerts()[0].title, "x{Bob} 10.0.0.1, 10.0.0.2 ? high 1 r");
  EXPECT_EQ(run.alerts()[1].title, "x{alice} ? ? medium 1 r");
  Replay plain(make_plan({.emit = {"r"}}));
  plain.feed(hit(0, "a"));
  EXPECT_EQ(plain.alerts()[0].title, "");
}

TEST(EventRule, ReferredRulesAreSilent) {
  const Corr c{.name = "c", .rules = {"r"}, .threshold = 5};
  Replay run(make_plan({.correlations = {c}}));
  run.feed(hit(0, "a"));
  EXPECT_TRUE(run.alerts().empty());
  EXPECT_EQ(run.correlator().rule_counters(0).hits, 1U);
}

}  // namespace
}  // namespace vedette::test
