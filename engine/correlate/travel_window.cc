// travel: a hit is a trigger when another event of its key, in its window, happened so far away that nobody could have
// travelled in between (docs/semantics.md, 7). Its value is the place.
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "engine/correlate/pair_cache.h"
#include "engine/correlate/pair_window.h"
#include "engine/correlate/place.h"

namespace vedette::correlate {
namespace {

// Lower bounds on a measured number.
class LowerBounds {
 public:
  explicit LowerBounds(const std::vector<plan::Bound>& bounds) {
    for (const plan::Bound& bound : bounds)
      entries_.push_back({std::strtod(bound.number.c_str(), nullptr), bound.op == plan::CompareOp::gt});
  }
  // measured / unit against each number.
  [[nodiscard]] bool hold(double measured, double unit) const {
    return std::all_of(entries_.begin(), entries_.end(), [&](const Entry& entry) {
      return entry.above ? measured > entry.number * unit : measured >= entry.number * unit;
    });
  }

 private:
  struct Entry {
    double number = 0;
    bool above = false;
  };
  std::vector<Entry> entries_;
};

class TravelWindow final : public PairWindow {
 public:
  TravelWindow(const WindowContext& context, const plan::CorrelationPlan& plan)
      : PairWindow(context, plan), speed_kmh_(plan.speed_kmh), distance_km_(plan.distance_km) {}

 protected:
  [[nodiscard]] bool conflict(const GroupHit& earlier, const GroupHit& later) override {
    const double distance = distance_between(earlier, later);
    if (distance <= 0 || !distance_km_.hold(distance, 1)) return false;
    return speed_kmh_.hold(distance, hours(later.t - earlier.t));  // equal times: always
  }

  [[nodiscard]] std::string describe(const GroupHit& earlier, const GroupHit& later) override {
    const double distance = distance_between(earlier, later);
    const DurationUs span = later.t - earlier.t;
    const std::string way = fmt::format("from {} to {}, {:.0f} km", place_text(earlier.value), place_text(later.value), distance);
    if (span <= 0) return way + " at the same time";
    return fmt::format("{} in {} ({:.0f} km/h)", way, format_duration(span), distance / hours(span));
  }

 private:
  [[nodiscard]] static double hours(DurationUs span) { return static_cast<double>(span) / static_cast<double>(kHourUs); }
  [[nodiscard]] double distance_between(const GroupHit& a, const GroupHit& b) {
    return distances_.get(a.value, b.value, [&] { return distance_km(std::min(a.value, b.value), std::max(a.value, b.value)); });
  }

  LowerBounds speed_kmh_;
  LowerBounds distance_km_;
  PairCache<double> distances_;
};

}  // namespace

std::unique_ptr<Window> make_travel_window(const WindowContext& context, const plan::CorrelationPlan& plan) {
  return std::make_unique<TravelWindow>(context, plan);
}

}  // namespace vedette::correlate
