// The values that a hit's event has for a field, read back from its record (of columns that are kept, see correlator.cc).
// Pure functions of one thread (the correlator's).
#pragma once

#include <vector>

#include "engine/base/arena.h"
#include "engine/correlate/hit_list.h"
#include "engine/correlate/records.h"
#include "engine/plan/plan.h"

namespace vedette::correlate {

// Of a derived event; `folded` takes keys of members that are cased in the inner correlation only.
void derived_values(const Records& records, std::uint32_t record, const plan::Binding& binding, Arena& folded,
                    std::vector<ColumnValue>& out);
// Of any hit of a correlation. Views live as long as the record and `folded`.
void hit_values(const Records& records, const plan::CorrelationPlan& plan, const GroupHit& hit, const plan::Binding& binding,
                Arena& folded, std::vector<ColumnValue>& out);

}  // namespace vedette::correlate
