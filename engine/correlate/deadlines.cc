#include "engine/correlate/deadlines.h"

#include <algorithm>

#include "engine/correlate/account.h"

namespace vedette::correlate {
namespace {

bool later(const Deadline& a, const Deadline& b) { return a.at > b.at; }

}  // namespace

Hash128 Deadlines::key_of(const Deadline& deadline) {
  Hasher128 hasher(process_hash_seed());
  for (const std::uint64_t part :
       {static_cast<std::uint64_t>(deadline.at), deadline.group.low, deadline.group.high, static_cast<std::uint64_t>(deadline.t),
        deadline.record.low, deadline.record.high, deadline.value}) {
    hasher.add(part);
  }
  return hasher.finish();
}

void Deadlines::push(const Deadline& deadline) {
  if (!present_.insert(key_of(deadline)).second) return;
  heap_.push_back(deadline);
  std::push_heap(heap_.begin(), heap_.end(), later);
}

void Deadlines::restore() {
  std::make_heap(heap_.begin(), heap_.end(), later);
  limit_ = std::max(kSmallest, heap_.size() * 2);
  shrink_table(present_);
  if (heap_.capacity() > 4 * limit_) heap_.shrink_to_fit();
}

void Deadlines::pop(std::vector<Deadline>& out) {
  const TimeUs at = next();
  while (!heap_.empty() && heap_.front().at == at) {
    std::pop_heap(heap_.begin(), heap_.end(), later);
    present_.erase(key_of(heap_.back()));
    out.push_back(heap_.back());
    heap_.pop_back();
  }
}

}  // namespace vedette::correlate
