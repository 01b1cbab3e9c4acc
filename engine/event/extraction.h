// What one walk over an event found. Reused from event to event; spans and texts are valid until the next reset.
// Owned by a Decoder, one thread.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "engine/event/event.h"

namespace vedette::event {

// An array or object or string that may hold the real events.
struct EnvelopeHit {
  std::uint32_t path = 0;   // index of the unwrap path
  std::uint32_t value = 0;  // structural index of the value
  int depth = 0;            // containers around it
};

class Extraction {
 public:
  Extraction(std::size_t slot_count, std::size_t id_count, std::size_t time_count, std::size_t presence_bits)
      : ids(id_count), times(time_count), seen((presence_bits + 63) / 64), values_(slot_count), spans_(slot_count) {}

  void reset() {
    for (const std::uint32_t slot : touched_) {
      values_[slot].clear();
      spans_[slot] = {};
    }
    touched_.clear();
    std::fill(ids.begin(), ids.end(), Value{});
    std::fill(times.begin(), times.end(), Value{});
    arrival = {};
    std::fill(seen.begin(), seen.end(), 0);
    envelopes.clear();
  }

  void add(std::uint32_t slot, const Value& value) {
    std::vector<Value>& list = values_[slot];
    if (list.empty()) touched_.push_back(slot);
    // Member by member: a whole copy would read the small members, just written, as one word and stall on them.
    list.emplace_back(value.text, value.kind, value.element);
    spans_[slot] = list;
  }

  [[nodiscard]] std::span<const std::span<const Value>> slots() const { return spans_; }

  // First string or number at each path; null = absent.
  std::vector<Value> ids;
  std::vector<Value> times;
  Value arrival;
  std::vector<std::uint64_t> seen;  // presence bits
  std::vector<EnvelopeHit> envelopes;

 private:
  std::vector<std::vector<Value>> values_;
  std::vector<std::span<const Value>> spans_;
  std::vector<std::uint32_t> touched_;
};

}  // namespace vedette::event
