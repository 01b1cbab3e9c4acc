#include "app/service/engine_metrics.h"

#include <algorithm>

namespace vedette::app {

void EngineMetrics::in_force(const plan::Plan& plan, const run::Sequencer& sequencer) {
  seen_.clear();
  baseline_ = true;
  collect(plan, sequencer);
  baseline_ = false;
}

void EngineMetrics::count_to(std::string_view counter, const Metrics::Labels& labels, std::uint64_t total) {
  std::uint64_t& seen = seen_[{counter, labels}];
  metrics_.add(counter, labels, baseline_ || total < seen ? 0 : total - seen);
  seen = total;
}

void EngineMetrics::note_delays(const std::string& source, std::span<const double> delays) {
  if (delays.empty()) return;
  auto& recent = delays_[source];
  for (const double delay : delays) recent.add(delay);
}

void EngineMetrics::collect(const plan::Plan& plan, const run::Sequencer& sequencer) {
  count_to("vedette_events_clamped_total", "", sequencer.counters().clamped);
  count_to("vedette_events_without_time_total", "", sequencer.counters().time_missing);
  for (const auto& [source, recent] : delays_) {
    for (const auto& [name, part] : {std::pair{"50", 0.5}, std::pair{"99", 0.99}})
      metrics_.set("vedette_source_delay_percentile_seconds", Metrics::labels("source", source, "percentile", name),
                   recent.quantile(part));
  }
  std::map<Metrics::Labels, correlate::RuleCounters> rules;  // rules may share a label
  Metrics::Values degraded, bytes, keys;
  for (std::uint32_t i = 0; i < plan.rules.size(); ++i) {
    const correlate::RuleCounters counters = sequencer.correlator().rule_counters(i);
    correlate::RuleCounters& sum = rules[Metrics::label("rule", plan.rules[i].meta.label())];
    sum.hits += counters.hits;
    sum.suppressed += counters.suppressed;
  }
  for (const auto& [rule, sum] : rules) {
    count_to("vedette_rule_matches_total", rule, sum.hits);
    count_to("vedette_alerts_suppressed_total", rule, sum.suppressed);
  }
  rules.clear();
  for (std::uint32_t i = 0; i < plan.correlations.size(); ++i) {
    const correlate::RuleCounters counters = sequencer.correlator().correlation_counters(i);
    const Metrics::Labels rule = Metrics::label("rule", plan.correlations[i].meta.label());
    correlate::RuleCounters& sum = rules[rule];
    sum.hits += counters.hits;
    sum.suppressed += counters.suppressed;
    sum.left_out += counters.left_out;
    sum.evicted += counters.evicted;
    degraded[rule] = std::max(degraded[rule], counters.degraded ? 1.0 : 0.0);
    bytes[rule] += static_cast<double>(counters.bytes);
    keys[rule] += static_cast<double>(counters.groups);
  }
  for (const auto& [rule, sum] : rules) {
    count_to("vedette_rule_matches_total", rule, sum.hits);
    count_to("vedette_alerts_suppressed_total", rule, sum.suppressed);
    count_to("vedette_rule_left_out_total", rule, sum.left_out);
    count_to("vedette_window_evictions_total", rule, sum.evicted);
  }
  metrics_.replace("vedette_rule_degraded", std::move(degraded));
  metrics_.replace("vedette_window_bytes", std::move(bytes));
  metrics_.replace("vedette_window_keys", std::move(keys));
}

}  // namespace vedette::app
