// From triggers to derived events for outer correlations, and to alerts with their content.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "engine/alert/describe.h"
#include "engine/alert/title.h"
#include "engine/correlate/correlation.h"
#include "engine/correlate/event_rule.h"
#include "engine/correlate/tumbling.h"

namespace vedette::correlate {
namespace {

constexpr std::size_t kMaxEvidence = 100;

}  // namespace

void Correlation::handle(const Trigger& trigger, Applying& applying, std::vector<Passed>& passed) {
  ++counters_.triggers;
  const Bucket in = bucket(groups_[trigger.group], trigger);
  if (plan_.inner) pass_on(trigger, in, applying, passed);
  if (!plan_.emits) return;
  if (suppressed(trigger, in, applying)) {
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
  if (plan_.by_values) {  // new_value has none
    group.phase = 0;
    return;
  }
  keys_.clear();
  for (const std::uint32_t member : plan_.suppress.by) keys_.push_back(group.key(member));
  group.phase = bucket_phase(plan_.suppress.for_us, tenant(group), plan_.meta.key, keys_);
}

// Closed windows: the bucket of the window's start, without phase; one alert per window is named by its number.
Correlation::Bucket Correlation::bucket(Group& group, const Trigger& trigger) {
  const DurationUs period = plan_.suppress.for_us;
  if (tumbling_) {
    const TimeUs start = tumbling_->start_of(trigger.t);
    if (period > 0) return {bucket_of(start, 0, period), {}};
    const std::int64_t window = start / tumbling_->width();
    return {window, fmt::format("{}", window)};
  }
  if (period > 0) {
    set_phase(group);
    return {bucket_of(trigger.t, group.phase, period), {}};
  }
  const std::string_view id = shared_.records.id(trigger.record);
  if (plan_.decision == plan::DecisionClass::monotone) return {0, std::string(id)};
  Hasher128 hasher(process_hash_seed());
  hasher.add(id);
  return {static_cast<std::int64_t>(hasher.finish().low), std::string(id)};
}

// Groups with equal by-values share their buckets.
Hash128 Correlation::by_hash(const Group& group, std::uint64_t value) const {
  if (by_all_members_ && !plan_.by_values) return group.hash;
  Hasher128 hasher(process_hash_seed());
  if (!plan_.across_tenants && !mutated(Mutation::tenants_merged)) hasher.add(std::uint64_t{group.tenant});
  for (const std::uint32_t member : plan_.suppress.by) hasher.add(group.key(member));
  if (plan_.by_values) hasher.add(value);
  return hasher.finish();
}

Hash128 Correlation::alert_hash(const Group& group, std::uint64_t value, const Bucket& bucket) const {
  const Hash128 by = by_hash(group, value);
  Hasher128 hasher(process_hash_seed());
  hasher.add(std::uint64_t{index_});
  hasher.add(by.low);
  hasher.add(by.high);
  hasher.add(static_cast<std::uint64_t>(bucket.number));
  hasher.add(bucket.trigger_id);
  return hasher.finish();
}

// The fired buckets of a group; kNone when there are none and `create` is off.
std::uint32_t Correlation::fired_set(Group& group, std::uint64_t value, bool create) {
  if (plan_.by_values) return create ? fired_.obtain(by_hash(group, value)) : fired_.find(by_hash(group, value));
  if (group.fired != plan::kNone) return group.fired;
  if (!create && by_all_members_) return plan::kNone;
  group.fired = create ? fired_.obtain(by_hash(group, 0)) : fired_.find(by_hash(group, 0));
  if (group.fired == plan::kNone) return plan::kNone;
  fired_.attach(group.fired);
  if (shared_.limited) fired_.trim(group.fired, sweep_horizon());
  return group.fired;
}

bool Correlation::fired(Group& group, std::int64_t number) {
  const std::uint32_t set = fired_set(group, 0, false);
  if (set == plan::kNone) return false;
  const FiredBucket* bucket = fired_[set].find(number);
  return bucket != nullptr && bucket->stands();
}

std::uint32_t Correlation::base_rule(const GroupHit& hit) const {
  const Record& record = shared_.records[hit.record];
  return record.derived() ? record.base_rule : plan_.inputs[input_of(hit)].index;
}

// Every trigger reaches every outer correlation once, whatever was suppressed here.
void Correlation::pass_on(const Trigger& trigger, const Bucket& in, const Applying& applying, std::vector<Passed>& passed) {
  Group& group = groups_[trigger.group];
  const Hash128 alert = alert_hash(group, trigger.value, in);
  if (mutated(Mutation::inner_suppressed) && !inner_seen_.insert(alert, 0, kNoLogTime)) return;
  const GroupHit& hit = group.hits[trigger.index];
  std::vector<ColumnValue>& members = members_of_trigger_;
  members.clear();
  for (std::uint32_t m = 0; m < plan_.members.size(); ++m) members.push_back({original(group, hit, m), group.key(m)});
  if (!plan_.exports.empty()) collect_exports(group, trigger.index, false);
  const TimeUs stamp = plan_.decision == plan::DecisionClass::waiting ? applying.moment() : shared_.records[hit.record].a;
  const std::uint32_t record = shared_.records.add_derived(
      {shared_.records.base_of(hit.record), base_rule(hit), index_, group.hash, alert, stamp, members, exported_});
  passed.push_back({record, false});
  if (refutable_ && !plan_.settled) remember_passed(trigger, record);
}

bool Correlation::suppressed(const Trigger& trigger, const Bucket& in, Applying& applying) {
  Group& group = groups_[trigger.group];
  if (plan_.suppress.for_us == 0 && plan_.decision == plan::DecisionClass::monotone) {
    const TimeUs stamp = std::max(trigger.t, shared_.records[trigger.record].a);
    return !seen_.insert(alert_hash(group, trigger.value, in), stamp, settled_logtime());
  }
  const std::uint32_t index = fired_set(group, trigger.value, false);
  if (index == plan::kNone) return false;
  FiredSet& set = fired_[index];
  FiredBucket* known = set.find(in.number);
  if (known == nullptr || !known->stands()) return false;
  known->last_trigger = std::max(known->last_trigger, trigger.t);
  set.newest = std::max(set.newest, trigger.t);
  if (level_of(trigger) > known->level) raise(trigger, in, *known, applying);
  return true;
}

plan::Level Correlation::level_of(const Trigger& trigger) {
  const std::optional<plan::Level> level =
      plan_.level_when.empty() ? std::nullopt : window_->level(groups_[trigger.group], trigger.index);
  return std::max(plan_.meta.level, level.value_or(plan_.meta.level));
}

// A later trigger of the bucket is worse than those before: the alert is told again, with its level.
void Correlation::raise(const Trigger& trigger, const Bucket& in, FiredBucket& entry, Applying& applying) {
  entry.level = level_of(trigger);
  ++entry.revision;
  alert::Alert alert = full_alert(trigger, in, applying);
  alert.revision = entry.revision;
  alert.episode_id = std::string(entry.episode.data(), entry.episode.size());
  applying.alerts().push_back(std::move(alert));
}

void Correlation::fire(const Trigger& trigger, const Bucket& in, Applying& applying) {
  alert::Alert alert = full_alert(trigger, in, applying);
  const std::uint32_t set = fired_set(groups_[trigger.group], trigger.value, true);
  fired_.trim(set, horizon());
  const DurationUs reach = std::max(plan_.window, plan_.suppress.for_us);
  Continuation run = fired_.enter(set, in.number, trigger.t, reach, alert.alert_id);
  alert.continuation = run.continues;
  alert.episode_id = run.continues ? std::move(run.episode) : alert.alert_id;
  FiredBucket* entry = fired_[set].find(in.number);
  entry->level = alert.level;
  if (plan_.suppress.for_us > 0 || plan_.decision != plan::DecisionClass::monotone) alert.revision = entry->revision;
  applying.alerts().push_back(std::move(alert));
}

alert::Alert Correlation::blank_alert(Group& group, const Trigger& trigger, const Bucket& in, const Applying& applying) {
  const DurationUs period = plan_.suppress.for_us;
  const GroupHit hit{trigger.t, trigger.value, trigger.record, trigger.info};  // a lost one may have left the group
  keys_.clear();
  for (const std::uint32_t member : plan_.suppress.by) keys_.push_back(group.key(member));
  if (plan_.by_values) {
    value_parts(hit, values_of_trigger_);
    for (const ColumnValue& part : values_of_trigger_) keys_.push_back(part.key);
  }
  alert::Alert alert;
  alert.bucket = period == 0 && !tumbling_ ? 0 : in.number;  // one alert per trigger: the text names it, the number is seeded
  alert.bucket_text = period == 0 ? fmt::format("@{}", in.trigger_id) : fmt::format("{}", in.number);
  alert.alert_id = alert::correlation_alert_id(tenant(group), plan_.meta.key, period, keys_, alert.bucket_text);
  alert.rule = std::shared_ptr<const plan::RuleMeta>(shared_.plan, &plan_.meta);
  alert.author = author_;
  alert.tenant = tenant(group);
  alert.fired_at = applying.moment();
  alert.incomplete = applying.incomplete();
  alert.chain_level = plan_.level + 1;
  for (std::uint32_t m = 0; m < plan_.members.size(); ++m) alert.key_text.append(group.key(m)).push_back('\0');
  fill_group(group, hit, alert);
  return alert;
}

alert::Alert Correlation::full_alert(const Trigger& trigger, const Bucket& in, const Applying& applying) {
  Group& group = groups_[trigger.group];
  alert::Alert alert = blank_alert(group, trigger, in, applying);
  alert.level = level_of(trigger);
  alert.time = tumbling_ ? tumbling_->start_of(trigger.t) : trigger.t;
  std::vector<std::uint32_t> hits;
  std::string measured;
  if (tumbling_) {
    Tumbling::Verdict verdict = tumbling_->decide(group, alert.time, applying.moment());
    alert.count = verdict.count;
    measured = std::move(verdict.measured);
    hits = std::move(verdict.hits);
  } else {
    alert.count = window_->evidence(group, trigger.index, hits);
    measured = window_->detail(group, trigger.index);
  }
  fill_evidence(group, hits, alert);
  if (applying.at_end()) {
    alert.flags.emplace_back("at_end");
    std::sort(alert.flags.begin(), alert.flags.end());
  }
  alert.reason = reason(group, hits, alert, measured);
  if (!plan_.title.empty()) alert.title = title(trigger, alert);
  return alert;
}

// The parts of the tuple that a hit's value is the hash of.
void Correlation::value_parts(const GroupHit& hit, std::vector<ColumnValue>& parts) {
  const Record& record = shared_.records[hit.record];
  const plan::Input& input = plan_.inputs[input_of(hit)];
  values_.reset(input.values.size());
  for (std::size_t i = 0; i < input.values.size(); ++i) {
    if (record.derived()) {
      column_values({input_of(hit), nullptr, hit.record, false}, input.values[i], values_.column(i));
    } else {
      shared_.records.columns(hit.record, input.index, input.values[i].column, values_.column(i));
    }
  }
  parts.clear();
  values_.each([&](const std::vector<ColumnValue>& tuple) {
    if (tuple_hash(tuple) == hit.value) parts = tuple;
  });
}

void Correlation::fill_group(const Group& group, const GroupHit& hit, alert::Alert& alert) {
  for (std::uint32_t m = 0; m < plan_.members.size(); ++m) {
    const std::string& name = plan_.members[m];
    const std::string value(original(group, hit, m));
    alert.group.emplace_back(name, value);
    alert.entities.emplace_back(alert::entity_type(name), value);
  }
  if (!plan_.by_values) return;
  for (std::size_t i = 0; i < values_of_trigger_.size(); ++i) {
    alert.group.emplace_back(plan_.value_names[i], std::string(values_of_trigger_[i].original));
  }
}

// The value as the trigger event spells it.
std::string_view Correlation::original(const Group& group, const GroupHit& hit, std::uint32_t member) {
  const std::string_view key = group.key(member);
  const plan::Input& input = plan_.inputs[input_of(hit)];
  const Work work{input_of(hit), nullptr, hit.record, false};
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

std::string Correlation::title(const Trigger& trigger, const alert::Alert& alert) {
  const Group& group = groups_[trigger.group];
  const std::uint32_t rule = base_rule(group.hits[trigger.index]);
  return alert::title_text(plan_.title, alert, [&](const plan::TitlePart& part, std::vector<std::string>& values) {
    switch (part.kind) {
      case plan::TitleKind::column:
        if (part.column_of_rule[rule] == plan::kNone) return;
        shared_.records.columns(shared_.records.base_of(trigger.record), rule, part.column_of_rule[rule], column_);
        for (const ColumnValue& value : column_) values.emplace_back(value.original);
        return;
      case plan::TitleKind::member:
        values.push_back(alert.group[part.index].second);
        return;
      default:
        values.push_back(window_->measured(group, trigger.index, part));
    }
  });
}

std::string Correlation::reason(const Group& group, const std::vector<std::uint32_t>& hits, const alert::Alert& alert,
                                const std::string& measured) const {
  using plan::CorrelationType;
  if (tumbling_) return alert::window_reason(plan_, measured, alert.group);
  switch (plan_.type) {
    case CorrelationType::event_count:
      return alert::count_reason(alert.count, over_alerts_, alert.sources, alert.group, plan_.window, plan_.threshold);
    case CorrelationType::value_count:
      return alert::distinct_reason(alert.count, plan_.value_names, alert.group, plan_.window, plan_.threshold);
    case CorrelationType::temporal:
    case CorrelationType::temporal_ordered:
      return temporal_reason(group, hits, alert);
    default:
      return alert::type_reason(plan_, alert.count, measured, alert.group);
  }
}

std::string Correlation::temporal_reason(const Group& group, const std::vector<std::uint32_t>& hits,
                                         const alert::Alert& alert) const {
  const bool ordered = plan_.type == plan::CorrelationType::temporal_ordered;
  std::vector<std::string> rules, missing;
  for (std::uint32_t i = 0; i < plan_.inputs.size(); ++i) {
    const plan::Input& input = plan_.inputs[i];
    const auto serves = [&](std::uint32_t h) { return group.hits[h].value == i; };
    const bool present = (ordered && !negations_) || std::any_of(hits.begin(), hits.end(), serves);
    if (!present && !input.negated) continue;
    (input.negated ? missing : rules)
        .push_back(input.correlation ? shared_.plan->correlations[input.index].meta.label()
                                     : shared_.plan->rules[input.index].meta.label());
  }
  const DurationUs span = group.hits[hits.back()].t - group.hits[hits.front()].t;
  std::string text = ordered ? alert::ordered_reason(rules, alert.group, span) : alert::temporal_reason(rules, alert.group, span);
  return missing.empty() ? text : alert::without_reason(std::move(text), missing, plan_.window);
}

}  // namespace vedette::correlate
