#include "engine/correlate/correlation.h"

#include <algorithm>

#include "engine/base/fold.h"

namespace vedette::correlate {
namespace {

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

}  // namespace

Correlation::Correlation(Shared& shared, std::uint32_t index, const Correlations& siblings)
    : shared_(shared),
      plan_(shared.plan->correlations[index]),
      index_(index),
      siblings_(siblings),
      by_all_members_(covers_all_members(plan_)),
      over_alerts_(plan_.type == plan::CorrelationType::event_count && reads_correlation(plan_)),
      pruned_(!plan_.inner && plan_.suppress.for_us > 0 && counts(plan_.type)),
      author_(joined_authors(*shared.plan, plan_)),
      groups_(shared.pool, shared.records, fired_),
      seen_(plan_.retention),
      inner_seen_(INT64_MAX),
      window_(make_window()) {}

std::unique_ptr<Window> Correlation::make_window() {
  const WindowContext context{shared_.pool, shared_.records, groups_};
  switch (plan_.type) {
    case plan::CorrelationType::event_count:
      if (!over_alerts_) return make_count_window(context, plan_.window, plan_.threshold);
      return make_distinct_window(context, plan_.window, plan_.threshold, true);
    case plan::CorrelationType::value_count:
    case plan::CorrelationType::temporal:
      return make_distinct_window(context, plan_.window, plan_.threshold, false);
    case plan::CorrelationType::temporal_ordered:
      break;
  }
  return make_ordered_window(context, plan_.window, static_cast<std::uint32_t>(plan_.inputs.size()));
}

// Hits with a time before it can be needed by no accepted event.
TimeUs Correlation::horizon() {
  if (horizon_epoch_ == shared_.clocks.epoch()) return horizon_;
  horizon_epoch_ = shared_.clocks.epoch();
  const TimeUs logtime = shared_.clocks.logtime(plan_.sources);
  horizon_ = logtime == kNoLogTime ? INT64_MIN : logtime - (mutated(Mutation::prune_time_early) ? plan_.window : plan_.retention);
  return horizon_;
}

void Correlation::apply(Applying& applying, std::vector<std::uint32_t>& passed) {
  std::sort(work_.begin(), work_.end(), [](const Work& a, const Work& b) { return a.input < b.input; });
  touched_.clear();
  triggers_.clear();
  folded_.clear();
  bool has_key = false;
  for (const Work& work : work_) has_key = contribute(work, applying) || has_key;
  if (!touched_.empty()) ++counters_.hits;
  if (!work_.empty() && !has_key) ++counters_.left_out;
  find_triggers();
  for (const Trigger& trigger : triggers_) handle(trigger, applying, passed);
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
  groups_.sweep(horizon(), due_sweeps_);
  due_sweeps_ = 0;
  counters_.groups = groups_.live();
}

void Correlation::column_values(const Work& work, const plan::Binding& binding, std::vector<ColumnValue>& out) {
  out.clear();
  if (work.hit != nullptr) {
    if (binding.column == plan::kNone) return;
    const ColumnValues values = work.hit->columns[binding.column];
    out.assign(values.begin(), values.end());
    return;
  }
  const Record& record = shared_.records[work.record];
  if (binding.inner_member >= 0) {
    out.push_back(shared_.records.member(work.record, static_cast<std::uint32_t>(binding.inner_member)));
    if (binding.fold && !is_folded(out.back().key)) out.back().key = folded_.copy(folded(out.back().key));
  } else if (record.base_rule < binding.column_of_rule.size()) {
    const std::uint32_t column = binding.column_of_rule[record.base_rule];
    if (column != plan::kNone) shared_.records.columns(record.base, record.base_rule, column, out);
  }
}

void Correlation::bind(const Work& work, const std::vector<plan::Binding>& bindings, CrossProduct& columns) {
  columns.reset(bindings.size());
  for (std::size_t i = 0; i < bindings.size(); ++i) column_values(work, bindings[i], columns.column(i));
}

// False when a key is missing.
bool Correlation::contribute(const Work& work, Applying& applying) {
  const plan::Input& input = plan_.inputs[work.input];
  bind(work, input.members, members_);
  if (mutated(Mutation::missing_key_shared)) {
    for (std::size_t i = 0; i < input.members.size(); ++i) {
      if (members_.column(i).empty()) members_.column(i).push_back({});
    }
  }
  if (members_.some_column_empty()) return false;
  if (plan_.type == plan::CorrelationType::value_count) {
    bind(work, input.values, values_);
    if (mutated(Mutation::null_counted)) {
      for (std::size_t i = 0; i < input.values.size(); ++i) {
        if (values_.column(i).empty()) values_.column(i).push_back({});
      }
    }
    if (values_.some_column_empty()) return true;
  }
  members_.each([&](const std::vector<ColumnValue>& keys) { enter_group(work, keys, applying); });
  return true;
}

std::uint64_t Correlation::hit_value(const Work& work, std::uint32_t record) const {
  switch (plan_.type) {
    case plan::CorrelationType::temporal:
      return work.input;
    case plan::CorrelationType::temporal_ordered:
      return std::uint64_t{1} << work.input;
    default:
      break;
  }
  if (!over_alerts_) return 0;
  const Record& known = shared_.records[record];
  return known.derived() && !mutated(Mutation::inner_counts_triggers) ? known.inner_alert.low : known.identity.low;
}

void Correlation::enter_group(const Work& work, const std::vector<ColumnValue>& keys, Applying& applying) {
  Hasher128 hasher(process_hash_seed());
  hasher.add(std::uint64_t{index_});
  if (!plan_.across_tenants && !mutated(Mutation::tenants_merged)) hasher.add(std::uint64_t{applying.tenant()});
  keys_.clear();
  for (const ColumnValue& value : keys) {
    hasher.add(value.key);
    keys_.push_back(value.key);
  }
  const std::uint32_t group = groups_.obtain(hasher.finish(), applying.tenant(), keys_);
  groups_.trim(groups_[group], horizon());
  const std::uint32_t record = work.hit != nullptr ? applying.record() : work.record;
  const Record& known = shared_.records[record];
  GroupHit hit{known.t, hit_value(work, record), record, work.input};
  if (plan_.type == plan::CorrelationType::event_count && !known.derived() && known.repeat > 1) hit.info |= kRepeatBit;
  if (plan_.type != plan::CorrelationType::value_count) {
    if (plan_.type == plan::CorrelationType::temporal) hit.info |= std::min<std::uint32_t>(work.input, 255) << kOrdinalShift;
    return insert(group, hit);
  }
  std::uint32_t ordinal = 0;
  values_.each([&](const std::vector<ColumnValue>& tuple) {
    Hasher128 value_hasher(process_hash_seed());
    for (const ColumnValue& value : tuple) value_hasher.add(mutated(Mutation::values_cased) ? value.original : value.key);
    hit.value = value_hasher.finish().low;
    hit.info = work.input | ordinal++ << kOrdinalShift;
    insert(group, hit);
  });
}

void Correlation::insert(std::uint32_t group_index, const GroupHit& hit) {
  Group& group = groups_[group_index];
  const Groups::Place place = groups_.locate(group, hit);
  std::uint32_t at = place.index;
  if (plan_.type == plan::CorrelationType::temporal_ordered && place.of_record) {
    GroupHit& known = group.hits[place.first];  // one event, one hit: it gains a position
    if ((known.value | hit.value) == known.value) return;
    known.value |= hit.value;
    if (input_of(hit) + 1 == plan_.inputs.size()) known.info = (known.info & ~kMaxInput) | input_of(hit);
    known.info |= kFreshBit;
    at = place.first;
    window_->inserted(group, at);
  } else {
    const bool again = place.present && mutated(Mutation::no_dedup) && (group.hits[place.index].info & kFreshBit) == 0;
    if (place.present && !again) return;
    groups_.insert(group, at, hit);
    group.hits[at].info |= kFreshBit;
    window_->inserted(group, at);
  }
  if (touched_.empty() || touched_.back().group != group_index || touched_.back().record != hit.record) {
    touched_.push_back({group_index, hit.record, hit.t});
  }
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
    for (const std::uint32_t index : indices_) {
      const GroupHit& hit = group.hits[index];
      triggers_.push_back({hit.t, touched.group, hit.record, index});
    }
  }
  for (const Touched& touched : touched_) {
    HitList& hits = groups_[touched.group].hits;
    for (std::uint32_t i = first_of(groups_[touched.group], touched.t, touched.record);
         i < hits.size() && hits[i].record == touched.record; ++i) {
      hits[i].info &= ~kFreshBit;
    }
  }
  if (triggers_.size() > 1) sort_triggers();
}

int Correlation::compare_keys(const Group& a, const Group& b) const {
  for (std::uint32_t m = 0; m < plan_.members.size(); ++m) {
    if (const int c = a.key(m).compare(b.key(m)); c != 0) return c;
  }
  return 0;
}

// By (t, id), then group; an event that is a trigger through several of its hits is one.
void Correlation::sort_triggers() {
  std::sort(triggers_.begin(), triggers_.end(), [this](const Trigger& a, const Trigger& b) {
    if (a.t != b.t) return a.t < b.t;
    if (const int c = shared_.records.compare(a.record, b.record); c != 0) return c < 0;
    if (a.group != b.group) {
      if (const int c = compare_keys(groups_[a.group], groups_[b.group]); c != 0) return c < 0;
      return a.group < b.group;
    }
    return a.index < b.index;
  });
  const auto same = [](const Trigger& a, const Trigger& b) { return a.record == b.record && a.group == b.group; };
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
