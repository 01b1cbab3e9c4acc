// temporal_ordered: a hit that can fill the last position is a trigger when the earlier positions can be filled, in order, by
// other events of its window. Going forward in time, it is enough to know for every position the latest possible start of
// a sequence that has reached it: a later start is never worse, and equal times are folded in as one step. A hit out of order
// is followed forward only until it makes no difference any more.
#include <algorithm>
#include <vector>

#include "engine/correlate/ties.h"
#include "engine/correlate/window.h"

namespace vedette::correlate {
namespace {

constexpr TimeUs kNever = INT64_MIN;

// Group::extra of a sequence: the time of the last hit, whose run is not yet folded in; per position but the last, the latest
// start of a sequence that filled the positions up to it before that run; per position, its latest hit.

// Hits that collect() skips: the unit of an event, those with a flag, those with later stamps.
struct Without {
  std::uint32_t event = plan::kNone;
  std::uint32_t flag = 0;
  TimeUs limit = kAnyStamp;
};

class OrderedWindow final : public Window {
 public:
  OrderedWindow(const WindowContext& context, DurationUs width, std::uint32_t positions)
      : Window(context, width, positions),
        positions_(positions),
        last_bit_(std::uint64_t{1} << (positions - 1)),
        best_(positions - 1),
        without_(positions - 1),
        next_(positions - 1) {}

  void inserted(Group& group, std::uint32_t index) override {
    if (group.extra == nullptr) {
      std::fill_n(static_cast<TimeUs*>(context_.groups.resize_extra(group, sizeof(TimeUs) * 2 * positions_)), 2 * positions_,
                  kNever);
    }
    const GroupHit& hit = group.hits[index];
    TimeUs* latest = static_cast<TimeUs*>(group.extra) + positions_;
    for (std::uint32_t p = 0; p < positions_; ++p) {
      if ((hit.value >> p & 1) != 0) latest[p] = std::max(latest[p], hit.t);
    }
  }

  void recheck(Group& group, std::uint32_t index, std::vector<std::uint32_t>& triggers) override {
    if (mutated(Mutation::ordered_unchecked)) return recheck_unordered(group, index, triggers);
    const TimeUs t = group.hits[index].t;
    if (t == group.hits.back().t) {
      const std::uint32_t from = group.hits.run_begin(index);
      load_progress(group, from);
      check_run(group, from, group.hits.size(), triggers);
      store_progress(group, t);
    } else {
      follow(group, group.hits.run_begin(index), triggers);
    }
  }

  [[nodiscard]] bool holds(const Group& group, std::uint32_t index, TimeUs limit) override {
    const GroupHit& hit = group.hits[index];
    if ((hit.value & last_bit_) == 0 || !known(hit, limit)) return false;
    std::uint32_t open = positions_ - 1;
    std::uint32_t to = group.hits.upper_bound(hit.t);
    while (open > 0 && to > 0 && group.hits[to - 1].t >= hit.t - width_) {
      const std::uint32_t from = group.hits.lower_bound(group.hits[to - 1].t);
      collect(group, from, to, {.event = context_.records.base_of(hit.record), .limit = limit});
      tie_.start(positions_);
      while (open > 0 && tie_.extend(open - 1)) --open;
      to = from;
    }
    return open == 0;
  }

  // A witness: positions filled backwards from the trigger, each as late as possible, so that its span is the shortest.
  [[nodiscard]] std::uint64_t evidence(const Group& group, std::uint32_t trigger, std::vector<std::uint32_t>& hits) override {
    hits.push_back(trigger);
    const TimeUs begin = group.hits[trigger].t - width_;
    std::uint32_t open = positions_ - 1;  // positions 0..open-1 are still to be filled
    std::uint32_t to = group.hits.upper_bound(group.hits[trigger].t);
    while (open > 0 && to > 0 && group.hits[to - 1].t >= begin) {
      const std::uint32_t from = group.hits.lower_bound(group.hits[to - 1].t);
      collect(group, from, to, {.event = context_.records.base_of(group.hits[trigger].record)});
      tie_.start(positions_);
      const std::uint32_t before = open;
      while (open > 0 && tie_.extend(open - 1)) --open;
      for (std::uint32_t p = open; p < before; ++p) hits.push_back(take(group, from, to, trigger, tie_.filler(p), hits));
      to = from;
    }
    std::sort(hits.begin(), hits.end());
    hits.erase(std::unique(hits.begin(), hits.end()), hits.end());
    return positions_;
  }

