#include "tests/oracle/naive/patterns.h"

#include <algorithm>
#include <cmath>
#include <map>

namespace vedette::naive {
namespace {

using Counted = std::map<std::string, std::uint64_t>;

std::uint64_t events_in(const Window& window) {
  Counted counted;
  for (const Contribution* one : window) counted[one->counted_as] = one->weight;
  std::uint64_t sum = 0;
  for (const auto& [name, weight] : counted) sum += weight;
  return sum;
}

std::uint64_t values_in(const Window& window) {
  std::set<Keys> values;
  for (const Contribution* one : window) values.insert(one->tuples[0].begin(), one->tuples[0].end());
  return values.size();
}

// Each event or inner alert once, with its largest number; of `risk` once for every rule.
Wide sum_of(const Correlation& correlation, const Window& window) {
  std::map<std::string, Wide> numbers;
  for (const Contribution* one : window) {
    const std::string name = (correlation.risk ? std::to_string(one->input) : "") + "\n" + one->counted_as;
    const auto [place, fresh] = numbers.emplace(name, *one->numbers[0]);
    if (!fresh) place->second = std::max(place->second, *one->numbers[0]);
  }
  Wide sum = 0;
  for (const auto& [name, number] : numbers) sum += number;
  return sum;
}

std::vector<Wide> sorted_numbers(const Window& window) {
  std::map<const Event*, Wide> numbers;
  for (const Contribution* one : window) {
    const auto [place, fresh] = numbers.emplace(one->event, *one->numbers[0]);
    if (!fresh) place->second = std::max(place->second, *one->numbers[0]);
  }
  std::vector<Wide> sorted;
  for (const auto& [event, number] : numbers) sorted.push_back(number);
  std::sort(sorted.begin(), sorted.end());
  return sorted;
}

// The ceil(p/100 * n)-th smallest.
Wide nearest_rank(const std::vector<Wide>& sorted, const std::string& percentile) {
  const Wide hundredths = decimal(percentile).value() * static_cast<Wide>(sorted.size());  // of p/100 * n, times 100 units
  const Wide hundred = 100 * kUnit;
  const Wide rank = (hundredths + hundred - 1) / hundred;
  return sorted[static_cast<std::size_t>(rank) - 1];
}

bool presence(const Correlation& correlation, const Expr& condition, const std::set<std::size_t>& inputs) {
  const auto child = [&](const Expr& part) { return presence(correlation, part, inputs); };
  if (condition.kind == Expr::all) return std::all_of(condition.children.begin(), condition.children.end(), child);
  if (condition.kind == Expr::any) return std::any_of(condition.children.begin(), condition.children.end(), child);
  if (condition.kind == Expr::negation) return true;  // not of the positive part
  for (const std::size_t input : inputs) {
    if (correlation.inputs[input].name == condition.text) return true;
  }
  return false;
}

bool temporal_satisfied(const Correlation& correlation, const Window& window) {
  std::set<std::size_t> inputs;
  for (const Contribution* one : window) {
    if (!correlation.inputs[one->input].negated) inputs.insert(one->input);
  }
  if (correlation.condition) return presence(correlation, *correlation.condition, inputs);
  if (!correlation.bounds.empty()) return holds(correlation.bounds, static_cast<Wide>(inputs.size()) * kUnit);
  return inputs.size() == correlation.inputs.size();
}

double radians(double degrees) { return degrees * 3.14159265358979323846 / 180; }

double kilometres(const Place& a, const Place& b) {
  const double north = std::sin(radians(b.latitude - a.latitude) / 2);
  const double east = std::sin(radians(b.longitude - a.longitude) / 2);
  const double h = north * north + std::cos(radians(a.latitude)) * std::cos(radians(b.latitude)) * east * east;
  return 2 * 6371.0088 * std::asin(std::sqrt(std::min(1.0, h)));
}

bool beyond(const std::vector<Bound>& bounds, double value) {
  return std::all_of(bounds.begin(), bounds.end(), [&](const Bound& bound) {
    const double limit = std::stod(bound.number);
    return holds(bound.op, value < limit ? -1 : value > limit ? 1 : 0);
  });
}

// From one event to another of the key, `later` not before it.
bool too_fast(const Correlation& correlation, const Contribution& earlier, const Contribution& later) {
  const double hours = static_cast<double>(later.event->t - earlier.event->t) / static_cast<double>(kHour);
  for (const Place& from : earlier.places) {
    for (const Place& to : later.places) {
      const double distance = kilometres(from, to);
      if (distance == 0 || !beyond(correlation.distance, distance)) continue;
      if (hours == 0 || beyond(correlation.speed, distance / hours)) return true;
    }
  }
  return false;
}

bool changed(const Correlation& correlation, const Contribution& a, const Contribution& b) {
  std::size_t differing = 0;
  for (std::size_t field = 0; field < a.tuples.size(); ++field) {
    if (a.tuples[field].empty() || b.tuples[field].empty()) continue;
    const auto shared = [&](const Keys& value) { return b.tuples[field].contains(value); };
    if (std::none_of(a.tuples[field].begin(), a.tuples[field].end(), shared)) ++differing;
  }
  return correlation.change_all ? differing == a.tuples.size() : differing > 0;
}

bool compares(const Correlation& correlation, const Contributions& contributions, const Contribution& last, Micros edge) {
  for (const Contribution* other : window_of(correlation, contributions, last.event->t, edge)) {
    if (other->event == last.event) continue;
    if (correlation.type == Type::travel ? too_fast(correlation, *other, last) : changed(correlation, *other, last)) return true;
  }
  return false;
}

bool is_trigger(const Correlation& correlation, const Contributions& contributions, const Contribution& last, Micros edge) {
  switch (correlation.type) {
    case Type::temporal_ordered:
      return ends_pattern(correlation, last) && pattern_ends_at(correlation, contributions, last, false, edge);
    case Type::value_change:
    case Type::travel:
      return compares(correlation, contributions, last, edge);
    case Type::metrics:
      return !correlation.inputs[last.input].until && metrics_hold(correlation, contributions, last.event->t, edge);
    default:
      return satisfied(correlation, window_of(correlation, contributions, last.event->t, edge));
  }
}

}  // namespace

bool satisfied(const Correlation& correlation, const Window& window) {
  switch (correlation.type) {
    case Type::event_count:
      return holds(correlation.bounds, static_cast<Wide>(events_in(window)) * kUnit);
    case Type::value_count:
      return holds(correlation.bounds, static_cast<Wide>(values_in(window)) * kUnit);
    case Type::temporal:
      return temporal_satisfied(correlation, window);
    case Type::value_sum:
      return holds(correlation.bounds, sum_of(correlation, window));
    case Type::value_avg: {
      Wide sum = 0;
      const std::vector<Wide> numbers = sorted_numbers(window);
      for (const Wide number : numbers) sum += number;
      return holds(correlation.bounds, sum, static_cast<Wide>(numbers.size()));
    }
    case Type::value_percentile:
      return holds(correlation.bounds, nearest_rank(sorted_numbers(window), correlation.percentile));
    case Type::value_median:
      return holds(correlation.bounds, nearest_rank(sorted_numbers(window), "50"));
    default:
      return false;
  }
}

Window window_of(const Correlation& correlation, const Contributions& contributions, Micros t, Micros edge) {
  Window inside;
  for (const Contribution& one : contributions) {
    if (one.event->t <= t && one.event->t >= t - correlation.window + edge) inside.push_back(&one);
  }
  return inside;
}

bool is_new(const Correlation& correlation, const Contributions& contributions, const Event& event, const Keys& value,
            Micros edge) {
  const Micros horizon = correlation.window - edge;
  std::vector<Micros> before;  // of any value, newest first
  for (const Contribution& one : contributions) {
    if (one.event->t >= event.t) continue;
    if (one.tuples[0].contains(value) && one.event->t >= event.t - horizon) return false;
    before.push_back(one.event->t);
  }
  std::sort(before.rbegin(), before.rend());
  Micros first = event.t;
  for (const Micros t : before) {
    if (first - t > horizon) break;
    first = t;
  }
  if (event.t < first + correlation.learn) return false;
  return event.t != first || correlation.fire_first;
}

std::vector<std::pair<const Event*, Keys>> triggers_in(const Correlation& correlation, const Contributions& contributions,
                                                       Micros edge) {
  std::set<std::pair<const Event*, Keys>> seen;
  std::vector<std::pair<const Event*, Keys>> triggers;
  const auto add = [&](const Event* event, const Keys& value) {
    if (seen.insert({event, value}).second) triggers.push_back({event, value});
  };
  for (const Contribution& last : contributions) {
    if (correlation.type == Type::new_value) {
      for (const Keys& value : last.tuples[0]) {
        if (is_new(correlation, contributions, *last.event, value, edge)) add(last.event, value);
      }
    } else if (!seen.contains({last.event, {}}) && is_trigger(correlation, contributions, last, edge)) {
      add(last.event, {});
    }
  }
  return triggers;
}

}  // namespace vedette::naive
