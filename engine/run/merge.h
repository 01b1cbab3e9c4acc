// Replay order: events of several inputs merged by (t, tenant, source type, id), each input through a reorder buffer of
// 200,000 events. One thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "engine/base/result.h"
#include "engine/correlate/hit.h"

namespace vedette::run {

class Merger {
 public:
  using Emit = std::function<void(const correlate::EventHits&, const event::Origin&)>;

  Merger(std::size_t inputs, Emit emit, std::size_t reorder_events = 200'000);
  ~Merger();

  // The next batch of an input, in the input's order; it is kept until its events were emitted. Fails when an event is
  // older than one already emitted from its own input (disorder beyond the buffer).
  [[nodiscard]] Status push(std::size_t input, std::shared_ptr<const correlate::HitBatch> batch);
  // No more batches of this input.
  void finish(std::size_t input);
  // The input that the merge waits for most (fewest buffered events among the unfinished), or none.
  [[nodiscard]] std::size_t wanted() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace vedette::run
