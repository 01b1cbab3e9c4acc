#include "tests/oracle/gen/conditions.h"

#include <algorithm>

namespace vedette::oracle {
namespace {

using naive::Bound;
using naive::Correlation;
using naive::Expr;
using naive::kSecond;
using naive::Metric;
using naive::Micros;
using naive::Op;
using naive::Type;

using Bounds = std::vector<Bound>;
using Strings = std::vector<std::string>;

Expr leaf(Expr::Kind kind, const std::string& text) { return {kind, text, Op::gte, {}}; }
Expr name(const std::string& text) { return leaf(Expr::name, text); }
Expr number(const std::string& text) { return leaf(Expr::number, text); }
Expr join(Expr::Kind kind, std::vector<Expr> children) {
  if (children.size() == 1 && kind != Expr::negation) return children[0];
  return {kind, "", Op::gte, std::move(children)};
}
Expr compare(Expr left, Op op, Expr right) { return {Expr::compare, "", op, {std::move(left), std::move(right)}}; }

Bound at_least(std::int64_t count, Random& random) {
  if (random.percent(50)) return {Op::gte, std::to_string(count)};
  return {Op::gt, std::to_string(count - 1) + (random.percent(20) ? ".5" : "")};
}

class Conditions {
 public:
  Conditions(Correlation& correlation, const Fields& fields, bool chained, Random& random)
      : correlation_(correlation), fields_(fields), chained_(chained), random_(random) {}

  void lower_bound() {
    if (correlation_.type == Type::value_sum) return sum_bound();
    const std::int64_t most = correlation_.type == Type::event_count ? (chained_ ? 3 : 5) : (chained_ ? 2 : 4);
    correlation_.bounds = {at_least(random_.between(2, most), random_)};
    if (correlation_.type == Type::value_count) count_values();
  }

  // Any other bounds. `lt` and `lte` alone hold in nearly every case, so they are few.
  void window_bounds() {
    const std::int64_t n = random_.between(1, chained_ ? 2 : 3);
    const auto text = [](std::int64_t value) { return std::to_string(value); };
    const bool sum = correlation_.type == Type::value_sum;
    const std::int64_t unit = sum ? 4 : 1;
    const std::vector<Bounds> choices = {
        {{Op::eq, text(n * unit)}},
        {{Op::gte, text(n * unit)}, {Op::lte, text((n + 1) * unit)}},
        {{Op::gt, text(n * unit)}, {Op::lt, text((n + 2) * unit)}},
        {{Op::gte, text(n * unit)}, {Op::neq, text((n + 1) * unit)}},
        {{Op::gte, text((n + 1) * unit)}, {Op::lte, text((n + 1) * unit) + ".5"}},
        {{Op::lt, text((n + 1) * unit)}},
        {{Op::neq, text(n * unit)}},
    };
    correlation_.bounds = random_.percent(85) ? choices[static_cast<std::size_t>(random_.between(0, 4))] : random_.pick(choices);
    if (correlation_.type == Type::value_count) count_values();
    if (sum) sum_field();
  }

  void average_bounds() {
    correlation_.values = {random_.pick(fields_.numbers)};
    if (correlation_.type == Type::value_percentile)
      correlation_.percentile = random_.pick(Strings{"1", "25", "33.4", "50", "75", "90", "95", "99.9", "100"});
    correlation_.bounds = random_.pick(std::vector<Bounds>{{{Op::gt, "5"}},
                                                           {{Op::gte, "7"}},
                                                           {{Op::gt, "2.5"}, {Op::lte, "5"}},
                                                           {{Op::lt, "-1"}},
                                                           {{Op::gte, "2.5"}, {Op::lt, "3"}},
                                                           {{Op::eq, "5"}},
                                                           {{Op::lte, "0.1"}},
                                                           {{Op::gt, "7.25"}}});
  }

  void temporal() {
    const std::size_t rules = correlation_.inputs.size();
    if (rules == 3 && random_.percent(30)) correlation_.bounds = {{Op::gte, "2"}};
    if (!correlation_.bounds.empty() || random_.percent(50)) return;
    correlation_.condition = positive_part(Strings{}, true);
  }

  // A few of the inputs are negated; those that follow stay as they are.
  void negation(bool ordered) {
    std::vector<naive::Input>& inputs = correlation_.inputs;
    const std::size_t most = inputs.size() > 2 ? 2 : 1;
    for (std::size_t left = inputs.size() > 3 && random_.percent(50) ? most : 1; left > 0; --left) {
      inputs[static_cast<std::size_t>(random_.between(0, static_cast<std::int64_t>(inputs.size()) - 1))].negated = true;
    }
    if (std::all_of(inputs.begin(), inputs.end(), [](const auto& input) { return input.negated; })) inputs[0].negated = false;
    Strings negated;
    for (const naive::Input& input : inputs) {
      if (input.negated) negated.push_back(input.name);
    }
    std::vector<Expr> parts = {positive_part(negated, !ordered)};
    if (parts[0].kind == Expr::all) parts = parts[0].children;
    for (const std::string& rule : negated) parts.push_back(join(Expr::negation, {name(rule)}));
    random_.shuffle(parts);
    correlation_.condition = join(Expr::all, std::move(parts));
  }

