// What has fired already: alert buckets per by-values (FiredTable) and ids remembered for a time (SeenIds).
// Kept for as long as log time allows the same alert to come up again, unless memory runs out: then what came first goes
// first. What they take is counted in an Account. One owner, one thread (the correlator's).
#pragma once

#include <array>
#include <boost/unordered/unordered_flat_map.hpp>
#include <boost/unordered/unordered_flat_set.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/hash.h"
#include "engine/base/time.h"
#include "engine/correlate/account.h"
#include "engine/correlate/eviction_queue.h"
#include "engine/correlate/pool.h"
#include "engine/plan/plan.h"

namespace vedette::correlate {

struct FiredBucket {
  std::int64_t bucket = 0;
  TimeUs last_trigger = 0;         // the latest trigger seen in it
  std::array<char, 32> episode{};  // alert id of the run's first alert
  std::uint32_t revision = 0;      // of the alert; 0 = there is none yet
  std::uint32_t triggers = 0;      // refutable correlations: in the bucket now
  plan::Level level = plan::Level::informational;
  bool withdrawn = false;
  bool late_noted = false;  // a revision told of a late resolution
  [[nodiscard]] bool stands() const { return revision > 0 && !withdrawn; }
};

// The fired buckets of one (tenant, by-values), ascending.
struct FiredSet {
  Hash128 key;
  std::vector<FiredBucket> buckets;
  TimeUs newest = INT64_MIN;
  DurationUs phase = -1;       // -1 = not worked out yet
  std::uint32_t users = 0;     // groups that point here
  std::uint32_t sequence = 0;  // tells it from others that had its index
  bool live = false;

  [[nodiscard]] FiredBucket* find(std::int64_t bucket);
};

struct Continuation {
  bool continues = false;
  std::string episode;  // the run's first alert id; only when it continues
};

class FiredTable {
 public:
  // queued: sets without users may be evicted.
  FiredTable(Account& account, bool queued) : account_(account), queued_(queued) {}

  [[nodiscard]] std::uint32_t find(const Hash128& key) const;  // plan::kNone when nothing fired
  [[nodiscard]] std::uint32_t obtain(const Hash128& key);
  [[nodiscard]] FiredSet& operator[](std::uint32_t index) { return sets_[index]; }

  // The bucket of a set, made if need be by a trigger at t.
  [[nodiscard]] FiredBucket& obtain_bucket(std::uint32_t index, std::int64_t number, TimeUs t);
  // Notes the alert of a bucket (its next revision) by a trigger at t; alert_id starts a run unless an earlier trigger lies
  // within `reach`.
  Continuation enter(std::uint32_t index, std::int64_t bucket, TimeUs t, DurationUs reach, std::string_view alert_id);
  // Forgets buckets whose triggers all lie before `horizon`.
  void trim(std::uint32_t index, TimeUs horizon);

  void attach(std::uint32_t index) { ++sets_[index].users; }
  void detach(std::uint32_t index);
  // Looks at a few sets without users and frees those with nothing newer than `horizon`.
  void sweep(TimeUs horizon, std::uint32_t steps);
  void sweep_all(TimeUs horizon) { sweep(horizon, sets_.extent()); }
  // Forgets the set without users that was made first and tells its newest trigger; none when there is no such set.
  std::optional<TimeUs> evict();
  // Of the account's bytes.
  [[nodiscard]] std::size_t charged() const { return charged_; }
  [[nodiscard]] std::size_t bytes() const { return sets_.bytes() + sets_.live() * sizeof(FiredBucket) + by_key_.size() * 21; }

 private:
  void free(std::uint32_t index);
  void add(std::size_t bytes);
  void take(std::size_t bytes);
  [[nodiscard]] bool current(const EvictionQueue::Entry& entry) const {
    if (!sets_.present(entry.index)) return false;
    const FiredSet& set = sets_[entry.index];
    return set.live && set.sequence == entry.sequence;
  }

  Account& account_;
  bool queued_;
  std::size_t charged_ = 0;
  Ring<EvictionQueue::Entry> eviction_;
  std::uint32_t sequence_ = 0;
  Slab<FiredSet> sets_;
  boost::unordered_flat_map<Hash128, std::uint32_t, Hash128Hasher> by_key_;
  std::uint32_t cursor_ = 0;
};

// Hashes remembered until log time passes their stamp by more than `keep`; forgetting is amortised over insertions.
class SeenIds {
 public:
  SeenIds(Account& account, DurationUs keep) : account_(account), keep_(keep) {}
  // True when it was not remembered yet.
  bool insert(const Hash128& id, TimeUs stamp, TimeUs logtime);
  // Forgets the id that came first and tells its stamp; none when there is no id.
  std::optional<TimeUs> evict();
  // Of the account's bytes.
  [[nodiscard]] std::size_t charged() const;
  [[nodiscard]] std::size_t bytes() const { return ids_.size() * 17 + order_.bytes(); }

 private:
  struct Entry {
    Hash128 id;
    TimeUs stamp = 0;
  };
  void pop();

  Account& account_;
  DurationUs keep_;
  boost::unordered_flat_set<Hash128, Hash128Hasher> ids_;
  Ring<Entry> order_;
};

}  // namespace vedette::correlate
