// metrics: a base hit of a listed rule is a trigger when the condition is true of the metrics of its window, cut off by the
// latest `until` event at or before it (docs/semantics.md, 8). The tallies of busy groups are kept and moved along, so that
// an event costs what it adds and pushes out. One owner, one thread (the correlator's).
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/correlate/metrics_expr.h"
#include "engine/correlate/metrics_tally.h"
#include "engine/correlate/window.h"

namespace vedette::correlate {

class MetricsWindow final : public Window {
 public:
  MetricsWindow(const WindowContext& context, const plan::CorrelationPlan& plan);

  void inserted(Group& group, std::uint32_t index) override;
  void erasing(Group& group, std::uint32_t index) override;
  void trimming(Group& group, TimeUs horizon) override;
  void recheck(Group& group, std::uint32_t index, std::vector<std::uint32_t>& triggers) override;
  [[nodiscard]] bool holds(const Group& group, std::uint32_t index, TimeUs limit) override;
  [[nodiscard]] std::optional<plan::Level> level(const Group& group, std::uint32_t trigger) override;
  [[nodiscard]] std::uint64_t evidence(const Group& group, std::uint32_t trigger, std::vector<std::uint32_t>& hits) override;
  [[nodiscard]] std::string detail(const Group& group, std::uint32_t trigger) override;
  [[nodiscard]] std::string measured(const Group& group, std::uint32_t trigger, const plan::TitlePart& part) override;

 private:
  // A tally of the records of a group with times in [from, to).
  struct Place {
    Hash128 group;
    TimeUs from = 0;
    TimeUs to = 0;
    std::uint64_t used = 0;
    MetricsTally tally;
  };
  struct LevelCondition {
    plan::Level level;
    MetricsExpr condition;
  };

  [[nodiscard]] bool counts(const GroupHit& hit) const { return ordinal_of(hit) == 0 && !plan_.inputs[input_of(hit)].until; }
  // Where the window that ends at t begins, `until` considered; after t when nothing is left of it.
  [[nodiscard]] TimeUs begin_of(const Group& group, TimeUs t, TimeUs limit) const;
  [[nodiscard]] TimeUs latest_until(const Group& group, TimeUs t, TimeUs limit) const;
  [[nodiscard]] bool satisfied(const Group& group, TimeUs t, TimeUs limit);
  // Puts the metrics of the window that ends at t into values_. False when nothing counts there.
  bool measure(const Group& group, TimeUs t, TimeUs limit);
  bool measure_known(const Group& group, TimeUs begin, TimeUs t, TimeUs limit);
  void take_values(const MetricsTally& tally);

  [[nodiscard]] Place* find(const Group& group);
  [[nodiscard]] Place& obtain(const Group& group);
  static void move(const Group& group, Place& place, TimeUs from, TimeUs to);
  // Takes off what is not before t.
  static void retreat(const Group& group, Place& place, TimeUs t, std::uint32_t except);
  void changed(const Group& group, TimeUs t, std::uint32_t except);
  void add_until(Group& group, TimeUs t);

  const plan::CorrelationPlan& plan_;
  MetricsExpr condition_;
  std::vector<LevelCondition> levels_;
  bool has_until_;
  std::vector<Place> places_;  // the first is for small groups, in turn
  MetricsTally apart_;         // for single questions
  std::uint64_t uses_ = 0;
  std::vector<Exact> values_;
  MetricValues measured_;
  std::uint64_t events_ = 0;
  // The last answer, as long as the group stays as it is.
  Hash128 answered_group_;
  TimeUs answered_t_ = INT64_MIN;
  bool answer_ = false;
};

}  // namespace vedette::correlate
