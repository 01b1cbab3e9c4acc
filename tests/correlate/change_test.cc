// value_change: the worked examples in every order of arrival; which fields differ.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "scenario.h"

namespace vedette::test {
namespace {

using Type = plan::CorrelationType;
using Buckets = std::set<std::int64_t>;

Corr change(bool all, double window = 600) {
  return {.name = "c",
          .type = Type::value_change,
          .rules = {"r", "q"},
          .window = window,
          .period = 86400,
          .values = {"value", "ip"},
          .change_all = all};
}

Event at(double t, Values value, Values ip, Values rules = {"r"}) {
  return {.rules = std::move(rules), .t = t, .id = "e" + std::to_string(t), .value = std::move(value), .ip = std::move(ip)};
}

std::size_t fired(bool all, const std::vector<Event>& events, double window = 600) {
  return buckets_in_every_order({.correlations = {change(all, window)}}, events, "c").size();
}

TEST(Change, WorkedExamples) {
  EXPECT_EQ(fired(true, {at(0, {"1"}, {"mac"}), at(10, {"2"}, {"mac"})}), 0U);
  EXPECT_EQ(fired(true, {at(0, {"1"}, {"mac"}), at(10, {"2"}, {"mac"}), at(20, {"2"}, {"win"})}), 1U);
  EXPECT_EQ(fired(true, {at(0, {"1"}, {}), at(10, {"2"}, {"win"})}), 0U);
}

TEST(Change, AnyFieldIsEnoughWithoutAll) {
  EXPECT_EQ(fired(false, {at(0, {"1"}, {"mac"}), at(10, {"2"}, {"mac"})}), 1U);
  EXPECT_EQ(fired(false, {at(0, {"1"}, {"mac"}), at(10, {"1"}, {"MAC"})}), 0U);
  EXPECT_EQ(fired(false, {at(0, {"1"}, {}), at(10, {}, {"mac"})}), 0U) << "a missing value differs from nothing";
  EXPECT_EQ(fired(false, {at(0, {"1"}, {}), at(10, {"1"}, {"mac"}), at(20, {}, {"win"})}), 1U);
}

TEST(Change, ArraysDifferWhenTheyShareNothing) {
  EXPECT_EQ(fired(false, {at(0, {"1", "2"}, {}), at(10, {"2", "3"}, {})}), 0U);
  EXPECT_EQ(fired(false, {at(0, {"1", "2"}, {}), at(10, {"3"}, {})}), 1U);
}

TEST(Change, WindowIsClosed) {
  EXPECT_EQ(fired(false, {at(0, {"1"}, {}), at(600, {"2"}, {})}), 1U);
  EXPECT_EQ(fired(false, {at(0, {"1"}, {}), at(600.000001, {"2"}, {})}), 0U);
}

TEST(Change, EqualTimesAreBothTriggers) {
  const Corr c = [] {
    Corr made = change(false);
    made.period = 0;
    return made;
  }();
  Event first = at(5, {"1"}, {});
  Event second = at(5, {"2"}, {});
  second.id = "other";
  Replay replay(make_plan({.correlations = {c}}));
  replay.feed(first);
  replay.feed(second);
  EXPECT_EQ(replay.alerts().size(), 2U);
}

TEST(Change, OneEventNeverDiffersFromItself) {
  EXPECT_EQ(fired(false, {at(5, {"1"}, {"mac"}, {"r", "q"}), at(5, {"1"}, {"mac"}, {"r", "q"})}), 0U);
}

TEST(Change, LongSessions) {
  std::vector<Event> events;
  for (int i = 0; i < 60; ++i) events.push_back(at(i, {"1"}, i % 3 == 0 ? Values{} : Values{"mac"}));
  EXPECT_EQ(fired(true, events), 0U);
  EXPECT_EQ(fired(false, events), 0U);
  events.push_back(at(30.5, {"2"}, {"mac"}));
  EXPECT_EQ(fired(true, events), 0U);
  EXPECT_EQ(fired(false, events), 1U);
  events.back() = at(30.5, {"2"}, {"win"});
  EXPECT_EQ(fired(true, events), 1U);
}

TEST(Change, Reason) {
  Replay replay(make_plan({.correlations = {change(false)}}));
  replay.feed(at(0, {"1"}, {"Mac OS"}));
  replay.feed(at(10, {"2"}, {"Windows"}));
  ASSERT_EQ(replay.alerts().size(), 1U);
  EXPECT_EQ(replay.alerts()[0].events.size(), 2U);
  EXPECT_EQ(replay.alerts()[0].reason, "value changed from 1 to 2, ip changed from Mac OS to Windows for alice within 10 m");
}

}  // namespace
}  // namespace vedette::test
