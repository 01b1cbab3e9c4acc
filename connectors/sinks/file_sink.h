// Alerts as JSON lines in a file (LineFile): appended, synced per batch, rotated. What the file system refuses is tried again.
#pragma once

#include <string>

#include "connectors/sinks/line_file.h"
#include "connectors/sinks/sink.h"

namespace vedette::connectors {

class FileSink final : public Sink {
 public:
  FileSink(std::string name, LineFileOptions options, Log log);

  [[nodiscard]] const std::string& name() const override { return name_; }
  [[nodiscard]] Status start() override;
  [[nodiscard]] Delivery deliver(std::span<const OutboxAlert> alerts) override;

 private:
  std::string name_;
  LineFile file_;
};

}  // namespace vedette::connectors
