// What sources hand to the engine: framed bytes with their origin and arrival stamp; nothing parsed.
// A RecordBatch is filled by one thread, then moved; views point into its own buffer.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/time.h"
#include "engine/base/zone.h"
#include "engine/plan/source_program.h"

namespace vedette::event {

// Where records come from: one per config source and partition (a file, a topic partition, an endpoint).
// Immutable while records of it are in flight.
struct Origin {
  std::string source_name;  // config name, or the input's path
  std::string partition;    // "" or "topic/3"
  std::string tenant = "default";
  std::uint32_t tenant_index = 0;       // dense, by tenant name
  std::uint32_t clock = 0;              // dense index per (source name, partition)
  std::uint32_t source = plan::kNone;   // forced source type (index into Plan::sources), or kNone = recognise
  std::vector<plan::FieldPath> unwrap;  // extra unwrap paths, tried before the source type's own
  int year_hint = 0;                    // for zone-less syslog times; 0 = none
  ZonePtr zone;                         // null: the source type's own
  // Events without an id: equal lines are counted within one batch (an HTTP request) instead of over the source name.
  bool ordinal_per_batch = false;
};

inline constexpr TimeUs kNoArrival = INT64_MIN;

struct RawRecord {
  std::string_view bytes;       // at least kPadding readable bytes follow inside the batch buffer
  TimeUs arrival = kNoArrival;  // arrival stamp; kNoArrival: replay decides
  std::uint64_t position = 0;   // byte offset of the element in its input, or the Kafka offset
  std::uint64_t line = 0;       // 1-based line (or element) number in its input, 0 = unknown
};

inline constexpr std::size_t kPadding = 64;  // >= SIMDJSON_PADDING (32)

// Records of one origin, in order. `sequence` numbers batches over all origins: the log order.
struct RecordBatch {
  std::uint64_t sequence = 0;
  std::shared_ptr<const Origin> origin;
  std::string buffer;  // owns all bytes, with kPadding at its end
  std::vector<RawRecord> records;
  // Pull sources: where the source goes on after this batch, in words of its own; committed together with the batch.
  std::string resume;
  std::uint64_t inbox = 0;  // push sources: the batch's number in the inbox; 0 = it is not stored
  // The records were there long before they were read, after a stop for instance: `arrival` is no more than the latest time
  // at which each can have come. Their stamps are the newest event time so far, never beyond it.
  bool backlog = false;
};

}  // namespace vedette::event
