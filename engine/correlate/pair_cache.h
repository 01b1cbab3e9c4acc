// What was last worked out about pairs of values, whichever way round; a fixed number of places, so some are worked out
// again. Scratch of one owner.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

namespace vedette::correlate {

template <typename Result>
class PairCache {
 public:
  // `compute` must be symmetrical in the values.
  template <typename Compute>
  Result get(std::uint64_t a, std::uint64_t b, const Compute& compute) {
    const std::uint64_t low = std::min(a, b);
    const std::uint64_t high = std::max(a, b);
    Entry& entry = entries_[((low ^ high * 31) * 0x9E3779B97F4A7C15ULL) >> 56];
    if (!entry.used || entry.low != low || entry.high != high) entry = {low, high, compute(), true};
    return entry.result;
  }

 private:
  struct Entry {
    std::uint64_t low = 0;
    std::uint64_t high = 0;
    Result result{};
    bool used = false;
  };
  std::array<Entry, 256> entries_{};
};

}  // namespace vedette::correlate
