// One correlation: takes the hits and derived events of a record, keeps its groups, finds new triggers, makes alerts and
// passes triggers on to outer correlations. One owner, one thread (the correlator's).
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "engine/base/arena.h"
#include "engine/correlate/applying.h"
#include "engine/correlate/correlator.h"
#include "engine/correlate/cross_product.h"
#include "engine/correlate/fired.h"
#include "engine/correlate/groups.h"
#include "engine/correlate/window.h"

namespace vedette::correlate {

class Correlation;
using Correlations = std::vector<std::unique_ptr<Correlation>>;

class Correlation {
 public:
  // siblings: all correlations by index; alerts look up the evidence of inner ones there.
  Correlation(Shared& shared, std::uint32_t index, const Correlations& siblings);

  // What one record brings: a hit of a rule, or a derived event (its record, one reference handed over).
  void add_hit(std::uint32_t input, const Hit& hit) { work_.push_back({input, &hit, plan::kNone}); }
  void add_derived(std::uint32_t input, std::uint32_t record) { work_.push_back({input, nullptr, record}); }
  // Applies what was added. Records of derived events for outer correlations are appended to `passed`, one reference each.
  void apply(Applying& applying, std::vector<std::uint32_t>& passed);
  // Looks at a few groups and drops what has expired.
  void sweep(std::uint32_t steps);

  [[nodiscard]] const RuleCounters& counters() const { return counters_; }
  [[nodiscard]] std::size_t bytes() const { return groups_.bytes() + fired_.bytes() + seen_.bytes(); }

 private:
  struct Work {
    std::uint32_t input = 0;
    const Hit* hit = nullptr;
    std::uint32_t record = plan::kNone;
  };
  struct Touched {
    std::uint32_t group = 0;
    std::uint32_t record = 0;
    TimeUs t = 0;
  };
  struct Trigger {
    TimeUs t = 0;
    std::uint32_t group = 0;
    std::uint32_t record = 0;
    std::uint32_t index = 0;  // into the group's hits
  };
  using Covered = boost::unordered_flat_map<Hash128, TimeUs, Hash128Hasher>;

  // correlation.cc: from work to triggers
  [[nodiscard]] std::unique_ptr<Window> make_window();
  [[nodiscard]] bool contribute(const Work& work, Applying& applying);
  void bind(const Work& work, const std::vector<plan::Binding>& bindings, CrossProduct& columns);
  void column_values(const Work& work, const plan::Binding& binding, std::vector<ColumnValue>& out);
  void enter_group(const Work& work, const std::vector<ColumnValue>& keys, Applying& applying);
  void insert(std::uint32_t group, const GroupHit& hit);
  [[nodiscard]] std::uint64_t hit_value(const Work& work, std::uint32_t record) const;
  [[nodiscard]] std::uint32_t first_of(const Group& group, TimeUs t, std::uint32_t record) const;
  void find_triggers();
  void sort_triggers();
  [[nodiscard]] int compare_keys(const Group& a, const Group& b) const;
  void prune();
  [[nodiscard]] TimeUs horizon();

  // correlation_fire.cc: from triggers to derived events and alerts
  struct Bucket {
    std::int64_t number = 0;
    std::string_view trigger_id;  // one alert per trigger: stands for the bucket
  };
  void handle(const Trigger& trigger, Applying& applying, std::vector<std::uint32_t>& passed);
  [[nodiscard]] Bucket bucket(Group& group, TimeUs t, std::uint32_t record);
  [[nodiscard]] Hash128 by_hash(const Group& group) const;
  [[nodiscard]] Hash128 alert_hash(const Group& group, const Bucket& bucket) const;
  [[nodiscard]] bool fired(Group& group, std::int64_t number);
  void pass_on(const Trigger& trigger, const Bucket& bucket, std::vector<std::uint32_t>& passed);
  [[nodiscard]] bool suppressed(Group& group, const Trigger& trigger, const Bucket& bucket);
  void fire(const Trigger& trigger, const Bucket& bucket, Applying& applying);
  void fill_group(const Group& group, const GroupHit& hit, alert::Alert& alert);
  void fill_evidence(const Group& group, const std::vector<std::uint32_t>& hits, alert::Alert& alert);
  [[nodiscard]] std::string reason(const Group& group, const std::vector<std::uint32_t>& hits, const alert::Alert& alert) const;
  // Source events behind hits of a group, those of inner correlations included.
  void expand(const Group& group, const std::vector<std::uint32_t>& hits, std::vector<std::uint32_t>& events, Covered& covered);
  void expand_inner(std::uint32_t record, std::vector<std::uint32_t>& events, Covered& covered);
  [[nodiscard]] std::string_view original(const Group& group, const GroupHit& hit, std::uint32_t member);
  [[nodiscard]] std::uint32_t base_rule(const GroupHit& hit) const;
  [[nodiscard]] std::string_view tenant(const Group& group) const;
  void set_phase(Group& group);

  Shared& shared_;
  const plan::CorrelationPlan& plan_;
  std::uint32_t index_;
  const Correlations& siblings_;
  bool by_all_members_;  // suppress.by is the group key
  bool over_alerts_;     // event_count over correlations
  bool pruned_;          // hits are dropped by count
  std::string author_;
  RuleCounters counters_;
  std::uint32_t due_sweeps_ = 0;

  FiredTable fired_;
  Groups groups_;
  SeenIds seen_;        // one alert per trigger: triggers that had theirs
  SeenIds inner_seen_;  // only for a deliberate defect
  std::unique_ptr<Window> window_;
  std::uint64_t horizon_epoch_ = 0;
  TimeUs horizon_ = INT64_MIN;

  // Scratch of one apply().
  std::vector<Work> work_;
  std::vector<Touched> touched_;
  std::vector<Trigger> triggers_;
  std::vector<std::uint32_t> indices_;
  CrossProduct members_;
  CrossProduct values_;
  std::vector<std::string_view> keys_;
  std::vector<ColumnValue> column_;
  std::vector<ColumnValue> members_of_trigger_;
  Arena folded_{1024};  // keys of inner members that are cased there only
};

}  // namespace vedette::correlate
