// The condition of a correlation: operators and their numbers, fields, conditions over rule names.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>

#include "engine/base/exact.h"
#include "engine/base/suggest.h"
#include "rules/sigma/correlation_parser.h"
#include "rules/sigma/sigma_string.h"

namespace vedette::rules {
namespace {

using plan::CompareOp;
using plan::CorrelationType;
using yaml::Node;
using yaml::NodeKind;

constexpr std::uint64_t kMaxThreshold = 1'000'000'000;

struct NamedOperator {
  std::string_view name;
  CompareOp op;
  bool differs;
};
constexpr std::array<NamedOperator, 6> kOperators = {{{"gte", CompareOp::gte, false},
                                                      {"gt", CompareOp::gt, false},
                                                      {"lte", CompareOp::lte, false},
                                                      {"lt", CompareOp::lt, false},
                                                      {"eq", CompareOp::eq, false},
                                                      {"neq", CompareOp::eq, true}}};

bool is_lower(const plan::Bound& bound) { return bound.op == CompareOp::gt || bound.op == CompareOp::gte; }

bool holds(const plan::Bound& bound, Exact value) {
  const Exact number = *parse_exact(bound.number);
  switch (bound.op) {
    case CompareOp::lt:
      return value < number;
    case CompareOp::lte:
      return value <= number;
    case CompareOp::gt:
      return value > number;
    case CompareOp::gte:
      return value >= number;
    case CompareOp::eq:
      return (value == number) != bound.differs;
  }
  return false;
}

// Values around every number of the bounds, of those that can occur: between two of them no bound changes.
std::vector<Exact> samples(const std::vector<plan::Bound>& bounds, Exact least, Exact step) {
  std::vector<Exact> out = {least};
  for (const plan::Bound& bound : bounds) {
    const Exact number = *parse_exact(bound.number);
    const Exact whole = number - number % step;
    for (const Exact value : {whole - step, whole, whole + step}) {
      if (value >= least) out.push_back(value);
    }
  }
  return out;
}

// The least integer at or (exclusive) above the number, 0 for negative ones; none beyond kMaxThreshold. Exact: the
// number is the text of decimal_text().
std::optional<std::uint64_t> least_integer(std::string_view number, bool exclusive) {
  constexpr int kMaxExponent = 100;
  const bool negative = number.starts_with('-');
  if (negative) number.remove_prefix(1);
  const std::size_t e = std::min(number.find_first_of("eE"), number.size());
  int exponent = 0;
  if (e < number.size()) {
    std::string_view text = number.substr(e + 1);
    if (text.starts_with('+')) text.remove_prefix(1);
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), exponent);
    if (error != std::errc() || exponent > kMaxExponent || exponent < -kMaxExponent) return std::nullopt;
  }
  const std::string_view mantissa = number.substr(0, e);
  const std::size_t point = std::min(mantissa.find('.'), mantissa.size());
  std::string digits(static_cast<std::size_t>(kMaxExponent), '0');
  digits += mantissa.substr(0, point);
  if (point < mantissa.size()) digits += mantissa.substr(point + 1);
  const auto whole = static_cast<std::size_t>(kMaxExponent + static_cast<int>(point) + exponent);
  digits.resize(std::max(digits.size(), whole), '0');
  std::uint64_t integer = 0;
  for (const char c : std::string_view(digits).substr(0, whole)) {
    integer = integer * 10 + static_cast<std::uint64_t>(c - '0');
    if (integer > kMaxThreshold) return negative ? std::optional<std::uint64_t>(0) : std::nullopt;
  }
  const bool fraction = digits.find_first_not_of('0', whole) != std::string::npos;
  if (negative && (integer > 0 || fraction)) return 0;
  if (integer == kMaxThreshold && fraction) return std::nullopt;
  return integer + (exclusive || fraction ? 1 : 0);
}

}  // namespace

bool CorrelationParser::is(std::initializer_list<CorrelationType> types) const {
  return std::find(types.begin(), types.end(), out_.type) != types.end();
}

