// The ways in which one case is presented to the engine: replay by event time, shuffled, with redelivered copies, with
// recorded or transport arrivals, with several workers. Each is a log that the naive evaluator reads too.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "tests/oracle/gen/events.h"
#include "tests/oracle/naive/log.h"

namespace vedette::oracle {

struct Run {
  std::string name;
  naive::Clock clock = naive::Clock::merged;
  naive::Micros now = std::numeric_limits<naive::Micros>::max();
  std::vector<naive::Record> log;  // in log order; for `merged` the order within inputs
  std::size_t workers = 1;
  std::size_t batch = 1;   // records per batch at most
  std::uint64_t seed = 0;  // of batch sizes and input splits
};

std::vector<Run> make_runs(const RuleSet& set, const Case& test_case);

}  // namespace vedette::oracle
