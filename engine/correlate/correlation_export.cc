// Exports (docs/semantics.md, 9): derived events carry the values of a field over the events in their trigger's window, and
// outer correlations may group by them.
#include <algorithm>

#include "engine/correlate/correlation.h"
#include "engine/correlate/hit_values.h"

namespace vedette::correlate {
namespace {

constexpr std::size_t kMostExported = 10'000;

}  // namespace

void Correlation::each_key(const plan::Input& input, const std::function<void(const std::vector<ColumnValue>&)>& visit) {
  std::size_t left = kMostExported;
  each_key_from(input, 0, visit, left);
}

void Correlation::each_key_from(const plan::Input& input, std::size_t member,
                                const std::function<void(const std::vector<ColumnValue>&)>& visit, std::size_t& left) {
  while (member < input.members.size() && input.members[member].inner_export < 0) ++member;
  if (member == input.members.size()) {
    members_.each(visit);
    return;
  }
  std::vector<ColumnValue> values;
  values.swap(members_.column(member));
  for (const ColumnValue& value : values) {
    if (left == 0) break;
    --left;
    members_.column(member).assign(1, value);
    each_key_from(input, member + 1, visit, left);
  }
  values.swap(members_.column(member));
}

// Fills exported_; views live as long as the group's records.
void Correlation::collect_exports(const Group& group, std::uint32_t trigger, bool without_fresh) {
  indices_.clear();
  (void)window_->evidence(group, trigger, indices_);
  exported_.resize(plan_.exports.size());
  for (std::size_t e = 0; e < plan_.exports.size(); ++e) {
    exported_[e].clear();
    exported_keys_.clear();
    for (const std::uint32_t i : indices_) {
      const GroupHit& hit = group.hits[i];
      if (without_fresh && (hit.info & kFreshBit) != 0) continue;
      hit_values(shared_.records, plan_, hit, plan_.exports[e].values[input_of(hit)], folded_, column_);
      for (const ColumnValue& value : column_) {
        if (exported_[e].size() < kMostExported && exported_keys_.insert(value.key).second) exported_[e].push_back(value);
      }
    }
  }
}

// Whether the record being applied brings values to an older trigger's window.
bool Correlation::exports_fresh(const Group& group, std::uint32_t trigger) {
  const auto total = [this] {
    std::size_t sum = 0;
    for (const std::vector<ColumnValue>& values : exported_) sum += values.size();
    return sum;
  };
  collect_exports(group, trigger, true);
  const std::size_t before = total();
  collect_exports(group, trigger, false);
  return total() > before;
}

// Triggers that were passed on before: their derived events are passed on again, with all values. Outer correlations take
// them for the same events.
void Correlation::export_late(const Applying& applying, std::vector<Passed>& passed) {
  const auto before = [this](const Trigger& a, const Trigger& b) { return trigger_before(a, b); };
  for (const Touched& touched : touched_) {
    Group& group = groups_[touched.group];
    const TimeUs last = touched.t + plan_.window;
    for (std::uint32_t i = group.hits.lower_bound(touched.t); i < group.hits.size() && group.hits[i].t <= last; ++i) {
      const std::uint32_t told = kTriggerBit | (plan_.settled ? kDecidedBit : 0);
      if ((group.hits[i].info & told) != told) continue;
      const Trigger trigger = trigger_of(touched.group, i);
      if (std::binary_search(triggers_.begin(), triggers_.end(), trigger, before) || !exports_fresh(group, i)) continue;
      pass_on(trigger, bucket(group, trigger), applying, passed);
    }
  }
}

}  // namespace vedette::correlate