void CorrelationParser::parse_condition() {
  if (out_.type == Type::metrics) return;  // after `values`
  parse_fields();
  const Node* node = body_.find("condition");
  if (node == nullptr || node->kind == NodeKind::null) return missing_condition(node);
  const bool temporal = is({Type::temporal, Type::temporal_ordered});
  if (node->is_scalar() && temporal &&
      std::any_of(node->text.begin(), node->text.end(), [](unsigned char c) { return std::isalpha(c) != 0; }) &&
      node->text.find_first_of("<>=") == std::string::npos) {
    return parse_text_condition(*node);
  }
  if (!node->is_map() || node->entries.empty()) {
    reporter_.at("V1207", node->where, "the condition must be a map", "for example `condition: {gte: 10}`");
  } else if (out_.type == Type::temporal_ordered) {
    reporter_.at("V1209", node->entries.front().first.where,
                 "temporal_ordered takes no numeric condition: every rule must occur, in order", "remove the condition");
  } else {
    for (const auto& [key, value] : node->entries) parse_entry(key, value);
    finish_bounds(*node);
  }
}

void CorrelationParser::missing_condition(const Node* node) {
  if (is({Type::temporal, Type::temporal_ordered, Type::new_value, Type::value_change})) return;
  const char* example = out_.type == Type::event_count ? "for example `condition: {gte: 10}`"
                        : out_.type == Type::travel ? "for example `condition: {speed_kmh: {gte: 900}, distance_km: {gte: 300}}`"
                                                    : "for example `condition: {field: user.name, gte: 10}`";
  reporter_.at("V1206", node != nullptr ? node->where : body_.where,
               fmt::format("{} needs a condition", plan::type_name(out_.type)), example);
}

void CorrelationParser::parse_text_condition(const Node& node) {
  if (auto parsed = parse_expression(node, ExprOver::rules, reporter_)) out_.condition = std::move(*parsed);
}

void CorrelationParser::parse_entry(const Node& key, const Node& value) {
  const bool bounded = !is({Type::new_value, Type::value_change, Type::travel});
  if (key.text == "field" || (key.text == "percentile" && out_.type == Type::value_percentile)) return;
  if (out_.type == Type::value_change && key.text == "all") return parse_all(value);
  if (out_.type == Type::travel && key.text == "speed_kmh") return parse_travel(key, value, out_.speed_kmh);
  if (out_.type == Type::travel && key.text == "distance_km") return parse_travel(key, value, out_.distance_km);
  bounded_ = true;
  if (const auto bound = bounded ? bound_of(key, value) : std::nullopt) {
    if (out_.type == Type::temporal && !is_lower(*bound)) {
      reporter_.at("V1207", key.where, fmt::format("`{}` has no meaning for temporal", key.text),
                   "it takes gt and gte; say what must not occur with a text: `condition: a and not b`");
    } else {
      operators_.push_back({*bound, &value});
    }
    return;
  }
  if (bounded && std::any_of(kOperators.begin(), kOperators.end(), [&](const auto& entry) { return entry.name == key.text; }))
    return;
  static constexpr std::array<std::string_view, 8> kBounded = {"gte", "gt", "lte", "lt", "eq", "neq", "field", "percentile"};
  static constexpr std::array<std::string_view, 4> kOther = {"field", "all", "speed_kmh", "distance_km"};
  const std::string keys = out_.type == Type::new_value      ? "the only key is field"
                           : out_.type == Type::value_change ? "the keys are field, all"
                                                             : "the keys are field, speed_kmh, distance_km";
  reporter_.at("V1207", key.where, fmt::format("unknown key `{}` in the condition", key.text),
               bounded ? did_you_mean(key.text, kBounded, "the operators are gt, gte, lt, lte, eq, neq")
                       : did_you_mean(key.text, kOther, keys));
}

// Nothing when the key is no operator, or its number was reported.
std::optional<plan::Bound> CorrelationParser::bound_of(const Node& key, const Node& value) {
  const auto found =
      std::find_if(kOperators.begin(), kOperators.end(), [&](const NamedOperator& entry) { return entry.name == key.text; });
  if (found == kOperators.end()) return std::nullopt;
  const auto number = value.is_scalar() ? decimal_text(value.text) : Result<std::string>(Error{"not a scalar"});
  if (!number) {
    reporter_.at("V1207", value.where,
                 value.is_scalar() ? fmt::format("`{}` is not a usable number", value.text)
                                   : fmt::format("`{}` takes one number, not a list or a map", key.text),
                 "write a plain number up to 1000000000");
    return std::nullopt;
  }
  return plan::Bound{found->op, found->differs, *number};
}

