#include "app/metrics.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

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

template <typename Series>
Series& named(std::map<std::string, Series, std::less<>>& all, std::string_view name) {
  const auto found = all.find(name);
  return found != all.end() ? found->second : all.emplace(name, Series{}).first->second;
}

const MetricInfo* info_of(std::string_view name) {
  const auto found = std::find_if(kMetrics.begin(), kMetrics.end(), [name](const MetricInfo& each) { return each.name == name; });
  return found == kMetrics.end() ? nullptr : &*found;
}

void render_series(std::string_view name, const Metrics::Labels& labels, double value, std::string& out) {
  out += labels.empty() ? fmt::format("{} {}\n", name, value) : fmt::format("{}{{{}}} {}\n", name, labels, value);
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
  named(values_, counter)[labels] += static_cast<double>(count);
}

void Metrics::set(std::string_view metric, const Labels& labels, double value) {
  const std::lock_guard lock(mutex_);
  named(values_, metric)[labels] = value;
}

void Metrics::replace(std::string_view metric, Values values) {
  const std::lock_guard lock(mutex_);
  named(values_, metric) = std::move(values);
}

void Metrics::observe(std::string_view histogram, const Labels& labels, std::span<const double> seconds) {
  const MetricInfo* info = info_of(histogram);
  if (info == nullptr || seconds.empty()) return;
  const std::lock_guard lock(mutex_);
  Histogram& series = named(histograms_, histogram)[labels];
  series.buckets.resize(info->bounds.size() + 1);
  for (const double value : seconds) {
    const auto bound = std::lower_bound(info->bounds.begin(), info->bounds.end(), value);
    ++series.buckets[static_cast<std::size_t>(bound - info->bounds.begin())];
    series.sum += value;
  }
}

void Metrics::render_histogram(const MetricInfo& info, const std::map<Labels, Histogram>& series, std::string& out) {
  for (const auto& [labels, histogram] : series) {
    std::uint64_t total = 0;
    for (std::size_t i = 0; i < histogram.buckets.size(); ++i) {
      total += histogram.buckets[i];
      const std::string bound = i < info.bounds.size() ? fmt::format("{}", info.bounds[i]) : "+Inf";
      const std::string le = label("le", bound);
      render_series(fmt::format("{}_bucket", info.name), labels.empty() ? le : labels + "," + le, static_cast<double>(total),
                    out);
    }
    render_series(fmt::format("{}_sum", info.name), labels, histogram.sum, out);
    render_series(fmt::format("{}_count", info.name), labels, static_cast<double>(total), out);
  }
}

std::string Metrics::render() const {
  const std::lock_guard lock(mutex_);
  std::string out;
  for (const MetricInfo& info : kMetrics) {
    const auto values = values_.find(info.name);
    const auto histogram = histograms_.find(info.name);
    if (values == values_.end() && histogram == histograms_.end()) continue;
    const char* type = histogram != histograms_.end() ? "histogram" : info.name.ends_with("_total") ? "counter" : "gauge";
    out += fmt::format("# HELP {0} {1}\n# TYPE {0} {2}\n", info.name, info.help, type);
    if (histogram != histograms_.end()) {
      render_histogram(info, histogram->second, out);
      continue;
    }
    for (const auto& [labels, value] : values->second) render_series(info.name, labels, value, out);
  }
  return out;
}

}  // namespace vedette::app
