#include "tests/oracle/naive/log.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "tests/oracle/naive/ids.h"

namespace vedette::naive {
namespace {

constexpr Micros kNever = std::numeric_limits<Micros>::min();

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

Event event_of(const Record& record, const SourceTypes& sources, Micros stamp, std::string id) {
  Event event;
  event.tenant = record.tenant;
  event.source = record.source;
  event.repeat = record.repeat;
  event.fields = record.fields;
  event.rules = record.rules;
  event.id = std::move(id);
  event.a = stamp;
  event.t = record.t.value_or(stamp);
  if (event.t > event.a && event.t - event.a > 5 * kMinute) {
    event.t = event.a;
    event.clamped = true;
  }
  event.late = event.t < event.a - sources.at(record.source).accept;
  return event;
}

// A replay merges its inputs by event time.
void merge(Log& log) {
  std::stable_sort(log.events.begin(), log.events.end(), [](const Event& a, const Event& b) {
    return std::tie(a.t, a.tenant, a.source, a.id) < std::tie(b.t, b.tenant, b.source, b.id);
  });
  log.steps.clear();
  for (Event& event : log.events) {
    event.position = log.steps.size();
    log.steps.push_back({Entry::event, "", event.source, event.t});
  }
}

}  // namespace

Log sequence(const std::vector<Record>& records, Clock clock, const SourceTypes& sources, Micros now) {
  std::map<std::string, Stream> streams;
  std::map<std::pair<std::string, std::string>, std::uint64_t> equal_lines;
  Log log;
  log.merged = clock == Clock::merged;
  for (const Record& record : records) {
    if (record.entry == Entry::tick) {
      std::optional<Micros>& time = streams[record.stream].clock;
      time = std::max(time.value_or(*record.arrival), *record.arrival);
      log.steps.push_back({record.entry, record.stream, record.source, *time});
    } else if (record.entry != Entry::event) {
      log.steps.push_back({record.entry, record.stream, record.source, 0});
    } else {
      std::string id = record.id;
      if (id.empty()) id = digest_id({record.bytes, std::to_string(equal_lines[{record.stream, record.bytes}]++)});
      const Micros stamp = stamp_of(record, clock, streams[record.stream], now);
      log.events.push_back(event_of(record, sources, stamp, std::move(id)));
      log.events.back().position = log.steps.size();
      log.steps.push_back({record.entry, record.stream, record.source, stamp});
    }
  }
  if (log.merged) merge(log);
  return log;
}

LogTime::LogTime(const Log& log, const std::set<std::string>& sources, Micros max_hold) {
  std::map<std::pair<std::string, std::string>, Micros> clocks;  // (stream, source type)
  std::set<std::string> down;
  Micros newest = kNever;  // of all sources, listened to or not
  for (const Step& step : log.steps) {
    if (step.entry == Entry::down) down.insert(step.source);
    if (step.entry == Entry::up) down.erase(step.source);
    const bool time = step.entry == Entry::event || step.entry == Entry::tick;
    if (log.merged) {
      clocks = {{{"", ""}, step.stamp}};
    } else if (time && sources.contains(step.source)) {
      const auto [place, fresh] = clocks.emplace(std::pair(step.stream, step.source), step.stamp);
      if (!fresh) place->second = std::max(place->second, step.stamp);
    }
    if (time) newest = std::max(newest, step.stamp);
    std::vector<Micros> all, up;
    for (const auto& [key, clock] : clocks) {
      all.push_back(clock);
      if (!down.contains(key.second)) up.push_back(clock);
    }
    const Micros plain = all.empty() ? kNever : *std::min_element(all.begin(), all.end());
    Micros effective = plain;
    const auto is_down = [&](const std::string& source) { return down.contains(source); };
    if (std::any_of(sources.begin(), sources.end(), is_down) && newest != kNever) {
      const Micros others = up.empty() ? newest : *std::min_element(up.begin(), up.end());
      effective = std::max(plain, others - max_hold);
    }
    plain_.push_back(plain);
    effective_.push_back(effective);
  }
}

std::size_t LogTime::position_of(Micros deadline) const {
  return static_cast<std::size_t>(
      std::find_if(effective_.begin(), effective_.end(), [&](Micros time) { return time > deadline; }) - effective_.begin());
}

bool LogTime::falls() const { return !std::is_sorted(effective_.begin(), effective_.end()); }

bool LogTime::incomplete_at(std::size_t position, Micros deadline) const {
  return position < plain_.size() && plain_[position] <= deadline;
}

}  // namespace vedette::naive
