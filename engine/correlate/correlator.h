// The correlator: a fold over hits in log order. ONE thread owns it. It makes single-event alerts, keeps the windows of
// all correlations, runs chained levels to completion per event, and appends alerts ordered by
// (chain level, rule key, key text, bucket). Semantics: spec semantics §3-§5.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "engine/alert/alert.h"
#include "engine/correlate/hit.h"
#include "engine/plan/plan.h"

namespace vedette::correlate {

struct RuleCounters {
  std::uint64_t hits = 0;      // base rules: matching events; correlations: contributing events
  std::uint64_t left_out = 0;  // correlations: events lacking a key (or holding a sentinel)
  std::uint64_t skipped = 0;   // correlations: events whose value is no usable number or place
  std::uint64_t triggers = 0;
  std::uint64_t alerts = 0;
  std::uint64_t suppressed = 0;
  std::uint64_t withdrawn = 0;
  std::uint64_t groups = 0;  // live groups
  std::uint64_t bytes = 0;   // that the memory budget counts
  // What was forgotten because memory ran out: groups, halves of large groups, fired buckets, remembered ids. The rule is
  // degraded while something of it, or of a correlation it reads, could still count.
  std::uint64_t evicted = 0;
  TimeUs evicted_first = kNoTime, evicted_last = kNoTime;  // stamps of the records that left no room
  bool degraded = false;
};

struct CorrelatorOptions {
  // Accounted bytes of all rules together; 0 = unlimited. Beyond it the rule that holds most forgets, but none that holds no
  // more than an equal share.
  std::size_t memory_budget = 0;
};

class Correlator {
 public:
  explicit Correlator(plan::PlanPtr plan, const CorrelatorOptions& options = {});
  ~Correlator();
  Correlator(const Correlator&) = delete;
  Correlator& operator=(const Correlator&) = delete;

  // One event in log order; its head is final (t clamped, a raised, late decided, id made). Late events make
  // single-event alerts only. `tenant` is the tenant's name, `tenant_index` its dense number.
  void apply(const EventHits& event, const event::Origin& origin, std::vector<alert::Alert>& alerts);

  // The clock of (origin clock, source type) has reached `stamp`; log times follow, and state that no accepted event
  // can need any more is dropped piecemeal. Follow with decide() once all clocks of the moment are raised.
  void advance(std::uint32_t clock, std::uint32_t source, TimeUs stamp);
  // Makes the waiting decisions whose deadline log time has passed, in order of (deadline, level, rule key, key text, bucket).
  void decide(std::vector<alert::Alert>& alerts);
  // A source type is down (its clocks stand still and hold decisions up to max_hold) or up again. Follow with decide().
  void set_down(std::uint32_t source, bool down);
  [[nodiscard]] bool is_down(std::uint32_t source) const;
  // The end of the input: everything open is decided, flagged at_end.
  void finish(std::vector<alert::Alert>& alerts);

  [[nodiscard]] RuleCounters rule_counters(std::uint32_t rule) const;
  [[nodiscard]] RuleCounters correlation_counters(std::uint32_t correlation) const;
  // Copies of an event still held that disagree with the first one on the event time (the first one stands).
  [[nodiscard]] std::uint64_t id_conflicts() const;
  // Bytes in use by all window state.
  [[nodiscard]] std::size_t state_bytes() const;
  // The same as the memory budget counts it: never less.
  [[nodiscard]] std::size_t accounted_bytes() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace vedette::correlate
