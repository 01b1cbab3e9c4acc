// The bounded queue between live sources and the workers. It numbers batches in the order of their acceptance: that is
// the order of the log. Any number of producers and consumers.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>

#include "connectors/sources/record_source.h"

namespace vedette::connectors {

class BatchQueue final : public BatchSink {
 public:
  explicit BatchQueue(std::size_t max_batches = 256, std::size_t max_bytes = 64 << 20);

  [[nodiscard]] bool offer(event::RecordBatch& batch) override;
  // In memory: durable as soon as it is queued.
  [[nodiscard]] bool offer(event::RecordBatch& batch, Done done) override;
  // Room for a batch that comes later: reserve() it (false: full), then put() or release() the same bytes. Whoever waits in
  // pop() learns of what was put by announce(), once for any number of them.
  [[nodiscard]] bool reserve(std::size_t bytes);
  void put(event::RecordBatch batch, std::size_t reserved);
  void announce() { not_empty_.notify_one(); }
  void release(std::size_t reserved);
  [[nodiscard]] bool wait_for_room(std::chrono::milliseconds timeout) override;
  // Waits for a batch; false when none came in time or the queue is closed and empty.
  [[nodiscard]] bool pop(event::RecordBatch& out, std::chrono::milliseconds timeout);
  // Refuses further batches; those inside can still be popped.
  void close();
  [[nodiscard]] bool drained() const;  // closed, empty, nothing reserved
  [[nodiscard]] std::size_t size() const;
  [[nodiscard]] std::size_t bytes() const;
  [[nodiscard]] std::uint64_t accepted() const;  // batches numbered so far

 private:
  [[nodiscard]] bool room() const { return !closed_ && batches_.size() + reserved_ < max_batches_ && bytes_ < max_bytes_; }

  const std::size_t max_batches_, max_bytes_;
  mutable std::mutex mutex_;
  std::condition_variable not_empty_, not_full_;
  std::deque<event::RecordBatch> batches_;
  std::size_t bytes_ = 0;     // reserved ones included
  std::size_t reserved_ = 0;  // batches
  std::uint64_t next_sequence_ = 0;
  bool closed_ = false;
};

}  // namespace vedette::connectors
