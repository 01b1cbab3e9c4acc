// The metrics of a set of records: records can be added and taken away again, at a cost that does not depend on how many there
// are. A record leaves several hits in its group (metrics_form.cc): a base hit per input, with ordinal 0; for each metric m
// with a field its tuples or numbers, with ordinal m + 1. They stand side by side. One owner, one thread (the correlator's).
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <vector>

#include "engine/correlate/groups.h"
#include "engine/correlate/running_sum.h"
#include "engine/plan/plan.h"

namespace vedette::correlate {

class MetricsTally {
 public:
  MetricsTally(const plan::CorrelationPlan& plan, const Records& records);

  void clear();
  // The hits [from, to) of one record, but for the one at `except`.
  void add(const HitList& hits, std::uint32_t from, std::uint32_t to) { apply(hits, from, to, plan::kNone, true); }
  void remove(const HitList& hits, std::uint32_t from, std::uint32_t to, std::uint32_t except) {
    apply(hits, from, to, except, false);
  }

  [[nodiscard]] Exact value(std::uint32_t metric) const;
  // Of all listed rules.
  [[nodiscard]] std::uint64_t events() const { return metrics_.back().count; }

 private:
  struct Metric {
    plan::MetricKind kind = plan::MetricKind::count;
    std::vector<bool> inputs;  // that it counts
    std::uint64_t count = 0;
    RunningSum sum;
  };
  void apply(const HitList& hits, std::uint32_t from, std::uint32_t to, std::uint32_t except, bool adding);
  void apply_events(const HitList& hits, std::uint32_t from, std::uint32_t to, std::uint32_t except, bool adding);
  void apply_number(Metric& metric, const Record& record, std::uint64_t key, Exact number, bool adding);
  // Whether the first copy of a key came, or the last went.
  [[nodiscard]] bool turned(std::uint64_t key, bool adding);

  const Records& records_;
  std::vector<Metric> metrics_;                                                 // the plan's; then the events of all listed rules
  boost::unordered_flat_map<std::uint64_t, std::uint32_t> copies_;              // tuples, and inner alerts that are counted
  boost::unordered_flat_map<std::uint64_t, std::vector<Exact>> alert_numbers_;  // summed inner alerts: their numbers, ascending
};

}  // namespace vedette::correlate
