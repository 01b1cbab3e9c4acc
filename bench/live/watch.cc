#include "bench/live/watch.h"

#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <optional>

namespace vedette::bench {
namespace {

// The number of "<marker>N@" in a line.
std::optional<std::uint64_t> number_after(std::string_view line, std::string_view marker) {
  const std::size_t at = line.find(marker);
  if (at == std::string_view::npos) return std::nullopt;
  std::uint64_t number = 0;
  const char* begin = line.data() + at + marker.size();
  const auto [end, error] = std::from_chars(begin, line.data() + line.size(), number);
  if (error != std::errc() || end == begin) return std::nullopt;
  return number;
}

}  // namespace

double quantile(std::vector<double> values, double part) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  const auto at = static_cast<std::size_t>(part * static_cast<double>(values.size()));
  return values[std::min(at, values.size() - 1)];
}

void Watch::sent(std::int64_t probe, double due, double sent) { probes_[probe] = {due, sent, 0}; }

void Watch::see(std::string_view line, double now) {
  ++lines_;
  if (line.find("vedette.rule_degraded") != std::string_view::npos) ++degraded_;
  if (const auto control = number_after(line, "control-")) ++control_[*control];
  const auto probe = number_after(line, "probe-");
  if (!probe) return;
  const auto found = probes_.find(static_cast<std::int64_t>(*probe));
  if (found == probes_.end() || found->second.alerted > 0) return;
  found->second.alerted = last_alert_ = now;
  ++alerted_;
}

bool Watch::read_alerts() {
  char buffer[65536];
  const ssize_t got = ::read(STDIN_FILENO, buffer, sizeof buffer);
  const double now = seconds_now();
  if (got <= 0) return got < 0 && errno == EAGAIN;
  rest_.append(buffer, static_cast<std::size_t>(got));
  std::size_t begin = 0;
  for (std::size_t end = 0; (end = rest_.find('\n', begin)) != std::string::npos; begin = end + 1) {
    see(std::string_view(rest_).substr(begin, end - begin), now);
  }
  rest_.erase(0, begin);
  return true;
}

Watch::Latencies Watch::latencies(double after) const {
  Latencies out;
  for (const auto& [number, probe] : probes_) {
    if (probe.due < after) continue;
    if (probe.alerted == 0) {
      ++out.missing;
      continue;
    }
    out.from_due.push_back(probe.alerted - probe.due);
    out.from_sent.push_back(probe.alerted - probe.sent);
  }
  return out;
}

}  // namespace vedette::bench
