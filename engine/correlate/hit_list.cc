#include "engine/correlate/hit_list.h"

#include <algorithm>
#include <cstring>

namespace vedette::correlate {
namespace {

// First index in [0, size) for which `after` holds, `after` being false before and true from there on; gallops from the end.
template <typename After>
std::uint32_t partition_from_end(std::uint32_t size, const After& after) {
  std::uint32_t high = size;  // after() holds at high (or high is the end)
  std::uint32_t step = 1;
  while (high > 0 && after(high - 1)) {
    const std::uint32_t probe = high > step ? high - step : 0;
    if (!after(probe)) {
      std::uint32_t low = probe;  // not after
      while (high - low > 1) {
        const std::uint32_t middle = low + (high - low) / 2;
        (after(middle) ? high : low) = middle;
      }
      return high;
    }
    high = probe;
    step *= 2;
  }
  return high;
}

}  // namespace

std::uint32_t HitList::lower_bound(TimeUs t) const {
  return partition_from_end(size_, [&](std::uint32_t i) { return (*this)[i].t >= t; });
}

std::uint32_t HitList::upper_bound(TimeUs t) const {
  return partition_from_end(size_, [&](std::uint32_t i) { return (*this)[i].t > t; });
}

std::uint32_t HitList::run_end(std::uint32_t i) const {
  const TimeUs t = (*this)[i].t;
  std::uint32_t low = i;  // of this time
  std::uint32_t step = 1;
  while (low + step < size_ && (*this)[low + step].t == t) {
    low += step;
    step *= 2;
  }
  std::uint32_t high = std::min(low + step, size_);  // later, or the end
  while (high - low > 1) {
    const std::uint32_t middle = low + (high - low) / 2;
    ((*this)[middle].t == t ? low : high) = middle;
  }
  return high;
}

std::uint32_t HitList::run_begin(std::uint32_t i) const {
  const TimeUs t = (*this)[i].t;
  return partition_from_end(i, [&](std::uint32_t j) { return (*this)[j].t == t; });
}

void HitList::reallocate(Pool& pool, std::uint32_t capacity) {
  const std::size_t bytes = Pool::rounded(capacity * sizeof(GroupHit));
  auto* data = static_cast<GroupHit*>(pool.allocate(bytes));
  if (size_ > 0) std::memcpy(data, data_ + begin_, size_ * sizeof(GroupHit));
  pool.release(data_, capacity_ * sizeof(GroupHit));
  data_ = data;
  begin_ = 0;
  capacity_ = static_cast<std::uint32_t>(bytes / sizeof(GroupHit));
}

void HitList::insert(Pool& pool, std::uint32_t at, const GroupHit& hit) {
  if (begin_ + size_ == capacity_) {
    if (begin_ > capacity_ / 2) {
      std::memmove(data_, data_ + begin_, size_ * sizeof(GroupHit));
      begin_ = 0;
    } else {
      reallocate(pool, std::max<std::uint32_t>(1, capacity_ + capacity_ / 2 + 1));
    }
  }
  GroupHit* place = data_ + begin_ + at;
  if (at < size_) std::memmove(place + 1, place, (size_ - at) * sizeof(GroupHit));
  *place = hit;
  ++size_;
}

void HitList::erase(std::uint32_t from, std::uint32_t to) {
  const std::uint32_t count = to - from;
  if (from < size_ - to) {  // fewer before than after: move those before
    std::memmove(data_ + begin_ + count, data_ + begin_, from * sizeof(GroupHit));
    begin_ += count;
  } else {
    std::memmove(data_ + begin_ + from, data_ + begin_ + to, (size_ - to) * sizeof(GroupHit));
  }
  size_ -= count;
  if (size_ == 0) begin_ = 0;
}

void HitList::shrink(Pool& pool) {
  if (capacity_ > 16 && size_ * 8 < capacity_) reallocate(pool, std::max<std::uint32_t>(1, size_ * 2));
}

void HitList::clear(Pool& pool) {
  pool.release(data_, capacity_ * sizeof(GroupHit));
  *this = HitList{};
}

}  // namespace vedette::correlate
