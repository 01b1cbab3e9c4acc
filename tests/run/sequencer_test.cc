// Stamps, clocks, late, missing and future times, made ids: observed on the alerts of one rule that matches everything.
#include "engine/run/sequencer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "engine/base/digest.h"
#include "engine/base/hash.h"
#include "engine/run/ordinals.h"

namespace vedette::run {
namespace {

constexpr TimeUs kNoon = 1'767'614'400LL * kSecondUs;  // 2026-01-05T12:00:00Z

plan::PlanPtr one_rule_plan() {
  auto plan = std::make_shared<plan::Plan>();
  plan::SourceProgram program;
  program.source.name = "test";
  program.source.accept = kHourUs;
  plan->sources.push_back(program);
  plan::RulePlan rule;
  rule.meta.key = rule.meta.id = "11111111-1111-4111-8111-111111111111";
  rule.meta.title = "every event";
  rule.accept = kHourUs;
  rule.sources = {0};
  plan->rules.push_back(rule);
  return plan;
}

// Feeds one event per call and returns its alert.
class Feed {
 public:
  explicit Feed(ClockMode mode, TimeUs now = INT64_MAX) : sequencer_(one_rule_plan(), mode, now) { origin_->source_name = "in"; }

  struct Event {
    TimeUs t = 0;
    TimeUs stamp = event::kNoArrival;
    std::string id = {};
    std::uint8_t flags = 0;
    std::string raw = {};
  };

  alert::Alert one(const Event& sample) {
    const auto alerts = all({sample});
    EXPECT_EQ(alerts.size(), 1U);
    return alerts.empty() ? alert::Alert{} : alerts[0];
  }

  std::vector<alert::Alert> all(const std::vector<Event>& samples) {
    correlate::HitBatch batch;
    batch.origin = origin_;
    batch.stamps = {event::kNoArrival};
    const correlate::Hit hit{};
    std::deque<TimeUs> stamps;
    for (const Event& sample : samples) {
      correlate::EventHits hits;
      const bool missing = (sample.flags & event::kTimeMissing) != 0;
      const TimeUs stamp = sample.stamp != event::kNoArrival ? sample.stamp : missing ? event::kNoArrival : sample.t;
      batch.stamps[0] = std::max(batch.stamps[0], stamp);
      stamps.push_back(batch.stamps[0]);
      hits.stamps = {&stamps.back(), 1};
      hits.head.t = missing ? batch.last_good_t : sample.t;
      hits.head.flags = sample.flags;
      hits.head.id = sample.id.empty() ? batch.arena.copy("e" + std::to_string(next_id_++)) : batch.arena.copy(sample.id);
      hits.raw = batch.arena.copy(sample.raw);
      hits.head.raw_hash = siphash128(sample.raw, process_hash_seed());
      hits.hits = {&hit, 1};
      batch.events.push_back(hits);
      if (!missing) batch.last_good_t = sample.t;
    }
    std::vector<alert::Alert> alerts;
    sequencer_.apply(batch, alerts);
    return alerts;
  }

  std::shared_ptr<event::Origin> origin_ = std::make_shared<event::Origin>();
  Sequencer sequencer_;