 private:
  // Units of equal times: hits of one source event are one unit.
  void collect(const Group& group, std::uint32_t from, std::uint32_t to, const Without& without = {}) {
    tie_.clear();
    for (std::uint32_t i = from; i < to;) {
      const std::uint32_t base = context_.records.base_of(group.hits[i].record);
      std::uint64_t mask = 0;
      for (; i < to && context_.records.base_of(group.hits[i].record) == base; ++i) {
        if ((group.hits[i].info & without.flag) == 0 && known(group.hits[i], without.limit)) mask |= group.hits[i].value;
      }
      if (base != without.event && mask != 0) tie_.add(mask);
    }
  }

  [[nodiscard]] std::uint64_t unit_mask(const Group& group, std::uint32_t from, std::uint32_t to, std::uint32_t index) const {
    const std::uint32_t base = context_.records.base_of(group.hits[index].record);
    std::uint64_t mask = group.hits[index].value;
    for (std::uint32_t i = index; i > from && context_.records.base_of(group.hits[i - 1].record) == base; --i)
      mask |= group.hits[i - 1].value;
    for (std::uint32_t i = index + 1; i < to && context_.records.base_of(group.hits[i].record) == base; ++i)
      mask |= group.hits[i].value;
    return mask;
  }

  // A hit of the run whose unit has this mask and is not yet part of the witness.
  [[nodiscard]] std::uint32_t take(const Group& group, std::uint32_t from, std::uint32_t to, std::uint32_t trigger,
                                   std::uint64_t mask, const std::vector<std::uint32_t>& taken) const {
    const auto used = [&](std::uint32_t i) {
      const std::uint32_t base = context_.records.base_of(group.hits[i].record);
      return std::any_of(taken.begin(), taken.end(),
                         [&](std::uint32_t other) { return context_.records.base_of(group.hits[other].record) == base; });
    };
    for (std::uint32_t i = to; i-- > from;) {
      if (!used(i) && unit_mask(group, from, to, i) == mask) return i;
    }
    return trigger;
  }

  // Start of sequences whose next position is p, given best_ before the run at t.
  [[nodiscard]] TimeUs start_of(std::uint32_t position, TimeUs t) const { return position == 0 ? t : best_[position - 1]; }

  // tie_ holds the run at t: `best` before it becomes `best` after it.
  void fold(std::vector<TimeUs>& best, TimeUs t) {
    next_ = best;
    for (std::uint32_t first = 0; first < best.size(); ++first) {
      const TimeUs start = first == 0 ? t : best[first - 1];
      if (start == kNever) continue;
      tie_.start(positions_);
      for (std::uint32_t p = first; p < best.size() && tie_.extend(p); ++p) next_[p] = std::max(next_[p], start);
    }
    best.swap(next_);
  }

  // Whether a hit of the run (whose unit was taken out of tie_) can be the last position.
  [[nodiscard]] bool completes(TimeUs t) {
    const TimeUs begin = t - width_ + (mutated(Mutation::window_edge_open) ? 1 : 0);
    tie_.start(positions_);
    for (std::uint32_t first = positions_ - 1;; --first) {
      if (start_of(first, t) >= begin) return true;
      if (first == 0 || !tie_.extend(first - 1)) return false;
    }
  }

  // best_ stands before the run [from, to); leaves the whole run in tie_.
  void check_run(Group& group, std::uint32_t from, std::uint32_t to, std::vector<std::uint32_t>& triggers) {
    collect(group, from, to);
    const TimeUs t = group.hits[from].t;
    for (std::uint32_t i = from; i < to; ++i) {
      GroupHit& hit = group.hits[i];
      if ((hit.value & last_bit_) == 0 || (hit.info & kTriggerBit) != 0) continue;
      const std::uint64_t mask = unit_mask(group, from, to, i);
      if (!mutated(Mutation::ordered_reuses_event)) tie_.remove(mask);
      if (completes(t)) {
        hit.info |= kTriggerBit;
        triggers.push_back(i);
      }
      if (!mutated(Mutation::ordered_reuses_event)) tie_.add(mask);
    }
  }

