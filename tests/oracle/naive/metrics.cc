// metrics: named values over a window and one condition over them (docs/semantics.md, 8).
#include <algorithm>
#include <map>

#include "tests/oracle/naive/patterns.h"

namespace vedette::naive {
namespace {

class Values {
 public:
  Values(const Correlation& correlation, Window window) : correlation_(correlation), window_(std::move(window)) {}

  [[nodiscard]] bool holds(const Expr& condition) const {
    const auto child = [&](const Expr& part) { return holds(part); };
    switch (condition.kind) {
      case Expr::all:
        return std::all_of(condition.children.begin(), condition.children.end(), child);
      case Expr::any:
        return std::any_of(condition.children.begin(), condition.children.end(), child);
      case Expr::negation:
        return !holds(condition.children[0]);
      default: {
        const std::optional<Fraction> left = value(condition.children[0]), right = value(condition.children[1]);
        return left && right && naive::holds(condition.op, *left, *right);
      }
    }
  }

 private:
  const Correlation& correlation_;
  Window window_;

  [[nodiscard]] std::optional<Fraction> value(const Expr& term) const {
    if (term.kind == Expr::number) return fraction(decimal(term.text).value(), kUnit);
    if (term.kind == Expr::duration) return seconds(duration(term.text));
    if (term.kind == Expr::name) return named(term.text);
    const std::optional<Fraction> left = value(term.children[0]), right = value(term.children[1]);
    if (!left || !right) return std::nullopt;
    if (term.kind == Expr::add) return plus(*left, *right);
    if (term.kind == Expr::subtract) return minus(*left, *right);
    if (term.kind == Expr::multiply) return times(*left, *right);
    return divided(*left, *right);
  }

  static Fraction seconds(Micros us) { return fraction(us, kSecond); }

  static Micros duration(const std::string& text) {
    const std::map<char, Micros> units = {{'s', kSecond}, {'m', kMinute}, {'h', kHour}, {'d', 24 * kHour}};
    return std::stoll(text) * units.at(text.back());
  }

  [[nodiscard]] Fraction named(const std::string& name) const {
    const auto [first, last] = std::minmax_element(
        window_.begin(), window_.end(), [](const Contribution* a, const Contribution* b) { return a->event->t < b->event->t; });
    if (name == "first") return seconds((*first)->event->t);
    if (name == "last") return seconds((*last)->event->t);
    if (name == "span") return seconds((*last)->event->t - (*first)->event->t);
    for (std::size_t i = 0; i < correlation_.metrics.size(); ++i) {
      if (correlation_.metrics[i].name == name) return metric(correlation_.metrics[i], i);
    }
    std::abort();
  }

  [[nodiscard]] bool counts(const Metric& metric, const Contribution& one) const {
    return metric.rules.empty() || std::count(metric.rules.begin(), metric.rules.end(), correlation_.inputs[one.input].name) > 0;
  }

  [[nodiscard]] Fraction metric(const Metric& metric, std::size_t index) const {
    std::map<std::string, Wide> counted, summed;
    std::set<Keys> values;
    for (const Contribution* one : window_) {
      if (!counts(metric, *one)) continue;
      counted[one->counted_as] = static_cast<Wide>(one->weight);
      values.insert(one->tuples[index].begin(), one->tuples[index].end());
      if (one->numbers[index]) summed[one->counted_as] = std::max(summed[one->counted_as], *one->numbers[index]);
    }
    if (metric.kind == Metric::distinct) return fraction(static_cast<Wide>(values.size()), 1);
    Wide sum = 0;
    for (const auto& [name, number] : metric.kind == Metric::sum ? summed : counted) sum += number;
    return metric.kind == Metric::sum ? fraction(sum, kUnit) : fraction(sum, 1);
  }
};

}  // namespace

bool metrics_hold(const Correlation& correlation, const Contributions& contributions, Micros t, Micros edge) {
  std::optional<Micros> until;
  for (const Contribution& one : contributions) {
    if (correlation.inputs[one.input].until && one.event->t <= t) until = std::max(until.value_or(one.event->t), one.event->t);
  }
  Window left;
  for (const Contribution* one : window_of(correlation, contributions, t, edge)) {
    if (!correlation.inputs[one->input].until && (!until || one->event->t > *until)) left.push_back(one);
  }
  return !left.empty() && Values(correlation, std::move(left)).holds(*correlation.condition);
}

}  // namespace vedette::naive
