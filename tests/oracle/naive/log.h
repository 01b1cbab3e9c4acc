// The log: stamps, clocks, clamping, lateness and made ids (semantics §2), and the log time of a rule at every position.
// A plain fold over the records in log order.
#pragma once

#include <limits>
#include <set>
#include <string>
#include <vector>

#include "tests/oracle/naive/model.h"

namespace vedette::naive {

enum class Clock {
  live,        // every record has a stamp from the transport
  merged,      // replay by event time: the stamp is the event time, nothing is late
  as_arrived,  // the recorded arrival, else the running maximum of t of its stream, at most `now`
};

// What one position of the log does to the clocks.
struct Step {
  Entry entry = Entry::event;
  std::string stream, source;
  Micros stamp = 0;  // event, tick
};

struct Log {
  std::vector<Event> events;  // in log order
  std::vector<Step> steps;    // one per position
  bool merged = false;
};

Log sequence(const std::vector<Record>& log, Clock clock, const SourceTypes& sources,
             Micros now = std::numeric_limits<Micros>::max());

// The log time of what listens to some source types, position by position.
class LogTime {
 public:
  LogTime(const Log& log, const std::set<std::string>& sources, Micros max_hold);

  // Where a decision is made: the first position whose log time is past the deadline, or, with a source down, where the
  // others are past it by max_hold. The end of the log: steps.size().
  [[nodiscard]] std::size_t position_of(Micros deadline) const;
  [[nodiscard]] bool incomplete_at(std::size_t position, Micros deadline) const;
  [[nodiscard]] bool falls() const;
  [[nodiscard]] std::size_t end() const { return effective_.size(); }

 private:
  std::vector<Micros> plain_, effective_;
};

}  // namespace vedette::naive
