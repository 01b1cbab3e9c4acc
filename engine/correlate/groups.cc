#include "engine/correlate/groups.h"

#include <algorithm>
#include <cstring>

namespace vedette::correlate {
namespace {

constexpr std::size_t kGroupBytes = sizeof(Group) + kSlabEntry + kTableEntry + kQueueEntry;

std::size_t block_bytes(std::size_t bytes) { return bytes == 0 ? 0 : Pool::rounded(bytes); }

}  // namespace

static_assert(sizeof(Group) == 104);

std::string_view Group::key(std::uint32_t member) const {
  const char* at = keys;
  for (;; --member) {
    std::uint32_t bytes = 0;
    std::memcpy(&bytes, at, sizeof bytes);
    at += sizeof bytes;
    if (member == 0) return {at, bytes};
    at += bytes;
  }
}

std::uint32_t Groups::find(const Hash128& hash) const {
  const auto found = by_hash_.find(hash);
  return found == by_hash_.end() ? plan::kNone : found->second;
}

std::uint32_t Groups::obtain(const Hash128& hash, std::uint32_t tenant, std::span<const std::string_view> keys) {
  const auto [place, inserted] = by_hash_.try_emplace(hash, 0);
  if (!inserted) return place->second;
  const std::uint32_t index = groups_.allocate();
  place->second = index;
  Group& group = groups_[index];
  group.hash = hash;
  group.tenant = tenant;
  group.live = true;
  group.sequence = ++sequence_;
  if (queued_) queue(index);
  std::size_t bytes = 0;
  for (const std::string_view key : keys) bytes += sizeof(std::uint32_t) + key.size();
  group.keys_bytes = static_cast<std::uint32_t>(bytes);
  account_.add(kGroupBytes + block_bytes(bytes));
  if (bytes == 0) return index;
  group.keys = static_cast<char*>(pool_.allocate(bytes));
  char* at = group.keys;
  for (const std::string_view key : keys) {
    const auto size = static_cast<std::uint32_t>(key.size());
    std::memcpy(at, &size, sizeof size);
    if (size > 0) std::memcpy(at + sizeof size, key.data(), size);
    at += sizeof size + size;
  }
  return index;
}

Groups::Place Groups::locate(const Group& group, const GroupHit& hit) const {
  const HitList& hits = group.hits;
  std::uint32_t low = hits.lower_bound(hit.t);
  std::uint32_t high = low == hits.size() ? low : hits.upper_bound(hit.t);
  while (low < high) {  // first hit of this record, or of a later one
    const std::uint32_t middle = low + (high - low) / 2;
    if (records_.compare(hits[middle].record, hit.record) < 0) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  std::uint32_t place = low;
  const bool of_record = low < hits.size() && hits[low].t == hit.t && records_.same(hit.record, hits[low].record);
  for (std::uint32_t i = low; i < hits.size() && hits[i].t == hit.t && records_.same(hit.record, hits[i].record); ++i) {
    if (hits[i].value == hit.value) return {i, low, true, true};
    if (ordinal_of(hits[i]) <= ordinal_of(hit)) place = i + 1;
  }
  return {place, low, false, of_record};
}

std::uint32_t Groups::insert(Group& group, std::uint32_t at, const GroupHit& hit) {
  const std::size_t before = group.hits.bytes();
  group.hits.insert(pool_, at, hit);
  std::size_t added = group.hits.bytes() - before + hit_bytes_;
  const auto same_record = [&](std::uint32_t i) { return i < group.hits.size() && group.hits[i].record == hit.record; };
  if (!same_record(at + 1) && (at == 0 || !same_record(at - 1))) {
    group.hits[at].info |= kPaysBit;
    added += records_[hit.record].charge;
  }
  account_.add(added);
  group.newest = std::max(group.newest, hit.t);
  group.oldest = std::min(group.oldest, hit.t);
  if ((hit.info & kRepeatBit) != 0) group.weighted = true;
  records_.retain(hit.record);
  return at;
}

void Groups::erase(Group& group, std::uint32_t from, std::uint32_t to) {
  for (std::uint32_t i = from; i < to; ++i) {
    if ((group.hits[i].info & kPaysBit) != 0) stop_paying(group, i, from, to);
    records_.release(group.hits[i].record);
  }
  group.hits.erase(from, to);
  account_.take((to - from) * hit_bytes_);
}

// Another hit of the record that stays pays from now on, if there is one.
void Groups::stop_paying(Group& group, std::uint32_t i, std::uint32_t from, std::uint32_t to) {
  HitList& hits = group.hits;
  const std::uint32_t record = hits[i].record;
  const auto pass_to = [&](std::uint32_t other) {
    if (hits[other].record != record || (hits[other].info & kPaysBit) != 0) return false;
    hits[other].info |= kPaysBit;
    return true;
  };
  if (from > 0 && pass_to(from - 1)) return;
  if (to < hits.size() && pass_to(to)) return;
  account_.take(records_[record].charge);
}

void* Groups::resize_extra(Group& group, std::size_t bytes) {
  const std::size_t before = block_bytes(group.extra_bytes);
  const std::size_t after = Pool::rounded(bytes);
  void* larger = pool_.allocate(after);
  if (group.extra != nullptr) {
    std::memcpy(larger, group.extra, std::min(before, after));
    pool_.release(group.extra, group.extra_bytes);
  }
  group.extra = larger;
  group.extra_bytes = static_cast<std::uint32_t>(after);
  account_.take(before);
  account_.add(after);
  return larger;
}

void Groups::trim(Group& group, TimeUs horizon) {
  if (group.oldest >= horizon) return;
  std::uint32_t expired = 0;
  while (expired < group.hits.size() && group.hits[expired].t < horizon) ++expired;
  group.oldest = expired < group.hits.size() ? group.hits[expired].t : INT64_MAX;
  if (expired == 0) return;
  erase(group, 0, expired);
  account_.take(group.hits.bytes());
  group.hits.shrink(pool_);
  account_.add(group.hits.bytes());
}

void Groups::sweep(TimeUs horizon, std::uint32_t steps) {
  for (std::uint32_t i = 0; i < steps && groups_.extent() > 0; ++i) {
    if (++cursor_ >= groups_.extent()) cursor_ = 0;
    if (!groups_.present(cursor_)) continue;
    Group& group = groups_[cursor_];
    if (group.live && group.newest < horizon) free(cursor_);
  }
}

void Groups::sweep_all(TimeUs horizon) { sweep(horizon, groups_.extent()); }

void Groups::queue(std::uint32_t index) {
  const Group& group = groups_[index];
  eviction_.push(EvictionQueue::level_of(group.hits.size()), {index, group.sequence},
                 [this](const auto& e) { return current(e); });
}

std::uint32_t Groups::evict_first() {
  EvictionQueue::Entry entry;
  const bool some = eviction_.pop(
      entry, [this](const auto& e) { return current(e); }, [this](const auto& e) { return groups_[e.index].hits.size(); });
  return some ? entry.index : plan::kNone;
}

void Groups::free(std::uint32_t index) {
  Group& group = groups_[index];
  erase(group, 0, group.hits.size());
  account_.take(kGroupBytes + group.hits.bytes() + block_bytes(group.keys_bytes) + block_bytes(group.extra_bytes));
  group.hits.clear(pool_);
  if (group.keys != nullptr) pool_.release(group.keys, group.keys_bytes);
  if (group.extra != nullptr) pool_.release(group.extra, group.extra_bytes);
  if (group.fired != plan::kNone) fired_.detach(group.fired);
  by_hash_.erase(group.hash);
  shrink_table(by_hash_);
  groups_.release(index);
}

}  // namespace vedette::correlate
