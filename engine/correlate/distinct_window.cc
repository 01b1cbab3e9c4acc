// Distinct values: value_count, temporal (a value is a rule) and event_count over correlations (a value is an inner alert id
// or an event). A hit is a trigger when the values in its window reach the threshold.
#include <algorithm>
#include <vector>

#include "engine/correlate/window.h"

namespace vedette::correlate {
namespace {

// A set of hashes that forgets everything in constant time.
class ValueSet {
 public:
  ValueSet() : places_(64) {}
  void clear() {
    ++epoch_;
    count_ = 0;
  }
  // True when new.
  bool insert(std::uint64_t value) {
    if (count_ * 2 >= places_.size()) grow();
    if (!put(value)) return false;
    ++count_;
    return true;
  }

 private:
  struct Place {
    std::uint64_t value = 0;
    std::uint64_t epoch = 0;
  };
  bool put(std::uint64_t value) {
    const std::size_t mask = places_.size() - 1;
    std::size_t at = static_cast<std::size_t>(value * 0x9E3779B97F4A7C15ULL >> 32) & mask;
    while (places_[at].epoch == epoch_) {
      if (places_[at].value == value) return false;
      at = (at + 1) & mask;
    }
    places_[at] = {value, epoch_};
    return true;
  }
  void grow() {
    std::vector<Place> old(places_.size() * 2);
    old.swap(places_);
    for (const Place& place : old) {
      if (place.epoch == epoch_) put(place.value);
    }
  }

  std::vector<Place> places_;
  std::uint64_t epoch_ = 1;
  std::size_t count_ = 0;
};

// The most recent distinct values of a large group, newest first: just enough of them to reach the threshold.
struct RecentValue {
  std::uint64_t value = 0;
  TimeUs t = 0;
  std::uint64_t weight = 1;
};
constexpr std::uint32_t kRecentFrom = 17;  // smaller groups are walked

class DistinctWindow final : public Window {
 public:
  DistinctWindow(const WindowContext& context, DurationUs width, std::uint64_t threshold, bool weighted)
      : Window(context, width, threshold), weighted_(weighted) {}

  void inserted(Group& group, std::uint32_t index) override {
    if (group.extra != nullptr) {
      note_recent(group, group.hits[index]);
    } else if (group.hits.size() >= kRecentFrom) {
      context_.groups.resize_extra(group, 8 * sizeof(RecentValue));
      for (std::uint32_t i = 0; i < group.hits.size(); ++i) note_recent(group, group.hits[i]);
    }
  }

  void recheck(Group& group, std::uint32_t index, std::vector<std::uint32_t>& triggers) override {
    const HitList& hits = group.hits;
    const TimeUs t = hits[index].t;
    const TimeUs last = recheck_end(t);
    if (group.extra != nullptr && !recent_reach(group, INT64_MIN)) return;  // not even all values together
    since_.clear();
    std::uint64_t since = 0;  // distinct values from t on without the fresh hits: beyond the threshold later windows held already
    std::uint32_t from = hits.run_begin(index);
    const std::uint32_t own_end = hits.run_end(index);
    if (own_end < hits.size()) note_fresh(group, from, own_end);
    while (from < hits.size() && hits[from].t <= last) {
      const std::uint32_t to = hits.run_end(from);
      if (satisfied(group, to - 1)) mark(group, from, to, index, triggers);
      if (to == hits.size()) return;
      for (std::uint32_t i = from; i < to && since < need_; ++i) {
        if ((hits[i].info & kFreshBit) != 0 || !since_.insert(hits[i].value)) continue;
        since += value_weight(group, hits[i]);
        std::erase(fresh_, hits[i].value);
      }
      // Later windows held as much before: enough other values, or the fresh values themselves.
      if (since >= need_ || fresh_.empty()) return;
      from = to;
    }
  }

  [[nodiscard]] bool holds(const Group& group, std::uint32_t index, TimeUs limit) override {
    const TimeUs t = group.hits[index].t;
    if (!known(group.hits[index], limit)) return false;
    std::uint64_t sum = 0;
    seen_.clear();
    for (std::uint32_t i = window_begin(group, t); i < group.hits.size() && group.hits[i].t <= t; ++i) {
      if (known(group.hits[i], limit) && seen_.insert(group.hits[i].value)) sum += value_weight(group, group.hits[i]);
    }
    return sum >= need_;
  }

  [[nodiscard]] std::uint64_t prune_from(bool fired) const override {
    return fired ? kept() + kept() / 8 + 1 : 2 * threshold_ + 1;
  }

  void prune(Group& group, const Slice& slice, bool fired) override {
    const std::uint32_t from = group.hits.lower_bound(slice.from);
    const std::uint32_t to = group.hits.lower_bound(slice.to);
    if (to - from < prune_from(fired)) return;
    keep_.assign(to - from, 0);
    if (fired) {
      keep_latest_values(group, from, to);
    } else {
      keep_first_and_last(group, from, to);
    }
    for (std::uint32_t end = to; end > from;) {
      std::uint32_t begin = end;
      while (begin > from && keep_[begin - 1 - from] == 0) --begin;
      if (begin < end) context_.groups.erase(group, begin, end);
      end = begin > from ? begin - 1 : from;
    }
  }

