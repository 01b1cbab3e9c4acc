// Hits: events that matched base rules, with the projected columns that correlations, suppression and alert text read.
// A HitBatch is filled by one worker, then handed to the correlator thread; its views point into its own arena, whose
// memory is reused. Hits are the state of the engine: everything in correlate/ is a fold over them in log order.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "engine/base/arena.h"
#include "engine/event/event.h"
#include "engine/event/record.h"

namespace vedette::correlate {

// One value of a column. key: folded (unless the column is cased), sentinels and empty removed; original: as in the event.
struct ColumnValue {
  std::string_view original;
  std::string_view key;
};

// Values of one column: empty = missing. Distinct by key, in document order, at most 64.
using ColumnValues = std::span<const ColumnValue>;

struct Hit {
  std::uint32_t rule = 0;  // index into Plan::rules
  std::uint32_t arm = 0;   // index into SourceProgram::arms
  std::span<const ColumnValues> columns;  // one per RulePlan::columns
};

// All hits of one event, in rule order.
struct EventHits {
  event::EventHead head;       // t, a, flags, id final once sequenced
  std::string_view raw;        // raw bytes, only when the id is to be made from them
  std::span<const Hit> hits;
};

// Counters of one batch, added up by the engine.
struct BatchCounters {
  std::uint64_t records = 0, events = 0, rejected = 0, matched = 0;
};

struct HitBatch {
  std::uint64_t sequence = 0;
  std::shared_ptr<const event::Origin> origin;
  Arena arena;
  std::vector<EventHits> events;
  BatchCounters counters;
  // Newest arrival and event time per source type seen in this batch, for clocks (also of events without hits).
  struct SourceSeen { std::uint32_t source = 0; std::uint64_t events = 0; TimeUs newest_arrival = event::kNoArrival; TimeUs newest_t = INT64_MIN; };
  std::vector<SourceSeen> seen;
};

}  // namespace vedette::correlate
