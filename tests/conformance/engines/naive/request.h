// A request of the conformance protocol as the naive evaluator reads it: documents to rules, events to a log. Throws
// std::runtime_error (what is not understood) or Unsupported (what the evaluator leaves out). Pure.
#pragma once

#include <stdexcept>
#include <vector>

#include "tests/naive_match/json.h"
#include "tests/oracle/naive/model.h"

namespace vedette::conformance {

struct Unsupported : std::runtime_error {
  using std::runtime_error::runtime_error;
};

naive::Rules read_rules(const naive::Json& request);
// Each record with the names of the base rules that it matches.
std::vector<naive::Record> read_events(const naive::Json& request);

// 2026-03-08T00:00:00.000001Z
naive::Micros parse_time(const std::string& text);
std::string time_text(naive::Micros time);

}  // namespace vedette::conformance
