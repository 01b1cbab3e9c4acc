// The book-keeping of refused records in a store: which are there, how much they take, which must go for a new one. Kept in
// memory by both stores and read back when one is opened; there are never many. Used under the store's write lock.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "connectors/store/store.h"
#include "engine/base/hash.h"

namespace vedette::connectors {

// Of the record with its bytes cut to the limit; read back by decode_reject. Bytes that make no sense: nothing.
[[nodiscard]] std::string encode_reject(const StoredReject& reject, std::uint64_t most_bytes);
[[nodiscard]] std::optional<StoredReject> decode_reject(std::string_view value);

class Quarantine {
 public:
  explicit Quarantine(const StoreLimits& limits) : limits_(limits) {}

  // Of a store that is opened, ascending.
  void found(std::uint64_t number, std::string_view value);

  // What a write has to do: put these, erase up to that number.
  struct Plan {
    std::vector<std::pair<std::uint64_t, std::string>> put;
    std::uint64_t erase_to = 0;  // 0: nothing
  };
  // Records that are there already are left out: a source that reads again refuses again.
  [[nodiscard]] Plan plan(const std::vector<StoredReject>& rejects) const;
  // The plan was carried out.
  void carry_out(const Plan& plan);

  [[nodiscard]] std::uint64_t entries() const { return entries_.size(); }
  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }
  [[nodiscard]] std::uint64_t dropped() const { return dropped_; }

 private:
  using Mark = std::pair<std::uint64_t, std::uint64_t>;  // tells records apart
  struct Entry {
    std::uint64_t number = 0, bytes = 0;
    Mark mark;
  };
  static Mark mark_of(std::string_view value);
  void add(std::uint64_t number, std::string_view value);

  const StoreLimits limits_;
  std::deque<Entry> entries_;
  std::set<Mark> known_;
  std::uint64_t bytes_ = 0, dropped_ = 0;
};

}  // namespace vedette::connectors
