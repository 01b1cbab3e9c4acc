// A sum of non-negative exact numbers from which numbers can be taken away again: 192 bits, so that it never overflows; only
// what is read of it saturates. A plain value.
#pragma once

#include <algorithm>
#include <cstdint>

#include "engine/base/exact.h"

namespace vedette::correlate {

class RunningSum {
 public:
  void add(Exact number) {
    if (__builtin_add_overflow(low_, static_cast<Unsigned>(number), &low_)) ++high_;
  }
  void subtract(Exact number) {
    if (__builtin_sub_overflow(low_, static_cast<Unsigned>(number), &low_)) --high_;
  }
  [[nodiscard]] Exact value() const {
    constexpr Unsigned kMost = ~Unsigned{0} >> 1;
    return static_cast<Exact>(high_ > 0 ? kMost : std::min(low_, kMost));
  }

 private:
  __extension__ typedef unsigned __int128 Unsigned;
  Unsigned low_ = 0;
  std::uint64_t high_ = 0;
};

}  // namespace vedette::correlate
