// The hits of one group, sorted by (t, event order), in one pooled block: appending at the end and dropping at the front
// are cheap, insertion elsewhere moves the tail. A plain value inside Group; whoever holds the Pool clears it.
#pragma once

#include <cstdint>

#include "engine/base/time.h"
#include "engine/correlate/pool.h"

namespace vedette::correlate {

// One contributing event (or derived event) of a group.
struct GroupHit {
  TimeUs t = 0;
  std::uint64_t value = 0;   // counted value's hash; sequences: mask of positions; plain counts: 0
  std::uint32_t record = 0;  // into Records
  std::uint32_t info = 0;    // input (bits 0-15), ordinal within the event (16-23), flags
};

inline constexpr std::uint32_t kTriggerBit = 1U << 31;  // its window satisfies the condition, and that was passed on
inline constexpr std::uint32_t kRepeatBit = 1U << 30;   // the record declares more than one event
inline constexpr std::uint32_t kFreshBit = 1U << 29;    // inserted by the record being applied
inline constexpr std::uint32_t kDecidedBit = 1U << 28;  // a waiting decision about it was made
inline constexpr std::uint32_t kPaysBit = 1U << 27;     // the group's account holds its record for it
inline constexpr std::uint32_t kOrdinalShift = 16;
inline constexpr std::uint32_t kMaxInput = 0xffff;

[[nodiscard]] inline std::uint32_t input_of(const GroupHit& hit) { return hit.info & kMaxInput; }
[[nodiscard]] inline std::uint32_t ordinal_of(const GroupHit& hit) { return (hit.info >> kOrdinalShift) & 0xff; }

class HitList {
 public:
  [[nodiscard]] std::uint32_t size() const { return size_; }
  [[nodiscard]] bool empty() const { return size_ == 0; }
  // Of the block that holds them.
  [[nodiscard]] std::size_t bytes() const { return capacity_ == 0 ? 0 : Pool::rounded(capacity_ * sizeof(GroupHit)); }
  [[nodiscard]] GroupHit& operator[](std::uint32_t i) { return data_[begin_ + i]; }
  [[nodiscard]] const GroupHit& operator[](std::uint32_t i) const { return data_[begin_ + i]; }
  [[nodiscard]] GroupHit& back() { return data_[begin_ + size_ - 1]; }
  [[nodiscard]] const GroupHit& back() const { return data_[begin_ + size_ - 1]; }

  // First index with a time >= t (resp. > t); fast near the end.
  [[nodiscard]] std::uint32_t lower_bound(TimeUs t) const;
  [[nodiscard]] std::uint32_t upper_bound(TimeUs t) const;
  // One past the last hit with the time of hit i; fast for short runs.
  [[nodiscard]] std::uint32_t run_end(std::uint32_t i) const;
  // The first hit with the time of hit i; fast for short runs.
  [[nodiscard]] std::uint32_t run_begin(std::uint32_t i) const;

  void insert(Pool& pool, std::uint32_t at, const GroupHit& hit);
  void erase(std::uint32_t from, std::uint32_t to);
  // Gives memory back when far more is held than used.
  void shrink(Pool& pool);
  void clear(Pool& pool);

 private:
  void reallocate(Pool& pool, std::uint32_t capacity);

  GroupHit* data_ = nullptr;
  std::uint32_t begin_ = 0;
  std::uint32_t size_ = 0;
  std::uint32_t capacity_ = 0;
};

}  // namespace vedette::correlate
