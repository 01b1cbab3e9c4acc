// Decisions that wait for log time (docs/semantics.md, 1): closed windows, negations, and refutable rules that settle first.
#include <algorithm>

#include "engine/correlate/correlation.h"
#include "engine/correlate/negation.h"
#include "engine/correlate/tumbling.h"

namespace vedette::correlate {

// Deadlines of everything that the record just applied can decide.
void Correlation::schedule() {
  for (const Touched& touched : touched_) {
    if (!plan_.tumbling) {
      schedule_patterns(touched.group, touched.t);
      continue;
    }
    const TimeUs end = tumbling_->start_of(touched.t) + tumbling_->width();
    const DurationUs settle = mutated(Mutation::settle_ignored) ? 0 : plan_.settle;
    push_deadline({end + settle, groups_[touched.group].hash, tumbling_->start_of(touched.t), {}, 0});
  }
}

// Patterns whose last hit lies at t or within a timespan after it. One that waits goes on waiting when it turns out to have been
// complete before, unless it is by what came only now.
void Correlation::schedule_patterns(std::uint32_t group_index, TimeUs t) {
  const auto& negation = static_cast<const Negation&>(*window_);
  Group& group = groups_[group_index];
  const std::uint32_t from = group.hits.lower_bound(t);
  const auto added_by = [&](TimeUs limit) {  // what is new here has a stamp up to it
    for (std::uint32_t i = from; i < group.hits.size() && group.hits[i].t == t; ++i) {
      if ((group.hits[i].info & kFreshBit) != 0 && stamp(group.hits[i]) <= limit) return true;
    }
    return false;
  };
  const auto decided = [&](const GroupHit& hit) {  // the event, directly or as an inner trigger
    const Records& records = shared_.records;
    for (std::uint32_t i = group.hits.lower_bound(hit.t); i < group.hits.size() && group.hits[i].t == hit.t; ++i) {
      const bool same = records.base_of(group.hits[i].record) == records.base_of(hit.record);
      if (same && (group.hits[i].info & kDecidedBit) != 0) return true;
    }
    return false;
  };
  for (std::uint32_t i = from; i < group.hits.size() && group.hits[i].t <= t + plan_.window; ++i) {
    GroupHit& hit = group.hits[i];
    if ((hit.info & kDecidedBit) != 0 || !negation.may_end(hit) || decided(hit)) continue;
    const TimeUs deadline = pattern_deadline(group, i);
    if (deadline == kNothingDue) continue;
    if (deadline >= passed_until()) {
      push_deadline({deadline, group.hash, hit.t, shared_.records[hit.record].identity, hit.value});
    } else if (added_by(deadline)) {
      hit.info |= kDecidedBit;  // it would have had to be known then
    }
  }
}

// The later of the pattern's own deadline and the stamp that completes its positive part; kNothingDue while incomplete.
TimeUs Correlation::pattern_deadline(const Group& group, std::uint32_t index) {
  auto& negation = static_cast<Negation&>(*window_);
  if (!negation.complete(group, index, kAnyStamp)) return kNothingDue;
  const DurationUs settle = mutated(Mutation::settle_ignored) ? 0 : plan_.settle;
  const TimeUs own = group.hits[index].t + negation.wait() + settle;
  if (negation.complete(group, index, own)) return own;
  TimeUs earliest = kNothingDue;
  for (const TimeUs stamp : stamps_around(group, index)) {
    if (stamp > own && stamp < earliest && negation.complete(group, index, stamp)) earliest = stamp;
  }
  return earliest;
}

// Log time had passed every deadline below this before the record at hand came; what inner rules decide comes with the
// record that let log time pass their deadlines.
TimeUs Correlation::passed_until() const { return shared_.deciding ? passed_before_ : decided_until_; }

void Correlation::push_deadline(const Deadline& deadline) {
  if (deadline.at < passed_until()) return;
  if (deadlines_.full() && counters_.evicted > 0) shed_deadlines();
  deadlines_.push(deadline);
}

TimeUs Correlation::due(bool at_end) {
  if (at_end) {
    decided_until_ = INT64_MAX;
    return deadlines_.next();
  }
  const TimeUs logtime = shared_.clocks.logtime(plan_.sources);
  const TimeUs held = shared_.clocks.time_without_down(plan_.sources);
  TimeUs until = logtime;
  if (held != kNoLogTime) until = std::max(until, held - (mutated(Mutation::hold_ignored) ? 0 : plan_.max_hold));
  if (mutated(Mutation::deadline_inclusive) && until != kNoLogTime) ++until;
  decided_until_ = std::max(decided_until_, until);
  return deadlines_.next() < decided_until_ ? deadlines_.next() : kNothingDue;
}

void Correlation::decide(TimeUs deadline, Applying& applying, std::vector<Passed>& passed) {
  const TimeUs logtime = shared_.clocks.logtime(plan_.sources);
  applying.set_incomplete(!applying.at_end() && deadline >= logtime);
  decisions_.clear();
  while (deadlines_.next() == deadline) deadlines_.pop(decisions_);
  triggers_.clear();
  for (const Deadline& decision : decisions_) {
    const std::uint32_t group = groups_.find(decision.group);
    if (group == plan::kNone) continue;
    plan_.tumbling ? decide_window(group, decision) : decide_hits(group, decision);
  }
  sort_triggers();
  window_->limit_evidence(mutated(Mutation::stamps_ignored) ? kAnyStamp : deadline);
  for (const Trigger& trigger : triggers_) handle(trigger, applying, passed);
  counters_.groups = groups_.live();
}

// The trigger of a window is its last event; the alert's time is the window's start (bucket()).
void Correlation::decide_window(std::uint32_t group, const Deadline& decision) {
  const TimeUs limit = mutated(Mutation::stamps_ignored) ? kAnyStamp : decision.at;
  const Tumbling::Verdict verdict = tumbling_->decide(groups_[group], decision.t, limit);
  if (verdict.fires) triggers_.push_back(trigger_of(group, verdict.hits.back()));
}

void Correlation::decide_hits(std::uint32_t group_index, const Deadline& decision) {
  Group& group = groups_[group_index];
  const TimeUs limit = decision.at;
  for (std::uint32_t i = group.hits.lower_bound(decision.t); i < group.hits.size() && group.hits[i].t == decision.t; ++i) {
    GroupHit& hit = group.hits[i];
    if (hit.value != decision.value || shared_.records[hit.record].identity != decision.record) continue;
    if ((hit.info & kDecidedBit) != 0) continue;
    if (plan_.settled && (hit.info & kTriggerBit) == 0) continue;  // refuted; it may come back and wait again
    hit.info |= kDecidedBit;
    // An inner trigger may meanwhile have turned out to be complete earlier.
    const bool by_stamps = !mutated(Mutation::stamps_ignored);
    if (!plan_.settled && !window_->holds(group, i, by_stamps ? std::min(limit, pattern_deadline(group, i)) : kAnyStamp))
      continue;
    hit.info |= kTriggerBit;
    triggers_.push_back(trigger_of(group_index, i));
  }
}

// A negated event that would have cancelled a pattern, had it come in time: a revision says so, once.
void Correlation::note_late_resolutions(Applying& applying) {
  const auto& negation = static_cast<const Negation&>(*window_);
  for (const Touched& touched : touched_) {
    Group& group = groups_[touched.group];
    const std::uint32_t from = group.hits.lower_bound(touched.t - plan_.window);
    for (std::uint32_t i = from; i < group.hits.size() && group.hits[i].t <= touched.t + 2 * plan_.window; ++i) {
      const GroupHit& hit = group.hits[i];
      if ((hit.info & kTriggerBit) == 0 || !negation.may_end(hit) || window_->holds(group, i, kAnyStamp)) continue;
      const Trigger trigger = trigger_of(touched.group, i);
      const std::uint32_t set = plan_.emits ? fired_set(group, hit.value, false) : plan::kNone;
      if (set == plan::kNone) continue;
      const Bucket in = bucket(group, trigger);
      FiredBucket* entry = fired_[set].find(in.number);
      if (entry == nullptr || entry->late_noted) continue;
      entry->late_noted = true;
      ++entry->revision;
      alert::Alert alert = full_alert(trigger, in, applying);
      alert.revision = entry->revision;
      alert.episode_id = std::string(entry->episode.data(), entry->episode.size());
      alert.flags.emplace_back("late_resolution");
      std::sort(alert.flags.begin(), alert.flags.end());
      applying.alerts().push_back(std::move(alert));
    }
  }
}

TimeUs Correlation::stamp(const GroupHit& hit) const {
  const Record& record = shared_.records[hit.record];
  return record.derived() ? siblings_[record.correlation]->trigger_stamp(record) : record.a;
}

TimeUs Correlation::trigger_stamp(const Record& derived) const {
  if (plan_.decision == plan::DecisionClass::waiting) return derived.a;
  const std::uint32_t index = groups_.find(derived.inner_group);
  if (index == plan::kNone) return derived.a;
  const Group& group = groups_[index];
  TimeUs earliest = kNothingDue;
  for (std::uint32_t i = group.hits.lower_bound(derived.t); i < group.hits.size() && group.hits[i].t == derived.t; ++i) {
    if ((group.hits[i].info & kTriggerBit) == 0 || shared_.records.base_of(group.hits[i].record) != derived.base) continue;
    earliest = std::min(earliest, earliest_stamp(group, i));
  }
  return earliest == kNothingDue ? derived.a : earliest;
}

// The earliest stamp with which alone the hit is a trigger. Monotone rules only: what holds goes on holding.
TimeUs Correlation::earliest_stamp(const Group& group, std::uint32_t index) const {
  std::vector<TimeUs> stamps = stamps_around(group, index);
  std::sort(stamps.begin(), stamps.end());
  const auto first =
      std::partition_point(stamps.begin(), stamps.end(), [&](TimeUs stamp) { return !window_->holds(group, index, stamp); });
  return first == stamps.end() ? kNothingDue : *first;
}

// Stamps of the hits in the window of a hit.
std::vector<TimeUs> Correlation::stamps_around(const Group& group, std::uint32_t index) const {
  std::vector<TimeUs> stamps;
  const TimeUs t = group.hits[index].t;
  for (std::uint32_t i = group.hits.lower_bound(t - plan_.window); i < group.hits.size() && group.hits[i].t <= t; ++i) {
    stamps.push_back(stamp(group.hits[i]));
  }
  return stamps;
}

}  // namespace vedette::correlate
