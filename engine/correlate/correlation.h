// One correlation: takes the hits and derived events of a record, keeps its groups, finds new triggers (or decides later,
// or takes back), makes alerts and passes triggers on to outer correlations. One owner, one thread (the correlator's).
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <boost/unordered/unordered_flat_set.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/arena.h"
#include "engine/correlate/applying.h"
#include "engine/correlate/budget.h"
#include "engine/correlate/correlator.h"
#include "engine/correlate/cross_product.h"
#include "engine/correlate/deadlines.h"
#include "engine/correlate/fired.h"
#include "engine/correlate/groups.h"
#include "engine/correlate/window.h"

namespace vedette::correlate {

class Correlation;
class Negation;
class Tumbling;
using Correlations = std::vector<std::unique_ptr<Correlation>>;

// What an inner correlation tells outer ones: a derived event (its record, one reference), or that it is no more.
struct Passed {
  std::uint32_t record = plan::kNone;
  bool gone = false;
};

class Correlation final : public Stamps, public Budgeted {
 public:
  // siblings: all correlations by index; alerts look up the evidence of inner ones there.
  Correlation(Shared& shared, std::uint32_t index, const Correlations& siblings);
  ~Correlation() override;

  // What one record brings: a hit of a rule, or a derived event (its record, one reference handed over).
  void add_hit(std::uint32_t input, const Hit& hit) { work_.push_back({input, &hit, plan::kNone, false}); }
  void add_derived(std::uint32_t input, const Passed& passed) { work_.push_back({input, nullptr, passed.record, passed.gone}); }
  // Applies what was added. What outer correlations must know is appended to `passed`.
  void apply(Applying& applying, std::vector<Passed>& passed);
  // Looks at a few groups and drops what has expired.
  void sweep(std::uint32_t steps);

  // Waiting correlations. The earliest deadline that log time (or max_hold) has passed, or kNothingDue.
  [[nodiscard]] TimeUs due(bool at_end);
  // Log time has moved, or the input has ended: due() and decide() follow until nothing is due.
  void begin_decisions() { passed_before_ = decided_until_; }
  // Makes the decisions of one deadline.
  void decide(TimeUs deadline, Applying& applying, std::vector<Passed>& passed);

  [[nodiscard]] TimeUs stamp(const GroupHit& hit) const override;
  [[nodiscard]] RuleCounters counters() const;
  [[nodiscard]] const Account& account() const override { return account_; }
  void drop_expired() override;
  bool evict(TimeUs moment) override;
  [[nodiscard]] std::size_t bytes() const { return groups_.bytes() + fired_.bytes() + seen_.bytes() + deadlines_.bytes(); }

 private:
  struct Work {
    std::uint32_t input = 0;
    const Hit* hit = nullptr;
    std::uint32_t record = plan::kNone;
    bool gone = false;
  };
  // What a work puts into each of its groups.
  struct Form {
    std::uint64_t value = 0;
    std::uint32_t info = 0;
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
    std::uint64_t value = 0;
    std::uint32_t info = 0;  // of the hit
  };
  struct Bucket {
    std::int64_t number = 0;
    std::string trigger_id;  // one alert per trigger: stands for the bucket
  };
  using Covered = boost::unordered_flat_map<Hash128, TimeUs, Hash128Hasher>;
  static constexpr std::uint64_t kOwnIdentity = UINT64_MAX;  // Form::value: the record's identity

  // make_window.cc
  [[nodiscard]] std::unique_ptr<Window> make_window();

  // correlation_evict.cc: the memory budget
  [[nodiscard]] TimeUs sweep_horizon();
  [[nodiscard]] std::uint32_t obtain_group(const Hash128& hash, std::uint32_t tenant);
  bool evict_group(TimeUs& newest);
  void forget_group(std::uint32_t index);
  void degrade(TimeUs newest);
  void shed_deadlines();

