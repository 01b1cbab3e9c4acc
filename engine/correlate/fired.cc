#include "engine/correlate/fired.h"

#include <algorithm>
#include <utility>

#include "engine/plan/plan.h"

namespace vedette::correlate {
namespace {

constexpr std::size_t kSetBytes = sizeof(FiredSet) + kSlabEntry + kTableEntry + kQueueEntry;
constexpr std::size_t kBucketBytes = 2 * sizeof(FiredBucket);                             // a vector that has just grown
constexpr std::size_t kSeenBytes = 2 * sizeof(Hash128) + 2 * sizeof(TimeUs) + kSetEntry;  // a ring that has just grown

}  // namespace

FiredBucket* FiredSet::find(std::int64_t bucket) {
  for (std::size_t i = buckets.size(); i-- > 0;) {
    if (buckets[i].bucket == bucket) return &buckets[i];
    if (buckets[i].bucket < bucket) break;
  }
  return nullptr;
}

std::uint32_t FiredTable::find(const Hash128& key) const {
  const auto found = by_key_.find(key);
  return found == by_key_.end() ? plan::kNone : found->second;
}

std::uint32_t FiredTable::obtain(const Hash128& key) {
  if (const std::uint32_t index = find(key); index != plan::kNone) return index;
  const std::uint32_t index = sets_.allocate();
  FiredSet& set = sets_[index];
  set.key = key;
  set.live = true;
  set.sequence = ++sequence_;
  by_key_.emplace(key, index);
  add(kSetBytes);
  if (!queued_) return index;
  if (eviction_.full()) {
    eviction_.keep([this](const auto& entry) { return current(entry); });
    if (eviction_.crowded()) eviction_.grow();
  }
  eviction_.push({index, set.sequence});
  return index;
}

void FiredTable::add(std::size_t bytes) {
  charged_ += bytes;
  account_.add(bytes);
}

void FiredTable::take(std::size_t bytes) {
  charged_ -= bytes;
  account_.take(bytes);
}

FiredBucket& FiredTable::obtain_bucket(std::uint32_t index, std::int64_t number, TimeUs t) {
  FiredSet& set = sets_[index];
  set.newest = std::max(set.newest, t);
  const auto place = std::lower_bound(set.buckets.begin(), set.buckets.end(), number,
                                      [](const FiredBucket& other, std::int64_t b) { return other.bucket < b; });
  if (place != set.buckets.end() && place->bucket == number) return *place;
  FiredBucket entry;
  entry.bucket = number;
  entry.last_trigger = t;
  add(kBucketBytes);
  return *set.buckets.insert(place, entry);
}

Continuation FiredTable::enter(std::uint32_t index, std::int64_t bucket, TimeUs t, DurationUs reach, std::string_view alert_id) {
  FiredSet& set = sets_[index];
  const FiredBucket* before = nullptr;
  for (const FiredBucket& other : set.buckets) {
    if (!other.stands() || other.last_trigger > t || t - other.last_trigger > reach) continue;
    if (before == nullptr || other.last_trigger > before->last_trigger ||
        (other.last_trigger == before->last_trigger && other.episode < before->episode)) {
      before = &other;  // of equal times the smaller episode: the numbers of single triggers are in no lasting order
    }
  }
  Continuation continuation;
  std::array<char, 32> episode{};
  if (before != nullptr) {
    episode = before->episode;
    continuation = {true, std::string(before->episode.data(), before->episode.size())};
  } else {
    std::copy_n(alert_id.begin(), std::min(alert_id.size(), episode.size()), episode.begin());
  }
  FiredBucket& entry = obtain_bucket(index, bucket, t);
  entry.last_trigger = t;
  entry.episode = episode;
  entry.withdrawn = false;
  ++entry.revision;
  return continuation;
}

void FiredTable::trim(std::uint32_t index, TimeUs horizon) {
  take(kBucketBytes *
       std::erase_if(sets_[index].buckets, [horizon](const FiredBucket& bucket) { return bucket.last_trigger < horizon; }));
}

void FiredTable::free(std::uint32_t index) {
  FiredSet& set = sets_[index];
  take(kSetBytes + kBucketBytes * set.buckets.size());
  by_key_.erase(set.key);
  shrink_table(by_key_);
  sets_.release(index);
}

void FiredTable::detach(std::uint32_t index) {
  if (--sets_[index].users == 0) free(index);
}

void FiredTable::sweep(TimeUs horizon, std::uint32_t steps) {
  for (std::uint32_t i = 0; i < steps && sets_.extent() > 0; ++i) {
    if (++cursor_ >= sets_.extent()) cursor_ = 0;
    if (!sets_.present(cursor_)) continue;
    const FiredSet& set = sets_[cursor_];
    if (set.live && set.users == 0 && set.newest < horizon) free(cursor_);
  }
}

std::optional<TimeUs> FiredTable::evict() {
  while (!eviction_.empty()) {
    const EvictionQueue::Entry entry = eviction_.front();
    eviction_.pop();
    if (!current(entry) || sets_[entry.index].users > 0) continue;
    const TimeUs newest = sets_[entry.index].newest;
    free(entry.index);
    return newest;
  }
  return std::nullopt;
}

bool SeenIds::insert(const Hash128& id, TimeUs stamp, TimeUs logtime) {
  for (int i = 0; i < 2 && !order_.empty(); ++i) {
    const TimeUs oldest = order_.front().stamp;
    if (logtime == INT64_MIN || logtime <= oldest || logtime - oldest <= keep_) break;
    pop();
  }
  if (!ids_.insert(id).second) return false;
  order_.push({id, stamp});
  account_.add(kSeenBytes);
  return true;
}

void SeenIds::pop() {
  ids_.erase(order_.front().id);
  shrink_table(ids_);
  order_.pop();
  account_.take(kSeenBytes);
}

std::optional<TimeUs> SeenIds::evict() {
  if (order_.empty()) return std::nullopt;
  const TimeUs stamp = order_.front().stamp;
  pop();
  return stamp;
}

std::size_t SeenIds::charged() const { return order_.size() * kSeenBytes; }

}  // namespace vedette::correlate