 private:
  int next_id_ = 0;
};

using Flags = std::vector<std::string>;

TEST(Sequencer, LateIsOlderThanAcceptBeforeItsOwnStamp) {
  Feed feed(ClockMode::live);
  EXPECT_EQ(feed.one({kNoon - kHourUs, kNoon}).flags, Flags{});
  EXPECT_EQ(feed.one({kNoon - kHourUs - 1, kNoon}).flags, Flags{"late"});
  EXPECT_EQ(feed.sequencer_.counters().late, 1U);
}

TEST(Sequencer, ABacklogWithItsOwnOldStampsIsNotLate) {
  Feed feed(ClockMode::live);
  // Three days old, but stamped three days ago.
  EXPECT_EQ(feed.one({kNoon - 3 * kDayUs, kNoon - 3 * kDayUs + kSecondUs}).flags, Flags{});
}

TEST(Sequencer, AStampBelowTheClockIsRaisedToIt) {
  Feed feed(ClockMode::live);
  (void)feed.one({kNoon, kNoon});
  const alert::Alert alert = feed.one({kNoon - kMinuteUs, kNoon - 10 * kSecondUs});
  EXPECT_EQ(alert.fired_at, kNoon);
  EXPECT_EQ(alert.time, kNoon - kMinuteUs);
}

TEST(Sequencer, FutureTimesAreClampedBeyondFiveMinutes) {
  Feed feed(ClockMode::live);
  alert::Alert alert = feed.one({kNoon + 5 * kMinuteUs, kNoon});
  EXPECT_EQ(alert.time, kNoon + 5 * kMinuteUs);
  EXPECT_EQ(alert.flags, Flags{});
  alert = feed.one({kNoon + 5 * kMinuteUs + 1, kNoon});
  EXPECT_EQ(alert.time, kNoon);
  EXPECT_EQ(alert.flags, Flags{"time_clamped"});
  alert = feed.one({kNoon + 3650 * kDayUs, kNoon + 1});
  EXPECT_EQ(alert.time, kNoon + 1);
}

TEST(Sequencer, AMissingTimeIsTheStamp) {
  Feed feed(ClockMode::live);
  const alert::Alert alert = feed.one({0, kNoon, "", event::kTimeMissing});
  EXPECT_EQ(alert.time, kNoon);
  EXPECT_EQ(alert.flags, Flags{"time_missing"});
}

TEST(Sequencer, AsArrivedStampsAreTheRunningMaximumUpToNow) {
  Feed feed(ClockMode::as_arrived, kNoon + kMinuteUs);
  EXPECT_EQ(feed.one({kNoon}).fired_at, kNoon);
  EXPECT_EQ(feed.one({kNoon - kMinuteUs}).fired_at, kNoon);
  EXPECT_EQ(feed.one({kNoon - kHourUs - 1}).flags, Flags{"late"});
  const alert::Alert future = feed.one({kNoon + kHourUs});
  EXPECT_EQ(future.fired_at, kNoon + kMinuteUs);
  EXPECT_EQ(future.flags, Flags{"time_clamped"});
}

TEST(Sequencer, WhatIsForgottenDependsOnThePlaceInTheLogNotOnBatches) {
  // The same event, something a day later, the event again: by then its alert is forgotten, and it is late.
  const Feed::Event first{kNoon, event::kNoArrival, "a"};
  const Feed::Event day_later{kNoon + kDayUs, event::kNoArrival, "b"};
  Feed together(ClockMode::as_arrived), apart(ClockMode::as_arrived);
  std::vector<std::string> expected, actual;
  for (const alert::Alert& alert : together.all({first, day_later, first})) expected.push_back(alert.alert_id);
  for (const Feed::Event& event : {first, day_later, first}) {
    for (const alert::Alert& alert : apart.all({event})) actual.push_back(alert.alert_id);
  }
  EXPECT_EQ(expected, actual);
  EXPECT_EQ(expected.size(), 3U);
}

TEST(Sequencer, MadeIdsCountEqualElements) {
  Feed feed(ClockMode::live);
  const auto made = [&feed](const std::string& raw) { return feed.one({kNoon, kNoon, "", event::kIdMade, raw}).events.at(0).id; };
  EXPECT_EQ(made("line one"), to_hex(digest_parts({"line one", "0"})));
  EXPECT_EQ(made("line one"), to_hex(digest_parts({"line one", "1"})));
  EXPECT_EQ(made("line two"), to_hex(digest_parts({"line two", "0"})));
  feed.origin_ = std::make_shared<event::Origin>(*feed.origin_);
  feed.origin_->partition = "1";
  EXPECT_EQ(made("line one"), to_hex(digest_parts({"line one", "2"}))) << "partitions of one source share the count";
}

// What Ordinals must answer, by going back through everything.
class NaiveOrdinals {
 public:
  explicit NaiveOrdinals(std::size_t most) : most_(most) {}
  std::string make_id(const std::string& raw) {
    const auto known = std::find_if(lines_.begin(), lines_.end(), [&](const Line& line) { return line.raw == raw; });
    Line line = known == lines_.end() ? Line{raw} : *known;
    if (known != lines_.end()) lines_.erase(known);
    if (lines_.size() == most_) {
      lines_.erase(lines_.begin());
      ++forgotten_;
    }
    lines_.push_back(line);
    return to_hex(digest_parts({raw, std::to_string(lines_.back().count++)}));
  }
  std::uint64_t forgotten_ = 0;

