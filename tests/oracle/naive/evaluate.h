// The naive evaluator: which alerts the set of events means (semantics §3 and §4). Nothing incremental: contributions,
// then triggers by looking at every window, then buckets. Ordered sequences try every assignment.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "tests/oracle/naive/model.h"

namespace vedette::naive {

// All alerts by id. Events are in log order (the first copy that is not late counts).
std::map<std::string, Alert> evaluate(const std::vector<Event>& events, const Rules& rules);

}  // namespace vedette::naive
