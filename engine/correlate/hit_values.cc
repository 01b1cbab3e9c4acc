#include "engine/correlate/hit_values.h"

#include "engine/base/fold.h"

namespace vedette::correlate {

void derived_values(const Records& records, std::uint32_t record, const plan::Binding& binding, Arena& folded,
                    std::vector<ColumnValue>& out) {
  out.clear();
  const Record& derived = records[record];
  if (binding.inner_member >= 0) {
    out.push_back(records.member(record, static_cast<std::uint32_t>(binding.inner_member)));
    if (binding.fold && !is_folded(out.back().key)) out.back().key = folded.copy(vedette::folded(out.back().key));
  } else if (binding.inner_export >= 0) {
    records.exported(record, static_cast<std::uint32_t>(binding.inner_export), out);
  } else if (derived.base_rule < binding.column_of_rule.size()) {
    const std::uint32_t column = binding.column_of_rule[derived.base_rule];
    if (column != plan::kNone) records.columns(derived.base, derived.base_rule, column, out);
  }
}

void hit_values(const Records& records, const plan::CorrelationPlan& plan, const GroupHit& hit, const plan::Binding& binding,
                Arena& folded, std::vector<ColumnValue>& out) {
  if (records[hit.record].derived()) {
    derived_values(records, hit.record, binding, folded, out);
  } else {
    records.columns(hit.record, plan.inputs[input_of(hit)].index, binding.column, out);
  }
}

}  // namespace vedette::correlate
