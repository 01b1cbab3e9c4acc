#include "app/rates.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "app/terminal.h"

namespace vedette::app {

namespace {

struct Row {
  std::string label;
  std::uint64_t matches = 0;  // of correlations: complete windows
  std::uint64_t alerts = 0;
  bool quiet = false;  // makes no alerts of its own
};

std::vector<Row> rows_of(const plan::Plan& plan, const correlate::Correlator& correlator) {
  std::vector<Row> rows;
  for (std::size_t i = 0; i < plan.rules.size(); ++i) {
    const correlate::RuleCounters& counters = correlator.rule_counters(static_cast<std::uint32_t>(i));
    rows.push_back({plan.rules[i].meta.label(), counters.hits, counters.alerts, !plan.rules[i].emits});
  }
  for (std::size_t i = 0; i < plan.correlations.size(); ++i) {
    const correlate::RuleCounters& counters = correlator.correlation_counters(static_cast<std::uint32_t>(i));
    rows.push_back({plan.correlations[i].meta.label(), counters.triggers, counters.alerts, !plan.correlations[i].emits});
  }
  return rows;
}

std::string events_text(std::uint64_t count) { return fmt::format("{} event{}", with_thousands(count), count == 1 ? "" : "s"); }

}  // namespace

bool has_silent_rules(const plan::Plan& plan, const correlate::Correlator& correlator) {
  const std::vector<Row> rows = rows_of(plan, correlator);
  return std::any_of(rows.begin(), rows.end(), [](const Row& row) { return row.matches == 0; });
}

std::string render_rates(const plan::Plan& plan, const correlate::Correlator& correlator, const run::SequencerCounters& counters,
                         const SilenceObserver* observer) {
  const bool timed = counters.first_t <= counters.last_t;
  const DurationUs span = timed ? counters.last_t - counters.first_t : 0;
  const double days = std::max(1.0, static_cast<double>(span) / static_cast<double>(kDayUs));
  std::string out = fmt::format("Expected alerts, over {}", events_text(counters.events));
  if (timed) out += fmt::format(" from {} to {}", format_rfc3339(counters.first_t), format_rfc3339(counters.last_t));
  out += span < kDayUs ? " (less than a day, taken as one)\n" : "\n";
  out += fmt::format("  {:>12}  {:>12}  {:>12}\n", "matches", "alerts", "alerts/day");
  std::vector<Row> rows = rows_of(plan, correlator);
  std::stable_sort(rows.begin(), rows.end(),
                   [](const Row& a, const Row& b) { return a.alerts != b.alerts ? a.alerts > b.alerts : a.matches > b.matches; });
  std::uint64_t total = 0;
  for (const Row& row : rows) {
    total += row.alerts;
    out += fmt::format("  {:>12}  {:>12}  {:>12}  {}{}\n", with_thousands(row.matches), with_thousands(row.alerts),
                       row.quiet ? "-" : fmt::format("{:.2f}", static_cast<double>(row.alerts) / days), row.label,
                       row.quiet ? " (read by correlations)" : "");
  }
  out += fmt::format("  {:>12}  {:>12}  {:>12.2f}  all rules\n", "", with_thousands(total), static_cast<double>(total) / days);
  if (observer == nullptr) return out;
  std::string silent;
  for (std::size_t i = 0; i < plan.rules.size(); ++i) {
    if (correlator.rule_counters(static_cast<std::uint32_t>(i)).hits == 0) observer->rule_lines(silent, i);
  }
  for (std::size_t i = 0; i < plan.correlations.size(); ++i) {
    if (correlator.correlation_counters(static_cast<std::uint32_t>(i)).triggers == 0)
      observer->correlation_lines(silent, i, correlator);
  }
  if (!silent.empty()) out += "Never matched, and why:\n" + silent;
  return out;
}

}  // namespace vedette::app
