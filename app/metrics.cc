#include "app/metrics.h"

#include <fmt/format.h>

#include "app/version.h"

namespace vedette::app {

namespace {

std::string escaped(std::string_view value) {
  std::string out;
  for (const char c : value) {
    if (c == '\\' || c == '"') out += '\\';
    out += c == '\n' ? ' ' : c;
  }
  return out;
}

}  // namespace

Metrics::Labels Metrics::label(std::string_view name, std::string_view value) {
  return fmt::format("{}=\"{}\"", name, escaped(value));
}

Metrics::Labels Metrics::labels(std::string_view name, std::string_view value, std::string_view name2, std::string_view value2) {
  return label(name, value) + "," + label(name2, value2);
}

void Metrics::add(std::string_view counter, const Labels& labels, std::uint64_t count) {
  const std::lock_guard lock(mutex_);
  auto found = series_.find(counter);
  if (found == series_.end()) found = series_.emplace(counter, Series{}).first;
  found->second.values[labels] += count;
}

void Metrics::set(std::string_view gauge, const Labels& labels, std::uint64_t value) {
  const std::lock_guard lock(mutex_);
  auto found = series_.find(gauge);
  if (found == series_.end()) found = series_.emplace(gauge, Series{false, {}}).first;
  found->second.values[labels] = value;
}

void Metrics::observe_latency(DurationUs latency) {
  const double seconds = static_cast<double>(latency) / static_cast<double>(kSecondUs);
  std::size_t bucket = 0;
  while (bucket < kBounds.size() && seconds > kBounds[bucket]) ++bucket;
  const std::lock_guard lock(mutex_);
  ++buckets_[bucket];
  latency_sum_ += seconds;
}

std::string Metrics::render() const {
  const std::lock_guard lock(mutex_);
  std::string out = fmt::format("# TYPE vedette_build_info gauge\nvedette_build_info{{version=\"{}\"}} 1\n", kVersion);
  for (const auto& [name, series] : series_) {
    out += fmt::format("# TYPE {} {}\n", name, series.counter ? "counter" : "gauge");
    for (const auto& [labels, value] : series.values)
      out += labels.empty() ? fmt::format("{} {}\n", name, value) : fmt::format("{}{{{}}} {}\n", name, labels, value);
  }
  out += "# TYPE vedette_event_to_alert_seconds histogram\n";
  std::uint64_t total = 0;
  for (std::size_t i = 0; i < kBounds.size(); ++i) {
    total += buckets_[i];
    out += fmt::format("vedette_event_to_alert_seconds_bucket{{le=\"{}\"}} {}\n", kBounds[i], total);
  }
  total += buckets_.back();
  out += fmt::format(
      "vedette_event_to_alert_seconds_bucket{{le=\"+Inf\"}} {}\nvedette_event_to_alert_seconds_sum "
      "{}\nvedette_event_to_alert_seconds_count {}\n",
      total, latency_sum_, total);
  return out;
}

}  // namespace vedette::app
