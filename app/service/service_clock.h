// The time that a running service goes by: receipts, ticks, health. It begins at the wall clock and goes on by elapsed time, so
// a wall clock that jumps moves no log time (docs/semantics.md, "The service's clock"). Owned by the Service; now() and
// note_event() on any thread, step() on the main thread about once a second. Microseconds since the epoch; no errors.
#pragma once

#include <atomic>
#include <mutex>
#include <optional>
#include <string>

#include "connectors/sources/record_source.h"
#include "engine/base/time.h"

namespace vedette::app {

class ServiceClock {
 public:
  ServiceClock(connectors::Clock wall, connectors::Clock elapsed);

  [[nodiscard]] TimeUs now() const;
  // The time of an event that has just come: events tell which of two clocks is right.
  void note_event(TimeUs t);
  // Follows small differences, holds against jumps, takes over corrections. Returns what a person should hear, once.
  [[nodiscard]] std::optional<std::string> step();
  // Wall clock minus now(), as of the last step. Any thread.
  [[nodiscard]] DurationUs difference() const { return difference_; }

 private:
  [[nodiscard]] bool is_right(TimeUs wall, TimeUs now, TimeUs elapsed) const;

  const connectors::Clock wall_, elapsed_;
  std::atomic<TimeUs> base_;  // now() minus elapsed time
  std::atomic<DurationUs> difference_ = 0;
  TimeUs stepped_;              // elapsed time of the last step
  std::optional<TimeUs> held_;  // elapsed time when a jump began that is not followed
  DurationUs told_ = 0;         // how far it was when it was told
  mutable std::mutex mutex_;
  TimeUs newest_ = INT64_MIN;  // time of the newest event since the jump that is not ahead of both clocks
};

}  // namespace vedette::app
