#include "engine/base/zone.h"

#include <gtest/gtest.h>

namespace vedette {
namespace {

TimeUs at(const char* text) { return parse_iso8601(text).value(); }

// Central Europe in 2025: summer time from 30 March 01:00 UTC to 26 October 01:00 UTC.
ZoneTable central_europe() {
  return {"Europe/Berlin", 3600, {{at("2025-03-30T01:00:00Z"), 7200}, {at("2025-10-26T01:00:00Z"), 3600}}};
}

TEST(ZoneTable, OrdinaryTimes) {
  const ZoneTable zone = central_europe();
  EXPECT_EQ(zone.to_utc(at("2025-01-15T12:00:00Z")), at("2025-01-15T11:00:00Z"));
  EXPECT_EQ(zone.to_utc(at("2025-07-15T12:00:00Z")), at("2025-07-15T10:00:00Z"));
  EXPECT_EQ(zone.offset_at(at("2025-03-30T00:59:59Z")), 3600);
  EXPECT_EQ(zone.offset_at(at("2025-03-30T01:00:00Z")), 7200);
}

TEST(ZoneTable, TheSkippedHourShiftsByTheGap) {
  // 02:30 does not exist on 30 March: it reads as 03:30 summer time.
  EXPECT_EQ(central_europe().to_utc(at("2025-03-30T02:30:00Z")), at("2025-03-30T01:30:00Z"));
  EXPECT_EQ(central_europe().to_utc(at("2025-03-30T03:00:00Z")), at("2025-03-30T01:00:00Z"));
}

TEST(ZoneTable, TheRepeatedHourTakesTheEarlierReadingUnlessPassed) {
  const ZoneTable zone = central_europe();
  EXPECT_EQ(zone.to_utc(at("2025-10-26T02:30:00Z")), at("2025-10-26T00:30:00Z"));
  EXPECT_EQ(zone.to_utc(at("2025-10-26T02:30:00Z"), at("2025-10-26T00:29:00Z")), at("2025-10-26T00:30:00Z"));
  EXPECT_EQ(zone.to_utc(at("2025-10-26T02:10:00Z"), at("2025-10-26T00:50:00Z")), at("2025-10-26T01:10:00Z"));
}

}  // namespace
}  // namespace vedette
