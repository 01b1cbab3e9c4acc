#include "connectors/sources/batch_queue.h"

#include <utility>

namespace vedette::connectors {

BatchQueue::BatchQueue(std::size_t max_batches, std::size_t max_bytes) : max_batches_(max_batches), max_bytes_(max_bytes) {}

bool BatchQueue::offer(event::RecordBatch& batch) {
  {
    const std::lock_guard lock(mutex_);
    if (!room()) return false;
    batch.sequence = next_sequence_++;
    bytes_ += batch.buffer.size();
    batches_.push_back(std::move(batch));
  }
  batch = {};
  not_empty_.notify_one();
  return true;
}

bool BatchQueue::offer(event::RecordBatch& batch, Done done) {
  if (!offer(batch)) return false;
  done(true);
  return true;
}

bool BatchQueue::reserve(std::size_t bytes) {
  const std::lock_guard lock(mutex_);
  if (!room()) return false;
  ++reserved_;
  bytes_ += bytes;
  return true;
}

void BatchQueue::put(event::RecordBatch batch, std::size_t reserved) {
  const std::lock_guard lock(mutex_);
  --reserved_;
  bytes_ += batch.buffer.size() - reserved;
  batch.sequence = next_sequence_++;
  batches_.push_back(std::move(batch));
}

void BatchQueue::release(std::size_t reserved) {
  {
    const std::lock_guard lock(mutex_);
    --reserved_;
    bytes_ -= reserved;
  }
  not_empty_.notify_all();
  not_full_.notify_all();
}

bool BatchQueue::wait_for_room(std::chrono::milliseconds timeout) {
  std::unique_lock lock(mutex_);
  not_full_.wait_for(lock, timeout, [&] { return room() || closed_; });
  return room();
}

bool BatchQueue::pop(event::RecordBatch& out, std::chrono::milliseconds timeout) {
  {
    std::unique_lock lock(mutex_);
    not_empty_.wait_for(lock, timeout, [&] { return !batches_.empty() || (closed_ && reserved_ == 0); });
    if (batches_.empty()) return false;
    out = std::move(batches_.front());
    batches_.pop_front();
    bytes_ -= out.buffer.size();
  }
  not_full_.notify_all();
  return true;
}

void BatchQueue::close() {
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
  }
  not_empty_.notify_all();
  not_full_.notify_all();
}

bool BatchQueue::drained() const {
  const std::lock_guard lock(mutex_);
  return closed_ && batches_.empty() && reserved_ == 0;
}

std::size_t BatchQueue::size() const {
  const std::lock_guard lock(mutex_);
  return batches_.size();
}

std::size_t BatchQueue::bytes() const {
  const std::lock_guard lock(mutex_);
  return bytes_;
}

std::uint64_t BatchQueue::accepted() const {
  const std::lock_guard lock(mutex_);
  return next_sequence_;
}

}  // namespace vedette::connectors
