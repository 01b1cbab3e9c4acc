// A map from hashes to plain values that forgets everything in constant time; scratch of one owner.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace vedette::correlate {

template <typename Value>
class EpochMap {
 public:
  EpochMap() : places_(64) {}
  void clear() {
    ++epoch_;
    count_ = 0;
  }
  // The value of a key, default-made (and `fresh`) when there is none. Valid until the next call.
  Value& obtain(std::uint64_t key, bool& fresh) {
    if (count_ * 2 >= places_.size()) grow();
    Place& place = places_[find(key)];
    fresh = place.epoch != epoch_;
    if (fresh) {
      place = {key, epoch_, Value{}};
      ++count_;
    }
    return place.value;
  }

 private:
  struct Place {
    std::uint64_t key = 0;
    std::uint64_t epoch = 0;
    Value value{};
  };
  [[nodiscard]] std::size_t find(std::uint64_t key) const {
    const std::size_t mask = places_.size() - 1;
    std::size_t at = static_cast<std::size_t>(key * 0x9E3779B97F4A7C15ULL >> 32) & mask;
    while (places_[at].epoch == epoch_ && places_[at].key != key) at = (at + 1) & mask;
    return at;
  }
  void grow() {
    std::vector<Place> old(places_.size() * 2);
    old.swap(places_);
    for (const Place& place : old) {
      if (place.epoch == epoch_) places_[find(place.key)] = place;
    }
  }

  std::vector<Place> places_;
  std::uint64_t epoch_ = 1;
  std::size_t count_ = 0;
};

}  // namespace vedette::correlate
