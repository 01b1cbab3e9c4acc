#include "engine/base/time.h"

#include <fmt/format.h>

#include <iterator>
#include <limits>

namespace vedette {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Reads exactly `count` digits at `at`; -1 when they are not there.
int digits(std::string_view text, std::size_t at, std::size_t count) {
  if (at + count > text.size()) return -1;
  int value = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const char c = text[at + i];
    if (!is_digit(c)) return -1;
    value = value * 10 + (c - '0');
  }
  return value;
}

// The zone suffix as seconds east of UTC; nullopt when malformed.
std::optional<int> parse_zone(std::string_view zone) {
  if (zone.empty() || zone == "Z" || zone == "z" || zone == " UTC" || zone == "UTC" || zone == " GMT") return 0;
  if (zone.front() == ' ') zone.remove_prefix(1);
  if (zone.empty() || (zone[0] != '+' && zone[0] != '-')) return std::nullopt;
  const int hours = digits(zone, 1, 2);
  int minutes = 0;
  if (zone.size() == 6 && zone[3] == ':') {
    minutes = digits(zone, 4, 2);
  } else if (zone.size() == 5) {
    minutes = digits(zone, 3, 2);
  } else if (zone.size() != 3) {
    return std::nullopt;
  }
  if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59) return std::nullopt;
  const int seconds = hours * 3600 + minutes * 60;
  return zone[0] == '-' ? -seconds : seconds;
}

// Fraction digits after a '.' or ','; moves `at` behind them. Beyond microseconds they are cut off.
int parse_fraction(std::string_view text, std::size_t& at) {
  int micros = 0, place = 100'000;
  while (at < text.size() && is_digit(text[at])) {
    micros += (text[at] - '0') * place;
    place /= 10;
    ++at;
  }
  return micros;
}

void append_digits(std::string& out, int value, int count) {
  char text[8];
  for (int i = count; i-- > 0; value /= 10) text[i] = static_cast<char>('0' + value % 10);
  out.append(text, static_cast<std::size_t>(count));
}

}  // namespace

// Days since 1970-01-01 of a proleptic Gregorian date, by eras of 400 years (146,097 days) starting on 1 March.
std::int64_t days_from_civil(int year, int month, int day) {
  const std::int64_t y = static_cast<std::int64_t>(year) - (month <= 2 ? 1 : 0);
  const std::int64_t era = floor_div(y, 400);
  const std::int64_t year_of_era = y - era * 400;
  const std::int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  const std::int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * 146'097 + day_of_era - 719'468;
}

CivilTime to_civil(TimeUs t) {
  const std::int64_t days = floor_div(t, kDayUs);
  std::int64_t rest = t - days * kDayUs;
  const std::int64_t shifted = days + 719'468;
  const std::int64_t era = floor_div(shifted, 146'097);
  const std::int64_t day_of_era = shifted - era * 146'097;
  const std::int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
  const std::int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const std::int64_t shifted_month = (5 * day_of_year + 2) / 153;
  CivilTime civil;
  civil.day = static_cast<int>(day_of_year - (153 * shifted_month + 2) / 5 + 1);
  civil.month = static_cast<int>(shifted_month < 10 ? shifted_month + 3 : shifted_month - 9);
  civil.year = static_cast<int>(year_of_era + era * 400 + (civil.month <= 2 ? 1 : 0));
  civil.hour = static_cast<int>(rest / kHourUs);
  rest %= kHourUs;
  civil.minute = static_cast<int>(rest / kMinuteUs);
  rest %= kMinuteUs;
  civil.second = static_cast<int>(rest / kSecondUs);
  civil.microsecond = static_cast<int>(rest % kSecondUs);
  return civil;
}

bool valid_civil(const CivilTime& c) {
  static constexpr int kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  if (c.year < 0 || c.year > 9999 || c.month < 1 || c.month > 12 || c.day < 1) return false;
  const bool leap = (c.year % 4 == 0 && c.year % 100 != 0) || c.year % 400 == 0;
  const int last = kDays[c.month - 1] + (c.month == 2 && leap ? 1 : 0);
  return c.day <= last && c.hour >= 0 && c.hour <= 23 && c.minute >= 0 && c.minute <= 59 && c.second >= 0 && c.second <= 60;
}

TimeUs from_civil(const CivilTime& c) {
  return days_from_civil(c.year, c.month, c.day) * kDayUs + c.hour * kHourUs + c.minute * kMinuteUs + c.second * kSecondUs +
         c.microsecond;
}

std::optional<TimeUs> parse_iso8601(std::string_view text) {
  if (text.size() < 10 || text[4] != '-' || text[7] != '-') return std::nullopt;
  CivilTime civil;
  civil.year = digits(text, 0, 4);
  civil.month = digits(text, 5, 2);
  civil.day = digits(text, 8, 2);
  std::size_t at = 10;
  if (at < text.size()) {
    if (text[at] != 'T' && text[at] != 't' && text[at] != ' ') return std::nullopt;
    if (text.size() < 16 || text[13] != ':') return std::nullopt;
    civil.hour = digits(text, 11, 2);
    civil.minute = digits(text, 14, 2);
    at = 16;
    if (at < text.size() && text[at] == ':') {
      civil.second = digits(text, 17, 2);
      at = 19;
      if (at < text.size() && (text[at] == '.' || text[at] == ',')) civil.microsecond = parse_fraction(text, ++at);
    }
  }
  if (civil.year < 0 || at > text.size() || !valid_civil(civil)) return std::nullopt;
  const auto offset = parse_zone(text.substr(at));
  if (!offset) return std::nullopt;
  return from_civil(civil) - *offset * kSecondUs;
}

std::optional<TimeUs> parse_epoch(std::string_view text, DurationUs unit_us) {
  const bool negative = !text.empty() && text[0] == '-';
  std::size_t at = negative ? 1 : 0;
  std::string all_digits;
  const auto take_digits = [&] {
    const std::size_t begin = at;
    while (at < text.size() && is_digit(text[at])) all_digits += text[at++];
    return at - begin;
  };
  // Where the decimal point of the microseconds stands, counted from the first digit.
  std::int64_t point = static_cast<std::int64_t>(take_digits());
  if (point == 0 || text.size() > 40) return std::nullopt;
  if (at < text.size() && text[at] == '.') {
    ++at;
    if (take_digits() == 0) return std::nullopt;
  }
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    const bool down = ++at < text.size() && text[at] == '-';
    if (at < text.size() && (text[at] == '+' || text[at] == '-')) ++at;
    const int exponent = at + 2 >= text.size() ? digits(text, at, text.size() - at) : -1;
    if (at == text.size() || exponent < 0) return std::nullopt;
    point += down ? -exponent : exponent;
    at = text.size();
  }
  if (at != text.size()) return std::nullopt;
  point += unit_us == kSecondUs ? 6 : unit_us == 1000 ? 3 : unit_us == 0 ? -3 : 0;
  std::int64_t micros = 0;
  for (std::int64_t i = 0; i < point; ++i) {
    const bool has_digit = i < static_cast<std::int64_t>(all_digits.size());
    if (micros > std::numeric_limits<TimeUs>::max() / 100) return std::nullopt;
    micros = micros * 10 + (has_digit ? all_digits[static_cast<std::size_t>(i)] - '0' : 0);
  }
  return negative ? -micros : micros;
}

