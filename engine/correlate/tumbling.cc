#include "engine/correlate/tumbling.h"

#include <algorithm>
#include <map>
#include <set>

#include "engine/base/mutation.h"

namespace vedette::correlate {

using plan::CorrelationType;

Tumbling::Tumbling(const WindowContext& context, const plan::CorrelationPlan& plan, bool over_alerts)
    : context_(context),
      type_(plan.type),
      width_(plan.window),
      bounds_(plan.bounds),
      percentile_(parse_exact(plan.percentile).value_or(0)),
      over_alerts_(over_alerts),
      risk_(plan.sum_risk) {}

std::uint64_t Tumbling::weight(const GroupHit& hit) const {
  return (hit.info & kRepeatBit) == 0 ? 1 : context_.records[hit.record].repeat;
}

Tumbling::Verdict Tumbling::decide(const Group& group, TimeUs start, TimeUs limit) const {
  Verdict verdict;
  const TimeUs close = start + width_;
  const std::uint32_t end =
      mutated(Mutation::tumbling_edge_closed) ? group.hits.upper_bound(close) : group.hits.lower_bound(close);
  for (std::uint32_t i = group.hits.lower_bound(start); i < end; ++i) {
    if (context_.stamps.stamp(group.hits[i]) <= limit) verdict.hits.push_back(i);
  }
  if (verdict.hits.empty()) return verdict;
  if (type_ == CorrelationType::event_count && !over_alerts_) {
    for (const std::uint32_t i : verdict.hits) verdict.count += weight(group.hits[i]);
  } else if (type_ == CorrelationType::event_count || type_ == CorrelationType::value_count) {
    std::set<std::uint64_t> values;
    for (const std::uint32_t i : verdict.hits) {
      if (values.insert(group.hits[i].value).second) verdict.count += over_alerts_ ? weight(group.hits[i]) : 1;
    }
  } else {
    verdict.fires = number_fires(group, verdict);
    return verdict;
  }
  verdict.measured = exact_text(static_cast<Exact>(verdict.count) * kExactOne);
  verdict.fires = bounds_.hold(static_cast<Exact>(verdict.count) * kExactOne);
  return verdict;
}

// An event gives one number, its largest; in sums so does an inner alert id. Risk: one per rule and event.
bool Tumbling::number_fires(const Group& group, Verdict& verdict) const {
  std::map<std::pair<std::uint64_t, std::uint32_t>, Exact> numbers;
  for (const std::uint32_t i : verdict.hits) {
    const GroupHit& hit = group.hits[i];
    const Record& record = context_.records[hit.record];
    const bool by_alert = record.derived() && type_ == CorrelationType::value_sum;
    const std::uint64_t counted_as =
        by_alert ? record.inner_alert.low : context_.records[context_.records.base_of(hit.record)].identity.low;
    const auto [place, fresh] = numbers.try_emplace({counted_as, risk_ ? input_of(hit) : 0}, unpack_exact(hit.value));
    if (!fresh) place->second = std::max(place->second, unpack_exact(hit.value));
  }
  verdict.count = numbers.size();
  Exact sum = 0;
  std::vector<Exact> sorted;
  for (const auto& [key, number] : numbers) {
    sum = add_saturating(sum, number);
    sorted.push_back(number);
  }
  if (type_ == CorrelationType::value_sum) {
    verdict.measured = exact_text(sum);
    return bounds_.hold(sum);
  }
  if (type_ == CorrelationType::value_avg) {
    verdict.measured = exact_text(sum / static_cast<Exact>(numbers.size()));
    return bounds_.hold_mean(sum, numbers.size());
  }
  std::sort(sorted.begin(), sorted.end());
  const Exact hundred = 100 * kExactOne;
  const Exact up = mutated(Mutation::rank_rounded_down) ? 0 : hundred - 1;
  const Exact rank = (percentile_ * static_cast<Exact>(sorted.size()) + up) / hundred;
  const auto at = static_cast<std::size_t>(std::max<Exact>(rank, 1)) - 1;
  verdict.measured = exact_text(sorted[std::min(at, sorted.size() - 1)]);
  return bounds_.hold(sorted[std::min(at, sorted.size() - 1)]);
}

}  // namespace vedette::correlate
