// Windows [kW, (k+1)W) that are decided once they are closed (docs/semantics.md, 2 and 3): what a window of a group
// measures, with hits of stamps up to a limit, and whether the bounds hold. One owner, one thread (the correlator's).
#pragma once

#include <cstdint>
#include <vector>

#include "engine/base/exact.h"
#include "engine/correlate/bounds.h"
#include "engine/correlate/window.h"

namespace vedette::correlate {

class Tumbling {
 public:
  Tumbling(const WindowContext& context, const plan::CorrelationPlan& plan, bool over_alerts);

  struct Verdict {
    bool fires = false;
    std::uint64_t count = 0;          // events, or what event_count and value_count count
    std::vector<std::uint32_t> hits;  // of the window, ascending; empty when it holds none
    std::string measured;             // what was measured, as text
  };
  [[nodiscard]] TimeUs start_of(TimeUs t) const { return floor_div(t, width_) * width_; }
  [[nodiscard]] DurationUs width() const { return width_; }
  [[nodiscard]] Verdict decide(const Group& group, TimeUs start, TimeUs limit) const;

 private:
  [[nodiscard]] bool number_fires(const Group& group, Verdict& verdict) const;
  [[nodiscard]] std::uint64_t weight(const GroupHit& hit) const;

  WindowContext context_;
  plan::CorrelationType type_;
  DurationUs width_;
  Bounds bounds_;
  Exact percentile_;
  bool over_alerts_;
  bool risk_;
};

}  // namespace vedette::correlate
