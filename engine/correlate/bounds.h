// The operators of a correlation's condition over exact numbers: all must hold. Immutable; any thread.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/base/exact.h"
#include "engine/plan/plan.h"

namespace vedette::correlate {

class Bounds {
 public:
  explicit Bounds(const std::vector<plan::Bound>& bounds);

  [[nodiscard]] bool hold(Exact value) const;
  // For sum / count, without rounding. count > 0.
  [[nodiscard]] bool hold_mean(Exact sum, std::uint64_t count) const;

 private:
  struct Entry {
    plan::Bound bound;
    Exact number = 0;
  };
  [[nodiscard]] static bool holds(const plan::Bound& bound, int comparison);

  std::vector<Entry> entries_;
};

}  // namespace vedette::correlate
