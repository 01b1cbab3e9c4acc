// A decoded event: views into the decoder's buffers, valid until the decoder's next record. One per decoder; one thread.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "engine/base/hash.h"
#include "engine/base/time.h"

namespace vedette::event {

enum class ValueKind : std::uint8_t { null, boolean, number, string, object };

// text: strings unescaped; numbers, true and false by source text; objects raw JSON (compact form on demand, see
// EventView::compact_text); null empty. element: of paths that tell members apart, the number of the object that the value is
// part of, ascending and never 0; else 0.
struct Value {
  std::string_view text;
  ValueKind kind = ValueKind::null;
  std::uint32_t element = 0;
};

enum EventFlag : std::uint8_t {
  kLate = 1,  // older than accept: single-event rules only
  kTimeClamped = 2,
  kTimeMissing = 4,
  kRepeated = 8,  // the source declares repeat > 1
  kIdMade = 16,   // id derived from the raw bytes; the ordinal is not yet part of it (see EventHead::raw_digest)
};

// What sequencing and correlation need of an event besides its fields.
struct EventHead {
  std::uint32_t source = 0;  // index into Plan::sources
  std::uint8_t flags = 0;
  std::uint32_t repeat = 1;  // declared repeat count
  TimeUs t = 0;              // event time, as decoded (not yet clamped when arrival is unknown)
  TimeUs a = 0;              // arrival stamp: the record's, else the recorded one (`arrival:`), else kNoArrival
  std::string_view id;       // from the mapping; empty when kIdMade
  Hash128 raw_hash{};        // kIdMade: hash of the raw bytes (process-seeded, for counting equal lines only)
  std::uint64_t line = 0;    // place in the input
};

}  // namespace vedette::event
