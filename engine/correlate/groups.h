// The groups of one correlation: found by a seeded hash of (tenant, key texts), kept in a slab, dropped piecemeal once no
// accepted event can need them, or before, when memory runs out (evict_first()). What they take is counted in an Account.
// One owner, one thread (the correlator's).
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "engine/base/hash.h"
#include "engine/correlate/account.h"
#include "engine/correlate/eviction_queue.h"
#include "engine/correlate/fired.h"
#include "engine/correlate/hit_list.h"
#include "engine/correlate/records.h"

namespace vedette::correlate {

struct Group {
  Hash128 hash;
  [[no_unique_address]] HitList hits;  // the number behind it takes the place it leaves
  std::uint32_t sequence = 0;          // tells it from others that had its index
  TimeUs newest = INT64_MIN;
  TimeUs oldest = INT64_MAX;  // no hit is older; spares a look at the hits
  DurationUs phase = -1;      // -1 = not worked out yet
  char* keys = nullptr;       // per member: u32 length, text
  void* extra = nullptr;      // what the window's type keeps besides hits: recent values, or a sequence's progress
  std::uint32_t keys_bytes = 0;
  std::uint32_t extra_bytes = 0;
  std::uint32_t extra_count = 0;
  std::uint32_t tenant = 0;
  std::uint32_t fired = plan::kNone;  // into FiredTable
  bool live = false;
  bool weighted = false;  // some hit stands for several events

  [[nodiscard]] std::string_view key(std::uint32_t member) const;
};

class Groups {
 public:
  // queued: groups may be evicted. hit_bytes: what the rule keeps for a hit besides.
  Groups(Pool& pool, Records& records, FiredTable& fired, Account& account, bool queued, std::size_t hit_bytes)
      : pool_(pool), records_(records), fired_(fired), account_(account), queued_(queued), hit_bytes_(hit_bytes) {}

  [[nodiscard]] Group& operator[](std::uint32_t index) { return groups_[index]; }
  [[nodiscard]] const Group& operator[](std::uint32_t index) const { return groups_[index]; }
  [[nodiscard]] std::uint32_t find(const Hash128& hash) const;
  [[nodiscard]] std::uint32_t obtain(const Hash128& hash, std::uint32_t tenant, std::span<const std::string_view> keys);

  // Puts a hit at its place and takes a reference to its record. Returns its index.
  std::uint32_t insert(Group& group, std::uint32_t at, const GroupHit& hit);
  void erase(Group& group, std::uint32_t from, std::uint32_t to);
  // Drops hits before `horizon`.
  void trim(Group& group, TimeUs horizon);
  // Makes Group::extra at least so large; what it held stays.
  void* resize_extra(Group& group, std::size_t bytes);
  // The place of (t, record, ordinal); `present` tells whether a hit of that record and value is there already.
  struct Place {
    std::uint32_t index = 0;
    std::uint32_t first = 0;  // first hit of the record, or where it would be
    bool present = false;
    bool of_record = false;  // the record has a hit here, maybe of another value
  };
  [[nodiscard]] Place locate(const Group& group, const GroupHit& hit) const;

  // Looks at a few groups and frees those without anything newer than `horizon`.
  void sweep(TimeUs horizon, std::uint32_t steps);
  void sweep_all(TimeUs horizon);
  void free(std::uint32_t index);
  // The group that goes next when memory runs out; kNone when there is none. It must be freed or queued again.
  [[nodiscard]] std::uint32_t evict_first();
  void queue(std::uint32_t index);
  [[nodiscard]] std::size_t live() const { return groups_.live(); }
  [[nodiscard]] std::size_t bytes() const { return groups_.bytes() + by_hash_.size() * (sizeof(Hash128) + 5); }

 private:
  void stop_paying(Group& group, std::uint32_t i, std::uint32_t from, std::uint32_t to);
  [[nodiscard]] bool current(const EvictionQueue::Entry& entry) const {
    if (!groups_.present(entry.index)) return false;
    const Group& group = groups_[entry.index];
    return group.live && group.sequence == entry.sequence;
  }

  Pool& pool_;
  Records& records_;
  FiredTable& fired_;
  Account& account_;
  bool queued_;
  std::size_t hit_bytes_;
  EvictionQueue eviction_;
  std::uint32_t sequence_ = 0;
  Slab<Group> groups_;
  boost::unordered_flat_map<Hash128, std::uint32_t, Hash128Hasher> by_hash_;
  std::uint32_t cursor_ = 0;
};

}  // namespace vedette::correlate
