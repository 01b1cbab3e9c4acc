// The newest values of something, at most so many, and their quantiles. One thread.
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

namespace vedette::app {

template <typename Value, std::size_t kMost>
class Recent {
 public:
  void add(Value value) {
    if (values_.size() < kMost) {
      values_.push_back(value);
    } else {
      values_[next_] = value;
      next_ = (next_ + 1) % kMost;
    }
  }
  [[nodiscard]] std::size_t size() const { return values_.size(); }

  // The value that so large a part (0 to 1) of them does not exceed; there is one at least.
  [[nodiscard]] Value quantile(double part) const {
    std::vector<Value> sorted = values_;
    const auto last = static_cast<double>(sorted.size() - 1);
    const auto place = sorted.begin() + static_cast<std::ptrdiff_t>(part * last + 0.5);
    std::nth_element(sorted.begin(), place, sorted.end());
    return *place;
  }
  [[nodiscard]] Value median() const { return quantile(0.5); }

  [[nodiscard]] std::size_t count_near(Value middle, Value distance) const {
    return static_cast<std::size_t>(std::count_if(
        values_.begin(), values_.end(), [&](Value value) { return value >= middle - distance && value <= middle + distance; }));
  }

 private:
  std::vector<Value> values_;
  std::size_t next_ = 0;
};

}  // namespace vedette::app
