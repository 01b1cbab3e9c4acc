// Ids of events that bring none: SHA-256 over (raw bytes, ordinal), where the ordinal counts equal elements of one source
// name, or of one batch (an HTTP request). Counts are kept for a day of log time at least. One thread.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <string>

#include "engine/base/hash.h"
#include "engine/correlate/hit.h"

namespace vedette::run {

class Ordinals {
 public:
  // The id of the event, 32 hex digits.
  [[nodiscard]] std::string make_id(const correlate::EventHits& event, const event::Origin& origin);
  // Log time; counts older than a day are forgotten piecemeal (two generations).
  void advance(TimeUs now);
  // Ends the scope of per-batch counts.
  void end_batch() { batch_.clear(); }

 private:
  using Counts = boost::unordered_flat_map<Hash128, std::uint32_t, Hash128Hasher>;
  std::uint32_t next(const Hash128& key);

  Counts batch_, current_, previous_;
  TimeUs generation_start_ = correlate::kNoTime;
};

}  // namespace vedette::run
