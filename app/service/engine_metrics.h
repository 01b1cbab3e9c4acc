// What the engine counts, per rule and overall, as metrics. Counters of the engine begin again with each rule set and with
// what the log made of it, so only their growth since then is added. Everything on the correlator's thread.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "app/metrics.h"
#include "app/service/recent.h"
#include "engine/run/sequencer.h"

namespace vedette::app {

class EngineMetrics {
 public:
  explicit EngineMetrics(Metrics& metrics) : metrics_(metrics) {}

  // A rule set has taken its place; what was counted until now is not news.
  void in_force(const plan::Plan& plan, const run::Sequencer& sequencer);
  // From the events' own times to their receipt, in seconds.
  void note_delays(const std::string& source, std::span<const double> delays);
  void collect(const plan::Plan& plan, const run::Sequencer& sequencer);

 private:
  void count_to(std::string_view counter, const Metrics::Labels& labels, std::uint64_t total);

  Metrics& metrics_;
  std::map<std::string, Recent<double, 1024>> delays_;  // by source
  bool baseline_ = false;                               // only remember totals
  std::map<std::pair<std::string_view, Metrics::Labels>, std::uint64_t> seen_;
};

}  // namespace vedette::app