  // The run at `from` holds fresh hits and is not the last. Goes on with two states, with and without fresh hits, as long as
  // they differ and windows can reach back to the run.
  void follow(Group& group, std::uint32_t from, std::vector<std::uint32_t>& triggers) {
    HitList& hits = group.hits;
    const TimeUs last = recheck_end(hits[from].t);
    look_back(group, from);
    without_ = best_;
    while (hits[from].t <= last) {
      const TimeUs t = hits[from].t;
      const std::uint32_t to = hits.run_end(from);
      check_run(group, from, to, triggers);
      if (to == hits.size()) return store_progress(group, t);
      fold(best_, t);
      collect(group, from, to, {.flag = kFreshBit});
      fold(without_, t);
      if (best_ == without_) return;
      from = to;
    }
  }

  // best_ before the run that begins at `from`: for each position a sequence is filled backwards, as late as possible.
  void look_back(const Group& group, std::uint32_t from) {
    const HitList& hits = group.hits;
    const TimeUs begin = hits[from].t - width_;
    const TimeUs* latest = static_cast<const TimeUs*>(group.extra) + positions_;
    std::fill(best_.begin(), best_.end(), kNever);
    open_.clear();
    for (std::uint32_t p = 0; p < best_.size() && latest[p] >= begin; ++p) open_.push_back(p + 1);
    std::size_t unfinished = open_.size();
    for (std::uint32_t to = from; to > 0 && unfinished > 0 && hits[to - 1].t >= begin;) {
      const std::uint32_t run = hits.run_begin(to - 1);
      if (to - run > 1) collect(group, run, to);
      for (std::size_t p = 0; p < open_.size(); ++p) {
        if (open_[p] == 0 || !fill_from_end(hits, run, to, open_[p])) continue;
        best_[p] = hits[run].t;
        --unfinished;
      }
      to = run;
    }
  }

  // Fills positions below `open` from a run, highest first; true when none is left. Runs of several hits are in tie_.
  bool fill_from_end(const HitList& hits, std::uint32_t run, std::uint32_t to, std::uint32_t& open) {
    if (to - run == 1) {
      if ((hits[run].value >> (open - 1) & 1) != 0) --open;
      return open == 0;
    }
    tie_.start(positions_);
    while (open > 0 && tie_.extend(open - 1)) --open;
    return open == 0;
  }

  // best_ before the last run, which begins at `from`.
  void load_progress(const Group& group, std::uint32_t from) {
    const HitList& hits = group.hits;
    const auto* progress = static_cast<const TimeUs*>(group.extra);
    const TimeUs tie = progress[0];
    if (tie == hits[from].t || (from > 0 && tie == hits[from - 1].t)) {
      std::copy_n(progress + 1, best_.size(), best_.begin());
      if (tie == hits[from].t) return;
      collect(group, hits.run_begin(from - 1), from);
      return fold(best_, tie);
    }
    look_back(group, from);
  }

  void store_progress(Group& group, TimeUs tie) {
    auto* progress = static_cast<TimeUs*>(group.extra);
    progress[0] = tie;
    std::copy(best_.begin(), best_.end(), progress + 1);
  }

  // Only for the deliberate defect: all positions present in any order.
  void recheck_unordered(Group& group, std::uint32_t index, std::vector<std::uint32_t>& triggers) {
    HitList& hits = group.hits;
    const TimeUs t = hits[index].t;
    for (std::uint32_t i = hits.lower_bound(t); i < hits.size() && hits[i].t <= t + width_; ++i) {
      std::uint64_t mask = 0;
      for (std::uint32_t j = hits.lower_bound(hits[i].t - width_); j < hits.upper_bound(hits[i].t); ++j) mask |= hits[j].value;
      if (mask + 1 != last_bit_ << 1 || (hits[i].info & kTriggerBit) != 0) continue;
      hits[i].info |= kTriggerBit;
      triggers.push_back(i);
    }
  }

  std::uint32_t positions_;
  std::uint64_t last_bit_;
  std::vector<TimeUs> best_;
  std::vector<TimeUs> without_;
  std::vector<TimeUs> next_;
  std::vector<std::uint32_t> open_;
  Tie tie_;
};

}  // namespace

std::unique_ptr<Window> make_ordered_window(const WindowContext& context, DurationUs width, std::uint32_t positions) {
  return std::make_unique<OrderedWindow>(context, width, positions);
}

}  // namespace vedette::correlate
