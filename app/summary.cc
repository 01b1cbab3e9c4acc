#include "app/summary.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "app/terminal.h"

namespace vedette::app {

namespace {

std::string plural(std::uint64_t count, std::string_view noun) {
  return fmt::format("{} {}{}", with_thousands(count), noun, count == 1 ? "" : "s");
}

void rejects_line(std::string& out, const ReplayTotals& totals, bool colour) {
  if (totals.counters.rejected == 0) return;
  std::string reasons;
  for (const auto& [reason, count] : totals.rejects)
    reasons += fmt::format("{}{} {}", reasons.empty() ? "" : ", ", reason, with_thousands(count));
  out +=
      fmt::format("  {} {} ({})", paint("refused ", Colour::yellow, colour), plural(totals.counters.rejected, "record"), reasons);
  if (!totals.first_reject.empty()) out += fmt::format("; first: {}", printable(totals.first_reject));
  out += "\n";
}

void odd_times_line(std::string& out, const ReplayTotals& totals) {
  const run::SequencerCounters& c = totals.counters;
  std::string odd;
  const auto add = [&](std::uint64_t count, std::string_view what) {
    if (count > 0) odd += fmt::format("{}{} {}", odd.empty() ? "" : ", ", with_thousands(count), what);
  };
  add(c.late, "late");
  add(c.clamped, "from the future (clamped)");
  add(c.time_missing, "without a time");
  add(totals.outside, "matches outside --from/--to");
  add(totals.id_conflicts,
      totals.id_conflicts == 1 ? "redelivered copy differs from the first" : "redelivered copies differ from the first");
  if (!odd.empty()) out += fmt::format("  noted    {}\n", odd);
}

void filters_line(std::string& out, const ReplayTotals& totals) {
  std::string removed;
  for (std::size_t i = 0; i < totals.filters.size(); ++i) {
    const std::uint64_t count = totals.counters.filtered[i];
    if (count > 0) removed += fmt::format("{}{} by {}", removed.empty() ? "" : ", ", with_thousands(count), totals.filters[i]);
  }
  if (!removed.empty()) out += fmt::format("  filtered {}\n", printable(removed));
}

void alerts_lines(std::string& out, const AlertPrinter& alerts, bool colour) {
  out += fmt::format("  {}   {}", paint("alerts", Colour::bold, colour), with_thousands(alerts.total()));
  for (int i = static_cast<int>(plan::Level::critical); i >= 0; --i) {
    const auto level = static_cast<plan::Level>(i);
    if (alerts.of_level(level) == 0) continue;
    out += fmt::format("  {}", paint(fmt::format("{} {}", with_thousands(alerts.of_level(level)), plan::level_name(level)),
                                     level_colour(level), colour));
  }
  out += "\n";
  std::vector<std::pair<std::string, std::uint64_t>> rules(alerts.by_rule().begin(), alerts.by_rule().end());
  std::stable_sort(rules.begin(), rules.end(), [](const auto& a, const auto& b) { return a.second > b.second; });
  constexpr std::size_t kShown = 10;
  for (std::size_t i = 0; i < rules.size() && i < kShown; ++i)
    out += fmt::format("    {:>8}  {}\n", with_thousands(rules[i].second), printable(rules[i].first));
  if (rules.size() > kShown) out += fmt::format("              and {} more rules\n", rules.size() - kShown);
}

}  // namespace

std::string render_summary(const ReplayTotals& totals, const AlertPrinter& alerts, bool colour) {
  const run::SequencerCounters& c = totals.counters;
  const double rate = totals.seconds > 0 ? static_cast<double>(c.events) / totals.seconds : 0;
  const double share = c.events > 0 ? 100.0 * static_cast<double>(c.matched) / static_cast<double>(c.events) : 0;
  std::string out = fmt::format("{}\n", paint("replay", Colour::bold, colour));
  out += fmt::format("  read     {} in {}, {}, in {:.2f} s ({} events/s)\n", plural(c.events, "event"),
                     plural(totals.inputs, "input"), human_bytes(totals.bytes), totals.seconds,
                     with_thousands(static_cast<std::uint64_t>(rate)));
  if (c.first_t <= c.last_t)
    out += fmt::format("  matches  from {} to {}\n", format_rfc3339(c.first_t), format_rfc3339(c.last_t));
  out += fmt::format("  matched  {} ({:.1f} %)\n", plural(c.matched, "event"), share);
  filters_line(out, totals);
  odd_times_line(out, totals);
  rejects_line(out, totals, colour);
  alerts_lines(out, alerts, colour);
  return out;
}

}  // namespace vedette::app