  [[nodiscard]] std::uint64_t evidence(const Group& group, std::uint32_t trigger, std::vector<std::uint32_t>& hits) override {
    const TimeUs t = group.hits[trigger].t;
    std::uint64_t sum = 0;
    seen_.clear();
    for (std::uint32_t i = window_begin(group, t); i < group.hits.size() && group.hits[i].t <= t; ++i) {
      hits.push_back(i);
      if (seen_.insert(group.hits[i].value)) sum += value_weight(group, group.hits[i]);
    }
    return sum;
  }

 private:
  [[nodiscard]] std::uint64_t kept() const { return mutated(Mutation::prune_keeps_one_less) ? threshold_ - 1 : threshold_; }
  [[nodiscard]] std::uint64_t value_weight(const Group& group, const GroupHit& hit) const {
    return weighted_ ? weight(group, hit) : 1;
  }

  void keep_latest_values(const Group& group, std::uint32_t from, std::uint32_t to) {
    seen_.clear();
    std::uint64_t sum = 0;
    for (std::uint32_t i = to; i-- > from && sum < kept();) {
      if (!seen_.insert(group.hits[i].value)) continue;
      keep_[i - from] = 1;
      sum += value_weight(group, group.hits[i]);
    }
  }

  void keep_first_and_last(const Group& group, std::uint32_t from, std::uint32_t to) {
    seen_.clear();
    for (std::uint32_t i = from; i < to; ++i) keep_[i - from] = seen_.insert(group.hits[i].value) ? 1 : 0;
    seen_.clear();
    for (std::uint32_t i = to; i-- > from;) {
      if (seen_.insert(group.hits[i].value)) keep_[i - from] = 1;
    }
  }

  // The values that the record being applied brought at one time.
  void note_fresh(const Group& group, std::uint32_t from, std::uint32_t to) {
    fresh_.clear();
    for (std::uint32_t i = from; i < to; ++i) {
      if ((group.hits[i].info & kFreshBit) != 0) fresh_.push_back(group.hits[i].value);
    }
  }

  // `last` is the last hit of its time.
  [[nodiscard]] bool satisfied(const Group& group, std::uint32_t last) {
    const HitList& hits = group.hits;
    const TimeUs begin = hits[last].t - width_ + (mutated(Mutation::window_edge_open) ? 1 : 0);
    if (group.extra != nullptr) {  // values seen since the window began, in it or after it
      const bool enough = recent_reach(group, begin);
      if (!enough || last + 1 == hits.size()) return enough;
    }
    seen_.clear();
    std::uint64_t sum = 0;
    for (std::uint32_t i = last + 1; i-- > 0 && hits[i].t >= begin;) {
      if (seen_.insert(hits[i].value)) sum += value_weight(group, hits[i]);
      if (sum >= need_) return true;
    }
    return false;
  }

  [[nodiscard]] bool recent_reach(const Group& group, TimeUs begin) const {
    const auto* recent = static_cast<const RecentValue*>(group.extra);
    std::uint64_t sum = 0;
    for (std::uint32_t i = 0; i < group.extra_count && recent[i].t >= begin; ++i) sum += recent[i].weight;
    return sum >= need_;
  }

  void note_recent(Group& group, const GroupHit& hit) {
    auto* recent = static_cast<RecentValue*>(group.extra);
    std::uint32_t at = 0;
    while (at < group.extra_count && recent[at].value != hit.value) ++at;
    if (at < group.extra_count) {
      if (recent[at].t >= hit.t) return;
    } else {
      if ((group.extra_count + 1) * sizeof(RecentValue) > group.extra_bytes) recent = grow_recent(group);
      ++group.extra_count;
    }
    while (at > 0 && recent[at - 1].t < hit.t) {
      recent[at] = recent[at - 1];
      --at;
    }
    recent[at] = {hit.value, hit.t, value_weight(group, hit)};
    std::uint64_t sum = 0;
    for (std::uint32_t i = 0; i < group.extra_count; ++i) {
      if (sum >= need_) {
        group.extra_count = i;
        break;
      }
      sum += recent[i].weight;
    }
  }

  RecentValue* grow_recent(Group& group) {
    return static_cast<RecentValue*>(context_.groups.resize_extra(group, group.extra_bytes * std::size_t{2}));
  }

  bool weighted_;
  ValueSet since_;
  ValueSet seen_;
  std::vector<std::uint8_t> keep_;
  std::vector<std::uint64_t> fresh_;
};

}  // namespace

std::unique_ptr<Window> make_distinct_window(const WindowContext& context, DurationUs width, std::uint64_t threshold,
                                             bool weighted) {
  return std::make_unique<DistinctWindow>(context, width, threshold, weighted);
}

}  // namespace vedette::correlate
