// What makes a hit a trigger, per correlation type: after hits were inserted, recheck() finds the hits whose windows now
// satisfy the condition (spec semantics §4); prune() drops what no later window can need (§5). One owner, one thread.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "engine/correlate/buckets.h"
#include "engine/correlate/groups.h"
#include "engine/plan/plan.h"

namespace vedette::correlate {

// Everything a window type needs of its surroundings.
struct WindowContext {
  Pool& pool;
  Records& records;
  Groups& groups;
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
  // The slice of a touched hit: `fired` tells whether its alert bucket has fired.
  virtual void prune(Group& group, const Slice& slice, bool fired);
  // The number of hits in a slice from which prune() acts: somewhat above what it keeps, so that its cost is amortised.
  [[nodiscard]] virtual std::uint64_t prune_from(bool fired) const;
  // The hits behind a trigger, ascending, and the alert's count.
  [[nodiscard]] virtual std::uint64_t evidence(const Group& group, std::uint32_t trigger, std::vector<std::uint32_t>& hits) = 0;

 protected:
  // First index inside the window that ends at t.
  [[nodiscard]] std::uint32_t window_begin(const Group& group, TimeUs t) const;
  // Latest end of a window that an insertion at t can complete.
  [[nodiscard]] TimeUs recheck_end(TimeUs t) const;
  [[nodiscard]] std::uint64_t weight(const Group& group, const GroupHit& hit) const;
  // Marks the hits of [from, to) that are not yet triggers. When the others of an equal-time run already are, only the fresh
  // ones next to `index` are looked at.
  static void mark(Group& group, std::uint32_t from, std::uint32_t to, std::uint32_t index, std::vector<std::uint32_t>& triggers);

  WindowContext context_;
  DurationUs width_;
  std::uint64_t threshold_;  // what pruning keeps
  std::uint64_t need_;       // what satisfies
};

// Sum of weights (event_count over rules).
[[nodiscard]] std::unique_ptr<Window> make_count_window(const WindowContext& context, DurationUs width, std::uint64_t threshold);
// Distinct values: value_count, temporal (values are rules), event_count over correlations (values are ids).
[[nodiscard]] std::unique_ptr<Window> make_distinct_window(const WindowContext& context, DurationUs width,
                                                           std::uint64_t threshold, bool weighted);
// temporal_ordered: values are masks of positions, at most 64 of them.
[[nodiscard]] std::unique_ptr<Window> make_ordered_window(const WindowContext& context, DurationUs width,
                                                          std::uint32_t positions);

}  // namespace vedette::correlate
