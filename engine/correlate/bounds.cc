#include "engine/correlate/bounds.h"

#include <algorithm>

namespace vedette::correlate {
namespace {

int order(Exact a, Exact b) { return a < b ? -1 : (a > b ? 1 : 0); }

}  // namespace

Bounds::Bounds(const std::vector<plan::Bound>& bounds) {
  for (const plan::Bound& bound : bounds) entries_.push_back({bound, parse_exact(bound.number).value_or(0)});
}

bool Bounds::holds(const plan::Bound& bound, int comparison) { return plan::meets(bound.op, comparison) != bound.differs; }

bool Bounds::hold(Exact value) const {
  return std::all_of(entries_.begin(), entries_.end(),
                     [value](const Entry& entry) { return holds(entry.bound, order(value, entry.number)); });
}

bool Bounds::hold_mean(Exact sum, std::uint64_t count) const {
  const auto divisor = static_cast<Exact>(count);
  Exact mean = sum / divisor;
  const Exact rest = sum % divisor;
  if (rest < 0) --mean;  // rounded down; the true mean lies above when there is a rest
  return std::all_of(entries_.begin(), entries_.end(), [&](const Entry& entry) {
    int comparison = order(mean, entry.number);
    if (comparison == 0 && rest != 0) comparison = 1;
    return holds(entry.bound, comparison);
  });
}

}  // namespace vedette::correlate
