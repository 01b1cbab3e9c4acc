// The window of each correlation type.
#include "engine/correlate/correlation.h"
#include "engine/correlate/negation.h"

namespace vedette::correlate {

using plan::CorrelationType;

std::unique_ptr<Window> Correlation::make_window() {
  const WindowContext context{shared_.pool, shared_.records, groups_, *this};
  if (negations_) return std::make_unique<Negation>(context, plan_);
  switch (plan_.type) {
    case CorrelationType::event_count:
      if (!over_alerts_) return make_count_window(context, plan_.window, plan_.threshold);
      return make_distinct_window(context, plan_.window, plan_.threshold, true);
    case CorrelationType::temporal:
      if (!plan_.condition.empty()) return std::make_unique<Negation>(context, plan_);
      return make_distinct_window(context, plan_.window, plan_.threshold, false);
    case CorrelationType::value_count:
      return make_distinct_window(context, plan_.window, plan_.threshold, false);
    case CorrelationType::temporal_ordered:
      return make_ordered_window(context, plan_.window, static_cast<std::uint32_t>(plan_.inputs.size()));
    case CorrelationType::new_value:
      return make_first_seen_window(context, plan_);
    case CorrelationType::value_change:
      return make_change_window(context, plan_);
    case CorrelationType::travel:
      return make_travel_window(context, plan_);
    case CorrelationType::metrics:
      return make_metrics_window(context, plan_);
    case CorrelationType::value_sum:
    case CorrelationType::value_avg:
    case CorrelationType::value_percentile:
    case CorrelationType::value_median:
      break;
  }
  return make_sum_window(context, plan_);
}

}  // namespace vedette::correlate
