// What an event leaves in a group of a metrics correlation: a base hit per input (ordinal 0) and, for each metric m over a
// field, a hit per tuple or number (ordinal m + 1). Only base hits of listed rules are triggers.
#include <algorithm>

#include "engine/correlate/correlation.h"
#include "engine/correlate/numbers.h"

namespace vedette::correlate {

bool Correlation::form_metrics(const Work& work) {
  const plan::Input& input = plan_.inputs[work.input];
  forms_.push_back({work.input, work.input});
  if (input.until) return true;
  for (std::uint32_t m = 0; m < plan_.metrics.size(); ++m) {
    const plan::Metric& metric = plan_.metrics[m];
    if (metric.kind == plan::MetricKind::count || !std::binary_search(metric.inputs.begin(), metric.inputs.end(), work.input)) {
      continue;
    }
    const std::uint32_t info = work.input | (m + 1) << kOrdinalShift;
    if (metric.kind == plan::MetricKind::sum) {
      column_values(work, input.values[metric.first_value], column_);
      const std::optional<std::uint64_t> number = largest_number(column_, false);
      if (number) forms_.push_back({*number, info});
      if (!number && !column_.empty()) ++counters_.skipped;
      continue;
    }
    values_.reset(metric.values);
    for (std::uint32_t i = 0; i < metric.values; ++i)
      column_values(work, input.values[metric.first_value + i], values_.column(i));
    values_.each([&](const std::vector<ColumnValue>& tuple) {
      forms_.push_back({tuple_hash(tuple) + (m + 1) * 0x9E3779B97F4A7C15ULL, info});
    });
  }
  return true;
}

}  // namespace vedette::correlate
