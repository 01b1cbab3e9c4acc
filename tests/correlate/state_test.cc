// State: pruning keeps a busy group small without losing alerts, time drops what no accepted event needs, evidence is capped.
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "scenario.h"

namespace vedette::test {
namespace {

using Type = plan::CorrelationType;
using Buckets = std::set<std::int64_t>;

Event hit(double t, std::size_t n, const std::string& user = "alice") {
  return {.rules = {"r"}, .t = t, .id = "e" + std::to_string(n), .user = {user}, .value = {"v" + std::to_string(n % 9)}, .a = t};
}

Corr count(std::uint64_t threshold) { return {.name = "c", .rules = {"r"}, .window = 60, .threshold = threshold, .period = 600}; }

Corr distinct(std::uint64_t threshold) {
  return {.name = "c",
          .type = Type::value_count,
          .rules = {"r"},
          .window = 60,
          .threshold = threshold,
          .period = 600,
          .values = {"value"}};
}

TEST(Pruning, ABusyGroupStaysSmall) {
  for (const Corr& c : {count(5), distinct(5), distinct(20)}) {  // the last one never fires
    Replay run(make_plan({.correlations = {c}}));
    for (std::size_t i = 0; i < 20'000; ++i) run.feed(hit(static_cast<double>(i) * 0.1, i));
    EXPECT_LT(run.correlator().state_bytes(), 400'000U);
    EXPECT_EQ(run.buckets("c"), c.threshold == 20 ? Buckets{} : (Buckets{0, 1, 2, 3}));
  }
}

TEST(Pruning, InnerAndPerTriggerCorrelationsKeepEveryHit) {
  Corr every = count(5);
  every.period = 0;
  Replay run(make_plan({.correlations = {every}}));
  for (std::size_t i = 0; i < 2'000; ++i) run.feed(hit(static_cast<double>(i) * 0.1, i));
  EXPECT_EQ(run.alerts().size(), 1'996U);
  EXPECT_GT(run.correlator().state_bytes(), 2'000U * 24);
}

TEST(Pruning, DoesNotChangeWhatFiresInAnyOrder) {
  // Dense bursts around bucket and slice edges: fired slices are pruned, and windows of the next bucket reach into them.
  std::mt19937_64 random(11);
  std::size_t both = 0;
  for (int round = 0; round < 16 && !testing::Test::HasFailure(); ++round) {
    std::vector<Event> events;
    for (std::size_t i = 0; i < 40; ++i) events.push_back(hit(540 + static_cast<double>(random() % 130), i));
    for (Event& event : events) event.a = 4000;
    const Corr c = round % 2 == 0 ? count(3 + random() % 20) : distinct(3 + random() % 6);
    both += buckets_in_every_order({.correlations = {c}}, events, "c") == Buckets{0, 1} ? 1U : 0U;
  }
  EXPECT_GT(both, 4U);
}

TEST(Time, GroupsAreDroppedOnceNoAcceptedEventNeedsThem) {
  Replay run(make_plan({.correlations = {count(5)}}));
  for (std::size_t i = 0; i < 1'000; ++i) run.feed(hit(static_cast<double>(i) * 0.01, i, "user" + std::to_string(i)));
  EXPECT_EQ(run.correlator().correlation_counters(0).groups, 1'000U);
  const std::size_t full = run.correlator().state_bytes();
  const double retained = 60 + 600 + 6 * 3600;
  for (int i = 0; i < 2'000; ++i) run.advance(retained, 1);
  EXPECT_EQ(run.correlator().correlation_counters(0).groups, 1'000U) << "still within accept";
  for (int i = 0; i < 2'000; ++i) run.advance(retained + 20, 1);
  EXPECT_EQ(run.correlator().correlation_counters(0).groups, 0U);
  EXPECT_LT(run.correlator().state_bytes(), full / 50);
}

TEST(Time, TheSlowestClockOfTheRulesSourcesCounts) {
  Replay run(make_plan({.correlations = {count(5)}}));
  Event ssh = hit(0, 1);
  ssh.source = "sshd";
  run.feed(ssh);
  for (int i = 0; i < 100; ++i) run.advance(100'000, 1);  // the same partition delivers okta: its clock is one
  EXPECT_EQ(run.correlator().correlation_counters(0).groups, 0U);
  Replay apart(make_plan({.correlations = {count(5)}}));
  apart.feed(ssh);
  for (int i = 0; i < 100; ++i) apart.correlator().advance(7, 1, 100'000 * kSecondUs);
  EXPECT_EQ(apart.correlator().correlation_counters(0).groups, 1U);
}

TEST(Time, AnEventWithinAcceptStillFindsItsWindow) {
  Replay run(make_plan({.correlations = {count(3)}}));
  run.feed_all({hit(0, 1), hit(10, 2)});
  for (int i = 0; i < 10; ++i) run.advance(6 * 3600, 1);
  Event straggler = hit(5, 3);
  straggler.a = 6 * 3600;
  run.feed(straggler);
  EXPECT_EQ(run.buckets("c"), Buckets{0});
}

TEST(Evidence, IsTheLatestHundred) {
  Replay run(make_plan({.correlations = {count(130)}}));
  for (std::size_t i = 0; i < 130; ++i) run.feed(hit(static_cast<double>(i) * 0.1, 1000 + i));
  ASSERT_EQ(run.alerts().size(), 1U);
  const alert::Alert& alert = run.alerts().front();
  EXPECT_EQ(alert.count, 130U);
  EXPECT_EQ(alert.elided, 30U);
  ASSERT_EQ(alert.events.size(), 100U);
  EXPECT_EQ(alert.events.front().id, "e1030");
  EXPECT_EQ(alert.events.back().id, "e1129");
  EXPECT_EQ(alert.first_time, 0);
}

TEST(Evidence, TheSameLogGivesTheSameAlerts) {
  const PlanSpec spec{.correlations = {count(3), distinct(4)}, .emit = {}};
  PlanSpec named = spec;
  named.correlations[1].name = "d";
  const plan::PlanPtr plan = make_plan(named);
  std::mt19937_64 random(3);
  std::vector<Event> events;
  for (std::size_t i = 0; i < 500; ++i)
    events.push_back(hit(static_cast<double>(random() % 3000), i, "u" + std::to_string(random() % 3)));
  for (Event& event : events) event.a = 4000;
  const auto lines = [&] {
    Replay run(plan);
    run.feed_all(events);
    std::string out;
    for (const alert::Alert& alert : run.alerts()) {
      alert::append_json(out, alert);
      out += '\n';
    }
    return out;
  };
  const std::string first = lines();
  EXPECT_GT(first.size(), 5'000U);
  EXPECT_EQ(lines(), first);
}

}  // namespace
}  // namespace vedette::test