void append_rfc3339(std::string& out, TimeUs t) {
  const CivilTime c = to_civil(t);
  if (c.year < 0 || c.year > 9999) {
    fmt::format_to(std::back_inserter(out), "{:04}", c.year);
  } else {
    append_digits(out, c.year, 4);
  }
  append_digits(out += '-', c.month, 2);
  append_digits(out += '-', c.day, 2);
  append_digits(out += 'T', c.hour, 2);
  append_digits(out += ':', c.minute, 2);
  append_digits(out += ':', c.second, 2);
  append_digits(out += '.', c.microsecond, 6);
  out += 'Z';
}

std::string format_rfc3339(TimeUs t) {
  std::string out;
  append_rfc3339(out, t);
  return out;
}

std::optional<DurationUs> parse_duration(std::string_view text) {
  if (text.size() < 2 || text.size() > 12) return std::nullopt;
  std::int64_t number = 0;
  for (const char c : text.substr(0, text.size() - 1)) {
    if (!is_digit(c)) return std::nullopt;
    number = number * 10 + (c - '0');
  }
  DurationUs unit = 0;
  switch (text.back()) {
    case 's':
      unit = kSecondUs;
      break;
    case 'm':
      unit = kMinuteUs;
      break;
    case 'h':
      unit = kHourUs;
      break;
    case 'd':
      unit = kDayUs;
      break;
    case 'w':
      unit = 7 * kDayUs;
      break;
    default:
      return std::nullopt;
  }
  // A century bounds every sum of window, period and accept far below overflow.
  if (number > 36'525 * kDayUs / unit) return std::nullopt;
  return number * unit;
}

std::string format_duration(DurationUs duration) {
  if (duration < 0) return "-" + format_duration(-duration);
  if (duration < kSecondUs) return duration % 1000 == 0 ? fmt::format("{} ms", duration / 1000) : fmt::format("{} us", duration);
  struct Unit {
    DurationUs size;
    const char* name;
  };
  static constexpr Unit kUnits[] = {{kDayUs, "d"}, {kHourUs, "h"}, {kMinuteUs, "m"}, {kSecondUs, "s"}};
  std::string out;
  int parts = 0;
  for (const Unit& unit : kUnits) {
    const std::int64_t n = duration / unit.size;
    if (n == 0) {
      if (parts > 0) break;
      continue;
    }
    fmt::format_to(std::back_inserter(out), "{}{} {}", parts > 0 ? " " : "", n, unit.name);
    duration %= unit.size;
    if (++parts == 2) break;
  }
  return out;
}

}  // namespace vedette