// Lower bounds of counts.
void CorrelationParser::check_least(const Operator& entry) {
  const Node& value = *entry.value;
  const auto least = least_integer(entry.bound.number, entry.bound.op == CompareOp::gt);
  if (!least) {
    reporter_.at("V1207", value.where, fmt::format("`{}` is not a usable number", value.text),
                 "write a plain number up to 1000000000");
  } else if (*least < 1) {
    reporter_.at("V1207", value.where, "this bound always holds", "a lower bound starts at `gte: 1`");
  } else if (!out_.threshold || *least > *out_.threshold) {
    out_.threshold = *least;
    out_.threshold_where = value.where;
  }
}

void CorrelationParser::finish_bounds(const Node& node) {
  if (is({Type::new_value, Type::value_change})) return;
  if (out_.type == Type::travel) {
    if (node.find("speed_kmh") == nullptr)
      reporter_.at("V1235", node.where, "travel needs a speed", "for example `speed_kmh: {gte: 900}`");
    return;
  }
  if (!bounded_) reporter_.at("V1206", node.where, "the condition has no bound", "for example `gte: 10`");
  const bool counts = is({Type::event_count, Type::value_count, Type::temporal});
  const bool lower =
      std::all_of(operators_.begin(), operators_.end(), [](const Operator& entry) { return is_lower(entry.bound); });
  if (counts) {
    for (const Operator& entry : operators_) {
      if (is_lower(entry.bound)) check_least(entry);
    }
    if (lower) return;
    out_.threshold.reset();
  }
  out_.tumbling = !lower || out_.type != Type::value_sum;
  exact_bounds();
  if (out_.bounds.size() == operators_.size() && !out_.bounds.empty()) check_satisfiable(node);
}

// Bounds in canonical decimals.
void CorrelationParser::exact_bounds() {
  for (const Operator& entry : operators_) {
    const auto number = parse_exact(entry.bound.number);
    if (!number) {
      reporter_.at("V1207", entry.value->where, fmt::format("`{}` is not a usable number", entry.value->text),
                   "at most 17 digits and 18 decimals");
      continue;
    }
    out_.bounds.push_back({entry.bound.op, entry.bound.differs, exact_text(*number)});
  }
}

// Counts are whole and at least 1 where anything occurs, sums are never negative.
void CorrelationParser::check_satisfiable(const Node& node) {
  const bool counts = is({Type::event_count, Type::value_count});
  const Exact far = -kExactOne * 1'000'000'000'000'000'000;  // below every number that parses
  const std::vector<Exact> values = samples(out_.bounds,
                                            counts                         ? kExactOne
                                            : out_.type == Type::value_sum ? 0
                                                                           : far,
                                            counts ? kExactOne : 1);
  const auto all_hold = [this](Exact value) {
    return std::all_of(out_.bounds.begin(), out_.bounds.end(), [value](const plan::Bound& bound) { return holds(bound, value); });
  };
  if (std::none_of(values.begin(), values.end(), all_hold)) {
    reporter_.at("V1207", node.where, "this condition can never hold",
                 !counts ? "widen the bounds"
                 : all_hold(0)
                     ? "a window without events is never judged; for absence use `condition: a and not b` of a temporal type"
                     : "widen the bounds: no whole number satisfies them all");
  } else if (std::all_of(values.begin(), values.end(), all_hold)) {
    reporter_.at("V1207", node.where, "this condition always holds", "narrow the bounds");
  }
}

void CorrelationParser::parse_fields() {
  const Node* condition = body_.find("condition");
  const Node* inside = condition != nullptr && condition->is_map() ? condition->find("field") : nullptr;
  const Node* outside = body_.find("field");
  const bool takes = is({Type::value_count, Type::value_sum, Type::value_avg, Type::value_percentile, Type::value_median,
                         Type::new_value, Type::value_change, Type::travel});
  if (!takes) {
    const auto refuse = [this](std::string_view code, const Location& where) {
      reporter_.at(code, where, fmt::format("`field` has no meaning for {}", plan::type_name(out_.type)),
                   "value_count counts the values of a field");
    };
    if (inside != nullptr) {
      for (const auto& [key, value] : condition->entries) {
        if (key.text == "field") refuse("V1207", key.where);
      }
    }
    if (outside != nullptr) refuse("V1220", key_place("field"));
  } else if (inside != nullptr && outside != nullptr) {
    reporter_.at("V1208", outside->where, "`field` is given twice, in the condition and beside it", "keep one of them");
  } else if (const Node* value = inside != nullptr ? inside : outside) {
    parse_field(*value);
  } else if (condition != nullptr || is({Type::new_value, Type::value_change, Type::travel})) {
    reporter_.at("V1208", condition != nullptr ? condition->where : body_.where,
                 fmt::format("{} has no field{}", plan::type_name(out_.type), out_.type == Type::value_count ? " to count" : ""),
                 is({Type::new_value, Type::value_change}) ? "add `condition: {field: ...}`"
                 : out_.type == Type::travel               ? "add for example `field: client.geographicalContext.geolocation`"
                                                           : "add `field:` beside the bound");
  }
  (void)of_types("percentile", {Type::value_percentile});
  if (out_.type == Type::value_percentile) parse_percentile();
  if (out_.type == Type::value_median) out_.percentile = "50";
}

