// The cross product of columns in document order, at most 64 tuples (spec formats, "Key text"). Scratch object of one owner.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "engine/correlate/hit.h"

namespace vedette::correlate {

inline constexpr std::size_t kMaxTuples = 64;

class CrossProduct {
 public:
  // Starts over with `columns` columns, to be filled through column().
  void reset(std::size_t columns) {
    if (columns_.size() < columns) columns_.resize(columns);
    size_ = columns;
    for (std::size_t i = 0; i < size_; ++i) columns_[i].clear();
  }
  [[nodiscard]] std::vector<ColumnValue>& column(std::size_t i) { return columns_[i]; }
  [[nodiscard]] bool some_column_empty() const {
    for (std::size_t i = 0; i < size_; ++i) {
      if (columns_[i].empty()) return true;
    }
    return false;
  }

  // Calls visit(tuple) for each tuple; the last column varies fastest. No columns: one empty tuple.
  template <typename Visit>
  void each(const Visit& visit) {
    if (some_column_empty()) return;
    at_.assign(size_, 0);
    tuple_.resize(size_);
    for (std::size_t count = 0; count < kMaxTuples; ++count) {
      for (std::size_t i = 0; i < size_; ++i) tuple_[i] = columns_[i][at_[i]];
      visit(static_cast<const std::vector<ColumnValue>&>(tuple_));
      std::size_t i = size_;
      while (i > 0 && ++at_[i - 1] == columns_[i - 1].size()) at_[--i] = 0;
      if (i == 0) return;
    }
  }

 private:
  std::vector<std::vector<ColumnValue>> columns_;
  std::size_t size_ = 0;
  std::vector<std::size_t> at_;
  std::vector<ColumnValue> tuple_;
};

}  // namespace vedette::correlate
