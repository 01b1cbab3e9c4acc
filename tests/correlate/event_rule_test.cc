// Alerts of single-event rules: identity, de-duplication for accept + P of log time, suppression, late events.
#include <gtest/gtest.h>

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

TEST(EventRule, ReferredRulesAreSilent) {
  const Corr c{.name = "c", .rules = {"r"}, .threshold = 5};
  Replay run(make_plan({.correlations = {c}}));
  run.feed(hit(0, "a"));
  EXPECT_TRUE(run.alerts().empty());
  EXPECT_EQ(run.correlator().rule_counters(0).hits, 1U);
}

}  // namespace
}  // namespace vedette::test
