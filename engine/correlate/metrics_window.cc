#include "engine/correlate/metrics_window.h"

#include <fmt/format.h>

#include <algorithm>

namespace vedette::correlate {
namespace {

constexpr std::uint32_t kSmallGroup = 64;  // hits that are tallied afresh without much ado
constexpr std::size_t kPlaces = 33;

// One past the last hit of the record of hit i, and its first.
std::uint32_t record_end(const HitList& hits, std::uint32_t i) {
  const std::uint32_t record = hits[i].record;
  while (i < hits.size() && hits[i].record == record) ++i;
  return i;
}
std::uint32_t record_begin(const HitList& hits, std::uint32_t i) {
  while (i > 0 && hits[i - 1].record == hits[i].record) --i;
  return i;
}

// Group::extra: the times of `until` events, ascending.
TimeUs* untils(const Group& group) { return static_cast<TimeUs*>(group.extra); }

}  // namespace

MetricsWindow::MetricsWindow(const WindowContext& context, const plan::CorrelationPlan& plan)
    : Window(context, plan.window, 1),
      plan_(plan),
      condition_(plan.condition),
      has_until_(std::any_of(plan.inputs.begin(), plan.inputs.end(), [](const plan::Input& input) { return input.until; })),
      apart_(plan, context.records),
      values_(plan.metrics.size()) {
  for (const plan::LevelWhen& when : plan.level_when) levels_.push_back({when.level, MetricsExpr(when.condition)});
  places_.reserve(kPlaces);
  places_.push_back({{}, 0, 0, 0, MetricsTally(plan, context.records)});
}

void MetricsWindow::inserted(Group& group, std::uint32_t index) {
  changed(group, group.hits[index].t, index);
  if (has_until_ && plan_.inputs[input_of(group.hits[index])].until) add_until(group, group.hits[index].t);
}

void MetricsWindow::erasing(Group& group, std::uint32_t index) {
  const TimeUs t = group.hits[index].t;
  changed(group, t, plan::kNone);
  if (!plan_.inputs[input_of(group.hits[index])].until) return;
  TimeUs* const end = untils(group) + group.extra_count;
  TimeUs* const at = std::lower_bound(untils(group), end, t);
  if (at == end || *at != t) return;
  std::copy(at + 1, end, at);
  --group.extra_count;
}

void MetricsWindow::trimming(Group& group, TimeUs horizon) {
  answered_t_ = INT64_MIN;
  if (Place* place = find(group); place != nullptr && place->from < horizon)
    move(group, *place, horizon, std::max(horizon, place->to));
  if (group.extra_count == 0) return;
  TimeUs* const end = untils(group) + group.extra_count;
  TimeUs* const kept = std::lower_bound(untils(group), end, horizon);
  std::copy(kept, end, untils(group));
  group.extra_count = static_cast<std::uint32_t>(end - kept);
}

void MetricsWindow::add_until(Group& group, TimeUs t) {
  if ((group.extra_count + 1) * sizeof(TimeUs) > group.extra_bytes) {
    context_.groups.resize_extra(group, std::max<std::size_t>(1, group.extra_bytes * std::size_t{2}));
  }
  TimeUs* const end = untils(group) + group.extra_count;
  TimeUs* const at = std::upper_bound(untils(group), end, t);
  std::copy_backward(at, end, end + 1);
  *at = t;
  ++group.extra_count;
}

// The hit at `except` was not there before; what is tallied up to its time still is.
void MetricsWindow::changed(const Group& group, TimeUs t, std::uint32_t except) {
  if (answered_group_ == group.hash) answered_t_ = INT64_MIN;
  Place* place = find(group);
  if (place != nullptr && t >= place->from && t < place->to) retreat(group, *place, t, except);
}

void MetricsWindow::retreat(const Group& group, Place& place, TimeUs t, std::uint32_t except) {
  const HitList& hits = group.hits;
  const std::uint32_t from = hits.lower_bound(std::max(t, place.from));
  for (std::uint32_t i = from; i < hits.size() && hits[i].t < place.to;) {
    const std::uint32_t end = record_end(hits, i);
    place.tally.remove(hits, i, end, except);
    i = end;
  }
  place.to = std::max(t, place.from);
}

void MetricsWindow::move(const Group& group, Place& place, TimeUs from, TimeUs to) {
  const HitList& hits = group.hits;
  if (from >= place.to || to <= place.from) {
    place.tally.clear();
    place.from = place.to = from;
  }
  if (to < place.to) retreat(group, place, to, plan::kNone);
  std::uint32_t i = hits.lower_bound(place.to);
  for (std::uint32_t end = i; i < hits.size() && hits[i].t < to; i = end) {
    end = record_end(hits, i);
    place.tally.add(hits, i, end);
  }
  i = hits.lower_bound(place.from);
  for (std::uint32_t begin = i; i > 0 && hits[i - 1].t >= from; i = begin) {
    begin = record_begin(hits, i - 1);
    place.tally.add(hits, begin, i);
  }
  for (std::uint32_t end = i; i < hits.size() && hits[i].t < from; i = end) {
    end = record_end(hits, i);
    if (hits[i].t >= place.from) place.tally.remove(hits, i, end, plan::kNone);
  }
  place.from = from;
  place.to = to;
}

MetricsWindow::Place* MetricsWindow::find(const Group& group) {
  const auto found = std::find_if(places_.begin(), places_.end(), [&](const Place& place) { return place.group == group.hash; });
  return found == places_.end() ? nullptr : &*found;
}

MetricsWindow::Place& MetricsWindow::obtain(const Group& group) {
  Place* place = find(group);
  if (place == nullptr && group.hits.size() < kSmallGroup) place = places_.data();
  if (place == nullptr && places_.size() < kPlaces) {
    places_.push_back({{}, 0, 0, 0, MetricsTally(plan_, context_.records)});
    place = &places_.back();
  }
  if (place == nullptr) {
    place =
        &*std::min_element(places_.begin() + 1, places_.end(), [](const Place& a, const Place& b) { return a.used < b.used; });
  }
  place->used = ++uses_;
  if (place->group != group.hash) {
    place->group = group.hash;
    place->tally.clear();
    place->from = place->to = 0;
  }
  return *place;
}

TimeUs MetricsWindow::latest_until(const Group& group, TimeUs t, TimeUs limit) const {
  const bool before = mutated(Mutation::until_tie_late);
  if (limit == kAnyStamp) {
    const TimeUs* const begin = untils(group);
    const TimeUs* const end = begin + group.extra_count;
    const TimeUs* const after = before ? std::lower_bound(begin, end, t) : std::upper_bound(begin, end, t);
    return after == begin ? INT64_MIN : *(after - 1);
  }
  const HitList& hits = group.hits;
  for (std::uint32_t i = before ? hits.lower_bound(t) : hits.upper_bound(t); i-- > 0 && hits[i].t >= t - width_;) {
    if (plan_.inputs[input_of(hits[i])].until && known(hits[i], limit)) return hits[i].t;
  }
  return INT64_MIN;
}

TimeUs MetricsWindow::begin_of(const Group& group, TimeUs t, TimeUs limit) const {
  const TimeUs begin = mutated(Mutation::window_edge_open) ? t - width_ + 1 : t - width_;
  const TimeUs until = has_until_ ? latest_until(group, t, limit) : INT64_MIN;
  return until == INT64_MIN ? begin : std::max(begin, until + 1);
}

bool MetricsWindow::measure(const Group& group, TimeUs t, TimeUs limit) {
  const TimeUs begin = begin_of(group, t, limit);
  if (begin > t) return false;
  if (limit != kAnyStamp) return measure_known(group, begin, t, limit);
  Place& place = obtain(group);
  move(group, place, begin, t + 1);
  measured_.first = group.hits[group.hits.lower_bound(begin)].t;
  measured_.last = t;
  take_values(place.tally);
  return true;
}

bool MetricsWindow::measure_known(const Group& group, TimeUs begin, TimeUs t, TimeUs limit) {
  const HitList& hits = group.hits;
  apart_.clear();
  bool some = false;
  std::uint32_t i = hits.lower_bound(begin);
  for (std::uint32_t end = i; i < hits.size() && hits[i].t <= t; i = end) {
    end = record_end(hits, i);
    if (!known(hits[i], limit)) continue;
    apart_.add(hits, i, end);
    if (!some) measured_.first = hits[i].t;
    measured_.last = hits[i].t;
    some = true;
  }
  take_values(apart_);
  return some;
}

void MetricsWindow::take_values(const MetricsTally& tally) {
  for (std::uint32_t m = 0; m < values_.size(); ++m) values_[m] = tally.value(m);
  measured_.metrics = values_;
  events_ = tally.events();
}

bool MetricsWindow::satisfied(const Group& group, TimeUs t, TimeUs limit) {
  if (limit != kAnyStamp) return measure(group, t, limit) && condition_.holds(measured_);
  if (answered_t_ == t && answered_group_ == group.hash) return answer_;
  answer_ = measure(group, t, limit) && condition_.holds(measured_);
  answered_group_ = group.hash;
  answered_t_ = t;
  return answer_;
}

bool MetricsWindow::holds(const Group& group, std::uint32_t index, TimeUs limit) {
  const GroupHit& hit = group.hits[index];
  return counts(hit) && known(hit, limit) && satisfied(group, hit.t, limit);
}

void MetricsWindow::recheck(Group& group, std::uint32_t index, std::vector<std::uint32_t>& triggers) {
  HitList& hits = group.hits;
  const TimeUs last = recheck_end(hits[index].t);
  for (std::uint32_t i = hits.run_begin(index); i < hits.size() && hits[i].t <= last; ++i) {
    if ((hits[i].info & kTriggerBit) != 0 || !counts(hits[i]) || !satisfied(group, hits[i].t, kAnyStamp)) continue;
    hits[i].info |= kTriggerBit;
    triggers.push_back(i);
  }
}

std::optional<plan::Level> MetricsWindow::level(const Group& group, std::uint32_t trigger) {
  std::optional<plan::Level> highest;
  if (!measure(group, group.hits[trigger].t, kAnyStamp)) return highest;
  for (const LevelCondition& when : levels_) {
    if ((!highest || when.level > *highest) && when.condition.holds(measured_)) highest = when.level;
  }
  return highest;
}

std::uint64_t MetricsWindow::evidence(const Group& group, std::uint32_t trigger, std::vector<std::uint32_t>& hits) {
  const TimeUs t = group.hits[trigger].t;
  for (std::uint32_t i = group.hits.lower_bound(begin_of(group, t, kAnyStamp)); i < group.hits.size() && group.hits[i].t <= t;
       ++i) {
    if (counts(group.hits[i])) hits.push_back(i);
  }
  return measure(group, t, kAnyStamp) ? events_ : 0;
}

std::string MetricsWindow::detail(const Group& group, std::uint32_t trigger) {
  std::string out;
  if (!measure(group, group.hits[trigger].t, kAnyStamp)) return out;
  for (std::size_t m = 0; m < values_.size(); ++m) {
    if (m > 0) out += ", ";
    out += fmt::format("{} {}", plan_.metrics[m].name, exact_text(values_[m]));
  }
  return out;
}

std::string MetricsWindow::measured(const Group& group, std::uint32_t trigger, const plan::TitlePart& part) {
  if (!measure(group, group.hits[trigger].t, kAnyStamp)) return {};
  switch (part.kind) {
    case plan::TitleKind::metric:
      return exact_text(values_[part.index]);
    case plan::TitleKind::span:
      return format_duration(measured_.last - measured_.first);
    case plan::TitleKind::first:
      return format_rfc3339(measured_.first);
    case plan::TitleKind::last:
      return format_rfc3339(measured_.last);
    default:
      return {};
  }
}

std::unique_ptr<Window> make_metrics_window(const WindowContext& context, const plan::CorrelationPlan& plan) {
  return std::make_unique<MetricsWindow>(context, plan);
}

}  // namespace vedette::correlate
