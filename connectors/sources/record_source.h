// Live sources and what they feed. A source owns its threads: start() returns at once, stop() joins them. Records are
// stamped with the receive time of the clock passed in. Backpressure is the sink's refusal: HTTP answers 503, Kafka
// pauses its partitions, files wait.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "engine/base/result.h"
#include "engine/base/time.h"
#include "engine/event/decoder.h"
#include "engine/event/record.h"

namespace vedette::connectors {

// Receive time, microseconds since the epoch; any thread.
using Clock = std::function<TimeUs()>;
// The system's wall clock, which people and programs set, and the time that has passed since some moment, which nobody can
// (suspended machines included). In builds with VEDETTE_FAILPOINTS (the tests' program) VEDETTE_CLOCK_OFFSET moves both, as
// if so many seconds had passed, and VEDETTE_WALL_CLOCK_OFFSET the wall clock alone; when they begin with '/', by what that
// file says at the moment. The release program does not look at them.
[[nodiscard]] TimeUs system_clock_now();
[[nodiscard]] TimeUs elapsed_now();

// Elements that framing refuses (too long, unfinished). Called on the source's thread; the views die with the call.
using RejectHandler = std::function<void(const event::Origin&, const event::Reject&)>;

// Where a pull source goes on, by partition ("" when it has none): what the last committed batch said in `resume`.
// Nothing: the partition was never read. Asked on the source's threads. A pull source also offers batches without records,
// whose `resume` alone counts: the place where it began, and what held no record.
using ResumeAt = std::function<std::optional<std::string>(const std::string& partition)>;

// Where sources put batches. Any thread.
class BatchSink {
 public:
  virtual ~BatchSink() = default;
  // Takes the batch, numbering it, and leaves it empty; or refuses because the queue is full or closed and leaves it
  // as it was. Never blocks.
  [[nodiscard]] virtual bool offer(event::RecordBatch& batch) = 0;
  // The same for push sources: `done` is called once, on another thread, when the records are durable (true) or could not
  // be made so (false: answer 503). Only after it may they be acknowledged.
  using Done = std::function<void(bool durable)>;
  [[nodiscard]] virtual bool offer(event::RecordBatch& batch, Done done) = 0;
  // Waits for room; false when there is still none.
  [[nodiscard]] virtual bool wait_for_room(std::chrono::milliseconds timeout) = 0;
};

// What a source knows about itself. A source that is up and caught up lacks nothing that was there at `complete_to`: its
// clock may be ticked to that moment although nothing comes. A source that is down, or behind, may not.
struct SourceHealth {
  bool up = true;                // what it reads can be reached
  bool caught_up = true;         // everything that was there when last asked has been offered
  TimeUs idle_since = kNoTime;   // receive time of the newest record; kNoTime: none so far
  TimeUs complete_to = kNoTime;  // receive time of that question; kNoTime: push sources, whose answer is always now
  std::string reason = {};       // why it is not up, or what a person should look at; empty: nothing
  static constexpr TimeUs kNoTime = INT64_MIN;
};

class RecordSource {
 public:
  virtual ~RecordSource() = default;
  // The config name.
  [[nodiscard]] virtual const std::string& name() const = 0;
  // Opens what can be opened at once (ports, files); fails with a clear error. The sink outlives stop().
  [[nodiscard]] virtual Status start(BatchSink& sink) = 0;
  // A batch of the partition is durable, with its `resume`. Any thread; must not block.
  virtual void committed(const std::string& partition, const std::string& resume) {
    (void)partition;
    (void)resume;
  }
  // Any thread; cheap.
  [[nodiscard]] virtual SourceHealth health() const { return {}; }
  // Ends all threads; nothing is offered afterwards. Idempotent.
  virtual void stop() = 0;
  // Nothing more will come (a file read to its end).
  [[nodiscard]] virtual bool finished() const { return false; }
};

}  // namespace vedette::connectors
