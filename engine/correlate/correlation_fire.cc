// From triggers to derived events for outer correlations, and to alerts with their content.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "engine/alert/describe.h"
#include "engine/correlate/correlation.h"
#include "engine/correlate/event_rule.h"

namespace vedette::correlate {
namespace {

constexpr std::size_t kMaxEvidence = 100;

}  // namespace

void Correlation::handle(const Trigger& trigger, Applying& applying, std::vector<std::uint32_t>& passed) {
  ++counters_.triggers;
  Group& group = groups_[trigger.group];
  const Bucket in = bucket(group, trigger.t, trigger.record);
  if (plan_.inner) pass_on(trigger, in, passed);
  if (!plan_.emits) return;
  if (suppressed(group, trigger, in)) {
    ++counters_.suppressed;
  } else {
    fire(trigger, in, applying);
    ++counters_.alerts;
  }
}

std::string_view Correlation::tenant(const Group& group) const {
  return plan_.across_tenants ? std::string_view("*") : shared_.records.tenant_name(group.tenant);
}

void Correlation::set_phase(Group& group) {
  if (group.phase >= 0) return;
  keys_.clear();
  for (const std::uint32_t member : plan_.suppress.by) keys_.push_back(group.key(member));
  group.phase = bucket_phase(plan_.suppress.for_us, tenant(group), plan_.meta.key, keys_);
}

Correlation::Bucket Correlation::bucket(Group& group, TimeUs t, std::uint32_t record) {
  if (plan_.suppress.for_us == 0) return {0, shared_.records.id(record)};
  set_phase(group);
  return {bucket_of(t, group.phase, plan_.suppress.for_us), {}};
}

// Groups with equal by-values share their buckets.
Hash128 Correlation::by_hash(const Group& group) const {
  if (by_all_members_) return group.hash;
  Hasher128 hasher(process_hash_seed());
  if (!plan_.across_tenants && !mutated(Mutation::tenants_merged)) hasher.add(std::uint64_t{group.tenant});
  for (const std::uint32_t member : plan_.suppress.by) hasher.add(group.key(member));
  return hasher.finish();
}

Hash128 Correlation::alert_hash(const Group& group, const Bucket& bucket) const {
  const Hash128 by = by_hash(group);
  Hasher128 hasher(process_hash_seed());
  hasher.add(std::uint64_t{index_});
  hasher.add(by.low);
  hasher.add(by.high);
  hasher.add(static_cast<std::uint64_t>(bucket.number));
  hasher.add(bucket.trigger_id);
  return hasher.finish();
}

bool Correlation::fired(Group& group, std::int64_t number) {
  if (group.fired == plan::kNone) {
    if (by_all_members_) return false;
    group.fired = fired_.find(by_hash(group));
    if (group.fired == plan::kNone) return false;
    fired_.attach(group.fired);
  }
  return fired_[group.fired].find(number) != nullptr;
}

std::uint32_t Correlation::base_rule(const GroupHit& hit) const {
  const Record& record = shared_.records[hit.record];
  return record.derived() ? record.base_rule : plan_.inputs[input_of(hit)].index;
}

// Every trigger reaches every outer correlation once, whatever was suppressed here.
void Correlation::pass_on(const Trigger& trigger, const Bucket& in, std::vector<std::uint32_t>& passed) {
  Group& group = groups_[trigger.group];
  const Hash128 alert = alert_hash(group, in);
  if (mutated(Mutation::inner_suppressed) && !inner_seen_.insert(alert, 0, kNoLogTime)) return;
  const GroupHit& hit = group.hits[trigger.index];
  std::vector<ColumnValue>& members = members_of_trigger_;
  members.clear();
  for (std::uint32_t m = 0; m < plan_.members.size(); ++m) members.push_back({original(group, hit, m), group.key(m)});
  passed.push_back(
      shared_.records.add_derived({shared_.records.base_of(hit.record), base_rule(hit), index_, group.hash, alert, members}));
}

bool Correlation::suppressed(Group& group, const Trigger& trigger, const Bucket& in) {
  if (plan_.suppress.for_us == 0) {
    const TimeUs logtime = shared_.clocks.logtime(plan_.sources);
    return !seen_.insert(alert_hash(group, in), std::max(trigger.t, shared_.records[trigger.record].a), logtime);
  }
  if (!fired(group, in.number)) return false;
  FiredSet& set = fired_[group.fired];
  FiredBucket* known = set.find(in.number);
  known->last_trigger = std::max(known->last_trigger, trigger.t);
  set.newest = std::max(set.newest, trigger.t);
  return true;
}

void Correlation::fire(const Trigger& trigger, const Bucket& in, Applying& applying) {
  Group& group = groups_[trigger.group];
  const DurationUs period = plan_.suppress.for_us;
  keys_.clear();
  for (const std::uint32_t member : plan_.suppress.by) keys_.push_back(group.key(member));
  alert::Alert alert;
  alert.bucket = in.number;
  alert.bucket_text = period == 0 ? fmt::format("@{}", in.trigger_id) : fmt::format("{}", in.number);
  alert.alert_id = alert::correlation_alert_id(tenant(group), plan_.meta.key, period, keys_, alert.bucket_text);
  if (group.fired == plan::kNone) {
    group.fired = fired_.obtain(by_hash(group));
    fired_.attach(group.fired);
  }
  FiredTable::trim(fired_[group.fired], horizon());
  Continuation run = fired_.enter(group.fired, in.number, trigger.t, std::max(plan_.window, period), alert.alert_id);
  alert.continuation = run.continues;
  alert.episode_id = run.continues ? std::move(run.episode) : alert.alert_id;

  alert.rule = std::shared_ptr<const plan::RuleMeta>(shared_.plan, &plan_.meta);
  alert.author = author_;
  alert.level = plan_.meta.level;
  alert.time = trigger.t;
  alert.tenant = tenant(group);
  alert.fired_at = applying.event().head.a;
  alert.chain_level = plan_.level + 1;
  for (std::uint32_t m = 0; m < plan_.members.size(); ++m) alert.key_text.append(group.key(m)).push_back('\0');
  const GroupHit hit = group.hits[trigger.index];
  fill_group(group, hit, alert);
  std::vector<std::uint32_t> hits;
  alert.count = window_->evidence(group, trigger.index, hits);
  fill_evidence(group, hits, alert);
  alert.reason = reason(group, hits, alert);
  applying.alerts().push_back(std::move(alert));
}

void Correlation::fill_group(const Group& group, const GroupHit& hit, alert::Alert& alert) {
  for (std::uint32_t m = 0; m < plan_.members.size(); ++m) {
    const std::string& name = plan_.members[m];
    const std::string value(original(group, hit, m));
    alert.group.emplace_back(name, value);
    alert.entities.emplace_back(alert::entity_type(name), value);
  }
}

// The value as the trigger event spells it.
std::string_view Correlation::original(const Group& group, const GroupHit& hit, std::uint32_t member) {
  const std::string_view key = group.key(member);
  const plan::Input& input = plan_.inputs[input_of(hit)];
  Work work{input_of(hit), nullptr, hit.record};
  if (shared_.records[hit.record].derived()) {
    column_values(work, input.members[member], column_);
  } else {
    shared_.records.columns(hit.record, input.index, input.members[member].column, column_);
  }
  for (const ColumnValue& value : column_) {
    if (value.key == key) return value.original;
  }
  return key;
}

void Correlation::fill_evidence(const Group& group, const std::vector<std::uint32_t>& hits, alert::Alert& alert) {
  const Records& records = shared_.records;
  std::vector<std::uint32_t> events;
  Covered covered;
  expand(group, hits, events, covered);
  std::sort(events.begin(), events.end(), [&](std::uint32_t a, std::uint32_t b) {
    return records[a].t != records[b].t ? records[a].t < records[b].t : records.compare(a, b) < 0;
  });
  events.erase(std::unique(events.begin(), events.end()), events.end());
  alert.first_time = records[events.front()].t;
  alert.last_time = records[events.back()].t;
  alert.elided = events.size() > kMaxEvidence ? events.size() - kMaxEvidence : 0;
  unsigned flags = 0;
  for (std::size_t i = 0; i < events.size(); ++i) {
    const Record& record = records[events[i]];
    const std::string& source = shared_.plan->sources[record.source].source.name;
    flags |= record.flags;
    if (std::find(alert.sources.begin(), alert.sources.end(), source) == alert.sources.end()) alert.sources.push_back(source);
    if (i >= alert.elided) alert.events.push_back({record.t, source, std::string(records.id(events[i]))});
  }
  std::sort(alert.sources.begin(), alert.sources.end());
  alert.flags = flag_names(flags);
}

void Correlation::expand(const Group& group, const std::vector<std::uint32_t>& hits, std::vector<std::uint32_t>& events,
                         Covered& covered) {
  for (const std::uint32_t index : hits) {
    const std::uint32_t record = group.hits[index].record;
    events.push_back(shared_.records.base_of(record));
    const Record& known = shared_.records[record];
    if (known.derived()) siblings_[known.correlation]->expand_inner(record, events, covered);
  }
}

// `covered`: per group, the time up to which its windows were taken already (derived events come in order of time).
void Correlation::expand_inner(std::uint32_t record, std::vector<std::uint32_t>& events, Covered& covered) {
  const Record& derived = shared_.records[record];
  const std::uint32_t group_index = groups_.find(derived.inner_group);
  if (group_index == plan::kNone) return;
  const Group& group = groups_[group_index];
  const auto [place, first_time] = covered.try_emplace(derived.inner_group, INT64_MIN);
  const TimeUs until = place->second;
  place->second = std::max(until, derived.t);
  for (std::uint32_t i = group.hits.lower_bound(derived.t); i < group.hits.size() && group.hits[i].t == derived.t; ++i) {
    if ((group.hits[i].info & kTriggerBit) == 0 || shared_.records.base_of(group.hits[i].record) != derived.base) continue;
    std::vector<std::uint32_t> hits;
    (void)window_->evidence(group, i, hits);
    if (plan_.type != plan::CorrelationType::temporal_ordered) {
      std::erase_if(hits, [&](std::uint32_t h) { return group.hits[h].t <= until; });
    }
    return expand(group, hits, events, covered);
  }
}

std::string Correlation::reason(const Group& group, const std::vector<std::uint32_t>& hits, const alert::Alert& alert) const {
  switch (plan_.type) {
    case plan::CorrelationType::event_count:
      return alert::count_reason(alert.count, over_alerts_, alert.sources, alert.group, plan_.window, plan_.threshold);
    case plan::CorrelationType::value_count:
      return alert::distinct_reason(alert.count, plan_.value_names, alert.group, plan_.window, plan_.threshold);
    case plan::CorrelationType::temporal:
    case plan::CorrelationType::temporal_ordered:
      break;
  }
  const bool ordered = plan_.type == plan::CorrelationType::temporal_ordered;
  std::vector<std::string> rules;
  for (std::uint32_t i = 0; i < plan_.inputs.size(); ++i) {
    const auto serves = [&](std::uint32_t h) { return group.hits[h].value == i; };
    if (!ordered && std::none_of(hits.begin(), hits.end(), serves)) continue;
    const plan::Input& input = plan_.inputs[i];
    rules.push_back(input.correlation ? shared_.plan->correlations[input.index].meta.label()
                                      : shared_.plan->rules[input.index].meta.label());
  }
  const DurationUs span = group.hits[hits.back()].t - group.hits[hits.front()].t;
  return ordered ? alert::ordered_reason(rules, alert.group, span) : alert::temporal_reason(rules, alert.group, span);
}

}  // namespace vedette::correlate
