// The naive evaluator: which alerts a log means (spec semantics §3 and §4, docs/semantics.md). Nothing incremental:
// contributions, then triggers by looking at every window (world.h, patterns.h), then buckets.
#pragma once

#include <map>
#include <string>

#include "tests/oracle/naive/log.h"
#include "tests/oracle/naive/model.h"

namespace vedette::naive {

// All settled alerts by id. The first copy of an event in log order that is not late counts.
std::map<std::string, Alert> evaluate(const Log& log, const Rules& rules);

// World::log_time_falls
bool log_time_falls(const Log& log, const Rules& rules);

}  // namespace vedette::naive