  // correlation_enter.cc: from work to hits
  [[nodiscard]] bool contribute(const Work& work, Applying& applying);
  void bind(const Work& work, const std::vector<plan::Binding>& bindings, CrossProduct& columns);
  void column_values(const Work& work, const plan::Binding& binding, std::vector<ColumnValue>& out);
  [[nodiscard]] bool form_hits(const Work& work);
  [[nodiscard]] bool form_tuples(const Work& work);
  [[nodiscard]] bool form_number(const Work& work);
  [[nodiscard]] bool form_fields(const Work& work);
  [[nodiscard]] bool form_places(const Work& work);
  [[nodiscard]] bool form_metrics(const Work& work);
  [[nodiscard]] std::uint64_t plain_value(const Work& work) const;
  [[nodiscard]] static std::uint64_t tuple_hash(const std::vector<ColumnValue>& tuple);
  [[nodiscard]] Hash128 group_hash(const std::vector<ColumnValue>& keys, std::uint32_t tenant) const;
  void enter_group(const std::vector<ColumnValue>& keys, std::uint32_t record);
  [[nodiscard]] bool merge(GroupHit& known, const GroupHit& hit) const;
  void insert(std::uint32_t group, const GroupHit& hit);
  [[nodiscard]] Groups::Place locate_part(const Group& group, const GroupHit& hit, Groups::Place place) const;

  // correlation_export.cc: values that derived events carry
  // The groups that members_ names: all values of members that an inner correlation exports, with the cross product of the
  // others.
  void each_key(const plan::Input& input, const std::function<void(const std::vector<ColumnValue>&)>& visit);
  void each_key_from(const plan::Input& input, std::size_t member,
                     const std::function<void(const std::vector<ColumnValue>&)>& visit, std::size_t& left);
  void collect_exports(const Group& group, std::uint32_t trigger, bool without_fresh);
  [[nodiscard]] bool exports_fresh(const Group& group, std::uint32_t trigger);
  void export_late(const Applying& applying, std::vector<Passed>& passed);

  // correlation.cc: from hits to triggers of monotone correlations
  [[nodiscard]] std::uint32_t first_of(const Group& group, TimeUs t, std::uint32_t record) const;
  void find_triggers();
  void clear_fresh();
  void sort_triggers();
  [[nodiscard]] Trigger trigger_of(std::uint32_t group, std::uint32_t index) const;
  // By (t, id), then group and place.
  [[nodiscard]] bool trigger_before(const Trigger& a, const Trigger& b) const;
  [[nodiscard]] bool same_trigger(const Trigger& a, const Trigger& b) const;
  [[nodiscard]] int compare_keys(const Group& a, const Group& b) const;
  void prune();
  [[nodiscard]] TimeUs settled_logtime() const;
  [[nodiscard]] TimeUs horizon();

  // correlation_refute.cc: triggers that come and go
  void remove(const Work& work);
  void find_changes();
  void refresh(const Touched& touched);
  void settle_accounts(Applying& applying, std::vector<Passed>& passed);
  void count_trigger(const Trigger& trigger, int change);
  void take_back(const Trigger& lost, Applying& applying, std::vector<Passed>& passed);
  void withdraw(const Trigger& lost, const Bucket& in, const FiredBucket& entry, Applying& applying);
  void remember_passed(const Trigger& trigger, std::uint32_t record);
  [[nodiscard]] Hash128 passed_key(const Trigger& trigger) const;
  void forget_passed();
  void release_passed(const Trigger& trigger);
  [[nodiscard]] std::size_t passed_bytes(std::uint32_t record) const;

  // correlation_decide.cc: decisions that wait
  void schedule();
  void schedule_patterns(std::uint32_t group, TimeUs t);
  [[nodiscard]] TimeUs pattern_deadline(const Group& group, std::uint32_t index);
  [[nodiscard]] TimeUs passed_until() const;
  void push_deadline(const Deadline& deadline);
  void decide_window(std::uint32_t group, const Deadline& decision);
  void decide_hits(std::uint32_t group, const Deadline& decision);
  void note_late_resolutions(Applying& applying);
  // The earliest stamp by which a trigger of this correlation is one.
  [[nodiscard]] TimeUs trigger_stamp(const Record& derived) const;
  [[nodiscard]] TimeUs earliest_stamp(const Group& group, std::uint32_t index) const;
  [[nodiscard]] std::vector<TimeUs> stamps_around(const Group& group, std::uint32_t index) const;

