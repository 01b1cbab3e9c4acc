// Where alerts go. All calls come from one thread at a time (the correlator's, or a dispatcher's).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "engine/alert/alert.h"
#include "engine/base/result.h"

namespace vedette::connectors {

class AlertSink {
 public:
  virtual ~AlertSink() = default;
  // The config name.
  [[nodiscard]] virtual const std::string& name() const = 0;
  // Opens what can be opened at once; fails with a clear error.
  [[nodiscard]] virtual Status start() { return {}; }
  // Hands over one alert; json is its line without a newline, valid during the call. May wait for room.
  virtual void deliver(const alert::Alert& alert, std::string_view json) = 0;
  // Called after each batch of alerts: nothing may linger in buffers of ours.
  [[nodiscard]] virtual Status flush() = 0;
  // Ends delivery: what was handed over is delivered or counted as failed. Idempotent.
  [[nodiscard]] virtual Status stop() { return flush(); }
  [[nodiscard]] virtual std::uint64_t failed() const { return 0; }
};

}  // namespace vedette::connectors