 private:
  struct Line {
    std::string raw;
    int count = 0;
  };
  std::size_t most_;
  std::vector<Line> lines_;  // the one that came last is last
};

correlate::EventHits line_event(const std::string& raw) {
  correlate::EventHits event;
  event.raw = raw;
  event.head.raw_hash = siphash128(raw, process_hash_seed());
  return event;
}

TEST(Sequencer, CountsOfEqualElementsAreExactWithinTheirBudget) {
  Ordinals ordinals(8);
  NaiveOrdinals naive(8);
  const event::Origin origin;
  std::mt19937 random(7);
  for (int i = 0; i < 20'000; ++i) {
    // Mostly few lines that come again; some phases with many.
    const unsigned range = i % 2000 < 1500 ? 6 : 40;
    const std::string raw = "line " + std::to_string(random() % range);
    ASSERT_EQ(ordinals.make_id(line_event(raw), origin), naive.make_id(raw)) << i;
  }
  EXPECT_EQ(ordinals.forgotten(), naive.forgotten_);
  EXPECT_GT(ordinals.forgotten(), 1000U);
}

TEST(Sequencer, AFloodOfDistinctElementsForgetsTheOldestAndSaysSo) {
  Feed feed(ClockMode::live);
  const auto made = [&feed](const std::string& raw) { return feed.one({kNoon, kNoon, "", event::kIdMade, raw}).events.at(0).id; };
  const std::string first = made("early"), kept = made("kept");
  for (std::uint32_t i = 0; i < Ordinals::kMostCounts; ++i) {
    made("flood " + std::to_string(i));
    if (i % 1000 == 0) (void)feed.all({{kNoon, kNoon, "", event::kIdMade, "kept"}});
  }
  EXPECT_EQ(feed.sequencer_.counters().ordinals_forgotten, 2U) << "one for early, one for the flood's first";
  EXPECT_NE(made("kept"), kept);
  EXPECT_TRUE(feed.all({{kNoon, kNoon, "", event::kIdMade, "early"}}).empty()) << "taken for a redelivery of " << first;
}

TEST(Sequencer, OneRequestCountsForItself) {
  Feed feed(ClockMode::live);
  feed.origin_->ordinal_per_batch = true;
  const Feed::Event same{kNoon, kNoon, "", event::kIdMade, "x"};
  const auto first = feed.all({same, same});
  ASSERT_EQ(first.size(), 2U);
  EXPECT_NE(first[0].events.at(0).id, first[1].events.at(0).id);
  EXPECT_TRUE(feed.all({same, same}).empty()) << "a redelivered request has the same ids, so its alerts are known";
}

TEST(Sequencer, MergedReplayTakesEventTimeForEverything) {
  Feed feed(ClockMode::merged);
  correlate::Hit hit;
  correlate::EventHits event;
  event.head.t = kNoon - 400 * kDayUs;
  event.head.id = "a";
  event.hits = {&hit, 1};
  std::vector<alert::Alert> alerts;
  feed.sequencer_.apply_event(event, *feed.origin_, alerts);
  event.head.t = kNoon;
  event.head.id = "b";
  feed.sequencer_.apply_event(event, *feed.origin_, alerts);
  ASSERT_EQ(alerts.size(), 2U);
  EXPECT_EQ(alerts[0].fired_at, alerts[0].time);
  EXPECT_EQ(alerts[0].flags, Flags{});
}

}  // namespace
}  // namespace vedette::run
