#include "engine/correlate/event_rule.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "engine/alert/describe.h"
#include "engine/correlate/buckets.h"

namespace vedette::correlate {

std::vector<std::string> flag_names(unsigned flags) {
  std::vector<std::string> names;
  if ((flags & event::kLate) != 0) names.emplace_back("late");
  if ((flags & event::kRepeated) != 0) names.emplace_back("repeated");
  if ((flags & event::kTimeClamped) != 0) names.emplace_back("time_clamped");
  if ((flags & event::kTimeMissing) != 0) names.emplace_back("time_missing");
  return names;
}

EventRule::EventRule(Shared& shared, std::uint32_t index)
    : shared_(shared),
      plan_(shared.plan->rules[index]),
      index_(index),
      seen_(plan_.accept + (plan_.suppress.given ? plan_.suppress.for_us : 0)) {}

void EventRule::apply(const Hit& hit, Applying& applying) {
  ++counters_.hits;
  if (!plan_.emits) return;
  if (!plan_.suppress.given || plan_.suppress.for_us == 0) return once_per_event(applying);
  by_.reset(plan_.suppress.by.size());
  for (std::size_t i = 0; i < plan_.suppress.by.size(); ++i) {
    const ColumnValues values = hit.columns[plan_.suppress.by[i]];
    by_.column(i).assign(values.begin(), values.end());
    if (values.empty()) by_.column(i).push_back({});  // a missing field is the value null
  }
  by_.each([&](const std::vector<ColumnValue>& by) { once_per_bucket(by, applying); });
}

void EventRule::once_per_event(Applying& applying) {
  const event::EventHead& head = applying.event().head;
  if (!seen_.insert(applying.identity(), head.a, shared_.clocks.logtime(plan_.sources))) {
    ++counters_.suppressed;
    return;
  }
  const std::string_view source = shared_.plan->sources[head.source].source.name;
  const std::string_view tenant = shared_.records.tenant_name(applying.tenant());
  applying.alerts().push_back(make_alert(applying, alert::event_alert_id(tenant, plan_.meta.key, source, head.id)));
  ++counters_.alerts;
}

void EventRule::once_per_bucket(const std::vector<ColumnValue>& by, Applying& applying) {
  const event::EventHead& head = applying.event().head;
  const std::string_view tenant = shared_.records.tenant_name(applying.tenant());
  const DurationUs period = plan_.suppress.for_us;
  Hasher128 hasher(process_hash_seed());
  hasher.add(std::uint64_t{applying.tenant()});
  keys_.clear();
  for (const ColumnValue& value : by) {
    keys_.push_back(value.key);
    hasher.add(value.key);
  }
  const TimeUs logtime = shared_.clocks.logtime(plan_.sources);
  if (logtime != kNoLogTime) fired_.sweep(logtime - plan_.accept - period, 2);
  const std::uint32_t set_index = fired_.obtain(hasher.finish());
  FiredSet& set = fired_[set_index];
  if (set.phase < 0) set.phase = bucket_phase(period, tenant, plan_.meta.key, keys_);
  const std::int64_t bucket = bucket_of(head.t, set.phase, period);
  if (FiredBucket* known = set.find(bucket)) {
    known->last_trigger = std::max(known->last_trigger, head.t);
    set.newest = std::max(set.newest, head.t);
    ++counters_.suppressed;
    return;
  }
  if (logtime != kNoLogTime) FiredTable::trim(set, logtime - plan_.accept - period);
  std::string bucket_text = fmt::format("{}", bucket);
  alert::Alert alert = make_alert(applying, alert::correlation_alert_id(tenant, plan_.meta.key, period, keys_, bucket_text));
  Continuation run = fired_.enter(set_index, bucket, head.t, period, alert.alert_id);
  alert.continuation = run.continues;
  alert.episode_id = run.continues ? std::move(run.episode) : alert.alert_id;
  alert.bucket = bucket;
  alert.bucket_text = std::move(bucket_text);
  for (std::size_t i = 0; i < by.size(); ++i) {
    const std::string& name = plan_.columns[plan_.suppress.by[i]].name;
    alert.group.emplace_back(name.substr(0, name.find('|')), by[i].original);
    alert.key_text.append(by[i].key).push_back('\0');
  }
  for (const auto& [member, value] : alert.group) {
    if (!value.empty()) alert.entities.emplace_back(alert::entity_type(member), value);
  }
  alert.reason = alert::event_reason(alert.sources.front(), plan_.meta.label(), alert.group, head.repeat);
  applying.alerts().push_back(std::move(alert));
  ++counters_.alerts;
}

alert::Alert EventRule::make_alert(Applying& applying, std::string id) const {
  const event::EventHead& head = applying.event().head;
  alert::Alert alert;
  alert.alert_id = std::move(id);
  alert.rule = std::shared_ptr<const plan::RuleMeta>(shared_.plan, &plan_.meta);
  alert.author = plan_.meta.author;
  alert.level = plan_.meta.level;
  alert.time = alert.first_time = alert.last_time = head.t;
  alert.count = 1;
  alert.sources.push_back(shared_.plan->sources[head.source].source.name);
  alert.events.push_back({head.t, alert.sources.front(), std::string(head.id)});
  alert.tenant = shared_.records.tenant_name(applying.tenant());
  alert.fired_at = head.a;
  alert.flags = flag_names(head.flags);
  alert.reason = alert::event_reason(alert.sources.front(), plan_.meta.label(), {}, head.repeat);
  return alert;
}

}  // namespace vedette::correlate
