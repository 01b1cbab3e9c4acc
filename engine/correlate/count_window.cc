// event_count: a hit is a trigger when the weights in its window add up to the threshold.
#include "engine/correlate/window.h"

namespace vedette::correlate {
namespace {

class CountWindow final : public Window {
 public:
  using Window::Window;

  void recheck(Group& group, std::uint32_t index, std::vector<std::uint32_t>& triggers) override {
    const HitList& hits = group.hits;
    const TimeUs t = hits[index].t;
    const TimeUs last = recheck_end(t);
    std::uint64_t since = 0;  // weight from t on without the fresh hits: beyond the threshold later windows held already
    if (!group.weighted && hits.size() < need_) return;
    std::uint32_t from = hits.run_begin(index);
    while (from < hits.size() && hits[from].t <= last && since < need_) {
      const std::uint32_t to = hits.run_end(from);
      if (satisfied(group, to - 1)) mark(group, from, to, index, triggers);
      if (to == hits.size()) break;
      for (std::uint32_t i = from; i < to && since < need_; ++i) {
        if ((hits[i].info & kFreshBit) == 0) since += weight(group, hits[i]);
      }
      from = to;
    }
  }

  [[nodiscard]] bool holds(const Group& group, std::uint32_t index, TimeUs limit) override {
    const TimeUs t = group.hits[index].t;
    if (!known(group.hits[index], limit)) return false;
    std::uint64_t sum = 0;
    for (std::uint32_t i = window_begin(group, t); i < group.hits.size() && group.hits[i].t <= t; ++i) {
      if (known(group.hits[i], limit)) sum += weight(group, group.hits[i]);
    }
    return sum >= need_;
  }

  [[nodiscard]] std::uint64_t prune_from(bool fired) const override { return fired ? kept() + kept() / 8 + 1 : UINT64_MAX; }

  void prune(Group& group, const Slice& slice, bool fired) override {
    if (!fired) return;
    const std::uint32_t from = group.hits.lower_bound(slice.from);
    std::uint32_t keep = group.hits.lower_bound(slice.to);
    if (keep - from < prune_from(fired)) return;
    std::uint64_t sum = 0;
    while (keep > from && sum < kept()) sum += weight(group, group.hits[--keep]);
    if (keep > from) context_.groups.erase(group, from, keep);
  }

  [[nodiscard]] std::uint64_t evidence(const Group& group, std::uint32_t trigger, std::vector<std::uint32_t>& hits) override {
    const TimeUs t = group.hits[trigger].t;
    std::uint64_t sum = 0;
    for (std::uint32_t i = window_begin(group, t); i < group.hits.size() && group.hits[i].t <= t; ++i) {
      hits.push_back(i);
      sum += weight(group, group.hits[i]);
    }
    return sum;
  }

 private:
  [[nodiscard]] std::uint64_t kept() const { return mutated(Mutation::prune_keeps_one_less) ? threshold_ - 1 : threshold_; }

  // `last` is the last hit of its time.
  [[nodiscard]] bool satisfied(const Group& group, std::uint32_t last) const {
    const HitList& hits = group.hits;
    const TimeUs begin = hits[last].t - width_ + (mutated(Mutation::window_edge_open) ? 1 : 0);
    if (!group.weighted) return last + 1 >= need_ && hits[static_cast<std::uint32_t>(last + 1 - need_)].t >= begin;
    std::uint64_t sum = 0;
    for (std::uint32_t i = last + 1; i-- > 0 && hits[i].t >= begin;) {
      sum += weight(group, hits[i]);
      if (sum >= need_) return true;
    }
    return false;
  }
};

}  // namespace

std::unique_ptr<Window> make_count_window(const WindowContext& context, DurationUs width, std::uint64_t threshold) {
  return std::make_unique<CountWindow>(context, width, threshold);
}

}  // namespace vedette::correlate
