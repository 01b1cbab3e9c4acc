#include "engine/correlate/window.h"

#include <algorithm>

namespace vedette::correlate {

Window::Window(const WindowContext& context, DurationUs width, std::uint64_t threshold)
    : context_(context),
      width_(width),
      threshold_(std::max<std::uint64_t>(threshold, 1)),
      need_(mutated(Mutation::threshold_exclusive) ? threshold_ + 1 : threshold_) {}

void Window::inserted(Group& group, std::uint32_t index) {
  (void)group;
  (void)index;
}

void Window::erasing(Group& group, std::uint32_t index) {
  (void)group;
  (void)index;
}

void Window::prune(Group& group, const Slice& slice, bool fired) {
  (void)group;
  (void)slice;
  (void)fired;
}

void Window::trimming(Group& group, TimeUs horizon) {
  (void)group;
  (void)horizon;
}

std::optional<plan::Level> Window::level(const Group& group, std::uint32_t trigger) {
  (void)group;
  (void)trigger;
  return std::nullopt;
}

std::string Window::detail(const Group& group, std::uint32_t trigger) {
  (void)group;
  (void)trigger;
  return {};
}

std::string Window::measured(const Group& group, std::uint32_t trigger, const plan::TitlePart& part) {
  (void)group;
  (void)trigger;
  (void)part;
  return {};
}

std::uint64_t Window::prune_from(bool fired) const {
  (void)fired;
  return UINT64_MAX;
}

std::uint32_t Window::window_begin(const Group& group, TimeUs t) const {
  return group.hits.lower_bound(mutated(Mutation::window_edge_open) ? t - width_ + 1 : t - width_);
}

TimeUs Window::recheck_end(TimeUs t) const { return mutated(Mutation::recheck_own_window_only) ? t : t + width_; }

std::uint64_t Window::weight(const Group& group, const GroupHit& hit) const {
  if (!group.weighted || (hit.info & kRepeatBit) == 0) return 1;
  return context_.records[hit.record].repeat;
}

void Window::mark(Group& group, std::uint32_t from, std::uint32_t to, std::uint32_t index, std::vector<std::uint32_t>& triggers) {
  HitList& hits = group.hits;
  const auto known = [&](std::uint32_t i) { return (hits[i].info & kTriggerBit) != 0; };
  if (index >= from && index < to && (known(from) || known(to - 1))) {
    const auto fresh = [&](std::uint32_t i) { return (hits[i].info & kFreshBit) != 0; };
    std::uint32_t begin = index;
    std::uint32_t end = index + 1;
    while (begin > from && fresh(begin - 1)) --begin;
    while (end < to && fresh(end)) ++end;
    from = begin;
    to = end;
  }
  for (std::uint32_t i = from; i < to; ++i) {
    if (known(i)) continue;
    hits[i].info |= kTriggerBit;
    triggers.push_back(i);
  }
}

}  // namespace vedette::correlate
