// Integers of up to 4096 bits, for exact fractions in the conditions of metrics. What grows beyond is marked as lost, and so
// is everything made from it; conditions that are allowed to load never do. Plain values; pure functions, any thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "engine/base/exact.h"

namespace vedette {

class Wide {
 public:
  static constexpr std::size_t kMostBits = 4096;

  Wide() = default;
  explicit Wide(Int128 value);
  Wide(const Wide& other) { copy(other); }
  Wide& operator=(const Wide& other) {
    if (this != &other) copy(other);
    return *this;
  }

  [[nodiscard]] bool lost() const { return lost_; }
  [[nodiscard]] bool zero() const { return size_ == 0; }
  [[nodiscard]] bool negative() const { return negative_; }
  [[nodiscard]] Wide negated() const;
  friend Wide operator+(const Wide& a, const Wide& b);
  friend Wide operator*(const Wide& a, const Wide& b);
  // -1, 0 or 1; of numbers that are not lost.
  friend int compare(const Wide& a, const Wide& b);

 private:
  void copy(const Wide& other);
  static int compare_sizes(const Wide& a, const Wide& b);
  // Of absolute values; subtract: a >= b.
  static Wide sum(const Wide& a, const Wide& b);
  static Wide difference(const Wide& a, const Wide& b);
  void push(std::uint32_t limb);
  void trim();

  std::array<std::uint32_t, kMostBits / 32> limbs_;  // the first size_ count, least significant first
  std::uint32_t size_ = 0;
  bool negative_ = false;
  bool lost_ = false;
};

}  // namespace vedette
