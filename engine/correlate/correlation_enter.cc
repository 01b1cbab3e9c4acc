// From what a record brings to hits in groups: keys, values, one hit or several, by correlation type.
#include <algorithm>

#include "engine/base/fold.h"
#include "engine/correlate/correlation.h"
#include "engine/correlate/hit_values.h"
#include "engine/correlate/numbers.h"
#include "engine/correlate/place.h"

namespace vedette::correlate {

using plan::CorrelationType;

void Correlation::column_values(const Work& work, const plan::Binding& binding, std::vector<ColumnValue>& out) {
  out.clear();
  if (work.hit != nullptr) {
    if (binding.column == plan::kNone) return;
    const ColumnValues values = work.hit->columns[binding.column];
    out.assign(values.begin(), values.end());
    return;
  }
  derived_values(shared_.records, work.record, binding, folded_, out);
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
  forms_.clear();
  if (!form_hits(work)) return true;
  const std::uint32_t record = work.hit != nullptr ? applying.record() : work.record;
  const auto enter = [&](const std::vector<ColumnValue>& keys) { enter_group(keys, record); };
  reads_exports_ ? each_key(input, enter) : members_.each(enter);
  return true;
}

// What the work puts into each of its groups: forms_. False when it contributes nothing.
bool Correlation::form_hits(const Work& work) {
  switch (plan_.type) {
    case CorrelationType::event_count:
    case CorrelationType::temporal:
    case CorrelationType::temporal_ordered:
      forms_.push_back({plain_value(work), work.input});
      if (plan_.type == CorrelationType::temporal)
        forms_.back().info |= std::min<std::uint32_t>(work.input, 255) << kOrdinalShift;
      return true;
    case CorrelationType::value_count:
    case CorrelationType::new_value:
      return form_tuples(work);
    case CorrelationType::value_change:
      return form_fields(work);
    case CorrelationType::travel:
      return form_places(work);
    case CorrelationType::metrics:
      return form_metrics(work);
    default:
      return form_number(work);
  }
}

std::uint64_t Correlation::plain_value(const Work& work) const {
  if (plan_.type == CorrelationType::temporal) return work.input;
  if (plan_.type == CorrelationType::temporal_ordered) return negations_ ? work.input : std::uint64_t{1} << work.input;
  if (!over_alerts_) return 0;
  if (work.hit == nullptr && !mutated(Mutation::inner_counts_triggers)) return shared_.records[work.record].inner_alert.low;
  return work.hit == nullptr ? shared_.records[work.record].identity.low : kOwnIdentity;
}

std::uint64_t Correlation::tuple_hash(const std::vector<ColumnValue>& tuple) {
  Hasher128 hasher(process_hash_seed());
  for (const ColumnValue& value : tuple) hasher.add(mutated(Mutation::values_cased) ? value.original : value.key);
  return hasher.finish().low;
}

bool Correlation::form_tuples(const Work& work) {
  const plan::Input& input = plan_.inputs[work.input];
  bind(work, input.values, values_);
  if (mutated(Mutation::null_counted)) {
    for (std::size_t i = 0; i < input.values.size(); ++i) {
      if (values_.column(i).empty()) values_.column(i).push_back({});
    }
  }
  std::uint32_t ordinal = 0;
  values_.each([&](const std::vector<ColumnValue>& tuple) {
    forms_.push_back({tuple_hash(tuple), work.input | ordinal++ << kOrdinalShift});
  });
  return !forms_.empty();
}

bool Correlation::form_number(const Work& work) {
  const plan::Input& input = plan_.inputs[work.input];
  if (plan_.sum_risk) {
    const std::uint32_t risk =
        input.correlation ? shared_.plan->correlations[input.index].meta.risk : shared_.plan->rules[input.index].meta.risk;
    if (risk == 0) return false;
    forms_.push_back({pack_exact(risk * kExactOne), work.input | std::min<std::uint32_t>(work.input, 255) << kOrdinalShift});
    return true;
  }
  column_values(work, input.values.front(), column_);
  if (column_.empty()) return false;
  const std::optional<std::uint64_t> number = largest_number(column_, plan_.type != CorrelationType::value_sum);
  if (!number) {
    ++counters_.skipped;
    return false;
  }
  forms_.push_back({*number, work.input});
  return true;
}

// One hit; its value stands for all fields at once, so that equal events are told apart at a glance.
bool Correlation::form_fields(const Work& work) {
  const plan::Input& input = plan_.inputs[work.input];
  bind(work, input.values, values_);
  Hasher128 hasher(process_hash_seed());
  std::size_t present = 0;
  for (std::size_t i = 0; i < input.values.size(); ++i) {
    const std::vector<ColumnValue>& column = values_.column(i);
    hasher.add(std::uint64_t{column.size()});
    for (const ColumnValue& value : column) hasher.add(value.key);
    if (!column.empty()) ++present;
  }
  if (present < (plan_.change_all ? input.values.size() : 1)) return false;
  forms_.push_back({hasher.finish().low, work.input});
  return true;
}

bool Correlation::form_places(const Work& work) {
  column_values(work, plan_.inputs[work.input].values.front(), column_);
  std::uint32_t ordinal = 0;
  for (const ColumnValue& value : column_) {
    const std::optional<std::uint64_t> place = parse_place(value.original);
    if (place) forms_.push_back({*place, work.input | ordinal++ << kOrdinalShift});
  }
  if (forms_.empty() && !column_.empty()) ++counters_.skipped;
  return !forms_.empty();
}

Hash128 Correlation::group_hash(const std::vector<ColumnValue>& keys, std::uint32_t tenant) const {
  Hasher128 hasher(process_hash_seed());
  hasher.add(std::uint64_t{index_});
  if (!plan_.across_tenants && !mutated(Mutation::tenants_merged)) hasher.add(std::uint64_t{tenant});
  for (const ColumnValue& value : keys) hasher.add(value.key);
  return hasher.finish();
}

void Correlation::enter_group(const std::vector<ColumnValue>& keys, std::uint32_t record) {
  const Record& known = shared_.records[record];
  keys_.clear();
  for (const ColumnValue& value : keys) keys_.push_back(value.key);
  const std::uint32_t group = obtain_group(group_hash(keys, known.tenant), known.tenant);
  if (groups_[group].oldest < horizon()) {
    window_->trimming(groups_[group], horizon());
    groups_.trim(groups_[group], horizon());
  }
  const bool repeats = plan_.type == CorrelationType::event_count || plan_.type == CorrelationType::metrics;
  for (const Form& form : forms_) {
    GroupHit hit{known.t, form.value == kOwnIdentity ? known.identity.low : form.value, record, form.info};
    if (repeats && !known.derived() && known.repeat > 1) hit.info |= kRepeatBit;
    insert(group, hit);
  }
}

// One event, one hit: it gains a position (sequences) or a larger number. False when nothing changes.
bool Correlation::merge(GroupHit& known, const GroupHit& hit) const {
  if (plan_.type != CorrelationType::temporal_ordered) {
    if (unpack_exact(hit.value) <= unpack_exact(known.value)) return false;
    known.value = hit.value;
    return true;
  }
  if ((known.value | hit.value) == known.value) return false;
  known.value |= hit.value;
  if (input_of(hit) + 1 == plan_.inputs.size()) known.info = (known.info & ~kMaxInput) | input_of(hit);
  return true;
}

void Correlation::insert(std::uint32_t group_index, const GroupHit& hit) {
  Group& group = groups_[group_index];
  Groups::Place place = groups_.locate(group, hit);
  if (parted_) place = locate_part(group, hit, place);
  std::uint32_t at = place.index;
  if (mergeable_ && place.of_record) {
    if (!merge(group.hits[place.first], hit)) return;
    at = place.first;
    group.hits[at].info |= kFreshBit;
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

// Hits of one event that may have equal values: risk counts once per rule and event, whatever its amount; metrics keep a hit
// per input or metric and value.
Groups::Place Correlation::locate_part(const Group& group, const GroupHit& hit, Groups::Place place) const {
  const HitList& hits = group.hits;
  const Records& records = shared_.records;
  place.present = false;
  std::uint32_t i = place.first;
  for (; i < hits.size() && records.same(hit.record, hits[i].record) && ordinal_of(hits[i]) <= ordinal_of(hit); ++i) {
    const bool same = plan_.sum_risk ? input_of(hits[i]) == input_of(hit)
                                     : ordinal_of(hits[i]) == ordinal_of(hit) && hits[i].value == hit.value;
    if (!same) continue;
    place.present = true;
    break;
  }
  place.index = i;
  return place;
}

}  // namespace vedette::correlate
