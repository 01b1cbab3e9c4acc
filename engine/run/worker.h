// Decode and match: RecordBatch -> HitBatch. One Worker per thread; batches may be processed in any order by any worker,
// except that batches of a text origin without arrival stamps must be processed in order (their year and daylight-saving
// readings lean on the line before).
#pragma once

#include <functional>
#include <memory>

#include "engine/correlate/hit.h"
#include "engine/event/decoder.h"
#include "engine/match/matcher.h"

namespace vedette::run {

// Called on the worker's thread for every refused element. The views die with the call.
using RejectHandler = std::function<void(const event::Origin&, const event::Reject&)>;
// Per-event observer (explain, zero-alert statistics); null in ordinary runs.
using EventObserver = std::function<void(const event::EventView&, match::Matcher&)>;

// Told of every record before and after it is worked on; one that it does not let in is refused ("crashed").
class RecordGuard {
 public:
  virtual ~RecordGuard() = default;
  [[nodiscard]] virtual bool enter(const event::RawRecord& record) = 0;
  virtual void leave() = 0;
};

class Worker {
 public:
  Worker(plan::PlanPtr plan, std::shared_ptr<const match::MatchProgram> program, event::Limits limits = {});
  ~Worker();

  void on_reject(RejectHandler handler);
  void observe(EventObserver observer);
  // Every event that hits keeps its bytes (EventHits::raw), not only those that need them for an id.
  void keep_raw();
  // It outlives the worker.
  void guard(RecordGuard& guard);
  // Clears `out`, then fills it with the events of the batch that hit a rule. `line_clock` belongs to the origin.
  void process(const event::RecordBatch& batch, TimeUs& line_clock, correlate::HitBatch& out);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace vedette::run
