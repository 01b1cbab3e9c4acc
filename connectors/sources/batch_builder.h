// Collects framed elements into one RecordBatch. Views are set when the batch is taken, so the buffer may grow freely.
// Not thread-safe; one owner.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/event/record.h"

namespace vedette::connectors {

class BatchBuilder {
 public:
  static constexpr std::size_t kMaxRecords = 512;
  static constexpr std::size_t kMaxBytes = 1 << 20;

  explicit BatchBuilder(std::shared_ptr<const event::Origin> origin) : origin_(std::move(origin)) {}

  void add(std::string_view bytes, TimeUs arrival, std::uint64_t line, std::uint64_t position);
  [[nodiscard]] bool empty() const { return batch_.records.empty(); }
  [[nodiscard]] std::size_t size() const { return batch_.records.size(); }
  // At a limit: take it before adding more. A fixed function of the elements added.
  [[nodiscard]] bool full() const { return batch_.records.size() >= kMaxRecords || batch_.buffer.size() >= kMaxBytes; }
  // Swaps the finished batch with `out`, whose memory is reused for the next one.
  void take(event::RecordBatch& out);
  [[nodiscard]] const std::shared_ptr<const event::Origin>& origin() const { return origin_; }

 private:
  std::shared_ptr<const event::Origin> origin_;
  event::RecordBatch batch_;
  std::vector<std::size_t> ends_;  // of each record in the buffer
};

}  // namespace vedette::connectors
