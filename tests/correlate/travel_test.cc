// travel: the worked examples in every order of arrival, places that do not count, many places.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "scenario.h"

namespace vedette::test {
namespace {

using Type = plan::CorrelationType;

const char* const kParis = "48.8566,2.3522";
const char* const kTokyo = "35.6762,139.6503";
const char* const kLyon = "45.7640,4.8357";  // 392 km from Paris

Corr travel(const std::string& speed = "900", const std::string& distance = "300") {
  Corr c{.name = "t", .type = Type::travel, .rules = {"r"}, .window = 86400, .period = 86400, .values = {"value"}};
  c.speed_kmh = {gte(speed)};
  if (!distance.empty()) c.distance_km = {gte(distance)};
  return c;
}

Event at(double t, Values places, const std::string& id = "") {
  return {.rules = {"r"}, .t = t, .id = id.empty() ? "e" + std::to_string(t) : id, .value = std::move(places)};
}

std::size_t fired(const Corr& c, const std::vector<Event>& events) {
  return buckets_in_every_order({.correlations = {c}}, events, "t").size();
}

TEST(Travel, WorkedExamples) {
  EXPECT_EQ(fired(travel(), {at(0, {kParis}), at(3600, {kTokyo})}), 1U);
  EXPECT_EQ(fired(travel(), {at(0, {kParis}, "a"), at(0, {kParis}, "b")}), 0U);
}

TEST(Travel, SpeedAndDistance) {
  EXPECT_EQ(fired(travel(), {at(0, {kParis}), at(12 * 3600, {kTokyo})}), 0U);
  EXPECT_EQ(fired(travel(), {at(0, {kParis}), at(1200, {kLyon})}), 1U) << "1176 km/h";
  EXPECT_EQ(fired(travel(), {at(0, {kParis}), at(1800, {kLyon})}), 0U) << "784 km/h";
  EXPECT_EQ(fired(travel("900", "400"), {at(0, {kParis}), at(600, {kLyon})}), 0U);
  EXPECT_EQ(fired(travel("900", ""), {at(0, {kParis}), at(600, {kLyon})}), 1U);
  EXPECT_EQ(fired(travel("1000000"), {at(7, {kParis}, "a"), at(7, {kLyon}, "b")}), 1U) << "equal times";
}

TEST(Travel, ThereAndBack) {
  // Too slow from Tokyo at 0, too fast to Paris from Lyon.
  EXPECT_EQ(fired(travel(), {at(0, {kTokyo}), at(50000, {kLyon}), at(50600, {kParis})}), 1U);
  EXPECT_EQ(fired(travel(), {at(0, {kTokyo}), at(50000, {kLyon}), at(54000, {kParis})}), 0U);
}

TEST(Travel, AnyPlaceOfAnEventCountsButNotAgainstItself) {
  EXPECT_EQ(fired(travel(), {at(0, {kParis, kTokyo})}), 0U);
  EXPECT_EQ(fired(travel(), {at(0, {kParis, kTokyo}), at(3600, {kParis})}), 1U);
}

TEST(Travel, WhatIsNoPlaceDoesNotContribute) {
  EXPECT_EQ(fired(travel(), {at(0, {kParis}), at(3600, {"Tokyo"}), at(3601, {"91,0"}), at(3602, {"0,181"}), at(3603, {})}), 0U);
  EXPECT_EQ(fired(travel(), {at(0, {kParis}), at(3600, {R"({"lat":35.6762,"lon":139.6503})"})}), 1U);
  EXPECT_EQ(fired(travel(), {at(0, {kParis}), at(3600, {R"({"latitude":35.6762,"longitude":139.6503})"})}), 1U);
}

TEST(Travel, LongSessionsWithManyPlaces) {
  std::vector<Event> events;
  for (int i = 0; i < 60; ++i) events.push_back(at(i * 60, {"48." + std::to_string(8000 + i % 15) + ",2.3522"}));
  EXPECT_EQ(fired(travel("900", "100"), events), 0U);
  events.push_back(at(1800.5, {kLyon}));
  EXPECT_EQ(fired(travel("900", "100"), events), 1U);
}

TEST(Travel, Reason) {
  Replay replay(make_plan({.correlations = {travel()}}));
  replay.feed(at(0, {kParis}));
  replay.feed(at(3600, {kTokyo}));
  ASSERT_EQ(replay.alerts().size(), 1U);
  EXPECT_EQ(replay.alerts()[0].reason, "travelled from 48.8566,2.3522 to 35.6762,139.6503, 9712 km in 1 h (9712 km/h) for alice");
}

}  // namespace
}  // namespace vedette::test
