// Alerts as JSON lines on a descriptor that somebody reads (standard output): whole lines, in order. A reader that is slow
// is waited for; a pipe that was closed ends the sink for good. SIGPIPE must be ignored by the process.
#pragma once

#include <atomic>
#include <string>

#include "connectors/sinks/sink.h"

namespace vedette::connectors {

class StdoutSink final : public Sink {
 public:
  explicit StdoutSink(std::string name, int descriptor = 1) : name_(std::move(name)), descriptor_(descriptor) {}

  [[nodiscard]] const std::string& name() const override { return name_; }
  [[nodiscard]] Delivery deliver(std::span<const OutboxAlert> alerts) override;
  void cancel() override { cancelled_ = true; }

 private:
  // Writes from the front of `text` and removes what was written.
  [[nodiscard]] Delivery write_out(std::string_view& text);

  std::string name_;
  int descriptor_;
  std::atomic<bool> cancelled_ = false;
  // The rest of a line that was begun and not ended, and whose it is.
  std::string begun_;
  std::uint64_t begun_number_ = 0;
};

}  // namespace vedette::connectors