  // correlation_fire.cc: from triggers to derived events and alerts
  void handle(const Trigger& trigger, Applying& applying, std::vector<Passed>& passed);
  [[nodiscard]] Bucket bucket(Group& group, const Trigger& trigger);
  [[nodiscard]] Hash128 by_hash(const Group& group, std::uint64_t value) const;
  [[nodiscard]] Hash128 alert_hash(const Group& group, std::uint64_t value, const Bucket& bucket) const;
  [[nodiscard]] std::uint32_t fired_set(Group& group, std::uint64_t value, bool create);
  [[nodiscard]] bool fired(Group& group, std::int64_t number);
  void pass_on(const Trigger& trigger, const Bucket& bucket, const Applying& applying, std::vector<Passed>& passed);
  [[nodiscard]] bool suppressed(const Trigger& trigger, const Bucket& bucket, Applying& applying);
  void raise(const Trigger& trigger, const Bucket& bucket, FiredBucket& entry, Applying& applying);
  void fire(const Trigger& trigger, const Bucket& bucket, Applying& applying);
  [[nodiscard]] plan::Level level_of(const Trigger& trigger);
  // Without evidence, and with it.
  [[nodiscard]] alert::Alert blank_alert(Group& group, const Trigger& trigger, const Bucket& bucket, const Applying& applying);
  [[nodiscard]] alert::Alert full_alert(const Trigger& trigger, const Bucket& bucket, const Applying& applying);
  void fill_group(const Group& group, const GroupHit& hit, alert::Alert& alert);
  void fill_evidence(const Group& group, const std::vector<std::uint32_t>& hits, alert::Alert& alert);
  [[nodiscard]] std::string title(const Trigger& trigger, const alert::Alert& alert);
  [[nodiscard]] std::string reason(const Group& group, const std::vector<std::uint32_t>& hits, const alert::Alert& alert,
                                   const std::string& measured) const;
  [[nodiscard]] std::string temporal_reason(const Group& group, const std::vector<std::uint32_t>& hits,
                                            const alert::Alert& alert) const;
  // The parts of a counted value, as the hit's event has them.
  void value_parts(const GroupHit& hit, std::vector<ColumnValue>& parts);
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
  bool negations_;       // some input is negated
  bool refutable_;       // triggers can be lost (until log time has passed, when the rule waits for that)
  bool pruned_;          // hits are dropped by count
  bool mergeable_;       // hits of one event become one
  bool parted_;          // hits of one event may have equal values
  bool reads_exports_;   // some member is what an inner correlation exports
  std::string author_;
  RuleCounters counters_;
  std::uint32_t due_sweeps_ = 0;

  Account account_;
  FiredTable fired_;
  Groups groups_;
  SeenIds seen_;        // one alert per trigger: triggers that had theirs
  SeenIds inner_seen_;  // only for a deliberate defect
  std::unique_ptr<Window> window_;
  std::unique_ptr<Tumbling> tumbling_;  // only of rules with such windows
  Deadlines deadlines_;
  TimeUs decided_until_ = INT64_MIN;                                         // the highest log time seen
  TimeUs passed_before_ = INT64_MIN;                                         // the same before the record at hand
  boost::unordered_flat_map<Hash128, std::uint32_t, Hash128Hasher> passed_;  // derived events that may be taken back
  std::size_t passed_limit_ = 1024;
  TimeUs newest_evicted_ = kNoTime;
  TimeUs dropped_until_ = INT64_MIN;
  std::uint64_t horizon_epoch_ = 0;
  TimeUs horizon_ = INT64_MIN;

  // Scratch of one apply().
  std::vector<Work> work_;
  std::vector<Form> forms_;
  std::vector<Touched> touched_;
  std::vector<Trigger> triggers_;
  std::vector<Trigger> lost_;
  std::vector<Deadline> decisions_;
  std::vector<std::uint32_t> indices_;
  CrossProduct members_;
  CrossProduct values_;
  std::vector<std::string_view> keys_;
  std::vector<ColumnValue> column_;
  std::vector<ColumnValue> members_of_trigger_;
  std::vector<ColumnValue> values_of_trigger_;
  std::vector<std::vector<ColumnValue>> exported_;  // one per export
  boost::unordered_flat_set<std::string_view> exported_keys_;
  Arena folded_{1024};  // keys of inner members that are cased there only
};

}  // namespace vedette::correlate
