// What sources put their batches into. Pull sources' batches go straight into the queue and carry their `resume`; push
// sources' batches are written to the inbox first, synced, and enter the queue in the order of their inbox numbers before
// they are acknowledged. Room in the queue is reserved beforehand, so what was acknowledged always has a place. Any thread.
#pragma once

#include <chrono>

#include "connectors/sources/batch_queue.h"
#include "connectors/sources/record_source.h"
#include "connectors/store/committer.h"

namespace vedette::app {

class Intake final : public connectors::BatchSink {
 public:
  Intake(connectors::BatchQueue& queue, connectors::Committer& committer) : queue_(queue), committer_(committer) {
    committer_.after_answers([this] { queue_.announce(); });
  }

  [[nodiscard]] bool offer(event::RecordBatch& batch) override { return queue_.offer(batch); }
  [[nodiscard]] bool offer(event::RecordBatch& batch, Done done) override;
  [[nodiscard]] bool wait_for_room(std::chrono::milliseconds timeout) override { return queue_.wait_for_room(timeout); }

 private:
  connectors::BatchQueue& queue_;
  connectors::Committer& committer_;
};

}  // namespace vedette::app
