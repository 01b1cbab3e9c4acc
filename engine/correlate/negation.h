// Temporal patterns with a text condition or negated rules (docs/semantics.md, 4). A hit's value is its input. holds() is the
// whole pattern, complete() its positive part; both with the hits of stamps up to a limit. One owner, one thread (the
// correlator's).
#pragma once

#include <cstdint>
#include <vector>

#include "engine/correlate/window.h"

namespace vedette::correlate {

class Negation final : public Window {
 public:
  Negation(const WindowContext& context, const plan::CorrelationPlan& plan);

  // Only without negated rules; the others wait.
  void recheck(Group& group, std::uint32_t index, std::vector<std::uint32_t>& triggers) override;
  [[nodiscard]] bool holds(const Group& group, std::uint32_t index, TimeUs limit) override;
  [[nodiscard]] bool complete(const Group& group, std::uint32_t index, TimeUs limit);
  [[nodiscard]] std::uint64_t evidence(const Group& group, std::uint32_t trigger, std::vector<std::uint32_t>& hits) override;

  // Whether the hit can be the last of a pattern.
  [[nodiscard]] bool may_end(const GroupHit& hit) const;
  [[nodiscard]] bool negated(const GroupHit& hit) const { return plan_.inputs[input_of(hit)].negated; }
  // How long after the last hit of a pattern it can still be cancelled: W or 0.
  [[nodiscard]] DurationUs wait() const { return wait_; }

 private:
  // Ordered patterns: positives chosen so far, last first.
  [[nodiscard]] bool fill(const Group& group, TimeUs limit, bool with_negations);
  [[nodiscard]] bool free_of_negations(const Group& group, TimeUs limit) const;
  [[nodiscard]] bool cancelled(const Group& group, const std::vector<std::uint32_t>& inputs, TimeUs from, TimeUs to,
                               TimeUs limit) const;
  [[nodiscard]] bool search(const Group& group, std::uint32_t index, TimeUs limit, bool with_negations);
  [[nodiscard]] bool expression(const Group& group, TimeUs t, TimeUs limit);
  [[nodiscard]] bool evaluate(std::uint32_t node) const;

  const plan::CorrelationPlan& plan_;
  bool ordered_;
  DurationUs wait_ = 0;
  std::vector<std::uint32_t> positives_;            // inputs, in order
  std::vector<std::vector<std::uint32_t>> before_;  // ordered: negated inputs before each positive, then those after the last
  std::vector<std::uint32_t> negated_;              // unordered: all negated inputs
  std::vector<std::uint32_t> chosen_;               // hit indices of positives, last first
  std::vector<std::uint8_t> present_;               // per input
};

}  // namespace vedette::correlate
