#include "engine/correlate/fired.h"

#include <algorithm>
#include <utility>

#include "engine/plan/plan.h"

namespace vedette::correlate {

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
  sets_[index].key = key;
  sets_[index].live = true;
  by_key_.emplace(key, index);
  return index;
}

FiredBucket& FiredSet::obtain(std::int64_t bucket, TimeUs t) {
  newest = std::max(newest, t);
  const auto place = std::lower_bound(buckets.begin(), buckets.end(), bucket,
                                      [](const FiredBucket& other, std::int64_t b) { return other.bucket < b; });
  if (place != buckets.end() && place->bucket == bucket) return *place;
  FiredBucket entry;
  entry.bucket = bucket;
  entry.last_trigger = t;
  return *buckets.insert(place, entry);
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
  FiredBucket& entry = set.obtain(bucket, t);
  entry.last_trigger = t;
  entry.episode = episode;
  entry.withdrawn = false;
  ++entry.revision;
  return continuation;
}

void FiredTable::trim(FiredSet& set, TimeUs horizon) {
  std::erase_if(set.buckets, [horizon](const FiredBucket& bucket) { return bucket.last_trigger < horizon; });
}

void FiredTable::free(std::uint32_t index) {
  by_key_.erase(sets_[index].key);
  sets_.release(index);
}

void FiredTable::detach(std::uint32_t index) {
  if (--sets_[index].users == 0) free(index);
}

void FiredTable::sweep(TimeUs horizon, std::uint32_t steps) {
  for (std::uint32_t i = 0; i < steps && sets_.extent() > 0; ++i) {
    if (++cursor_ >= sets_.extent()) cursor_ = 0;
    const FiredSet& set = sets_[cursor_];
    if (set.live && set.users == 0 && set.newest < horizon) free(cursor_);
  }
}

bool SeenIds::insert(const Hash128& id, TimeUs stamp, TimeUs logtime) {
  for (int i = 0; i < 2 && count_ > 0; ++i) {
    const Entry& oldest = ring_[head_];
    if (logtime == INT64_MIN || logtime <= oldest.stamp || logtime - oldest.stamp <= keep_) break;
    ids_.erase(oldest.id);
    head_ = (head_ + 1) & (ring_.size() - 1);
    --count_;
  }
  if (!ids_.insert(id).second) return false;
  push({id, stamp});
  return true;
}

void SeenIds::push(const Entry& entry) {
  if (count_ == ring_.size()) {
    std::vector<Entry> larger(std::max<std::size_t>(16, ring_.size() * 2));
    for (std::size_t i = 0; i < count_; ++i) larger[i] = ring_[(head_ + i) & (ring_.size() - 1)];
    ring_ = std::move(larger);
    head_ = 0;
  }
  ring_[(head_ + count_++) & (ring_.size() - 1)] = entry;
}

}  // namespace vedette::correlate
