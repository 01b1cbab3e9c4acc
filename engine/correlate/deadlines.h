// Waiting decisions by deadline: a heap of what must be decided once log time has passed (docs/semantics.md, 1).
// One owner, one thread (the correlator's).
#pragma once

#include <boost/unordered/unordered_flat_set.hpp>
#include <cstdint>
#include <vector>

#include "engine/base/hash.h"
#include "engine/base/time.h"

namespace vedette::correlate {

inline constexpr TimeUs kNothingDue = INT64_MAX;

struct Deadline {
  TimeUs at = 0;
  Hash128 group;
  TimeUs t = 0;             // start of the window, or time of the hit
  Hash128 record;           // identity of the hit's record; empty for windows
  std::uint64_t value = 0;  // of the hit
};

class Deadlines {
 public:
  // Equal deadlines are kept once.
  void push(const Deadline& deadline);
  // Twice what keep() left: what is of no use any more can be a half.
  [[nodiscard]] bool full() const { return heap_.size() >= limit_; }
  // Keeps those for which `wanted` is true.
  template <typename Wanted>
  void keep(const Wanted& wanted) {
    std::erase_if(heap_, [&](const Deadline& deadline) {
      if (wanted(deadline)) return false;
      present_.erase(key_of(deadline));
      return true;
    });
    restore();
  }
  // Takes off all entries of the earliest deadline.
  void pop(std::vector<Deadline>& out);
  [[nodiscard]] TimeUs next() const { return heap_.empty() ? kNothingDue : heap_.front().at; }
  [[nodiscard]] std::size_t bytes() const { return heap_.size() * (sizeof(Deadline) + sizeof(Hash128) + 1); }

 private:
  [[nodiscard]] static Hash128 key_of(const Deadline& deadline);
  // A heap again, no larger than need be.
  void restore();

  static constexpr std::size_t kSmallest = 1024;

  std::vector<Deadline> heap_;
  std::size_t limit_ = kSmallest;
  boost::unordered_flat_set<Hash128, Hash128Hasher> present_;
};

}  // namespace vedette::correlate
