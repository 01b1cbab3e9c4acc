// What makes a hit a trigger, per correlation type: after hits were inserted, recheck() finds the hits whose windows now
// satisfy the condition (spec semantics §4); prune() drops what no later window can need (§5). holds() asks the same of one
// hit, with all hits or with those up to a stamp; refutable and waiting correlations are decided by it (docs/semantics.md, 1).
// One owner, one thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/correlate/buckets.h"
#include "engine/correlate/groups.h"
#include "engine/plan/plan.h"

namespace vedette::correlate {

inline constexpr TimeUs kAnyStamp = INT64_MAX;

// Stamps of hits: of an event its own, of a derived event see docs/semantics.md, 1.
class Stamps {
 public:
  virtual ~Stamps() = default;
  [[nodiscard]] virtual TimeUs stamp(const GroupHit& hit) const = 0;
};

// Everything a window type needs of its surroundings.
struct WindowContext {
  Pool& pool;
  Records& records;
  Groups& groups;
  const Stamps& stamps;
};

class Window {
 public:
  Window(const WindowContext& context, DurationUs width, std::uint64_t threshold);
  virtual ~Window() = default;
  Window(const Window&) = delete;
  Window& operator=(const Window&) = delete;

  // Called right after a hit was inserted at an index.
  virtual void inserted(Group& group, std::uint32_t index);
  // `index` is one of the fresh hits of one time. Appends the indices of hits that are now triggers and were not, ascending,
  // and marks them. Fresh hits of other times may be present.
  virtual void recheck(Group& group, std::uint32_t index, std::vector<std::uint32_t>& triggers) = 0;
  // Whether the hit is a trigger when only hits with stamps up to `limit` count.
  [[nodiscard]] virtual bool holds(const Group& group, std::uint32_t index, TimeUs limit) = 0;
  // An insertion at t can change holds() of hits in [t, t + reach()].
  [[nodiscard]] virtual DurationUs reach() const { return width_; }
  // The slice of a touched hit: `fired` tells whether its alert bucket has fired.
  virtual void prune(Group& group, const Slice& slice, bool fired);
  // The number of hits in a slice from which prune() acts: somewhat above what it keeps, so that its cost is amortised.
  [[nodiscard]] virtual std::uint64_t prune_from(bool fired) const;
  // evidence() considers hits with stamps up to this.
  void limit_evidence(TimeUs limit) { evidence_limit_ = limit; }
  // Before a hit is taken out of its group (never by trimming or pruning).
  virtual void erasing(Group& group, std::uint32_t index);
  // Before hits older than `horizon` are dropped.
  virtual void trimming(Group& group, TimeUs horizon);
  // The level that `level-when` gives a trigger, if any.
  [[nodiscard]] virtual std::optional<plan::Level> level(const Group& group, std::uint32_t trigger);
  // What was measured at a trigger, for the alert's reason: a sum, what changed, two places, the values of metrics.
  [[nodiscard]] virtual std::string detail(const Group& group, std::uint32_t trigger);
  // What a part of the alert's title says of the window of a trigger (metrics, span, first, last).
  [[nodiscard]] virtual std::string measured(const Group& group, std::uint32_t trigger, const plan::TitlePart& part);
  // The hits behind a trigger, ascending, and the alert's count.
  [[nodiscard]] virtual std::uint64_t evidence(const Group& group, std::uint32_t trigger, std::vector<std::uint32_t>& hits) = 0;

 protected:
  // First index inside the window that ends at t.
  [[nodiscard]] std::uint32_t window_begin(const Group& group, TimeUs t) const;
  // Latest end of a window that an insertion at t can complete.
  [[nodiscard]] TimeUs recheck_end(TimeUs t) const;
  [[nodiscard]] std::uint64_t weight(const Group& group, const GroupHit& hit) const;
  [[nodiscard]] bool known(const GroupHit& hit, TimeUs limit) const {
    return limit == kAnyStamp || context_.stamps.stamp(hit) <= limit;
  }
  // Marks the hits of [from, to) that are not yet triggers. When the others of an equal-time run already are, only the fresh
  // ones next to `index` are looked at.
  static void mark(Group& group, std::uint32_t from, std::uint32_t to, std::uint32_t index, std::vector<std::uint32_t>& triggers);

  WindowContext context_;
  DurationUs width_;
  std::uint64_t threshold_;  // what pruning keeps
  std::uint64_t need_;       // what satisfies
  TimeUs evidence_limit_ = kAnyStamp;
};

// Sum of weights (event_count over rules).
[[nodiscard]] std::unique_ptr<Window> make_count_window(const WindowContext& context, DurationUs width, std::uint64_t threshold);
// Distinct values: value_count, temporal (values are rules), event_count over correlations (values are ids).
[[nodiscard]] std::unique_ptr<Window> make_distinct_window(const WindowContext& context, DurationUs width,
                                                           std::uint64_t threshold, bool weighted);
// temporal_ordered: values are masks of positions, at most 64 of them.
[[nodiscard]] std::unique_ptr<Window> make_ordered_window(const WindowContext& context, DurationUs width,
                                                          std::uint32_t positions);
// value_sum with lower bounds: values are packed numbers.
[[nodiscard]] std::unique_ptr<Window> make_sum_window(const WindowContext& context, const plan::CorrelationPlan& plan);
// value_change: values are hashes of all compared fields.
[[nodiscard]] std::unique_ptr<Window> make_change_window(const WindowContext& context, const plan::CorrelationPlan& plan);
// travel: values are places.
[[nodiscard]] std::unique_ptr<Window> make_travel_window(const WindowContext& context, const plan::CorrelationPlan& plan);
[[nodiscard]] std::unique_ptr<Window> make_metrics_window(const WindowContext& context, const plan::CorrelationPlan& plan);
// new_value: values are hashes of tuples.
[[nodiscard]] std::unique_ptr<Window> make_first_seen_window(const WindowContext& context, const plan::CorrelationPlan& plan);

}  // namespace vedette::correlate
