#include "engine/run/ordinals.h"

#include "engine/base/digest.h"

namespace vedette::run {

std::uint32_t Ordinals::next(const Hash128& key) {
  auto [slot, added] = current_.try_emplace(key, 0U);
  if (added) {
    if (const auto old = previous_.find(key); old != previous_.end()) slot->second = old->second;
  }
  return slot->second++;
}

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

void Ordinals::advance(TimeUs now) {
  if (generation_start_ == correlate::kNoTime) generation_start_ = now;
  if (now - generation_start_ < kDayUs) return;
  previous_.swap(current_);
  current_.clear();
  generation_start_ = now;
}

}  // namespace vedette::run
