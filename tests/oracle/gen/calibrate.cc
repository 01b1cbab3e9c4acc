#include "tests/oracle/gen/calibrate.h"

#include <algorithm>
#include <cmath>

#include "tests/oracle/gen/events.h"
#include "tests/oracle/naive/evaluate.h"

namespace vedette::oracle {
namespace {

constexpr std::uint64_t kSamples = 3;

bool fires(const RuleSet& set, std::uint64_t seed) {
  std::vector<naive::Record> records;
  for (const CaseEvent& event : make_case(set, seed).events) {
    records.push_back(event.record);
    records.back().stream = event.record.tenant + "/" + event.record.source;
    records.back().bytes = to_line(event, {}, true);
  }
  const std::string& rule = set.rules.correlations.back().id;
  const auto alerts = naive::evaluate(naive::sequence(records, naive::Clock::merged, set.rules.sources), set.rules);
  return std::any_of(alerts.begin(), alerts.end(), [&](const auto& alert) { return alert.second.rule == rule; });
}

}  // namespace

bool calibrate(RuleSet& set) {
  double best = 1, chosen = 0;
  for (const double spread : {8.0, 2.0, 30.0, 0.4, 120.0}) {
    set.spread = spread;
    std::uint64_t fired = 0;
    for (std::uint64_t i = 0; i < kSamples; ++i) fired += fires(set, set.seed ^ (0x5eed00 + i)) ? 1 : 0;
    const double off = std::abs(static_cast<double>(fired) / kSamples - 0.5);
    if (off >= best) continue;
    best = off;
    chosen = spread;
    if (off < 0.3) break;
  }
  set.spread = chosen;
  return best < 0.5;
}

}  // namespace vedette::oracle
