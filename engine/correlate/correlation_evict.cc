// What a correlation forgets when the rules' memory budget is used up (docs/semantics.md, 11).
#include <algorithm>

#include "engine/correlate/correlation.h"

namespace vedette::correlate {

RuleCounters Correlation::counters() const {
  RuleCounters counters = counters_;
  counters.bytes = account_.bytes();
  const TimeUs logtime = shared_.clocks.logtime(plan_.sources);
  counters.degraded = newest_evicted_ != kNoTime && (logtime == kNoLogTime || logtime - plan_.retention <= newest_evicted_);
  return counters;
}

// Without a budget at once, with it in steps.
TimeUs Correlation::sweep_horizon() {
  const TimeUs now = horizon();
  return shared_.limited && now != INT64_MIN ? expiry_step(now, plan_.retention) : now;
}

void Correlation::drop_expired() {
  const TimeUs until = sweep_horizon();
  if (until <= dropped_until_) return;
  dropped_until_ = until;
  groups_.sweep_all(until);
  if (plan_.by_values) fired_.sweep_all(until);
}

// A group that has expired may be swept already or not: what comes now is the first of a new one either way.
std::uint32_t Correlation::obtain_group(const Hash128& hash, std::uint32_t tenant) {
  const std::uint32_t index = groups_.obtain(hash, tenant, keys_);
  if (!shared_.limited) return index;
  const TimeUs newest = groups_[index].newest;
  if (newest == INT64_MIN || newest >= sweep_horizon()) return index;
  groups_.free(index);
  return groups_.obtain(hash, tenant, keys_);
}

// Of groups, fired buckets without groups and remembered ids, whichever take most.
bool Correlation::evict(TimeUs moment) {
  const std::size_t fired = plan_.by_values ? fired_.charged() : 0;
  const std::size_t groups = account_.bytes() - fired - seen_.charged();
  TimeUs newest = kNoTime;
  if (groups >= std::max(fired, seen_.charged())) {
    if (!evict_group(newest)) return false;
  } else {
    const std::optional<TimeUs> forgotten = fired > seen_.charged() ? fired_.evict() : seen_.evict();
    if (!forgotten) return false;
    newest = *forgotten;
  }
  counters_.groups = groups_.live();
  if (newest == kNoTime) return true;  // nothing that could still count
  ++counters_.evicted;
  if (counters_.evicted_first == kNoTime) counters_.evicted_first = moment;
  counters_.evicted_last = moment;
  degrade(newest);
  return true;
}

// Of a large group the earlier half goes, any other as a whole. `newest` stays as it is when nothing could still count.
bool Correlation::evict_group(TimeUs& newest) {
  const std::uint32_t index = groups_.evict_first();
  if (index == plan::kNone) return false;
  Group& group = groups_[index];
  if (group.newest < horizon()) {
    groups_.free(index);
    return true;
  }
  const std::uint32_t hits = group.hits.size();
  newest = group.newest;
  const TimeUs middle = hits == 0 ? 0 : group.hits[hits / 2].t;
  if (EvictionQueue::level_of(hits) < EvictionQueue::kLargest || group.hits[0].t == middle) {
    forget_group(index);
    return true;
  }
  if (refutable_ && plan_.inner) {
    for (std::uint32_t i = 0; group.hits[i].t < middle; ++i) release_passed(trigger_of(index, i));
  }
  window_->trimming(group, middle);
  groups_.trim(group, middle);
  groups_.queue(index);
  return true;
}

void Correlation::forget_group(std::uint32_t index) {
  Group& group = groups_[index];
  if (refutable_ && plan_.inner) {
    for (std::uint32_t i = 0; i < group.hits.size(); ++i) release_passed(trigger_of(index, i));
  }
  window_->trimming(group, INT64_MAX);
  groups_.free(index);
}

// What this rule does not know any more, rules that read it do not learn.
void Correlation::degrade(TimeUs newest) {
  newest_evicted_ = std::max(newest_evicted_, newest);
  if (!plan_.inner) return;
  for (std::size_t outer = index_ + 1; outer < siblings_.size(); ++outer) {
    const std::vector<plan::Input>& inputs = shared_.plan->correlations[outer].inputs;
    const auto reads = [this](const plan::Input& input) { return input.correlation && input.index == index_; };
    if (std::any_of(inputs.begin(), inputs.end(), reads)) siblings_[outer]->degrade(newest);
  }
}

// Deadlines of groups that are gone.
void Correlation::shed_deadlines() {
  deadlines_.keep([this](const Deadline& deadline) { return groups_.find(deadline.group) != plan::kNone; });
}

}  // namespace vedette::correlate
