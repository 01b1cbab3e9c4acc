// What has fired already: alert buckets per by-values (FiredTable) and ids remembered for a time (SeenIds).
// Kept for as long as log time allows the same alert to come up again. One owner, one thread (the correlator's).
#pragma once

#include <array>
#include <boost/unordered/unordered_flat_map.hpp>
#include <boost/unordered/unordered_flat_set.hpp>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/hash.h"
#include "engine/base/time.h"
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
  DurationUs phase = -1;    // -1 = not worked out yet
  std::uint32_t users = 0;  // groups that point here
  bool live = false;

  [[nodiscard]] FiredBucket* find(std::int64_t bucket);
  [[nodiscard]] FiredBucket& obtain(std::int64_t bucket, TimeUs t);
};

struct Continuation {
  bool continues = false;
  std::string episode;  // the run's first alert id; only when it continues
};

class FiredTable {
 public:
  [[nodiscard]] std::uint32_t find(const Hash128& key) const;  // plan::kNone when nothing fired
  [[nodiscard]] std::uint32_t obtain(const Hash128& key);
  [[nodiscard]] FiredSet& operator[](std::uint32_t index) { return sets_[index]; }

  // Notes the alert of a bucket (its next revision) by a trigger at t; alert_id starts a run unless an earlier trigger lies
  // within `reach`.
  Continuation enter(std::uint32_t index, std::int64_t bucket, TimeUs t, DurationUs reach, std::string_view alert_id);
  // Forgets buckets whose triggers all lie before `horizon`.
  static void trim(FiredSet& set, TimeUs horizon);

  void attach(std::uint32_t index) { ++sets_[index].users; }
  void detach(std::uint32_t index);
  // Looks at a few sets without users and frees those with nothing newer than `horizon`.
  void sweep(TimeUs horizon, std::uint32_t steps);
  [[nodiscard]] std::size_t bytes() const { return sets_.bytes() + sets_.live() * sizeof(FiredBucket) + by_key_.size() * 21; }

 private:
  void free(std::uint32_t index);

  Slab<FiredSet> sets_;
  boost::unordered_flat_map<Hash128, std::uint32_t, Hash128Hasher> by_key_;
  std::uint32_t cursor_ = 0;
};

// Hashes remembered until log time passes their stamp by more than `keep`; forgetting is amortised over insertions.
class SeenIds {
 public:
  explicit SeenIds(DurationUs keep) : keep_(keep) {}
  // True when it was not remembered yet.
  bool insert(const Hash128& id, TimeUs stamp, TimeUs logtime);
  [[nodiscard]] std::size_t bytes() const { return ids_.size() * 17 + ring_.size() * sizeof(Entry); }

 private:
  struct Entry {
    Hash128 id;
    TimeUs stamp = 0;
  };
  void push(const Entry& entry);

  DurationUs keep_;
  boost::unordered_flat_set<Hash128, Hash128Hasher> ids_;
  std::vector<Entry> ring_;  // a power of two of places
  std::size_t head_ = 0;
  std::size_t count_ = 0;
};

}  // namespace vedette::correlate
