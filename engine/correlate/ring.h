// A queue in one block of memory that grows and shrinks by itself; pushing and popping allocate nothing while its size stays
// in the same range. One owner, one thread (the correlator's).
#pragma once

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

namespace vedette::correlate {

template <typename T>
class Ring {
 public:
  [[nodiscard]] bool empty() const { return count_ == 0; }
  [[nodiscard]] bool full() const { return count_ == places_.size(); }
  [[nodiscard]] std::size_t size() const { return count_; }
  [[nodiscard]] const T& front() const { return places_[head_]; }
  [[nodiscard]] bool crowded() const { return count_ * 2 >= places_.size(); }
  [[nodiscard]] std::size_t bytes() const { return places_.size() * sizeof(T); }
  void grow() { resize(std::max(kSmallest, places_.size() * 2)); }

  void push(const T& entry) {
    if (full()) grow();
    places_[(head_ + count_++) & (places_.size() - 1)] = entry;
  }

  void pop() {
    head_ = (head_ + 1) & (places_.size() - 1);
    --count_;
    if (count_ * 8 < places_.size() && places_.size() > kSmallest) resize(places_.size() / 4);
  }

  // Keeps those for which `wanted` is true, in their order.
  template <typename Wanted>
  void keep(const Wanted& wanted) {
    std::size_t kept = 0;
    for (std::size_t i = 0; i < count_; ++i) {
      const T entry = places_[(head_ + i) & (places_.size() - 1)];
      if (wanted(entry)) places_[(head_ + kept++) & (places_.size() - 1)] = entry;
    }
    count_ = kept;
  }

 private:
  static constexpr std::size_t kSmallest = 64;

  void resize(std::size_t places) {
    std::vector<T> other(std::max(kSmallest, places));
    for (std::size_t i = 0; i < count_; ++i) other[i] = places_[(head_ + i) & (places_.size() - 1)];
    places_ = std::move(other);
    head_ = 0;
  }

  std::vector<T> places_;  // a power of two of them
  std::size_t head_ = 0;
  std::size_t count_ = 0;
};

}  // namespace vedette::correlate
