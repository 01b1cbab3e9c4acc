// Log lines on stderr, JSON or for people. Control characters are escaped; no payloads, no secrets. Any thread.
#pragma once

#include <mutex>
#include <string_view>

#include "connectors/net/log.h"

namespace vedette::app {

class Logger {
 public:
  Logger(bool json, connectors::LogLevel level) : json_(json), level_(level) {}

  void log(connectors::LogLevel level, std::string_view component, std::string_view message);
  [[nodiscard]] bool wants(connectors::LogLevel level) const { return level >= level_; }
  [[nodiscard]] connectors::Log callback();
  // A line as it is, between log lines.
  void plain(std::string_view line);

 private:
  bool json_;
  connectors::LogLevel level_;
  std::mutex mutex_;
};

}  // namespace vedette::app
