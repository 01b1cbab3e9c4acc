#include "engine/correlate/ties.h"

#include <algorithm>

#include "engine/base/mutation.h"

namespace vedette::correlate {
namespace {
constexpr std::uint32_t kNobody = 0xffff'ffff;
}

void Tie::add(std::uint64_t mask) {
  for (Class& known : classes_) {
    if (known.mask != mask) continue;
    ++known.count;
    return;
  }
  classes_.push_back({mask, 1});
}

void Tie::remove(std::uint64_t mask) {
  for (Class& known : classes_) {
    if (known.mask == mask) --known.count;
  }
}

void Tie::start(std::uint32_t positions) {
  owner_.assign(positions, kNobody);
  used_.assign(classes_.size(), 0);
  filled_ = 0;
}

bool Tie::extend(std::uint32_t position) {
  if (mutated(Mutation::ordered_ties_forbidden) && filled_ > 0) return false;
  visited_.assign(classes_.size(), 0);
  if (!augment(position)) return false;
  ++filled_;
  return true;
}

bool Tie::augment(std::uint32_t position) {
  for (std::uint32_t c = 0; c < classes_.size(); ++c) {
    if ((classes_[c].mask >> position & 1) == 0 || visited_[c] != 0) continue;
    visited_[c] = 1;
    if (used_[c] < classes_[c].count || (mutated(Mutation::ordered_reuses_event) && classes_[c].count > 0)) {
      ++used_[c];
      owner_[position] = c;
      return true;
    }
    for (std::uint32_t other = 0; other < owner_.size(); ++other) {
      if (owner_[other] != c || !augment(other)) continue;
      owner_[position] = c;  // `other` moved to another class; its place here is free
      return true;
    }
  }
  return false;
}

}  // namespace vedette::correlate