void CorrelationParser::parse_field(const Node& value) {
  const bool many = is({Type::value_count, Type::new_value, Type::value_change});
  if (value.is_sequence() && (value.items.empty() || (!many && value.items.size() > 1))) {
    reporter_.at(
        "V1208", value.where,
        value.items.empty() ? "`field` must name a field" : fmt::format("{} reads one field", plan::type_name(out_.type)),
        "for example `field: target.displayName`");
    return;
  }
  for (const Node* item : list_of(value)) {
    if (item->is_scalar() && !item->text.empty()) {
      MemberDoc member = member_of(*item);
      if (check_member(*item, member)) out_.values.push_back(std::move(member));
    } else {
      reporter_.at("V1208", item->where, "`field` must name a field", "for example `field: target.displayName`");
    }
  }
  const bool alias = std::any_of(out_.aliases.begin(), out_.aliases.end(), [](const AliasDoc& a) { return a.name == "risk"; });
  out_.sum_risk = out_.type == Type::value_sum && !alias && out_.values.size() == 1 && out_.values.front().text == "risk";
}

void CorrelationParser::parse_percentile() {
  const Node* condition = body_.find("condition");
  const Node* inside = condition != nullptr && condition->is_map() ? condition->find("percentile") : nullptr;
  const Node* node = inside != nullptr ? inside : body_.find("percentile");
  if (node == nullptr) {
    reporter_.at("V1221", condition != nullptr ? condition->where : body_.where, "value_percentile needs a percentile",
                 "for example `condition: {field: duration, percentile: 95, gte: 10}`");
    return;
  }
  const auto text = node->is_scalar() ? decimal_text(node->text) : Result<std::string>(Error{"not a scalar"});
  const auto number = text ? parse_exact(*text) : std::nullopt;
  if (!number || *number <= 0 || *number > 100 * kExactOne) {
    reporter_.at("V1221", node->where, fmt::format("`{}` is not a percentile", node->text),
                 "a number above 0 and at most 100, for example 95 or 99.9");
    return;
  }
  out_.percentile = exact_text(*number);
}

void CorrelationParser::parse_all(const Node& value) {
  if (!value.is_scalar() || (value.text != "true" && value.text != "false"))
    reporter_.at("V1207", value.where, "`all` must be true or false", "with `all: true` every field must differ");
  out_.change_all = value.text == "true";
}

void CorrelationParser::parse_travel(const Node& key, const Node& value, std::vector<plan::Bound>& out) {
  const std::string example = fmt::format("for example `{}: {{gte: {}}}`", key.text, key.text == "speed_kmh" ? 900 : 300);
  if (!value.is_map() || value.entries.empty()) {
    reporter_.at("V1235", value.where, fmt::format("`{}` must be a lower bound", key.text), example);
    return;
  }
  for (const auto& [name, number] : value.entries) {
    const auto text = number.is_scalar() ? decimal_text(number.text) : Result<std::string>(Error{"not a scalar"});
    const auto exact = text ? parse_exact(*text) : std::nullopt;
    if (name.text != "gt" && name.text != "gte") {
      reporter_.at("V1235", name.where, fmt::format("`{}` has no meaning for `{}`", name.text, key.text),
                   "it takes gt and gte; " + example);
    } else if (!exact || *exact < 0) {
      reporter_.at("V1235", number.where,
                   fmt::format("`{}` is not a {}", number.text, key.text == "speed_kmh" ? "speed" : "distance"),
                   "a number, at least 0; " + example);
    } else {
      out.push_back({name.text == "gt" ? CompareOp::gt : CompareOp::gte, false, exact_text(*exact)});
    }
  }
}

}  // namespace vedette::rules
