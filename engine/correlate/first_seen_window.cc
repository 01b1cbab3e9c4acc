// new_value: a hit is a trigger when no other hit of its value lies in the H before it, unless the key's run of events has
// only begun (docs/semantics.md, 5). Old hits are reduced to the latest of each value; the run they belonged to is kept.
#include <algorithm>

#include "engine/correlate/window.h"

namespace vedette::correlate {
namespace {

// Group::extra: the run that the dropped hits ended in.
struct Run {
  TimeUs first = 0;
  TimeUs last = INT64_MIN;
};

class FirstSeenWindow final : public Window {
 public:
  FirstSeenWindow(const WindowContext& context, const plan::CorrelationPlan& plan)
      : Window(context, plan.window, 1),
        learn_(mutated(Mutation::learn_ignored) ? 0 : plan.learn),
        fire_first_(plan.fire_first || mutated(Mutation::first_always_fires)) {}

  void recheck(Group& group, std::uint32_t index, std::vector<std::uint32_t>& triggers) override {
    (void)group;
    (void)index;
    (void)triggers;  // never monotone
  }

  [[nodiscard]] DurationUs reach() const override { return width_ + learn_; }

  [[nodiscard]] bool holds(const Group& group, std::uint32_t index, TimeUs limit) override {
    const GroupHit& hit = group.hits[index];
    if (!known(hit, limit) || seen_before(group, index, limit)) return false;
    const TimeUs first = run_start(group, index, limit);
    return hit.t >= first + learn_ && (hit.t != first || (fire_first_ && learn_ == 0));
  }

  void trimming(Group& group, TimeUs horizon) override {
    if (group.extra == nullptr) {
      *static_cast<Run*>(context_.groups.resize_extra(group, sizeof(Run))) = Run{};
    }
    auto& run = *static_cast<Run*>(group.extra);
    for (std::uint32_t i = 0; i < group.hits.size() && group.hits[i].t < horizon; ++i) {
      const TimeUs t = group.hits[i].t;
      if (t <= run.last) continue;
      if (run.last == INT64_MIN || t - run.last > width_) run.first = t;
      run.last = t;
    }
  }

  [[nodiscard]] std::uint64_t evidence(const Group& group, std::uint32_t trigger, std::vector<std::uint32_t>& hits) override {
    (void)group;
    hits.push_back(trigger);
    return 1;
  }

 private:
  [[nodiscard]] bool seen_before(const Group& group, std::uint32_t index, TimeUs limit) const {
    const GroupHit& hit = group.hits[index];
    for (std::uint32_t i = index; i-- > 0 && group.hits[i].t >= hit.t - width_;) {
      if (group.hits[i].value == hit.value && group.hits[i].t < hit.t && known(group.hits[i], limit)) return true;
    }
    return false;
  }

  [[nodiscard]] TimeUs run_start(const Group& group, std::uint32_t index, TimeUs limit) const {
    const Run run = group.extra == nullptr ? Run{} : *static_cast<const Run*>(group.extra);
    TimeUs first = group.hits[index].t;
    for (std::uint32_t i = index; i-- > 0;) {
      const TimeUs t = group.hits[i].t;
      if (t <= run.last || first - t > width_) break;
      if (known(group.hits[i], limit)) first = t;
    }
    return run.last != INT64_MIN && first - run.last <= width_ ? run.first : first;
  }

  DurationUs learn_;
  bool fire_first_;
};

}  // namespace

std::unique_ptr<Window> make_first_seen_window(const WindowContext& context, const plan::CorrelationPlan& plan) {
  return std::make_unique<FirstSeenWindow>(context, plan);
}

}  // namespace vedette::correlate
