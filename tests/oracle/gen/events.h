// Seeded events for a rule set: 20-54 of them over a few groups and tenants, with times on and beside window edges,
// ties, bucket edges and far-away times; arrays, missing values, sentinels, spellings. Values; one thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tests/oracle/gen/rule_set.h"
#include "tests/oracle/naive/model.h"

namespace vedette::oracle {

struct CaseEvent {
  naive::Record record;  // without stream, arrival and bytes, which depend on the run
  // JSON members, each with its comma: the id, the time and the others. Text: the time of the header, the message.
  std::string id, time, body;
};

struct Case {
  std::uint64_t seed = 0;
  bool far_apart = false;  // some events lie days away from the others
  std::vector<CaseEvent> events;
};

// scale: that many times the events over that many times the span.
Case make_case(const RuleSet& set, std::uint64_t seed, std::int64_t scale = 1);

// The event as one line; `seen` is its recorded arrival, if any (JSON only); `timed`: with its time.
std::string to_line(const CaseEvent& event, const std::optional<naive::Micros>& seen, bool timed);

}  // namespace vedette::oracle
