// Buckets, suppression, phases, continuations, groups and tenants.
#include "engine/correlate/buckets.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "engine/base/digest.h"
#include "scenario.h"

namespace vedette::test {
namespace {

using Type = plan::CorrelationType;
using Buckets = std::set<std::int64_t>;

Event hit(double t, const std::string& id = "") {
  return {.rules = {"r"}, .t = t, .id = id.empty() ? "e" + std::to_string(t) : id, .ip = {"10.0.0.1"}};
}

Corr count(std::uint64_t threshold, double window, double period) {
  return {.name = "c", .rules = {"r"}, .window = window, .threshold = threshold, .period = period};
}

TEST(Bucket, IsTheFloor) {
  EXPECT_EQ(correlate::bucket_of(-1, 0, 600), -1);
  EXPECT_EQ(correlate::bucket_of(-600, 0, 600), -1);
  EXPECT_EQ(correlate::bucket_of(-601, 0, 600), -2);
  EXPECT_EQ(correlate::bucket_of(599, 0, 600), 0);
  EXPECT_EQ(correlate::bucket_of(600, 0, 600), 1);
  EXPECT_EQ(correlate::bucket_of(99, 100, 600), -1);
}

TEST(Slice, CutsABucketIntoPartsNoWiderThanTheWindow) {
  for (const DurationUs period : {1, 7, 100, 3600}) {
    for (const DurationUs window : {1, 3, 10, 100, 5000}) {
      const std::int64_t slices = (period + window - 1) / window;
      for (TimeUs t = -2 * period; t < 2 * period; t += std::max<DurationUs>(1, period / 50)) {
        const correlate::Slice slice = correlate::slice_of(t, 5, period, window);
        EXPECT_LE(slice.from, t);
        EXPECT_LT(t, slice.to);
        EXPECT_LE(slice.to - slice.from, window);
        const std::int64_t start = floor_div(t - 5, period) * period + 5;
        const std::int64_t i = (slice.from - start) * slices / period + ((slice.from - start) * slices % period != 0 ? 1 : 0);
        EXPECT_EQ(slice.from, start + i * period / slices);
        EXPECT_EQ(slice.to, start + (i + 1) * period / slices);
      }
    }
  }
}

TEST(Phase, IsTheDigestModuloThePeriodFromSixHoursOn) {
  const std::vector<std::string_view> keys = {"alice"};
  EXPECT_EQ(correlate::bucket_phase(6 * kHourUs - 1, "default", "c", keys), 0);
  const auto expected = first_u64(digest_parts({"default", "c", "alice"})) % static_cast<std::uint64_t>(6 * kHourUs);
  EXPECT_EQ(correlate::bucket_phase(6 * kHourUs, "default", "c", keys), static_cast<DurationUs>(expected));
  EXPECT_NE(correlate::bucket_phase(6 * kHourUs, "default", "c", std::vector<std::string_view>{"bob"}),
            static_cast<DurationUs>(expected));
}

TEST(Phase, MovesTheBucketsOfAGroup) {
  const double day = 86400;
  const DurationUs phase = correlate::bucket_phase(kDayUs, "default", "c", std::vector<std::string_view>{"alice"});
  const double edge = static_cast<double>(phase) / 1e6;
  Replay run(make_plan({.correlations = {count(1, 60, day)}}));
  run.feed_all({{.rules = {"r"}, .t = edge - 1, .id = "a", .a = edge},
                {.rules = {"r"}, .t = edge + 1, .id = "b", .a = edge + 1},
                {.rules = {"r"}, .t = edge + 2, .id = "c", .a = edge + 2}});
  EXPECT_EQ(run.buckets("c"), (Buckets{-1, 0}));
}

TEST(Alerts, IdIsTheSpecifiedDigest) {
  Corr c = count(3, 600, 600);
  c.name = "11111111-1111-4111-8111-111111111111";
  Replay run(make_plan({.correlations = {c}}));
  for (const double t : {100.0, 200.0, 650.0}) {
    Event event = hit(t);
    event.user = {"Alice"};
    run.feed(event);
  }
  ASSERT_EQ(run.alerts().size(), 1U);
  EXPECT_EQ(run.alerts().front().alert_id, "fc34b5ec4644027af1d6bab2a669b333");
  EXPECT_EQ(run.alerts().front().group.front().second, "Alice");
}

TEST(Alerts, ForZeroIsOneAlertPerTrigger) {
  const PlanSpec spec{.correlations = {count(2, 600, 0)}};
  const std::vector<Event> events = {hit(0, "a"), hit(1, "b"), hit(2, "c"), hit(700, "d")};
  Replay run(make_plan(spec));
  run.feed_all(events);
  ASSERT_EQ(run.alerts().size(), 2U);
  EXPECT_EQ(run.alerts()[0].bucket_text, "@b");
  EXPECT_EQ(run.alerts()[1].bucket_text, "@c");
  EXPECT_EQ(run.alerts()[0].alert_id, alert::correlation_alert_id("default", "c", 0, {"alice"}, "@b"));
  EXPECT_TRUE(run.alerts()[1].continuation);
  EXPECT_EQ(run.alerts()[1].episode_id, run.alerts()[0].alert_id);
  EXPECT_EQ(buckets_in_every_order({.correlations = {count(5, 600, 0)}}, events, "c"), Buckets{});
}

TEST(Alerts, ForZeroAgreesInEveryOrder) {
  const plan::PlanPtr plan = make_plan({.correlations = {count(2, 600, 0)}});
  std::vector<Event> events = {hit(0, "a"), hit(1, "b"), hit(2, "c"), hit(602, "d")};
  Replay in_order(plan);
  in_order.feed_all(events);
  std::reverse(events.begin(), events.end());
  Replay reversed(plan);
  reversed.feed_all(events);
  reversed.feed_all(events);
  EXPECT_EQ(in_order.ids(), reversed.ids());
  EXPECT_EQ(in_order.ids().size(), 3U);
}

TEST(Suppress, BySubsetSharesBuckets) {
  Corr c = count(2, 600, 600);
  c.members = {"user", "ip"};
  c.by = {0};
  Replay run(make_plan({.correlations = {c}}));
  std::vector<Event> events = {hit(0, "a"), hit(1, "b"), hit(2, "c"), hit(3, "d")};
  events[2].ip = events[3].ip = {"10.0.0.2"};
  run.feed_all(events);
  ASSERT_EQ(run.alerts().size(), 1U);
  EXPECT_EQ(run.alerts().front().alert_id, alert::correlation_alert_id("default", "c", 600 * kSecondUs, {"alice"}, "0"));
  EXPECT_EQ(run.correlator().correlation_counters(0).suppressed, 1U);
  for (Event& event : events) {
    event.t += 600;
    event.id += "later";
  }
  run.feed_all({events[2], events[3], events[0], events[1]});
  EXPECT_EQ(run.buckets("c"), (Buckets{0, 1}));
}

TEST(Suppress, ByNothingIsOneBucketForAllGroups) {
  Corr c = count(1, 600, 600);
  c.by_nothing = true;
  Replay run(make_plan({.correlations = {c}}));
  Event bob = hit(1, "b");
  bob.user = {"bob"};
  run.feed_all({hit(0, "a"), bob});
  ASSERT_EQ(run.alerts().size(), 1U);
  EXPECT_EQ(run.alerts().front().alert_id, alert::correlation_alert_id("default", "c", 600 * kSecondUs, {}, "0"));
}

TEST(Suppress, TheEarliestNewTriggerMakesTheContent) {
  // One late record completes windows in two buckets at once; in each the earliest trigger speaks.
  Replay run(make_plan({.correlations = {count(3, 600, 300)}}));
  run.feed_all({hit(100, "a"), hit(290, "b"), hit(295, "c2"), hit(310, "d"), hit(650, "e")});
  Replay late(make_plan({.correlations = {count(4, 600, 300)}}));
  late.feed_all({hit(100, "a"), hit(290, "b"), hit(310, "d"), hit(320, "e")});
  EXPECT_EQ(late.buckets("c"), Buckets{1});
  late.feed(hit(50, "x"));
  EXPECT_EQ(late.buckets("c"), Buckets{1});
  late.feed(hit(60, "y"));
  EXPECT_EQ(late.buckets("c"), (Buckets{0, 1}));
  EXPECT_EQ(late.alerts().back().time, 290 * kSecondUs);
}

TEST(Continuation, FollowsWithinTheLargerOfWindowAndPeriod) {
  Replay run(make_plan({.correlations = {count(2, 100, 600)}}));
  run.feed_all({hit(590, "a"), hit(595, "b"), hit(1000, "c"), hit(1005, "d"), hit(1900, "e"), hit(1905, "f")});
  ASSERT_EQ(run.alerts().size(), 3U);
  EXPECT_FALSE(run.alerts()[0].continuation);
  EXPECT_EQ(run.alerts()[0].episode_id, run.alerts()[0].alert_id);
  EXPECT_TRUE(run.alerts()[1].continuation);
  EXPECT_EQ(run.alerts()[1].episode_id, run.alerts()[0].alert_id);
  EXPECT_FALSE(run.alerts()[2].continuation);
  EXPECT_EQ(run.alerts()[2].episode_id, run.alerts()[2].alert_id);
}

TEST(Groups, MissingKeysAreLeftOutAndCounted) {
  Replay run(make_plan({.correlations = {count(2, 600, 600)}}));
  Event nobody = hit(0, "a");
  nobody.user.clear();
  Event nobody_else = hit(1, "b");
  nobody_else.user.clear();
  run.feed_all({nobody, nobody_else, hit(2, "c")});
  EXPECT_TRUE(run.alerts().empty());
  EXPECT_EQ(run.correlator().correlation_counters(0).left_out, 2U);
  EXPECT_EQ(run.correlator().correlation_counters(0).hits, 1U);
}

TEST(Groups, ArraysFanOut) {
  Replay run(make_plan({.correlations = {count(2, 600, 600)}}));
  Event both = hit(0, "a");
  both.user = {"alice", "bob", "ALICE"};
  Event bob = hit(1, "b");
  bob.user = {"Bob"};
  run.feed_all({both, bob});
  ASSERT_EQ(run.alerts().size(), 1U);
  EXPECT_EQ(run.alerts().front().group.front().second, "Bob");
  EXPECT_EQ(run.correlator().correlation_counters(0).groups, 2U);
}

TEST(Groups, FanOutStopsAt64Tuples) {
  Corr c = count(1, 600, 600);
  c.members = {"user", "ip"};
  Event event = hit(0, "a");
  event.user.clear();
  event.ip.clear();
  for (int i = 0; i < 10; ++i) {
    event.user.push_back("u" + std::to_string(i));
    event.ip.push_back("10.0.0." + std::to_string(i));
  }
  Replay run(make_plan({.correlations = {c}}));
  run.feed(event);
  EXPECT_EQ(run.alerts().size(), 64U);
  EXPECT_EQ(run.alerts().front().key_text, std::string("u0\0"
                                                       "10.0.0.0\0",
                                                       12));
}

TEST(Groups, AKeyIsFoldedAndSharedAcrossSpellings) {
  Replay run(make_plan({.correlations = {count(3, 600, 600)}}));
  Event a = hit(0, "a");
  Event b = hit(1, "b");
  Event c = hit(2, "c");
  a.user = {"ALICE"};
  b.user = {"Alice"};
  run.feed_all({a, b, c});
  EXPECT_EQ(run.buckets("c"), Buckets{0});
}

TEST(Groups, WithoutGroupByThereIsOneGroup) {
  Corr c = count(2, 600, 600);
  c.members = {};
  Event bob = hit(1, "b");
  bob.user = {"bob"};
  Replay run(make_plan({.correlations = {c}}));
  run.feed_all({hit(0, "a"), bob});
  ASSERT_EQ(run.alerts().size(), 1U);
  EXPECT_TRUE(run.alerts().front().group.empty());
}

TEST(Tenants, AreApartUnlessAcross) {
  Corr c = count(2, 600, 600);
  Event other = hit(1, "a");
  other.tenant = "other";
  Replay apart(make_plan({.correlations = {c}}));
  apart.feed_all({hit(0, "a"), other});
  EXPECT_TRUE(apart.alerts().empty());
  c.across_tenants = true;
  Replay across(make_plan({.correlations = {c}}));
  across.feed_all({hit(0, "a"), other});
  ASSERT_EQ(across.alerts().size(), 1U);
  EXPECT_EQ(across.alerts().front().tenant, "*");
  EXPECT_EQ(across.alerts().front().alert_id, alert::correlation_alert_id("*", "c", 600 * kSecondUs, {"alice"}, "0"));
}

TEST(Tenants, EqualIdsOfTwoSourcesAreTwoEvents) {
  Event other = hit(1, "a");
  other.source = "sshd";
  Replay run(make_plan({.correlations = {count(2, 600, 600)}}));
  run.feed_all({hit(1, "a"), other});
  ASSERT_EQ(run.alerts().size(), 1U);
  EXPECT_EQ(run.alerts().front().sources, (Values{"okta", "sshd"}));
  EXPECT_EQ(run.alerts().front().reason, "2 events of 2 systems for alice within 10 m (threshold 2)");
}

TEST(Late, EventsTakeNoPartInCorrelations) {
  Event late = hit(0, "a");
  late.flags = event::kLate;
  Replay run(make_plan({.correlations = {count(2, 600, 600)}}));
  run.feed_all({late, hit(1, "b")});
  EXPECT_TRUE(run.alerts().empty());
  run.feed(hit(2, "a"));  // the first copy that is not late counts
  EXPECT_EQ(run.buckets("c"), Buckets{0});
}

}  // namespace
}  // namespace vedette::test
