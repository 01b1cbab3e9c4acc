#include "app/service/intake.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "engine/event/record_codec.h"

namespace vedette::app {
namespace {

TimeUs newest_arrival(const event::RecordBatch& batch) {
  TimeUs newest = event::kNoArrival;
  for (const event::RawRecord& record : batch.records) newest = std::max(newest, record.arrival);
  return newest == event::kNoArrival ? 0 : newest;
}

}  // namespace

bool Intake::offer(event::RecordBatch& batch, Done done) {
  const std::size_t bytes = batch.buffer.size();
  if (!queue_.reserve(bytes)) return false;
  const TimeUs time = newest_arrival(batch);
  std::string encoded = event::encode_records(batch);
  const auto kept = std::make_shared<event::RecordBatch>(std::move(batch));
  batch = {};
  committer_.add_inbox(std::move(encoded), time, [this, kept, bytes, done = std::move(done)](bool durable, std::uint64_t number) {
    if (durable) {
      kept->inbox = number;
      queue_.put(std::move(*kept), bytes);
    } else {
      queue_.release(bytes);
    }
    done(durable);
  });
  return true;
}

}  // namespace vedette::app
