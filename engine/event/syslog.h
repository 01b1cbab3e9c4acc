// Syslog lines: the headers of RFC 3164, RFC 3339 (rsyslog) and RFC 5424, and the instant that a zone-less, year-less
// time means (spec: formats, "Syslog times"). Pure functions, any thread.
#pragma once

#include <optional>
#include <string_view>

#include "engine/base/time.h"
#include "engine/base/zone.h"

namespace vedette::event {

struct SyslogLine {
  std::string_view timestamp;  // as written; empty = the line has no header
  std::string_view host;
  std::string_view program;
  std::string_view pid;
  std::string_view message;  // the whole line without a header
};

[[nodiscard]] SyslogLine parse_syslog(std::string_view line);

// What decides the reading of a time that names no year or no zone.
struct SyslogReference {
  std::optional<TimeUs> arrival;    // live: the year puts the time nearest to it, and not over 24 h after
  std::optional<TimeUs> previous;   // replay: nearest to the line before
  int year = 0;                     // for the first line of a replay; 0 = unknown
  const ZoneTable* zone = nullptr;  // null = UTC
};

// "Mar  5 10:30:01" (with an optional fraction) or any ISO 8601 time. nullopt when malformed or without a usable year.
[[nodiscard]] std::optional<TimeUs> parse_syslog_time(std::string_view text, const SyslogReference& reference);

}  // namespace vedette::event
