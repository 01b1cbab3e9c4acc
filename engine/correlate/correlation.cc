#include "engine/correlate/correlation.h"

#include <algorithm>

#include "engine/correlate/negation.h"
#include "engine/correlate/tumbling.h"

namespace vedette::correlate {
namespace {

constexpr std::size_t kDeadlineBytes = 2 * sizeof(Deadline) + kSetEntry;  // a heap that has just grown

// The correlation's own author, then those of everything it reads, each once.
void collect_authors(const plan::Plan& plan, const plan::CorrelationPlan& correlation, std::vector<std::string>& authors) {
  const auto add = [&](const std::string& author) {
    if (!author.empty() && std::find(authors.begin(), authors.end(), author) == authors.end()) authors.push_back(author);
  };
  add(correlation.meta.author);
  for (const plan::Input& input : correlation.inputs) {
    if (input.correlation) {
      collect_authors(plan, plan.correlations[input.index], authors);
    } else {
      add(plan.rules[input.index].meta.author);
    }
  }
}

std::string joined_authors(const plan::Plan& plan, const plan::CorrelationPlan& correlation) {
  std::vector<std::string> authors;
  collect_authors(plan, correlation, authors);
  std::string out;
  for (const std::string& author : authors) {
    if (!out.empty()) out += "; ";
    out += author;
  }
  return out;
}

bool covers_all_members(const plan::CorrelationPlan& plan) {
  for (std::uint32_t m = 0; m < plan.members.size(); ++m) {
    if (std::find(plan.suppress.by.begin(), plan.suppress.by.end(), m) == plan.suppress.by.end()) return false;
  }
  return true;
}

bool reads_correlation(const plan::CorrelationPlan& plan) {
  return std::any_of(plan.inputs.begin(), plan.inputs.end(), [](const plan::Input& input) { return input.correlation; });
}

bool counts(plan::CorrelationType type) {
  return type == plan::CorrelationType::event_count || type == plan::CorrelationType::value_count;
}

bool sums_numbers(const plan::CorrelationPlan& plan) {
  using plan::CorrelationType;
  return plan.type == CorrelationType::value_sum || plan.type == CorrelationType::value_avg ||
         plan.type == CorrelationType::value_percentile || plan.type == CorrelationType::value_median;
}

bool reads_exports(const plan::CorrelationPlan& plan) {
  return std::any_of(plan.inputs.begin(), plan.inputs.end(), [](const plan::Input& input) {
    return std::any_of(input.members.begin(), input.members.end(), [](const plan::Binding& b) { return b.inner_export >= 0; });
  });
}

bool waits(const plan::CorrelationPlan& plan) { return plan.decision == plan::DecisionClass::waiting; }

bool has_negations(const plan::CorrelationPlan& plan) {
  return std::any_of(plan.inputs.begin(), plan.inputs.end(), [](const plan::Input& input) { return input.negated; });
}

}  // namespace

Correlation::Correlation(Shared& shared, std::uint32_t index, const Correlations& siblings)
    : shared_(shared),
      plan_(shared.plan->correlations[index]),
      index_(index),
      siblings_(siblings),
      by_all_members_(covers_all_members(plan_)),
      over_alerts_(plan_.type == plan::CorrelationType::event_count && reads_correlation(plan_)),
      negations_(has_negations(plan_)),
      refutable_(plan_.decision == plan::DecisionClass::refutable || plan_.settled),
      pruned_(!plan_.inner && plan_.suppress.for_us > 0 && counts(plan_.type) && plan_.decision == plan::DecisionClass::monotone),
      mergeable_(sums_numbers(plan_) ? !plan_.sum_risk : plan_.type == plan::CorrelationType::temporal_ordered && !negations_),
      parted_(plan_.sum_risk || plan_.type == plan::CorrelationType::metrics),
      reads_exports_(reads_exports(plan_)),
      author_(joined_authors(*shared.plan, plan_)),
      account_(shared.charged),
      fired_(account_, shared.limited && plan_.by_values),
      groups_(shared.pool, shared.records, fired_, account_, shared.limited, waits(plan_) ? kDeadlineBytes : 0),
      seen_(account_, plan_.retention),
      inner_seen_(account_, INT64_MAX),
      window_(make_window()) {
  if (plan_.tumbling) {
    tumbling_ = std::make_unique<Tumbling>(WindowContext{shared_.pool, shared_.records, groups_, *this}, plan_, over_alerts_);
  }
}

Correlation::~Correlation() = default;

// Log time as far as things may be forgotten: while decisions are made, what it was before.
TimeUs Correlation::settled_logtime() const {
  return shared_.deciding ? shared_.clocks.marked_logtime(plan_.sources) : shared_.clocks.logtime(plan_.sources);
}

// Hits with a time before it can be needed by no accepted event.
TimeUs Correlation::horizon() {
  const DurationUs kept = mutated(Mutation::prune_time_early) ? plan_.window : plan_.retention;
  if (shared_.deciding) {
    const TimeUs logtime = settled_logtime();
    return logtime == kNoLogTime ? INT64_MIN : logtime - kept;
  }
  if (horizon_epoch_ == shared_.clocks.epoch()) return horizon_;
  horizon_epoch_ = shared_.clocks.epoch();
  const TimeUs logtime = settled_logtime();
  horizon_ = logtime == kNoLogTime ? INT64_MIN : logtime - kept;
  return horizon_;
}

void Correlation::apply(Applying& applying, std::vector<Passed>& passed) {
  std::sort(work_.begin(), work_.end(), [](const Work& a, const Work& b) { return a.input < b.input; });
  touched_.clear();
  triggers_.clear();
  lost_.clear();
  folded_.clear();
  bool has_key = false;
  for (const Work& work : work_) {
    if (work.gone) {
      has_key = true;
      remove(work);
    } else {
      has_key = contribute(work, applying) || has_key;
    }
  }
  if (!touched_.empty()) ++counters_.hits;
  if (!work_.empty() && !has_key) ++counters_.left_out;
  if (refutable_) {
    find_changes();
    settle_accounts(applying, passed);
  } else if (plan_.decision == plan::DecisionClass::waiting && (plan_.tumbling || negations_)) {
    schedule();
    if (negations_) note_late_resolutions(applying);
  } else {
    find_triggers();
    for (const Trigger& trigger : triggers_) handle(trigger, applying, passed);
  }
  if (plan_.inner && !plan_.exports.empty()) export_late(applying, passed);
  clear_fresh();
  if (pruned_) prune();
  for (const Work& work : work_) {
    if (work.hit == nullptr) shared_.records.release(work.record);
  }
  work_.clear();
  counters_.groups = groups_.live();
  sweep(2);
}

// Many neighbours at once: the memory of groups is read in order, which costs a fraction of single looks.
void Correlation::sweep(std::uint32_t steps) {
  constexpr std::uint32_t kAtOnce = 64;
  due_sweeps_ += steps;
  if (due_sweeps_ < kAtOnce) return;
  groups_.sweep(sweep_horizon(), due_sweeps_);
  if (plan_.by_values) fired_.sweep(sweep_horizon(), due_sweeps_);
  due_sweeps_ = 0;
  counters_.groups = groups_.live();
}

std::uint32_t Correlation::first_of(const Group& group, TimeUs t, std::uint32_t record) const {
  GroupHit hit;
  hit.t = t;
  hit.record = record;
  return groups_.locate(group, hit).first;
}

void Correlation::find_triggers() {
  for (const Touched& touched : touched_) {
    Group& group = groups_[touched.group];
    indices_.clear();
    window_->recheck(group, first_of(group, touched.t, touched.record), indices_);
    for (const std::uint32_t index : indices_) triggers_.push_back(trigger_of(touched.group, index));
  }
  if (triggers_.size() > 1) sort_triggers();
}

void Correlation::clear_fresh() {
  for (const Touched& touched : touched_) {
    HitList& hits = groups_[touched.group].hits;
    for (std::uint32_t i = first_of(groups_[touched.group], touched.t, touched.record);
         i < hits.size() && hits[i].record == touched.record; ++i) {
      hits[i].info &= ~kFreshBit;
    }
  }
}

int Correlation::compare_keys(const Group& a, const Group& b) const {
  for (std::uint32_t m = 0; m < plan_.members.size(); ++m) {
    if (const int c = a.key(m).compare(b.key(m)); c != 0) return c;
  }
  return 0;
}

Correlation::Trigger Correlation::trigger_of(std::uint32_t group, std::uint32_t index) const {
  const GroupHit& hit = groups_[group].hits[index];
  return {hit.t, group, hit.record, index, hit.value, hit.info};
}

bool Correlation::trigger_before(const Trigger& a, const Trigger& b) const {
  if (a.t != b.t) return a.t < b.t;
  if (const int c = shared_.records.compare(a.record, b.record); c != 0) return c < 0;
  if (a.group != b.group) {
    if (const int c = compare_keys(groups_[a.group], groups_[b.group]); c != 0) return c < 0;
    return a.group < b.group;
  }
  return a.index < b.index;
}

bool Correlation::same_trigger(const Trigger& a, const Trigger& b) const {
  return a.record == b.record && a.group == b.group && (!plan_.by_values || a.value == b.value);
}

// An event that is a trigger through several of its hits is one.
void Correlation::sort_triggers() {
  std::sort(triggers_.begin(), triggers_.end(), [this](const Trigger& a, const Trigger& b) { return trigger_before(a, b); });
  const auto same = [this](const Trigger& a, const Trigger& b) { return same_trigger(a, b); };
  triggers_.erase(std::unique(triggers_.begin(), triggers_.end(), same), triggers_.end());
}

void Correlation::prune() {
  const std::uint64_t from = std::min(window_->prune_from(false), window_->prune_from(true));
  for (const Touched& touched : touched_) {
    Group& group = groups_[touched.group];
    if (group.hits.size() < from) continue;
    set_phase(group);
    const DurationUs period = plan_.suppress.for_us;
    const bool has_fired = fired(group, bucket_of(touched.t, group.phase, period));
    if (group.hits.size() < window_->prune_from(has_fired)) continue;
    window_->prune(group, slice_of(touched.t, group.phase, period, plan_.window), has_fired);
  }
}

}  // namespace vedette::correlate
