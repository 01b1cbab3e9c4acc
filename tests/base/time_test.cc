#include "engine/base/time.h"

#include <gtest/gtest.h>

#include <random>

namespace vedette {
namespace {

TEST(ParseIso8601, AcceptsTheSpellingsOfSources) {
  const TimeUs base = 1'745'216'359LL * kSecondUs;  // 2025-04-21T06:19:19Z
  struct Case {
    const char* text;
    TimeUs expected;
  };
  const Case cases[] = {
      {"2025-04-21T06:19:19Z", base},
      {"2025-04-21T06:19:19.251976Z", base + 251'976},
      {"2025-04-21T06:19:19.2Z", base + 200'000},
      {"2025-04-21T06:19:19.123456789Z", base + 123'456},
      {"2025-04-21 06:19:19.251", base + 251'000},
      {"2025-04-21t06:19:19z", base},
      {"2025-04-21T08:19:19+02:00", base},
      {"2025-04-21T01:19:19-0500", base},
      {"2025-04-21T08:19:19+02", base},
      {"2025-04-21 06:19:19 UTC", base},
      {"2025-04-21T06:19:19", base},
      {"1970-01-01", 0},
      {"1969-12-31T23:59:59.999999Z", -1},
      {"2016-12-31T23:59:60Z", 1'483'228'800LL * kSecondUs},
  };
  for (const Case& c : cases) EXPECT_EQ(parse_iso8601(c.text), c.expected) << c.text;
}

TEST(ParseIso8601, RefusesWhatIsNotATime) {
  for (const char* text : {"", "2025", "2025-04-21T", "2025-13-01T00:00:00Z", "2017-09-31T00:00:00Z", "2023-02-29T00:00:00Z",
                           "2025-04-21T24:00:00Z", "2025-04-21T06:60:00Z", "2025-04-21T06:19:61Z", "2025-04-21T06:19:19X",
                           "2025-04-21T06:19:19+2", "2025-04-21T06:19:19+25:00", "2025-04-21T06:1", "2025-04-21T06:19:1",
                           "20250421T061919Z", " 2025-04-21T06:19:19Z", "2025-04-21T06:19:19Z "}) {
    EXPECT_EQ(parse_iso8601(text), std::nullopt) << text;
  }
}

TEST(ParseIso8601, EveryPrefixIsHandled) {
  const std::string text = "2025-04-21T06:19:19.251976+02:00";
  for (std::size_t n = 0; n < text.size(); ++n) (void)parse_iso8601(text.substr(0, n));
}

TEST(Civil, RoundTripsOverTheWholeRange) {
  std::mt19937_64 random(7);
  for (int i = 0; i < 20'000; ++i) {
    const TimeUs t = static_cast<TimeUs>(random() % (2 * 250'000'000'000'000'000ULL)) / 4 - 60'000'000'000'000'000;
    EXPECT_EQ(from_civil(to_civil(t)), t);
    const CivilTime civil = to_civil(t);
    if (civil.year >= 0 && civil.year <= 9999) {
      EXPECT_TRUE(valid_civil(civil)) << t;
      EXPECT_EQ(parse_iso8601(format_rfc3339(t)), t);
    }
  }
}

TEST(ParseEpoch, UnitsFractionsAndExponents) {
  EXPECT_EQ(parse_epoch("1753109304", kSecondUs), 1'753'109'304'000'000);
  EXPECT_EQ(parse_epoch("1753109304.597", kSecondUs), 1'753'109'304'597'000);
  EXPECT_EQ(parse_epoch("1753109304.5979999", kSecondUs), 1'753'109'304'597'999);
  EXPECT_EQ(parse_epoch("1753109304597", 1000), 1'753'109'304'597'000);
  EXPECT_EQ(parse_epoch("1686919896987169", 1), 1'686'919'896'987'169);
  EXPECT_EQ(parse_epoch("1686919896987169123", 0), 1'686'919'896'987'169);
  EXPECT_EQ(parse_epoch("1.753109304597E12", 1000), 1'753'109'304'597'000);
  EXPECT_EQ(parse_epoch("15e-1", kSecondUs), 1'500'000);
  EXPECT_EQ(parse_epoch("-1.5", kSecondUs), -1'500'000);
  EXPECT_EQ(parse_epoch("0", kSecondUs), 0);
  for (const char* text : {"", "-", ".5", "1.", "1e", "abc", "1x", "NaN", "99999999999999999999", "1e99", "0x10"}) {
    EXPECT_EQ(parse_epoch(text, kSecondUs), std::nullopt) << text;
  }
}

TEST(ParseDuration, OneNumberOneUnit) {
  EXPECT_EQ(parse_duration("90s"), 90 * kSecondUs);
  EXPECT_EQ(parse_duration("15m"), 15 * kMinuteUs);
  EXPECT_EQ(parse_duration("1h"), kHourUs);
  EXPECT_EQ(parse_duration("2d"), 2 * kDayUs);
  EXPECT_EQ(parse_duration("1w"), 7 * kDayUs);
  EXPECT_EQ(parse_duration("0s"), 0);
  for (const char* text : {"", "s", "15", "1h30m", "500ms", "1M", "-1s", "1 h", "99999999999d", "1.5h"}) {
    EXPECT_EQ(parse_duration(text), std::nullopt) << text;
  }
}

TEST(FormatDuration, TwoLargestUnits) {
  EXPECT_EQ(format_duration(15 * kMinuteUs), "15 m");
  EXPECT_EQ(format_duration(4 * kMinuteUs + 12 * kSecondUs), "4 m 12 s");
  EXPECT_EQ(format_duration(kDayUs + kSecondUs), "1 d");
  EXPECT_EQ(format_duration(250'000), "250 ms");
  EXPECT_EQ(format_duration(-kSecondUs), "-1 s");
}

TEST(FloorDiv, RoundsTowardMinusInfinity) {
  EXPECT_EQ(floor_div(7, 2), 3);
  EXPECT_EQ(floor_div(-7, 2), -4);
  EXPECT_EQ(floor_div(-8, 2), -4);
  EXPECT_EQ(floor_div(-1, 600), -1);
  EXPECT_EQ(floor_div(0, 600), 0);
}

}  // namespace
}  // namespace vedette
