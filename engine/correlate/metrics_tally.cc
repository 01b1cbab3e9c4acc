#include "engine/correlate/metrics_tally.h"

#include <algorithm>

namespace vedette::correlate {

using plan::MetricKind;

MetricsTally::MetricsTally(const plan::CorrelationPlan& plan, const Records& records) : records_(records) {
  for (const plan::Metric& metric : plan.metrics) {
    metrics_.push_back({metric.kind, std::vector<bool>(plan.inputs.size()), 0, {}});
    for (const std::uint32_t input : metric.inputs) metrics_.back().inputs[input] = true;
  }
  metrics_.push_back({MetricKind::count, std::vector<bool>(plan.inputs.size()), 0, {}});
  for (std::size_t i = 0; i < plan.inputs.size(); ++i) metrics_.back().inputs[i] = !plan.inputs[i].until;
}

void MetricsTally::clear() {
  for (Metric& metric : metrics_) {
    metric.count = 0;
    metric.sum = {};
  }
  copies_.clear();
  alert_numbers_.clear();
}

Exact MetricsTally::value(std::uint32_t metric) const {
  const Metric& known = metrics_[metric];
  return known.kind == MetricKind::sum ? known.sum.value() : static_cast<Exact>(known.count) * kExactOne;
}

bool MetricsTally::turned(std::uint64_t key, bool adding) {
  if (adding) return ++copies_[key] == 1;
  const auto place = copies_.find(key);
  if (--place->second > 0) return false;
  copies_.erase(place);
  return true;
}

void MetricsTally::apply(const HitList& hits, std::uint32_t from, std::uint32_t to, std::uint32_t except, bool adding) {
  apply_events(hits, from, to, except, adding);
  const Record& record = records_[hits[from].record];
  for (std::uint32_t i = from; i < to;) {
    const std::uint32_t ordinal = ordinal_of(hits[i]);
    std::uint32_t end = i + 1;
    while (end < to && ordinal_of(hits[end]) == ordinal) ++end;
    if (ordinal == 0) {
      i = end;
      continue;
    }
    Metric& metric = metrics_[ordinal - 1];
    Exact largest = -1;
    for (; i < end; ++i) {
      if (i == except) continue;
      if (metric.kind == MetricKind::sum) {
        largest = std::max(largest, unpack_exact(hits[i].value));
      } else if (turned(hits[i].value, adding)) {
        adding ? ++metric.count : --metric.count;
      }
    }
    if (largest >= 0) apply_number(metric, record, record.inner_alert.low + ordinal * 0x9E3779B97F4A7C15ULL, largest, adding);
  }
}

// An event counts once per metric, an inner alert once for all its triggers.
void MetricsTally::apply_events(const HitList& hits, std::uint32_t from, std::uint32_t to, std::uint32_t except, bool adding) {
  const Record& record = records_[hits[from].record];
  std::uint64_t weight = (hits[from].info & kRepeatBit) == 0 ? 1 : record.repeat;
  for (std::size_t m = 0; m < metrics_.size(); ++m) {
    Metric& metric = metrics_[m];
    if (metric.kind != MetricKind::count) continue;
    bool counted = false;
    for (std::uint32_t i = from; i < to && !counted; ++i) {
      counted = i != except && ordinal_of(hits[i]) == 0 && metric.inputs[input_of(hits[i])];
    }
    if (!counted) continue;
    if (record.derived()) weight = turned(record.inner_alert.low + m * 0x9E3779B97F4A7C15ULL, adding) ? 1 : 0;
    metric.count = adding ? metric.count + weight : metric.count - weight;
  }
}

// Of an inner alert the largest number counts.
void MetricsTally::apply_number(Metric& metric, const Record& record, std::uint64_t key, Exact number, bool adding) {
  if (!record.derived()) {
    adding ? metric.sum.add(number) : metric.sum.subtract(number);
    return;
  }
  const auto place = alert_numbers_.try_emplace(key).first;
  std::vector<Exact>& numbers = place->second;
  if (!numbers.empty()) metric.sum.subtract(numbers.back());
  const auto at = std::lower_bound(numbers.begin(), numbers.end(), number);
  if (adding) {
    numbers.insert(at, number);
  } else {
    numbers.erase(at);
  }
  if (!numbers.empty()) {
    metric.sum.add(numbers.back());
  } else {
    alert_numbers_.erase(place);
  }
}

}  // namespace vedette::correlate
