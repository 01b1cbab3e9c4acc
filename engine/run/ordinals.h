// Ids of events that bring none: SHA-256 over (raw bytes, ordinal), where the ordinal counts equal elements of one source
// name, or of one batch (an HTTP request). A count is kept while fewer than kMostCounts other elements came since its own
// came last: what is kept depends on the latest part of the log only, wherever the fold over it began. Of 500,000 counts
// about 50 MB. One thread.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <string>
#include <vector>

#include "engine/base/hash.h"
#include "engine/correlate/hit.h"

namespace vedette::run {

class Ordinals {
 public:
  static constexpr std::uint32_t kMostCounts = 500'000;

  explicit Ordinals(std::uint32_t most_counts = kMostCounts) : most_(most_counts) {}

  // The id of the event, 32 hex digits.
  [[nodiscard]] std::string make_id(const correlate::EventHits& event, const event::Origin& origin);
  // Ends the scope of per-batch counts.
  void end_batch() { batch_.clear(); }
  // Counts given up.
  [[nodiscard]] std::uint64_t forgotten() const { return forgotten_; }

 private:
  static constexpr std::uint32_t kNobody = UINT32_MAX;
  // In the order in which their elements came last, each with its neighbours in counts_.
  struct Count {
    Hash128 key;
    std::uint32_t count = 0;
    std::uint32_t older = kNobody, newer = kNobody;
  };
  std::uint32_t next(const Hash128& key);
  std::uint32_t place_for(const Hash128& key);
  void unlink(std::uint32_t place);
  void link_newest(std::uint32_t place);

  std::uint32_t most_;
  boost::unordered_flat_map<Hash128, std::uint32_t, Hash128Hasher> batch_, places_;
  std::vector<Count> counts_;
  std::uint32_t oldest_ = kNobody, newest_ = kNobody;
  std::uint64_t forgotten_ = 0;
};

}  // namespace vedette::run
