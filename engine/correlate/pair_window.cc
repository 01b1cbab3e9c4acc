#include "engine/correlate/pair_window.h"

#include <algorithm>
#include <cstddef>

namespace vedette::correlate {
namespace {

constexpr std::uint32_t kFewHits = 8;  // compared one by one
constexpr std::uint32_t kMostValues = 8;

}  // namespace

void PairWindow::inserted(Group& group, std::uint32_t index) {
  if (group.extra != nullptr) return note_recent(group, group.hits[index]);
  if (group.hits.size() <= kFewHits) return;
  context_.groups.resize_extra(group, sizeof(Recent));
  recent(group).lost = INT64_MIN;
  group.extra_count = 0;
  for (std::uint32_t i = 0; i < group.hits.size(); ++i) note_recent(group, group.hits[i]);
}

void PairWindow::note_recent(Group& group, const GroupHit& hit) {
  std::uint32_t at = 0;
  while (at < group.extra_count && recent(group).hits[at].value != hit.value) ++at;
  if (at < group.extra_count) {
    if (recent(group).hits[at].t > hit.t) return;
  } else {
    if (group.extra_count == kMostValues) {
      at = kMostValues - 1;
      const TimeUs oldest = recent(group).hits[at].t;
      recent(group).lost = std::max(recent(group).lost, std::min(oldest, hit.t));
      if (oldest >= hit.t) return;
    } else {
      make_room(group);
      ++group.extra_count;
    }
  }
  GroupHit* hits = recent(group).hits;
  for (; at > 0 && hits[at - 1].t < hit.t; --at) hits[at] = hits[at - 1];
  hits[at] = hit;
}

void PairWindow::trimming(Group& group, TimeUs horizon) {
  while (group.extra_count > 0 && recent(group).hits[group.extra_count - 1].t < horizon) {
    --group.extra_count;
    recent(group).lost = std::max(recent(group).lost, recent(group).hits[group.extra_count].t);
  }
}

void PairWindow::make_room(Group& group) {
  if (offsetof(Recent, hits) + (group.extra_count + 1) * sizeof(GroupHit) <= group.extra_bytes) return;
  context_.groups.resize_extra(group, group.extra_bytes * std::size_t{2});
}

void PairWindow::recheck(Group& group, std::uint32_t index, std::vector<std::uint32_t>& triggers) {
  HitList& hits = group.hits;
  std::uint32_t end = index;
  bool quiet = true;
  for (; end < hits.size() && hits[end].record == hits[index].record; ++end) {
    if ((hits[end].info & kFreshBit) != 0 && may_clash(group, hits[end])) quiet = false;
  }
  if (quiet) return;
  const auto clashes_with_fresh = [&](std::uint32_t later) {
    for (std::uint32_t i = index; i < end; ++i) {
      if ((hits[i].info & kFreshBit) != 0 && clash(hits[i], hits[later])) return true;
    }
    return false;
  };
  const TimeUs last = recheck_end(hits[index].t);
  for (std::uint32_t i = hits.run_begin(index); i < hits.size() && hits[i].t <= last; ++i) {
    if ((hits[i].info & kTriggerBit) != 0) continue;
    const bool own = i >= index && i < end;
    if (own ? partner(group, i, kAnyStamp) == plan::kNone : !clashes_with_fresh(i)) continue;
    hits[i].info |= kTriggerBit;
    triggers.push_back(i);
  }
}

bool PairWindow::clash(const GroupHit& earlier, const GroupHit& later) {
  if (earlier.value == later.value) return false;
  return context_.records.base_of(earlier.record) != context_.records.base_of(later.record) && conflict(earlier, later);
}

bool PairWindow::may_clash(const Group& group, const GroupHit& hit) {
  if (group.extra == nullptr) return true;
  const TimeUs begin = hit.t - width_;
  const Recent& latest = recent(group);
  if (latest.lost >= begin) return true;
  for (std::uint32_t i = 0; i < group.extra_count && latest.hits[i].t >= begin; ++i) {
    GroupHit other = latest.hits[i];
    other.t = std::min(other.t, hit.t);  // of a later hit, some other of its value may be as near as can be
    if (other.value != hit.value && conflict(other, hit)) return true;
  }
  return false;
}

std::uint32_t PairWindow::partner(const Group& group, std::uint32_t index, TimeUs limit) {
  const HitList& hits = group.hits;
  const std::uint32_t begin = window_begin(group, hits[index].t);
  for (std::uint32_t i = hits.run_end(index); i-- > begin;) {
    if (i != index && known(hits[i], limit) && clash(hits[i], hits[index])) return i;
  }
  return plan::kNone;
}

bool PairWindow::holds(const Group& group, std::uint32_t index, TimeUs limit) {
  return known(group.hits[index], limit) && partner(group, index, limit) != plan::kNone;
}

std::uint64_t PairWindow::evidence(const Group& group, std::uint32_t trigger, std::vector<std::uint32_t>& hits) {
  const std::uint32_t other = partner(group, trigger, kAnyStamp);
  hits.push_back(trigger);
  if (other == plan::kNone) return 1;
  hits.push_back(other);
  std::sort(hits.begin(), hits.end());
  return 2;
}

std::string PairWindow::detail(const Group& group, std::uint32_t trigger) {
  const std::uint32_t other = partner(group, trigger, kAnyStamp);
  return other == plan::kNone ? std::string() : describe(group.hits[other], group.hits[trigger]);
}

}  // namespace vedette::correlate
