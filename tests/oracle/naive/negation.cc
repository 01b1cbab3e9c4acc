// Ordered sequences, and what cancels a pattern (docs/semantics.md, 4).
#include <algorithm>

#include "tests/oracle/naive/patterns.h"

namespace vedette::naive {
namespace {

std::vector<std::size_t> positive_inputs(const Correlation& correlation) {
  std::vector<std::size_t> inputs;
  for (std::size_t i = 0; i < correlation.inputs.size(); ++i) {
    if (!correlation.inputs[i].negated) inputs.push_back(i);
  }
  return inputs;
}

struct Interval {
  Micros from = 0, to = 0;
};

// Where an event of a negated position cancels the chosen events (in the order of the positive inputs).
Interval cancelling_interval(const Correlation& correlation, std::size_t negated, const std::vector<const Event*>& chosen,
                             Micros edge) {
  const std::vector<std::size_t> positive = positive_inputs(correlation);
  const auto before = static_cast<std::size_t>(
      std::count_if(positive.begin(), positive.end(), [&](std::size_t input) { return input < negated; }));
  const Micros first = chosen.front()->t, last = chosen.back()->t;
  if (before == 0) return {first - correlation.window + edge, first};
  if (before == chosen.size()) return {last, last + correlation.window - edge};
  return {chosen[before - 1]->t, chosen[before]->t};
}

bool cancelled(const Correlation& correlation, const Contributions& contributions, const std::vector<const Event*>& chosen,
               Micros edge) {
  for (const Contribution& one : contributions) {
    if (!correlation.inputs[one.input].negated) continue;
    if (std::find(chosen.begin(), chosen.end(), one.event) != chosen.end()) continue;
    Interval interval = {chosen[0]->t - correlation.window + edge, chosen[0]->t + correlation.window - edge};
    if (correlation.type == Type::temporal_ordered) interval = cancelling_interval(correlation, one.input, chosen, edge);
    if (one.event->t >= interval.from && one.event->t <= interval.to) return true;
  }
  return false;
}

// Every choice of events for the earlier positions; chosen: from the last position backwards.
bool fill(const Correlation& correlation, const Contributions& contributions, const std::vector<std::size_t>& positive,
          std::vector<const Event*>& chosen, bool cancelling, Micros edge) {
  if (chosen.size() == positive.size()) {
    return !cancelling || !cancelled(correlation, contributions, {chosen.rbegin(), chosen.rend()}, edge);
  }
  const std::size_t input = positive[positive.size() - 1 - chosen.size()];
  for (const Contribution& candidate : contributions) {
    const Event* event = candidate.event;
    if (candidate.input != input || event->t > chosen.back()->t) continue;
    if (event->t < chosen.front()->t - correlation.window + edge) continue;
    if (std::find(chosen.begin(), chosen.end(), event) != chosen.end()) continue;
    chosen.push_back(event);
    if (fill(correlation, contributions, positive, chosen, cancelling, edge)) return true;
    chosen.pop_back();
  }
  return false;
}

}  // namespace

bool ends_pattern(const Correlation& correlation, const Contribution& contribution) {
  if (correlation.type == Type::temporal_ordered) return contribution.input == positive_inputs(correlation).back();
  return !correlation.inputs[contribution.input].negated;
}

bool pattern_ends_at(const Correlation& correlation, const Contributions& contributions, const Contribution& h, bool cancelling,
                     Micros edge) {
  std::vector<const Event*> chosen = {h.event};
  if (correlation.type == Type::temporal_ordered) {
    return fill(correlation, contributions, positive_inputs(correlation), chosen, cancelling, edge);
  }
  if (!satisfied(correlation, window_of(correlation, contributions, h.event->t, edge))) return false;
  return !cancelling || !cancelled(correlation, contributions, chosen, edge);
}

Micros deadline_of(const Correlation& correlation, std::size_t negated, Micros t) {
  const bool last = negated > positive_inputs(correlation).back();
  return correlation.type == Type::temporal || last ? t + correlation.window : t;
}

}  // namespace vedette::naive
