// Alerts as JSON lines on a file descriptor (standard output): whole lines only, written per batch. Not thread-safe.
#pragma once

#include <string>

#include "connectors/sinks/alert_sink.h"

namespace vedette::connectors {

class StdoutSink final : public AlertSink {
 public:
  explicit StdoutSink(std::string name, int descriptor = 1) : name_(std::move(name)), descriptor_(descriptor) {}

  [[nodiscard]] const std::string& name() const override { return name_; }
  void deliver(const alert::Alert& alert, std::string_view json) override;
  [[nodiscard]] Status flush() override;
  [[nodiscard]] std::uint64_t failed() const override { return failed_; }

 private:
  void write_out();

  std::string name_;
  int descriptor_;
  Status status_;  // a broken output stays broken
  std::string buffer_;
  std::uint64_t buffered_ = 0;
  std::uint64_t failed_ = 0;
};

}  // namespace vedette::connectors
