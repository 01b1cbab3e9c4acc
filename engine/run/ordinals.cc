#include "engine/run/ordinals.h"

#include "engine/base/digest.h"

namespace vedette::run {

std::string Ordinals::make_id(const correlate::EventHits& event, const event::Origin& origin) {
  std::uint32_t ordinal = 0;
  if (origin.ordinal_per_batch) {
    ordinal = batch_[event.head.raw_hash]++;
  } else {
    Hasher128 hasher(process_hash_seed());
    hasher.add(origin.tenant);
    hasher.add(origin.source_name);
    hasher.add(event.head.source);
    hasher.add(event.head.raw_hash.low);
    hasher.add(event.head.raw_hash.high);
    ordinal = next(hasher.finish());
  }
  return to_hex(digest_parts({event.raw, std::to_string(ordinal)}));
}

std::uint32_t Ordinals::next(const Hash128& key) {
  const std::uint32_t place = place_for(key);
  link_newest(place);
  return counts_[place].count++;
}

// Of the key's count, which is in no order afterwards.
std::uint32_t Ordinals::place_for(const Hash128& key) {
  if (const auto known = places_.find(key); known != places_.end()) {
    unlink(known->second);
    return known->second;
  }
  std::uint32_t place = static_cast<std::uint32_t>(counts_.size());
  if (place < most_) {
    counts_.emplace_back();
  } else {
    place = oldest_;
    unlink(place);
    places_.erase(counts_[place].key);
    ++forgotten_;
  }
  counts_[place] = {key};
  places_.emplace(key, place);
  return place;
}

void Ordinals::unlink(std::uint32_t place) {
  const Count& count = counts_[place];
  (count.older == kNobody ? oldest_ : counts_[count.older].newer) = count.newer;
  (count.newer == kNobody ? newest_ : counts_[count.newer].older) = count.older;
}

void Ordinals::link_newest(std::uint32_t place) {
  counts_[place].older = newest_;
  counts_[place].newer = kNobody;
  (newest_ == kNobody ? oldest_ : counts_[newest_].newer) = place;
  newest_ = place;
}

}  // namespace vedette::run
