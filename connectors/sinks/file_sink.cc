#include "connectors/sinks/file_sink.h"

#include <utility>

namespace vedette::connectors {

FileSink::FileSink(std::string name, LineFileOptions options, Log log)
    : name_(name), file_(std::move(options), std::move(name), std::move(log)) {}

Status FileSink::start() { return file_.open(); }

Delivery FileSink::deliver(std::span<const OutboxAlert> alerts) {
  std::string lines;
  for (const OutboxAlert& alert : alerts) lines.append(alert.json).push_back('\n');
  const Status appended = file_.append(lines);
  if (!appended.ok()) return {.next = Delivery::Next::retry, .reason = appended.error().to_string()};
  return {.delivered = alerts.size()};
}

}  // namespace vedette::connectors
