#include "engine/event/syslog.h"

#include <algorithm>
#include <array>
#include <cstdlib>

namespace vedette::event {
namespace {

bool digit(char c) { return c >= '0' && c <= '9'; }

bool all_digits(std::string_view text) { return !text.empty() && std::all_of(text.begin(), text.end(), digit); }

// The text before the first blank; `rest` moves behind that blank.
std::string_view take_word(std::string_view& rest) {
  const std::size_t end = std::min(rest.find(' '), rest.size());
  const std::string_view word = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return word;
}

// "<13>" at the front, or nothing.
void drop_priority(std::string_view& rest) {
  if (!rest.starts_with('<')) return;
  const std::size_t end = rest.find('>');
  if (end != std::string_view::npos && end <= 4 && all_digits(rest.substr(1, end - 1))) rest.remove_prefix(end + 1);
}

int month_of(std::string_view name) {
  constexpr std::array<std::string_view, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                        "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto found = std::find(kMonths.begin(), kMonths.end(), name);
  return found == kMonths.end() ? 0 : static_cast<int>(found - kMonths.begin()) + 1;
}

int two_digits(std::string_view text, std::size_t at) { return (text[at] - '0') * 10 + (text[at + 1] - '0'); }

struct BsdTime {
  CivilTime civil;         // year not set
  std::size_t length = 0;  // bytes of the time; 0 = not one
};

// "Mar  5 10:30:01", "Mar 15 10:30:01", "Mar 5 10:30:01.123456".
BsdTime parse_bsd_time(std::string_view text) {
  BsdTime out;
  if (text.size() < 14 || text[3] != ' ') return out;
  out.civil.month = month_of(text.substr(0, 3));
  if (out.civil.month == 0) return out;
  std::size_t at = text[4] == ' ' ? 5 : 4;
  if (!digit(text[at])) return out;
  out.civil.day = text[at++] - '0';
  if (digit(text[at])) out.civil.day = out.civil.day * 10 + (text[at++] - '0');
  if (text.size() < at + 9 || text[at] != ' ') return out;
  const std::string_view clock = text.substr(at + 1, 8);
  for (std::size_t i = 0; i < 8; ++i) {
    if (i % 3 == 2 ? clock[i] != ':' : !digit(clock[i])) return out;
  }
  out.civil.hour = two_digits(clock, 0);
  out.civil.minute = two_digits(clock, 3);
  out.civil.second = two_digits(clock, 6);
  at += 9;
  if (at + 1 < text.size() && text[at] == '.' && digit(text[at + 1])) {
    int scale = 100'000;
    for (++at; at < text.size() && digit(text[at]); ++at, scale /= 10) out.civil.microsecond += (text[at] - '0') * scale;
  }
  out.length = at;
  return out;
}

// "prog[pid]: message", "prog: message"; anything else is message alone.
void split_tag(std::string_view rest, SyslogLine& out) {
  out.message = rest;
  const std::string_view word = rest.substr(0, std::min(rest.find(' '), rest.size()));
  const std::size_t colon = word.find("]:");
  std::string_view tag;
  if (colon != std::string_view::npos) {
    tag = word.substr(0, colon + 1);
  } else if (word.size() > 1 && word.ends_with(':')) {
    tag = word.substr(0, word.size() - 1);
  } else {
    return;
  }
  std::string_view message = rest.substr(tag.size() + 1);
  if (message.starts_with(' ')) message.remove_prefix(1);
  const std::size_t open = tag.rfind('[');
  if (tag.ends_with(']') && open != std::string_view::npos && open > 0) {
    out.pid = tag.substr(open + 1, tag.size() - open - 2);
    tag = tag.substr(0, open);
  }
  out.program = tag;
  out.message = message;
}

// Behind the structured data of RFC 5424, or nullopt when malformed.
std::optional<std::size_t> structured_data_end(std::string_view text) {
  if (text.starts_with('-')) return 1;
  std::size_t at = 0;
  while (at < text.size() && text[at] == '[') {
    bool quoted = false;
    for (++at; at < text.size() && (quoted || text[at] != ']'); ++at) {
      if (quoted && text[at] == '\\') {
        ++at;
      } else if (text[at] == '"') {
        quoted = !quoted;
      }
    }
    if (at >= text.size()) return std::nullopt;
    ++at;
  }
  if (at == 0) return std::nullopt;
  return at;
}

std::string_view not_nil(std::string_view word) { return word == "-" ? std::string_view{} : word; }

// rest begins behind "<13>1 ".
bool parse_5424(std::string_view rest, SyslogLine& out) {
  SyslogLine line;
  line.timestamp = take_word(rest);
  if (line.timestamp != "-" && !parse_iso8601(line.timestamp)) return false;
  line.host = not_nil(take_word(rest));
  line.program = not_nil(take_word(rest));
  line.pid = not_nil(take_word(rest));
  if (take_word(rest).empty()) return false;  // the message id
  const auto end = structured_data_end(rest);
  if (!end) return false;
  rest.remove_prefix(*end);
  if (rest.starts_with(' ')) rest.remove_prefix(1);
  if (rest.starts_with("\xEF\xBB\xBF")) rest.remove_prefix(3);
  line.message = rest;
  out = line;
  return true;
}

bool looks_like_iso(std::string_view text) {
  return text.size() > 18 && digit(text[0]) && text[4] == '-' && text[7] == '-' && text[10] == 'T';
}

constexpr DurationUs kAheadOfArrival = kDayUs;

// The instant of a civil time in one year, or nothing on 29 February of a common year.
std::optional<TimeUs> in_year(CivilTime civil, int year, const ZoneTable* zone, TimeUs previous) {
  civil.year = year;
  if (!valid_civil(civil)) return std::nullopt;
  const TimeUs local = from_civil(civil);
  return zone == nullptr ? local : zone->to_utc(local, previous);
}

std::optional<TimeUs> nearest(const CivilTime& civil, TimeUs reference, TimeUs latest, const ZoneTable* zone, TimeUs previous) {
  std::optional<TimeUs> best;
  const int around = to_civil(reference).year;
  // Leap years are at most eight years apart.
  for (int year = around - 8; year <= around + 8; ++year) {
    const auto t = in_year(civil, year, zone, previous);
    if (!t || *t > latest) continue;
    if (!best || std::llabs(*t - reference) < std::llabs(*best - reference)) best = t;
  }
  return best;
}

}  // namespace

SyslogLine parse_syslog(std::string_view line) {
  SyslogLine out;
  out.message = line;
  std::string_view rest = line;
  drop_priority(rest);
  if (rest.size() != line.size() && rest.starts_with("1 ")) {
    if (parse_5424(rest.substr(2), out)) return out;
  }
  if (const BsdTime time = parse_bsd_time(rest); time.length != 0 && rest.size() > time.length && rest[time.length] == ' ') {
    out.timestamp = rest.substr(0, time.length);
    rest.remove_prefix(time.length + 1);
  } else if (looks_like_iso(rest)) {
    std::string_view after = rest;
    const std::string_view word = take_word(after);
    if (after.empty() || !parse_iso8601(word)) return out;
    out.timestamp = word;
    rest = after;
  } else {
    return out;
  }
  std::string_view after = rest;
  const std::string_view word = take_word(after);
  if (!word.ends_with(':')) {  // else the tag itself: a local log without host names
    out.host = word;
    rest = after;
  }
  split_tag(rest, out);
  return out;
}

std::optional<TimeUs> parse_syslog_time(std::string_view text, const SyslogReference& reference) {
  const BsdTime time = parse_bsd_time(text);
  if (time.length == 0 || time.length != text.size()) return parse_iso8601(text);
  CivilTime probe = time.civil;
  probe.year = 2000;  // a leap year: 29 February is possible
  if (!valid_civil(probe)) return std::nullopt;
  if (reference.arrival) {
    // Of two readings of an ambiguous hour the one nearest to the arrival.
    const TimeUs previous = *reference.arrival - kHourUs / 2;
    return nearest(time.civil, *reference.arrival, *reference.arrival + kAheadOfArrival, reference.zone, previous);
  }
  if (reference.previous) return nearest(time.civil, *reference.previous, INT64_MAX, reference.zone, *reference.previous);
  if (reference.year == 0) return std::nullopt;
  for (int year = reference.year; year > reference.year - 9; --year) {
    if (const auto t = in_year(time.civil, year, reference.zone, INT64_MIN)) return t;
  }
  return std::nullopt;
}

}  // namespace vedette::event
