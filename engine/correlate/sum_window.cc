// value_sum with lower bounds: a hit is a trigger when the numbers in its window add up to what the bounds ask for. Over
// rules every hit counts; of an inner correlation each alert id counts once, with its largest number (docs/semantics.md, 3).
#include <algorithm>

#include "engine/correlate/bounds.h"
#include "engine/correlate/epoch_map.h"
#include "engine/correlate/running_sum.h"
#include "engine/correlate/window.h"

namespace vedette::correlate {
namespace {

// Group::extra, only over rules: the sum of the hits with times in [from, to). It is moved to the window that is asked
// about, so that a hit at the end costs as much as what it pushes out.
struct Position {
  TimeUs from = 0;
  TimeUs to = 0;
  RunningSum sum;
};

class SumWindow final : public Window {
 public:
  SumWindow(const WindowContext& context, const plan::CorrelationPlan& plan)
      : Window(context, plan.window, 1),
        bounds_(plan.bounds),
        risk_(plan.sum_risk),
        plain_(std::none_of(plan.inputs.begin(), plan.inputs.end(), [](const plan::Input& input) { return input.correlation; })) {
  }

  // A hit that got a larger number: what it added before is not known any more, so the position starts over.
  void inserted(Group& group, std::uint32_t index) override {
    if (!plain_) return;
    if (group.extra == nullptr) {
      *static_cast<Position*>(context_.groups.resize_extra(group, sizeof(Position))) = Position{};
    }
    auto& position = *static_cast<Position*>(group.extra);
    const TimeUs t = group.hits[index].t;
    const bool merged = group.extra_count == group.hits.size();
    group.extra_count = group.hits.size();
    if (t < position.from || t >= position.to) return;
    if (merged) {
      position = Position{};
      return;
    }
    position.sum.add(unpack_exact(group.hits[index].value));
  }

  void trimming(Group& group, TimeUs horizon) override {
    if (group.extra == nullptr) return;
    auto& position = *static_cast<Position*>(group.extra);
    if (position.from < horizon) move(group, horizon, std::max(horizon, position.to));
    std::uint32_t expired = 0;
    while (expired < group.hits.size() && group.hits[expired].t < horizon) ++expired;
    group.extra_count = group.hits.size() - expired;
  }

  void recheck(Group& group, std::uint32_t index, std::vector<std::uint32_t>& triggers) override {
    const HitList& hits = group.hits;
    const TimeUs last = recheck_end(hits[index].t);
    for (std::uint32_t from = hits.run_begin(index); from < hits.size() && hits[from].t <= last;) {
      const std::uint32_t to = hits.run_end(from);
      if (satisfied(group, from)) mark(group, from, to, index, triggers);
      from = to;
    }
  }

  [[nodiscard]] bool holds(const Group& group, std::uint32_t index, TimeUs limit) override {
    return known(group.hits[index], limit) && bounds_.hold(walk(group, index, limit, true));
  }

  [[nodiscard]] std::uint64_t evidence(const Group& group, std::uint32_t trigger, std::vector<std::uint32_t>& hits) override {
    const TimeUs t = group.hits[trigger].t;
    const std::uint32_t end = group.hits.upper_bound(t);
    for (std::uint32_t i = window_begin(group, t); i < end; ++i) hits.push_back(i);
    (void)walk(group, trigger, kAnyStamp, false);
    return counted_;
  }

  [[nodiscard]] std::string detail(const Group& group, std::uint32_t trigger) override {
    return exact_text(walk(group, trigger, kAnyStamp, false));
  }

 private:
  [[nodiscard]] bool satisfied(Group& group, std::uint32_t index) {
    if (!plain_) return bounds_.hold(walk(group, index, kAnyStamp, true));
    const TimeUs t = group.hits[index].t;
    move(group, mutated(Mutation::window_edge_open) ? t - width_ + 1 : t - width_, t + 1);
    return bounds_.hold(static_cast<const Position*>(group.extra)->sum.value());
  }

  // Makes the position cover [from, to).
  static void move(Group& group, TimeUs from, TimeUs to) {
    auto& position = *static_cast<Position*>(group.extra);
    const HitList& hits = group.hits;
    if (from >= position.to || to <= position.from) position = {from, from, {}};
    std::uint32_t i = hits.lower_bound(position.to);
    for (; i < hits.size() && hits[i].t < to; ++i) position.sum.add(unpack_exact(hits[i].value));
    for (; i > 0 && hits[i - 1].t >= to; --i) position.sum.subtract(unpack_exact(hits[i - 1].value));
    i = hits.lower_bound(position.from);
    for (; i > 0 && hits[i - 1].t >= from; --i) position.sum.add(unpack_exact(hits[i - 1].value));
    for (; i < hits.size() && hits[i].t < from; ++i) position.sum.subtract(unpack_exact(hits[i].value));
    position.from = from;
    position.to = to;
  }

  // The sum of a hit's window, counted afresh; with `enough` only until the bounds hold. Counts what it adds up.
  [[nodiscard]] Exact walk(const Group& group, std::uint32_t index, TimeUs limit, bool enough) {
    const HitList& hits = group.hits;
    const TimeUs t = hits[index].t;
    const std::uint32_t begin = window_begin(group, t);
    Exact sum = 0;
    counted_ = 0;
    numbers_.clear();
    for (std::uint32_t i = hits.run_end(index); i-- > begin;) {
      if (!known(hits[i], limit)) continue;
      sum = add_saturating(sum, gain(hits[i]));
      if (enough && bounds_.hold(sum)) break;
    }
    return sum;
  }

  // What a hit adds to the sum of those already seen.
  [[nodiscard]] Exact gain(const GroupHit& hit) {
    const Exact number = unpack_exact(hit.value);
    const Record& record = context_.records[hit.record];
    if (!record.derived()) {
      ++counted_;
      return number;
    }
    bool fresh = false;
    const std::uint64_t input = risk_ ? input_of(hit) + 1 : 0;
    Exact& largest = numbers_.obtain(record.inner_alert.low + input * 0x9E3779B97F4A7C15ULL, fresh);
    if (fresh) ++counted_;
    const Exact more = std::max<Exact>(number - largest, 0);
    largest += more;
    return more;
  }

  Bounds bounds_;
  bool risk_;
  bool plain_;
  std::uint64_t counted_ = 0;
  EpochMap<Exact> numbers_;
};

}  // namespace

std::unique_ptr<Window> make_sum_window(const WindowContext& context, const plan::CorrelationPlan& plan) {
  return std::make_unique<SumWindow>(context, plan);
}

}  // namespace vedette::correlate
