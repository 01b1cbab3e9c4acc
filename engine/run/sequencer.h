// The sequencer: HitBatches in log order -> final event heads -> correlator -> alerts. It raises stamps to their clock,
// clamps future event times, decides late, makes ids of events that have none, and drives the clocks
// (spec semantics §2). ONE thread, the correlator's.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "engine/alert/alert.h"
#include "engine/correlate/correlator.h"
#include "engine/correlate/hit.h"

namespace vedette::run {

enum class ClockMode : std::uint8_t {
  live,        // stamps given by the transport
  merged,      // replay by event time: a = t, one clock, nothing is late
  as_arrived,  // replay in the given order: the recorded arrival, else the running maximum of t per source, at most `now`
};

struct SequencerCounters {
  std::uint64_t records = 0, events = 0, rejected = 0, matched = 0, late = 0, clamped = 0, time_missing = 0, alerts = 0;
  std::uint64_t ordinals_forgotten = 0;  // counts of equal elements without an id, given up early
  TimeUs first_t = INT64_MAX, last_t = INT64_MIN;
  std::vector<std::uint64_t> filtered;  // per Plan::filters: matches that it removed
};

class Sequencer {
 public:
  // now: cap for as_arrived stamps; ignored otherwise.
  explicit Sequencer(plan::PlanPtr plan, ClockMode mode, TimeUs now = INT64_MAX,
                     const correlate::CorrelatorOptions& options = {});
  ~Sequencer();

  // Called with every event that is applied, its head final (the id made, the time settled), before its alerts are made.
  using Observer = std::function<void(const correlate::EventHits& event, const event::Origin& origin)>;
  void observe(Observer observer);

  // live and as_arrived: one batch in log order.
  void apply(const correlate::HitBatch& batch, std::vector<alert::Alert>& alerts);

  // merged: one event of an input, in merged order.
  void apply_event(const correlate::EventHits& event, const event::Origin& origin, std::vector<alert::Alert>& alerts);
  // merged: what a batch counted, apart from its events.
  void count(const correlate::HitBatch& batch);

  // live: time has passed for a source that is healthy and caught up; its clock rises to `stamp`.
  void tick(const event::Origin& origin, std::uint32_t source, TimeUs stamp, std::vector<alert::Alert>& alerts);
  // live and as_arrived: a source type is down, or up again.
  void set_down(std::uint32_t source, bool down, std::vector<alert::Alert>& alerts);
  // The end of the input of a replay: everything open is decided, flagged at_end.
  void finish(std::vector<alert::Alert>& alerts);

  [[nodiscard]] const SequencerCounters& counters() const;
  [[nodiscard]] const correlate::Correlator& correlator() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace vedette::run