  void new_value() {
    correlation_.values = {random_.pick(fields_.values)};
    if (fields_.values.size() > 1 && random_.percent(15)) correlation_.values = {fields_.values[0], fields_.values[1]};
    correlation_.fire_first = random_.percent(25);
    const Micros w = correlation_.window;
    if (random_.percent(50)) correlation_.learn = random_.pick(std::vector<Micros>{w / 2, w, w * 2, kSecond}) / kSecond * kSecond;
  }

  void value_change() {
    Strings fields = fields_.values;
    random_.shuffle(fields);
    fields.resize(std::min<std::size_t>(fields.size(), random_.percent(50) ? 1 : 2));
    correlation_.values = fields;
    correlation_.change_all = random_.percent(50);
  }

  void travel() {
    correlation_.values = {random_.pick(fields_.places)};
    const auto op = [&] { return random_.percent(50) ? Op::gte : Op::gt; };
    correlation_.speed = {{op(), random_.pick(Strings{"1", "150.5", "900", "6000", "40000"})}};
    if (random_.percent(70)) correlation_.distance = {{op(), random_.pick(Strings{"0", "10", "300.25", "2000", "9000"})}};
  }

  void metrics() {
    correlation_.metrics = {{"n", Metric::count, {}, {}}, {"u", Metric::distinct, {}, {random_.pick(fields_.values)}}};
    std::vector<std::string> listed;
    for (const naive::Input& input : correlation_.inputs) {
      if (!input.until) listed.push_back(input.name);
    }
    if (random_.percent(40)) correlation_.metrics[1].rules = {random_.pick(listed)};
    if (fields_.values.size() > 1 && random_.percent(20)) correlation_.metrics[1].fields = {fields_.values[0], fields_.values[1]};
    Strings some = listed;
    random_.shuffle(some);
    some.resize(static_cast<std::size_t>(random_.between(1, static_cast<std::int64_t>(some.size()))));
    correlation_.metrics.push_back({"d", Metric::count, some, {}});
    if (!fields_.numbers.empty()) correlation_.metrics.push_back({"b", Metric::sum, {}, {random_.pick(fields_.numbers)}});
    random_.shuffle(correlation_.metrics);
    correlation_.condition = metrics_condition();
  }

 private:
  Correlation& correlation_;
  const Fields& fields_;
  bool chained_;
  Random& random_;

  void count_values() {
    correlation_.values = {random_.pick(fields_.values)};
    if (fields_.values.size() > 1 && random_.percent(20)) correlation_.values = {fields_.values[0], fields_.values[1]};
  }

  void sum_field() {
    correlation_.risk = fields_.numbers.empty() || random_.percent(30);
    correlation_.values = correlation_.risk ? Strings{} : Strings{random_.pick(fields_.numbers)};
  }

  void sum_bound() {
    sum_field();
    const Strings limits = chained_ ? Strings{"4", "6", "7.5"} : Strings{"6", "10", "10.1", "17.5", "20"};
    correlation_.bounds = {{random_.percent(50) ? Op::gte : Op::gt, random_.pick(limits)}};
    if (random_.percent(15)) correlation_.bounds = {{Op::gte, "5"}, {Op::gt, random_.pick(limits)}};
  }

  // The names that are not negated, joined by `and`, or by `or` where that may be.
  Expr positive_part(const Strings& negated, bool either) {
    std::vector<Expr> names;
    for (const naive::Input& input : correlation_.inputs) {
      if (std::find(negated.begin(), negated.end(), input.name) == negated.end()) names.push_back(name(input.name));
    }
    random_.shuffle(names);
    if (!either || names.size() < 2 || random_.percent(50)) return join(Expr::all, names);
    if (names.size() == 2) return join(Expr::any, names);
    const Expr pair = join(random_.percent(50) ? Expr::any : Expr::all, {names[0], names[1]});
    return join(pair.kind == Expr::any ? Expr::all : Expr::any, {pair, join(Expr::all, {names.begin() + 2, names.end()})});
  }

