// Hits: events that matched base rules, with the projected columns that correlations, suppression and alert text read.
// A HitBatch is filled by one worker, then handed to the correlator thread; its views point into its own arena, whose
// memory is reused. Hits are the state of the engine: everything in correlate/ is a fold over them in log order.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "engine/base/arena.h"
#include "engine/event/event.h"
#include "engine/event/record.h"
#include "engine/plan/plan.h"

namespace vedette::correlate {

// One value of a column. key: folded (unless the column is cased), sentinels and empty removed; original: as in the event.
struct ColumnValue {
  std::string_view original;
  std::string_view key;
};

// Values of one column: empty = missing. Distinct by key, in document order, at most 64.
using ColumnValues = std::span<const ColumnValue>;

inline constexpr TimeUs kNoTime = INT64_MIN;

struct Hit {
  std::uint32_t rule = 0;                 // index into Plan::rules
  std::uint32_t arm = 0;                  // index into SourceProgram::arms
  std::span<const ColumnValues> columns;  // one per RulePlan::columns
  std::optional<plan::Level> level = {};  // by `level-when`; above the rule's own
};

// All hits of one event, in rule order. Without hits it is a mark: only its stamps count (a source type was first seen).
struct EventHits {
  // Final (t, a, flags, id) once sequenced. Before that t of an event without a usable time is that of the last good one
  // before it in the batch, or kNoTime.
  event::EventHead head;
  // Per source type: the newest stamp (arrival, else event time) of the batch up to and including this event, or
  // kNoArrival. What the sequencer makes head.a and the clocks of.
  std::span<const TimeUs> stamps;
  std::string_view raw;  // raw bytes, only when the id is to be made from them
  std::span<const Hit> hits;
};

// Counters of one batch, added up by the engine.
struct BatchCounters {
  std::uint64_t records = 0, events = 0, rejected = 0, matched = 0;
  std::vector<std::uint64_t> filtered;  // per Plan::filters: matches that it removed
};

struct HitBatch {
  std::uint64_t sequence = 0;
  std::shared_ptr<const event::Origin> origin;
  Arena arena;
  std::vector<EventHits> events;
  BatchCounters counters;
  // Over all events of the batch, with or without hits; kNoTime when it has none with a usable time.
  TimeUs first_good_t = kNoTime, last_good_t = kNoTime, min_t = kNoTime, max_t = kNoTime;
  // Per source type (index into Plan::sources): the newest stamp of the whole batch, or kNoArrival.
  std::vector<TimeUs> stamps;

  // Empties the batch and keeps its memory.
  void clear() {
    origin.reset();
    arena.clear();
    events.clear();
    counters = {};
    first_good_t = last_good_t = min_t = max_t = kNoTime;
    stamps.assign(stamps.size(), event::kNoArrival);
  }
};

}  // namespace vedette::correlate
