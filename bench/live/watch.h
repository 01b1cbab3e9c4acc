// What a load saw: when probes were due, sent and alerted, and the alerts on standard input, a line each. Seconds of the
// steady clock. One thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace vedette::bench {

[[nodiscard]] inline double seconds_now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

// Quantile of what is there; 0 when nothing is.
[[nodiscard]] double quantile(std::vector<double> values, double part);

class Watch {
 public:
  void sent(std::int64_t probe, double due, double sent);
  // Reads what standard input holds; false at its end.
  [[nodiscard]] bool read_alerts();
  // Every probe that was sent has its alert; when the last one came.
  [[nodiscard]] bool complete() const { return alerted_ == probes_.size(); }
  [[nodiscard]] double last_alert() const { return last_alert_; }
  [[nodiscard]] std::uint64_t lines() const { return lines_; }
  // Alerts of the service about itself: a rule is degraded.
  [[nodiscard]] std::uint64_t degraded() const { return degraded_; }
  // Alerts by control user.
  [[nodiscard]] const std::map<std::uint64_t, std::uint64_t>& control() const { return control_; }

  struct Latencies {
    std::vector<double> from_due, from_sent;
    std::uint64_t missing = 0;
  };
  // Of probes that were due after a moment.
  [[nodiscard]] Latencies latencies(double after) const;

 private:
  struct Probe {
    double due = 0, sent = 0, alerted = 0;
  };
  void see(std::string_view line, double now);

  std::map<std::int64_t, Probe> probes_;
  std::map<std::uint64_t, std::uint64_t> control_;
  std::string rest_;
  std::uint64_t lines_ = 0, degraded_ = 0;
  std::size_t alerted_ = 0;
  double last_alert_ = 0;
};

}  // namespace vedette::bench
