#include "engine/correlate/event_rule.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "engine/alert/describe.h"
#include "engine/alert/title.h"
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
      keep_(plan_.accept + (plan_.suppress.given ? plan_.suppress.for_us : 0)),
      account_(shared.charged),
      seen_(account_, keep_),
      fired_(account_, shared.limited) {}

RuleCounters EventRule::counters() const {
  RuleCounters counters = counters_;
  counters.bytes = account_.bytes();
  const TimeUs logtime = shared_.clocks.logtime(plan_.sources);
  counters.degraded = counters.evicted > 0 && (logtime == kNoLogTime || logtime - keep_ <= newest_evicted_);
  return counters;
}

void EventRule::drop_expired() {
  const TimeUs logtime = shared_.clocks.logtime(plan_.sources);
  if (logtime == kNoLogTime || expiry_step(logtime - keep_, keep_) <= dropped_until_) return;
  dropped_until_ = expiry_step(logtime - keep_, keep_);
  fired_.sweep_all(dropped_until_);
}

// Of fired buckets and remembered ids, whichever take more.
bool EventRule::evict(TimeUs moment) {
  const std::optional<TimeUs> newest = fired_.charged() > seen_.charged() ? fired_.evict() : seen_.evict();
  if (!newest) return false;
  ++counters_.evicted;
  if (counters_.evicted_first == kNoTime) counters_.evicted_first = moment;
  counters_.evicted_last = moment;
  newest_evicted_ = std::max(newest_evicted_, *newest);
  return true;
}

void EventRule::apply(const Hit& hit, Applying& applying) {
  ++counters_.hits;
  if (!plan_.emits) return;
  if (!plan_.suppress.given || plan_.suppress.for_us == 0) return once_per_event(hit, applying);
  by_.reset(plan_.suppress.by.size());
  for (std::size_t i = 0; i < plan_.suppress.by.size(); ++i) {
    const ColumnValues values = hit.columns[plan_.suppress.by[i]];
    by_.column(i).assign(values.begin(), values.end());
    if (values.empty()) by_.column(i).push_back({});  // a missing field is the value null
  }
  by_.each([&](const std::vector<ColumnValue>& by) { once_per_bucket(hit, by, applying); });
}

void EventRule::once_per_event(const Hit& hit, Applying& applying) {
  const event::EventHead& head = applying.event().head;
  if (!seen_.insert(applying.identity(), head.a, shared_.clocks.logtime(plan_.sources))) {
    ++counters_.suppressed;
    return;
  }
  const std::string_view source = shared_.plan->sources[head.source].source.name;
  const std::string_view tenant = shared_.records.tenant_name(applying.tenant());
  applying.alerts().push_back(make_alert(hit, applying, alert::event_alert_id(tenant, plan_.meta.key, source, head.id)));
  ++counters_.alerts;
}

std::uint32_t EventRule::fired_set(const std::vector<ColumnValue>& by, const Applying& applying) {
  Hasher128 hasher(process_hash_seed());
  hasher.add(std::uint64_t{applying.tenant()});
  keys_.clear();
  for (const ColumnValue& value : by) {
    keys_.push_back(value.key);
    hasher.add(value.key);
  }
  const std::uint32_t index = fired_.obtain(hasher.finish());
  FiredSet& set = fired_[index];
  const std::string_view tenant = shared_.records.tenant_name(applying.tenant());
  if (set.phase < 0) set.phase = bucket_phase(plan_.suppress.for_us, tenant, plan_.meta.key, keys_);
  return index;
}

bool EventRule::raises(FiredSet& set, FiredBucket& known, const Hit& hit, TimeUs t) {
  known.last_trigger = std::max(known.last_trigger, t);
  set.newest = std::max(set.newest, t);
  return level_of(hit) > known.level;
}

void EventRule::once_per_bucket(const Hit& hit, const std::vector<ColumnValue>& by, Applying& applying) {
  const event::EventHead& head = applying.event().head;
  const std::string_view tenant = shared_.records.tenant_name(applying.tenant());
  const DurationUs period = plan_.suppress.for_us;
  const TimeUs logtime = shared_.clocks.logtime(plan_.sources);
  const TimeUs horizon = logtime == kNoLogTime ? INT64_MIN : logtime - keep_;
  if (logtime != kNoLogTime) fired_.sweep(shared_.limited ? expiry_step(horizon, keep_) : horizon, 2);
  const std::uint32_t set_index = fired_set(by, applying);
  FiredSet& set = fired_[set_index];
  const std::int64_t bucket = bucket_of(head.t, set.phase, period);
  FiredBucket* known = set.find(bucket);
  if (known != nullptr && !raises(set, *known, hit, head.t)) {
    ++counters_.suppressed;
    return;
  }
  std::string bucket_text = fmt::format("{}", bucket);
  alert::Alert alert = make_alert(hit, applying, alert::correlation_alert_id(tenant, plan_.meta.key, period, keys_, bucket_text));
  if (known == nullptr) {
    fired_.trim(set_index, horizon);
    static_cast<void>(fired_.enter(set_index, bucket, head.t, period, alert.alert_id));
    known = set.find(bucket);
  } else {
    ++known->revision;
  }
  known->level = alert.level;
  alert.revision = known->revision;
  alert.episode_id.assign(known->episode.data(), known->episode.size());
  alert.continuation = alert.episode_id != alert.alert_id;
  alert.bucket = bucket;
  alert.bucket_text = std::move(bucket_text);
  add_group(by, alert);
  alert.reason = alert::event_reason(alert.sources.front(), plan_.meta.label(), alert.group, head.repeat);
  applying.alerts().push_back(std::move(alert));
  ++counters_.alerts;
}

void EventRule::add_group(const std::vector<ColumnValue>& by, alert::Alert& alert) const {
  for (std::size_t i = 0; i < by.size(); ++i) {
    const std::string& name = plan_.columns[plan_.suppress.by[i]].name;
    alert.group.emplace_back(name.substr(0, name.find('|')), by[i].original);
    alert.key_text.append(by[i].key).push_back('\0');
  }
  for (const auto& [member, value] : alert.group) {
    if (!value.empty()) alert.entities.emplace_back(alert::entity_type(member), value);
  }
}

alert::Alert EventRule::make_alert(const Hit& hit, Applying& applying, std::string id) const {
  const event::EventHead& head = applying.event().head;
  alert::Alert alert;
  alert.alert_id = std::move(id);
  alert.rule = std::shared_ptr<const plan::RuleMeta>(shared_.plan, &plan_.meta);
  alert.author = plan_.meta.author;
  alert.level = level_of(hit);
  alert.time = alert.first_time = alert.last_time = head.t;
  alert.count = 1;
  alert.sources.push_back(shared_.plan->sources[head.source].source.name);
  alert.events.push_back({head.t, alert.sources.front(), std::string(head.id)});
  alert.tenant = shared_.records.tenant_name(applying.tenant());
  alert.fired_at = head.a;
  alert.flags = flag_names(head.flags);
  alert.reason = alert::event_reason(alert.sources.front(), plan_.meta.label(), {}, head.repeat);
  if (!plan_.title.empty()) alert.title = title(hit, alert);
  return alert;
}

std::string EventRule::title(const Hit& hit, const alert::Alert& alert) const {
  return alert::title_text(plan_.title, alert, [&](const plan::TitlePart& part, std::vector<std::string>& values) {
    if (part.kind != plan::TitleKind::column) return;  // of correlations only
    for (const ColumnValue& value : hit.columns[part.index]) values.emplace_back(value.original);
  });
}

}  // namespace vedette::correlate
