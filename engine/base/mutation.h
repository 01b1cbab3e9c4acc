// Deliberate defects for the tests of the tests: each switch breaks one rule of the semantics, and the seeded comparison
// with the naive evaluator must notice. In ordinary builds mutated() is constant false and vanishes; only the library
// built with VEDETTE_MUTATIONS (tests/oracle) holds the switches. Set before threads start.
#pragma once

#include <cstdint>

namespace vedette {

enum class Mutation : std::uint8_t {
  none,
  window_edge_open,         // (t-W, t] instead of [t-W, t]
  no_dedup,                 // a redelivered event counts again
  prune_keeps_one_less,     // a fired slice keeps N-1 hits
  bucket_off_by_one,        // bucket + 1
  floor_toward_zero,        // truncating division for buckets of negative times
  threshold_exclusive,      // > N instead of >= N
  recheck_own_window_only,  // an insertion re-checks only its own window
  arrival_order,            // event time replaced by arrival for windows
  whole_seconds,            // times truncated to seconds
  ordered_unchecked,        // temporal_ordered ignores order
  ordered_reuses_event,     // one event may fill two positions
  ordered_ties_forbidden,   // equal times do not count as ordered
  missing_key_shared,       // events without a key share one group
  tenants_merged,           // tenants share windows
  late_accepted,            // late events take part in correlations
  prune_time_early,         // hits dropped at W instead of W + accept + P
  inner_suppressed,         // an inner correlation shows only its first trigger of a bucket
  inner_counts_triggers,    // counting types count inner triggers instead of inner alert ids
  values_cased,             // counted values compare without folding
  null_counted,             // null counts as a value
  deadline_inclusive,       // decides at log time >= D instead of > D
  stamps_ignored,           // a waiting decision uses everything known, whatever its stamp
  tumbling_edge_closed,     // [kW, (k+1)W] instead of [kW, (k+1)W)
  until_tie_late,           // at equal times `until` comes last
  learn_ignored,            // new_value fires while learning
  first_always_fires,       // new_value fires at the start of a run
  withdrawal_lost,          // refuted alerts are never withdrawn
  change_any_for_all,       // value_change with `all` is content with any field
  rank_rounded_down,        // percentile by floor instead of ceil
  negation_open_edge,       // a negated event at the edge of its interval does not cancel
  settle_ignored,           // deadlines without settle
  hold_ignored,             // sources that are down hold nothing
  count_,
};

#ifdef VEDETTE_MUTATIONS
inline Mutation active_mutation = Mutation::none;
inline bool mutated(Mutation mutation) { return active_mutation == mutation; }
#else
constexpr bool mutated(Mutation) { return false; }
#endif

}  // namespace vedette
