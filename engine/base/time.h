// Time: microseconds since 1970-01-01 UTC in a signed 64-bit integer. Pure functions, any thread. No wall clock here:
// callers pass the time in.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace vedette {

using TimeUs = std::int64_t;      // an instant, microseconds since the epoch, UTC
using DurationUs = std::int64_t;  // a length of time, microseconds

inline constexpr DurationUs kSecondUs = 1'000'000;
inline constexpr DurationUs kMinuteUs = 60 * kSecondUs;
inline constexpr DurationUs kHourUs = 60 * kMinuteUs;
inline constexpr DurationUs kDayUs = 24 * kHourUs;

// Broken-down UTC time.
struct CivilTime {
  int year = 1970, month = 1, day = 1, hour = 0, minute = 0, second = 0;
  int microsecond = 0;
};

[[nodiscard]] std::int64_t days_from_civil(int year, int month, int day);
[[nodiscard]] CivilTime to_civil(TimeUs t);
[[nodiscard]] bool valid_civil(const CivilTime& civil);
[[nodiscard]] TimeUs from_civil(const CivilTime& civil);

// ISO 8601 / RFC 3339: 'T', 't' or a blank between date and time, 0-9 fraction digits (beyond microseconds truncated),
// zone Z, +hh:mm, +hhmm, +hh, " UTC" or none (= UTC). A leap second reads as the next second. nullopt when malformed or
// impossible (2017-09-31).
[[nodiscard]] std::optional<TimeUs> parse_iso8601(std::string_view text);
// Integer or decimal count of units, an exponent allowed; unit_us is kSecondUs, 1000, 1, or 0 for nanoseconds. Parts below
// a microsecond are cut off. nullopt when malformed or out of range.
[[nodiscard]] std::optional<TimeUs> parse_epoch(std::string_view text, DurationUs unit_us);
// "2026-01-05T08:00:00.000000Z", always six fraction digits.
[[nodiscard]] std::string format_rfc3339(TimeUs t);
void append_rfc3339(std::string& out, TimeUs t);
// "15m", "90s", "1h", "2d", "1w"; exactly one number and one unit of s m h d w; nullopt otherwise or on overflow.
[[nodiscard]] std::optional<DurationUs> parse_duration(std::string_view text);
// "15 m", "1 h 30 m", "302 s": for sentences.
[[nodiscard]] std::string format_duration(DurationUs duration);

// floor(a / b) for b > 0, also for negative a.
[[nodiscard]] constexpr std::int64_t floor_div(std::int64_t a, std::int64_t b) { return a / b - ((a % b != 0 && a < 0) ? 1 : 0); }

}  // namespace vedette
