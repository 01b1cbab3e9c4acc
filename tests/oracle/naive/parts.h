// What the naive evaluator hands around: groups, contributions to them, triggers, and the moment from which one looks.
// Values; one thread.
#pragma once

#include <cstddef>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "tests/oracle/naive/number.h"

namespace vedette::naive {

using Keys = std::vector<std::string>;

// Only the records before a position of the log whose stamps are at most the deadline; by default the whole log.
struct Moment {
  Micros deadline = kForever;
  std::size_t position = std::numeric_limits<std::size_t>::max();
  friend auto operator<=>(const Moment&, const Moment&) = default;
};

struct Group {
  std::string tenant;  // * across tenants
  Keys keys;
  friend auto operator<=>(const Group&, const Group&) = default;
};

struct Place {
  double latitude = 0, longitude = 0;
};

// An event, or a derived event, in one group of a correlation.
struct Contribution {
  const Event* event = nullptr;  // the source event
  std::size_t input = 0;
  std::string counted_as;  // what counting types count: the event, or the inner alert id
  std::uint64_t weight = 1;
  // value_count, new_value: of all fields at once. value_change: of each field. metrics: of each value.
  std::vector<std::set<Keys>> tuples = {};
  std::vector<std::optional<Wide>> numbers = {};  // sums, averages: one. metrics: of each value.
  std::vector<Place> places = {};
};
using Contributions = std::vector<Contribution>;
using Groups = std::map<Group, Contributions>;
using Window = std::vector<const Contribution*>;

// A group's pattern was complete at this event.
struct Trigger {
  Group group;
  const Event* event = nullptr;       // of a tumbling window: an event of its own
  Keys value = {};                    // new_value: the parts of the value
  std::optional<Micros> window = {};  // tumbling: its number
};

// A waiting decision that fired.
struct Decision {
  Trigger trigger;
  Micros deadline = 0;
  std::size_t position = 0;  // of the log, where it was made
  bool incomplete = false, at_end = false;
};

}  // namespace vedette::naive
