#include "tests/oracle/naive/log.h"

#include <algorithm>
#include <utility>

#include "tests/oracle/naive/ids.h"

namespace vedette::naive {
namespace {

struct Stream {
  std::optional<Micros> newest_t;
  std::optional<Micros> clock;
};

Micros stamp_of(const Record& record, Clock clock, Stream& stream, Micros now) {
  if (clock == Clock::merged) return record.t.value();
  if (record.t && (!stream.newest_t || *stream.newest_t < *record.t)) stream.newest_t = record.t;
  Micros stamp = record.arrival ? *record.arrival : std::min(stream.newest_t.value(), now);
  if (stream.clock && stamp < *stream.clock) stamp = *stream.clock;
  stream.clock = stamp;
  return stamp;
}

}  // namespace

std::vector<Event> sequence(const std::vector<Record>& log, Clock clock, const SourceTypes& sources, Micros now) {
  std::map<std::string, Stream> streams;
  std::map<std::pair<std::string, std::string>, std::uint64_t> equal_lines;
  std::vector<Event> events;
  for (const Record& record : log) {
    Event event;
    event.tenant = record.tenant;
    event.source = record.source;
    event.repeat = record.repeat;
    event.fields = record.fields;
    event.rules = record.rules;
    event.id = record.id;
    if (event.id.empty()) event.id = digest_id({record.bytes, std::to_string(equal_lines[{record.stream, record.bytes}]++)});
    event.a = stamp_of(record, clock, streams[record.stream], now);
    event.t = record.t.value_or(event.a);
    if (event.t > event.a && event.t - event.a > 5 * kMinute) {
      event.t = event.a;
      event.clamped = true;
    }
    event.late = event.t < event.a - sources.at(record.source).accept;
    events.push_back(std::move(event));
  }
  return events;
}

}  // namespace vedette::naive
