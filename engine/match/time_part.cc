#include "engine/match/time_part.h"

#include <algorithm>

namespace vedette::match {
namespace {

constexpr TimeUs kFirstMilliseconds = 100'000'000'000;  // as seconds: the year 5138; as milliseconds: 1973

// Days since the Monday 1969-12-29, the week of the epoch.
std::int64_t monday_index(std::int64_t day) { return floor_div(day + 3, 7); }

// The ISO week belongs to the year of its Thursday and is counted from the year's first Thursday.
int iso_week(std::int64_t day) {
  const std::int64_t thursday = monday_index(day) * 7;  // days since the epoch, itself a Thursday
  const CivilTime civil = to_civil(thursday * kDayUs);
  return static_cast<int>((thursday - days_from_civil(civil.year, 1, 1)) / 7) + 1;
}

bool is_epoch(std::string_view text) {
  if (!text.empty() && text[0] == '-') text.remove_prefix(1);
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return (c >= '0' && c <= '9') || c == '.'; });
}

}  // namespace

std::optional<TimeUs> parse_point(std::string_view text, event::ValueKind kind) {
  if (kind != event::ValueKind::string && kind != event::ValueKind::number) return std::nullopt;
  if (kind == event::ValueKind::string && !is_epoch(text)) return parse_iso8601(text);
  const std::optional<TimeUs> seconds = parse_epoch(text, kSecondUs);
  if (seconds && *seconds<kFirstMilliseconds * kSecondUs&& * seconds> - kFirstMilliseconds * kSecondUs) return seconds;
  return parse_epoch(text, 1000);
}

int time_part(TimeUs t, plan::TimePart part, const ZonePtr& zone) {
  const TimeUs local = zone ? t + zone->offset_at(t) * kSecondUs : t;
  const CivilTime civil = to_civil(local);
  switch (part) {
    case plan::TimePart::minute:
      return civil.minute;
    case plan::TimePart::hour:
      return civil.hour;
    case plan::TimePart::day:
      return civil.day;
    case plan::TimePart::week:
      return iso_week(floor_div(local, kDayUs));
    case plan::TimePart::month:
      return civil.month;
    case plan::TimePart::year:
      return civil.year;
    case plan::TimePart::none:
      break;
  }
  return 0;
}

}  // namespace vedette::match
