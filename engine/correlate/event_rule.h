// Alerts of one single-event rule: de-duplicated by event, or one per suppression bucket, which an event of a higher level
// (`level-when`) raises by a revision. Beyond the memory budget the oldest of what it remembers goes first. One owner, one
// thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/correlate/applying.h"
#include "engine/correlate/budget.h"
#include "engine/correlate/correlator.h"
#include "engine/correlate/cross_product.h"
#include "engine/correlate/fired.h"

namespace vedette::correlate {

class EventRule final : public Budgeted {
 public:
  EventRule(Shared& shared, std::uint32_t index);

  void apply(const Hit& hit, Applying& applying);
  [[nodiscard]] RuleCounters counters() const;
  [[nodiscard]] const Account& account() const override { return account_; }
  void drop_expired() override;
  bool evict(TimeUs moment) override;
  [[nodiscard]] std::size_t bytes() const { return seen_.bytes() + fired_.bytes(); }

 private:
  void once_per_event(const Hit& hit, Applying& applying);
  void once_per_bucket(const Hit& hit, const std::vector<ColumnValue>& by, Applying& applying);
  // The set of buckets of the by-values; their keys stay in keys_.
  [[nodiscard]] std::uint32_t fired_set(const std::vector<ColumnValue>& by, const Applying& applying);
  // Notes a trigger of a bucket that has its alert. True when its level calls for another revision.
  [[nodiscard]] bool raises(FiredSet& set, FiredBucket& known, const Hit& hit, TimeUs t);
  [[nodiscard]] plan::Level level_of(const Hit& hit) const { return hit.level.value_or(plan_.meta.level); }
  [[nodiscard]] alert::Alert make_alert(const Hit& hit, Applying& applying, std::string id) const;
  [[nodiscard]] std::string title(const Hit& hit, const alert::Alert& alert) const;
  void add_group(const std::vector<ColumnValue>& by, alert::Alert& alert) const;

  Shared& shared_;
  const plan::RulePlan& plan_;
  DurationUs keep_;  // how long an alert may come up again
  Account account_;
  SeenIds seen_;
  FiredTable fired_;
  CrossProduct by_;
  std::vector<std::string_view> keys_;
  RuleCounters counters_;
  TimeUs newest_evicted_ = kNoTime;
  TimeUs dropped_until_ = INT64_MIN;
};

// Names of event flags as alerts carry them, sorted.
[[nodiscard]] std::vector<std::string> flag_names(unsigned flags);

}  // namespace vedette::correlate