  Expr metrics_condition() {
    const Expr n = name("n"), u = name("u"), d = name("d");
    const auto whole = [&](std::int64_t low, std::int64_t high) { return number(std::to_string(random_.between(low, high))); };
    const Expr many = compare(n, random_.percent(70) ? Op::gte : Op::gt, whole(chained_ ? 1 : 2, chained_ ? 2 : 3));
    const Expr ratio = compare(join(Expr::divide, {n, u}), random_.percent(50) ? Op::lte : Op::gt, number("1.5"));
    const Expr zero = compare(join(Expr::divide, {n, join(Expr::subtract, {u, number("1")})}), Op::gt, number("2"));
    const std::string seconds = std::to_string(std::max<Micros>(correlation_.window / 2 / kSecond, 1));
    const Expr quick = compare(name("span"), random_.percent(50) ? Op::lte : Op::lt, leaf(Expr::duration, seconds + "s"));
    const Expr spread = compare(join(Expr::subtract, {name("last"), name("first")}), Op::gte, number(seconds));
    std::vector<std::vector<Expr>> choices = {
        {many, compare(u, Op::gte, whole(1, 2))},  // monotone, as the next two
        {join(Expr::any, {compare(n, Op::gte, whole(2, 4)), compare(u, Op::gt, whole(1, 2))})},
        {many, compare(d, Op::gte, whole(1, 2))},
        {many, ratio},
        {many, zero},
        {many, join(Expr::negation, {zero})},
        {many, quick},
        {many, spread},
        {many, compare(u, Op::lt, whole(2, 3))},
        {compare(n, Op::eq, whole(1, 3)), compare(d, Op::neq, number("2"))},
        {compare(join(Expr::subtract, {n, join(Expr::multiply, {u, number("2")})}), Op::gte, number("0.5"))},
        {compare(join(Expr::add, {n, d}), Op::gt, whole(3, 5)), join(Expr::negation, {compare(u, Op::eq, number("1"))})},
    };
    if (!fields_.numbers.empty()) {
      choices.push_back({compare(name("b"), Op::gte, number("7.5")), compare(n, Op::lte, whole(3, 5))});
      choices.push_back({many, compare(join(Expr::divide, {name("b"), n}), Op::gte, number("4.05"))});
      choices.push_back({compare(name("b"), Op::gt, number("6.1"))});
    }
    return join(Expr::all, random_.pick(choices));
  }
};

bool only_rises(const Correlation& correlation, const Expr& condition) {
  if (condition.kind == Expr::all || condition.kind == Expr::any) {
    return std::all_of(condition.children.begin(), condition.children.end(),
                       [&](const Expr& child) { return only_rises(correlation, child); });
  }
  if (condition.kind != Expr::compare || condition.children[0].kind != Expr::name) return false;
  if (condition.op != Op::gt && condition.op != Op::gte) return false;
  return std::any_of(correlation.metrics.begin(), correlation.metrics.end(), [&](const Metric& metric) {
    return metric.name == condition.children[0].text && metric.kind != Metric::sum;
  });
}

}  // namespace

Type type_of(Flavour flavour, bool text, bool numbers, Random& random) {
  switch (flavour) {
    case Flavour::event_count:
      return Type::event_count;
    case Flavour::value_count:
      return Type::value_count;
    case Flavour::temporal:
    case Flavour::temporal_not:
      return Type::temporal;
    case Flavour::temporal_ordered:
    case Flavour::ordered_not:
      return Type::temporal_ordered;
    case Flavour::value_sum:
      return Type::value_sum;
    case Flavour::value_change:
      return Type::value_change;
    case Flavour::travel:
      return Type::travel;
    case Flavour::new_value:
      return Type::new_value;
    case Flavour::metrics:
      return Type::metrics;
    case Flavour::averages:
      return random.pick(std::vector<Type>{Type::value_avg, Type::value_percentile, Type::value_median});
    case Flavour::windows:
      break;
  }
  if (text || !numbers) return random.percent(70) ? Type::event_count : Type::value_count;
  return random.pick(std::vector<Type>{Type::event_count, Type::event_count, Type::value_count, Type::value_sum});
}

void add_condition(Correlation& correlation, Flavour flavour, const Fields& fields, bool chained, Random& random) {
  Conditions conditions(correlation, fields, chained, random);
  switch (flavour) {
    case Flavour::event_count:
    case Flavour::value_count:
    case Flavour::value_sum:
      return conditions.lower_bound();
    case Flavour::temporal:
      return conditions.temporal();
    case Flavour::temporal_ordered:
      return;
    case Flavour::value_change:
      return conditions.value_change();
    case Flavour::travel:
      return conditions.travel();
    case Flavour::new_value:
      return conditions.new_value();
    case Flavour::metrics:
      return conditions.metrics();
    case Flavour::windows:
      return conditions.window_bounds();
    case Flavour::averages:
      return conditions.average_bounds();
    case Flavour::temporal_not:
      return conditions.negation(false);
    case Flavour::ordered_not:
      return conditions.negation(true);
  }
}

bool refutable(const Correlation& correlation) {
  if (correlation.type == Type::new_value) return true;
  if (correlation.type != Type::metrics) return false;
  const bool until =
      std::any_of(correlation.inputs.begin(), correlation.inputs.end(), [](const auto& input) { return input.until; });
  return until || !only_rises(correlation, *correlation.condition);
}

}  // namespace vedette::oracle
