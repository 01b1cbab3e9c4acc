// Counters, gauges and histograms of the service, in Prometheus' text format. What a name is, and its help text, the
// catalogue says (metrics_catalogue.h); names that are not in it are not shown. Any thread.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "app/metrics_catalogue.h"

namespace vedette::app {

class Metrics {
 public:
  using Labels = std::string;  // rendered: source="okta-hook"
  using Values = std::map<Labels, double>;

  [[nodiscard]] static Labels label(std::string_view name, std::string_view value);
  [[nodiscard]] static Labels labels(std::string_view name, std::string_view value, std::string_view name2,
                                     std::string_view value2);

  void add(std::string_view counter, const Labels& labels, std::uint64_t count = 1);
  // A gauge, or a counter whose total is kept elsewhere.
  void set(std::string_view metric, const Labels& labels, double value);
  template <typename Number>
  void set(std::string_view metric, const Labels& labels, Number value) {
    set(metric, labels, static_cast<double>(value));
  }
  // All series of the metric at once; others of it are gone.
  void replace(std::string_view metric, Values values);
  void observe(std::string_view histogram, const Labels& labels, std::span<const double> seconds);

  [[nodiscard]] std::string render() const;

 private:
  struct Histogram {
    std::vector<std::uint64_t> buckets;  // one per bound, and one beyond
    double sum = 0;
  };
  static void render_histogram(const MetricInfo& info, const std::map<Labels, Histogram>& series, std::string& out);

  mutable std::mutex mutex_;
  std::map<std::string, Values, std::less<>> values_;
  std::map<std::string, std::map<Labels, Histogram>, std::less<>> histograms_;
};

}  // namespace vedette::app
