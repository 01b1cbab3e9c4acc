// Alerts of one single-event rule: de-duplicated by event, or one per suppression bucket. One owner, one thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/correlate/applying.h"
#include "engine/correlate/correlator.h"
#include "engine/correlate/cross_product.h"
#include "engine/correlate/fired.h"

namespace vedette::correlate {

class EventRule {
 public:
  EventRule(Shared& shared, std::uint32_t index);

  void apply(const Hit& hit, Applying& applying);
  [[nodiscard]] const RuleCounters& counters() const { return counters_; }
  [[nodiscard]] std::size_t bytes() const { return seen_.bytes() + fired_.bytes(); }

 private:
  void once_per_event(Applying& applying);
  void once_per_bucket(const std::vector<ColumnValue>& by, Applying& applying);
  [[nodiscard]] alert::Alert make_alert(Applying& applying, std::string id) const;

  Shared& shared_;
  const plan::RulePlan& plan_;
  std::uint32_t index_;
  SeenIds seen_;
  FiredTable fired_;
  CrossProduct by_;
  std::vector<std::string_view> keys_;
  RuleCounters counters_;
};

// Names of event flags as alerts carry them, sorted.
[[nodiscard]] std::vector<std::string> flag_names(unsigned flags);

}  // namespace vedette::correlate
