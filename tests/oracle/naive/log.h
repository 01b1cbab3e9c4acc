// The log: stamps, clocks, clamping, lateness and made ids (semantics §2). A plain fold over the records in log order.
#pragma once

#include <limits>
#include <vector>

#include "tests/oracle/naive/model.h"

namespace vedette::naive {

enum class Clock {
  live,        // every record has a stamp from the transport
  merged,      // replay by event time: the stamp is the event time, nothing is late
  as_arrived,  // the recorded arrival, else the running maximum of t of its stream, at most `now`
};

std::vector<Event> sequence(const std::vector<Record>& log, Clock clock, const SourceTypes& sources,
                            Micros now = std::numeric_limits<Micros>::max());

}  // namespace vedette::naive
