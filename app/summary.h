// What a replay says at its end, on stderr. Pure rendering.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "app/alert_printer.h"
#include "engine/run/sequencer.h"

namespace vedette::app {

struct ReplayTotals {
  std::size_t inputs = 0;
  std::uint64_t bytes = 0;  // read from the inputs
  double seconds = 0;
  std::uint64_t outside = 0;       // matching events outside --from/--to
  std::uint64_t id_conflicts = 0;  // redelivered copies that differ from the first
  run::SequencerCounters counters;
  std::vector<std::string> filters;              // the names of counters.filtered
  std::map<std::string, std::uint64_t> rejects;  // reason -> count
  std::string first_reject;
};

[[nodiscard]] std::string render_summary(const ReplayTotals& totals, const AlertPrinter& alerts, bool colour);

}  // namespace vedette::app
