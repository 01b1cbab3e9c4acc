// In which order the groups of a rule go when memory runs out: those with one hit first, then 2-3, 4-7, 8-15, then larger
// ones; among equals in the order in which the log made them. Nothing is moved while groups grow: an entry whose group has
// more hits than its level says is put off when its turn comes. One owner, one thread (the correlator's).
#pragma once

#include <array>
#include <bit>
#include <cstdint>

#include "engine/correlate/ring.h"

namespace vedette::correlate {

class EvictionQueue {
 public:
  struct Entry {
    std::uint32_t index = 0;
    std::uint32_t sequence = 0;  // of the object that had the index then
  };
  static constexpr std::uint32_t kLargest = 4;  // level of 16 hits and more

  [[nodiscard]] static std::uint32_t level_of(std::size_t hits) {
    const auto width = static_cast<std::uint32_t>(std::bit_width(hits));
    return width == 0 ? 0 : width - 1 < kLargest ? width - 1 : kLargest;
  }

  // current(entry): its object is still the same.
  template <typename Current>
  void push(std::uint32_t level, const Entry& entry, const Current& current) {
    Ring<Entry>& queue = levels_[level];
    if (queue.full()) {
      queue.keep(current);
      if (queue.crowded()) queue.grow();
    }
    queue.push(entry);
  }

  // Takes off the entry whose turn it is. False when there is none. hits(entry): how many hits its object has.
  template <typename Current, typename Hits>
  bool pop(Entry& entry, const Current& current, const Hits& hits) {
    for (std::uint32_t level = 0; level <= kLargest; ++level) {
      while (!levels_[level].empty()) {
        entry = levels_[level].front();
        levels_[level].pop();
        if (!current(entry)) continue;
        const std::uint32_t actual = level_of(hits(entry));
        if (actual <= level) return true;
        push(actual, entry, current);
      }
    }
    return false;
  }

 private:
  std::array<Ring<Entry>, kLargest + 1> levels_;
};

}  // namespace vedette::correlate
