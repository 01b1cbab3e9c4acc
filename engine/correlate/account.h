// What the state of one rule takes, in bytes as the memory budget counts them (docs/semantics.md, 11): what is held for it at
// sizes that memory is handed out in, tables at their emptiest. A record is counted in full by every rule and group that
// holds it, so that what a rule may keep depends on no other rule. One owner, one thread (the correlator's).
#pragma once

#include <cstddef>

namespace vedette::correlate {

inline constexpr std::size_t kTableEntry = 56;  // Hash128 -> index in a table that has just grown
inline constexpr std::size_t kSetEntry = 40;    // Hash128 in such a set
inline constexpr std::size_t kSlabEntry = 8;    // an index in a slab's list of free ones
inline constexpr std::size_t kQueueEntry = 16;  // a place in an EvictionQueue that has just grown

class Account {
 public:
  // total: of all accounts.
  explicit Account(std::size_t& total) : total_(total) {}

  [[nodiscard]] std::size_t bytes() const { return bytes_; }
  void add(std::size_t bytes) {
    bytes_ += bytes;
    total_ += bytes;
  }
  void take(std::size_t bytes) {
    bytes_ -= bytes;
    total_ -= bytes;
  }

 private:
  std::size_t bytes_ = 0;
  std::size_t& total_;
};

// Tables keep their size when entries leave; after a flood that is far too much.
template <typename Table>
void shrink_table(Table& table) {
  constexpr std::size_t kSmall = 4096;
  if (table.bucket_count() > kSmall && table.size() * 16 < table.bucket_count()) table.rehash(0);
}

}  // namespace vedette::correlate
