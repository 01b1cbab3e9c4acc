// Refutable correlations (docs/semantics.md, 1): triggers come and go as accepted events arrive, and an alert whose bucket
// has lost its last trigger is withdrawn by a revision.
#include <fmt/format.h>

#include <algorithm>

#include "engine/correlate/correlation.h"

namespace vedette::correlate {

// A derived event that an inner correlation took back: its hits leave their groups.
void Correlation::remove(const Work& work) {
  const plan::Input& input = plan_.inputs[work.input];
  bind(work, input.members, members_);
  const Record& record = shared_.records[work.record];
  each_key(input, [&](const std::vector<ColumnValue>& keys) {
    const std::uint32_t index = groups_.find(group_hash(keys, record.tenant));
    if (index == plan::kNone) return;
    Group& group = groups_[index];
    for (std::uint32_t i = group.hits.lower_bound(record.t); i < group.hits.size() && group.hits[i].t == record.t;) {
      if (!shared_.records.same(work.record, group.hits[i].record)) {
        ++i;
        continue;
      }
      if ((group.hits[i].info & kTriggerBit) != 0) lost_.push_back(trigger_of(index, i));
      window_->erasing(group, i);
      groups_.erase(group, i, i + 1);
      touched_.push_back({index, work.record, record.t});
    }
  });
}

// Every hit that an insertion or removal can have changed.
void Correlation::find_changes() {
  for (const Touched& touched : touched_) refresh(touched);
  const auto before = [this](const Trigger& a, const Trigger& b) { return trigger_before(a, b); };
  std::sort(triggers_.begin(), triggers_.end(), before);
  std::sort(lost_.begin(), lost_.end(), before);
}

void Correlation::refresh(const Touched& touched) {
  Group& group = groups_[touched.group];
  const TimeUs last = touched.t + window_->reach();
  for (std::uint32_t i = group.hits.lower_bound(touched.t); i < group.hits.size() && group.hits[i].t <= last; ++i) {
    GroupHit& hit = group.hits[i];
    const bool was = (hit.info & kTriggerBit) != 0;
    const bool is = window_->holds(group, i, kAnyStamp);
    if (is == was) continue;
    hit.info ^= kTriggerBit;
    (is ? triggers_ : lost_).push_back(trigger_of(touched.group, i));
  }
}

// Eager rules: what was gained fires, then what was lost is taken back, so that a bucket that only changed hands stays.
// Settled rules wait with what was gained.
void Correlation::settle_accounts(Applying& applying, std::vector<Passed>& passed) {
  if (plan_.settled) {
    for (const Trigger& trigger : triggers_) {
      const Record& record = shared_.records[trigger.record];
      push_deadline(
          {trigger.t + plan_.accept + plan_.settle, groups_[trigger.group].hash, trigger.t, record.identity, trigger.value});
    }
    return;
  }
  for (const Trigger& trigger : triggers_) count_trigger(trigger, 1);
  for (const Trigger& trigger : lost_) count_trigger(trigger, -1);
  const auto same = [this](const Trigger& a, const Trigger& b) { return same_trigger(a, b); };
  triggers_.erase(std::unique(triggers_.begin(), triggers_.end(), same), triggers_.end());
  for (const Trigger& trigger : triggers_) handle(trigger, applying, passed);
  for (const Trigger& trigger : lost_) take_back(trigger, applying, passed);
}

// How many triggers of a bucket there are now.
void Correlation::count_trigger(const Trigger& trigger, int change) {
  Group& group = groups_[trigger.group];
  const Bucket in = bucket(group, trigger);
  FiredBucket& entry = fired_.obtain_bucket(fired_set(group, trigger.value, true), in.number, trigger.t);
  entry.triggers = static_cast<std::uint32_t>(static_cast<int>(entry.triggers) + change);
}

void Correlation::take_back(const Trigger& lost, Applying& applying, std::vector<Passed>& passed) {
  if (plan_.inner) {
    const auto known = passed_.find(passed_key(lost));
    if (known != passed_.end()) {
      account_.take(passed_bytes(known->second));
      passed.push_back({known->second, true});
      passed_.erase(known);
    }
  }
  if (!plan_.emits || mutated(Mutation::withdrawal_lost)) return;
  Group& group = groups_[lost.group];
  const std::uint32_t set = fired_set(group, lost.value, false);
  if (set == plan::kNone) return;
  const Bucket in = bucket(group, lost);
  FiredBucket* entry = fired_[set].find(in.number);
  if (entry == nullptr || entry->triggers > 0 || !entry->stands()) return;
  entry->withdrawn = true;
  ++entry->revision;
  ++counters_.withdrawn;
  withdraw(lost, in, *entry, applying);
}

// The event that refuted it is the evidence.
void Correlation::withdraw(const Trigger& lost, const Bucket& in, const FiredBucket& entry, Applying& applying) {
  Group& group = groups_[lost.group];
  alert::Alert alert = blank_alert(group, lost, in, applying);
  alert.revision = entry.revision;
  alert.withdrawn = true;
  alert.episode_id = std::string(entry.episode.data(), entry.episode.size());
  alert.level = std::max(plan_.meta.level, entry.level);
  alert.time = alert.first_time = alert.last_time = lost.t;
  if (applying.has_event()) {
    const event::EventHead& head = applying.event().head;
    const std::string& source = shared_.plan->sources[head.source].source.name;
    alert.sources.push_back(source);
    alert.events.push_back({head.t, source, std::string(head.id)});
    alert.first_time = alert.last_time = head.t;
    alert.reason = fmt::format("withdrawn: {}:{}, which arrived later, refutes it", source, head.id);
  } else {
    alert.reason = "withdrawn: a rule it builds on was decided otherwise";
  }
  applying.alerts().push_back(std::move(alert));
}

Hash128 Correlation::passed_key(const Trigger& trigger) const {
  const Record& record = shared_.records[trigger.record];
  Hasher128 hasher(process_hash_seed());
  for (const std::uint64_t part : {groups_[trigger.group].hash.low, groups_[trigger.group].hash.high, record.identity.low,
                                   record.identity.high, plan_.by_values ? trigger.value : 0}) {
    hasher.add(part);
  }
  return hasher.finish();
}

// Keeps a derived event reachable for as long as it may be taken back.
void Correlation::remember_passed(const Trigger& trigger, std::uint32_t record) {
  if (passed_.size() >= passed_limit_) forget_passed();
  const auto [place, fresh] = passed_.try_emplace(passed_key(trigger), record);
  if (!fresh) {
    account_.take(passed_bytes(place->second));
    shared_.records.release(place->second);
    place->second = record;
  }
  account_.add(passed_bytes(record));
  shared_.records.retain(record);
}

std::size_t Correlation::passed_bytes(std::uint32_t record) const { return kTableEntry + shared_.records[record].charge; }

void Correlation::release_passed(const Trigger& trigger) {
  const auto known = passed_.find(passed_key(trigger));
  if (known == passed_.end()) return;
  account_.take(passed_bytes(known->second));
  shared_.records.release(known->second);
  passed_.erase(known);
}

void Correlation::forget_passed() {
  const TimeUs oldest = horizon();
  boost::unordered::erase_if(passed_, [&](const auto& entry) {
    const bool old = shared_.records[entry.second].t < oldest;
    if (old) {
      account_.take(passed_bytes(entry.second));
      shared_.records.release(entry.second);
    }
    return old;
  });
  passed_limit_ = std::max<std::size_t>(1024, passed_.size() * 2);
}

}  // namespace vedette::correlate
