// Counters of the service in Prometheus' text format. Updated by the correlator's thread and by sources; rendered by the
// admin thread. Any thread.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

#include "engine/base/time.h"

namespace vedette::app {

class Metrics {
 public:
  using Labels = std::string;  // rendered: source="okta-hook"

  [[nodiscard]] static Labels label(std::string_view name, std::string_view value);
  [[nodiscard]] static Labels labels(std::string_view name, std::string_view value, std::string_view name2,
                                     std::string_view value2);

  void add(std::string_view counter, const Labels& labels, std::uint64_t count = 1);
  void set(std::string_view gauge, const Labels& labels, std::uint64_t value);
  // Receive to alert.
  void observe_latency(DurationUs latency);

  [[nodiscard]] std::string render() const;

 private:
  struct Series {
    bool counter = true;
    std::map<Labels, std::uint64_t> values;
  };
  static constexpr std::array<double, 12> kBounds = {0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5, 30};

  mutable std::mutex mutex_;
  std::map<std::string, Series, std::less<>> series_;
  std::array<std::uint64_t, kBounds.size() + 1> buckets_ = {};
  double latency_sum_ = 0;
};

}  // namespace vedette::app
