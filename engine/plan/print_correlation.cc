#include <fmt/format.h>

#include <algorithm>

#include "engine/plan/print.h"

namespace vedette::plan {
namespace {

void append_binding(std::string& out, const Binding& binding) {
  if (binding.inner_member >= 0) {
    out += fmt::format(" member:{}{}", binding.inner_member, binding.fold ? " folded" : "");
  } else if (binding.inner_export >= 0) {
    out += fmt::format(" export:{}{}", binding.inner_export, binding.fold ? " folded" : "");
  } else if (binding.column != kNone) {
    out += fmt::format(" column:{}", binding.column);
  } else if (binding.column_of_rule.empty()) {
    out += " none";
  } else {
    out += " trigger:";
    for (std::size_t rule = 0; rule < binding.column_of_rule.size(); ++rule) {
      if (binding.column_of_rule[rule] != kNone) out += fmt::format("({}:{})", rule, binding.column_of_rule[rule]);
    }
  }
}

void append_input(std::string& out, const Input& input) {
  out += fmt::format("    {} {} {} members",
                     input.until     ? "until"
                     : input.negated ? "not"
                                     : "input",
                     input.correlation ? "correlation" : "rule", input.index);
  for (const Binding& binding : input.members) append_binding(out, binding);
  if (!input.values.empty()) out += " values";
  for (const Binding& binding : input.values) append_binding(out, binding);
  out += '\n';
}

std::string bounds_text(const std::vector<Bound>& bounds) {
  std::string out;
  for (const Bound& bound : bounds) {
    out += fmt::format("{}{} {}", out.empty() ? "" : " and ", bound.differs ? "!=" : compare_name(bound.op), bound.number);
  }
  return out;
}

std::string_view symbol(ExprKind kind) {
  switch (kind) {
    case ExprKind::add:
      return " + ";
    case ExprKind::subtract:
      return " - ";
    case ExprKind::multiply:
      return " * ";
    case ExprKind::divide:
      return " / ";
    case ExprKind::lt:
      return " < ";
    case ExprKind::lte:
      return " <= ";
    case ExprKind::gt:
      return " > ";
    case ExprKind::gte:
      return " >= ";
    case ExprKind::eq:
      return " == ";
    case ExprKind::neq:
      return " != ";
    case ExprKind::all_of:
      return " and ";
    case ExprKind::any_of:
      return " or ";
    case ExprKind::number:
    case ExprKind::metric:
    case ExprKind::span:
    case ExprKind::first:
    case ExprKind::last:
    case ExprKind::negation:
    case ExprKind::present:
      break;
  }
  return "";
}

std::string node_text(const Expr& expr, std::uint32_t at) {
  const ExprNode& node = expr.nodes[at];
  switch (node.kind) {
    case ExprKind::number:
      return node.text;
    case ExprKind::metric:
      return fmt::format("metric:{}", node.index);
    case ExprKind::present:
      return fmt::format("input:{}", node.index);
    case ExprKind::span:
      return "span";
    case ExprKind::first:
      return "first";
    case ExprKind::last:
      return "last";
    case ExprKind::negation:
      return "not " + node_text(expr, node.children.front());
    default:
      break;
  }
  std::string out = "(";
  for (const std::uint32_t child : node.children) {
    if (out.size() > 1) out += symbol(node.kind);
    out += node_text(expr, child);
  }
  return out + ")";
}

std::string metric_text(const Metric& metric) {
  std::string out = metric.kind == MetricKind::count ? "count" : metric.kind == MetricKind::sum ? "sum" : "distinct";
  for (std::uint32_t i = 0; i < metric.values; ++i) out += fmt::format(" value:{}", metric.first_value + i);
  for (const std::uint32_t input : metric.inputs) out += fmt::format(" input:{}", input);
  return out;
}

std::string inputs_text(const std::vector<Input>& inputs, bool Input::*which) {
  std::string out;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (inputs[i].*which) out += fmt::format(" {}", i);
  }
  return out;
}

}  // namespace

std::string print_expr(const Expr& expr) { return expr.empty() ? std::string() : node_text(expr, expr.root); }

std::string print_meaning(const CorrelationPlan& correlation) {
  std::string out;
  const auto add = [&out](std::string_view name, const std::string& text) {
    if (!text.empty()) out += fmt::format("    {} {}\n", name, text);
  };
  if (correlation.decision == DecisionClass::waiting) {
    out += fmt::format("    waiting{}, settle {} us, max_hold {} us\n", correlation.settled ? " settled" : "", correlation.settle,
                       correlation.max_hold);
  } else if (correlation.decision != DecisionClass::monotone) {
    out += fmt::format("    {}\n", class_name(correlation.decision));
  }
  if (correlation.tumbling) out += "    tumbling\n";
  add("bounds", bounds_text(correlation.bounds));
  add("percentile", correlation.percentile);
  if (correlation.sum_risk) out += "    sum of risk\n";
  add("negated", inputs_text(correlation.inputs, &Input::negated));
  add("until", inputs_text(correlation.inputs, &Input::until));
  for (const Metric& metric : correlation.metrics) add("metric " + metric.name, metric_text(metric));
  add("condition", print_expr(correlation.condition));
  for (const LevelWhen& when : correlation.level_when)
    add(fmt::format("level {} when", level_name(when.level)), print_expr(when.condition));
  if (correlation.change_all) out += "    all differ\n";
  add("speed_kmh", bounds_text(correlation.speed_kmh));
  add("distance_km", bounds_text(correlation.distance_km));
  if (correlation.type == CorrelationType::new_value)
    out += fmt::format("    learn {} us, first {}\n", correlation.learn, correlation.fire_first ? "fires" : "ignored");
  if (correlation.by_values) out += "    by values\n";
  for (const Export& exported : correlation.exports) add("export", quoted(exported.name));
  return out;
}

std::string condition_text(const CorrelationPlan& correlation) {
  std::string out(type_name(correlation.type));
  if (!correlation.condition.text.empty()) {
    out += ": " + correlation.condition.text;
    std::replace(out.begin(), out.end(), '\n', ' ');
  } else if (correlation.type == CorrelationType::travel) {
    out += " speed_kmh " + bounds_text(correlation.speed_kmh);
    if (!correlation.distance_km.empty()) out += ", distance_km " + bounds_text(correlation.distance_km);
  } else if (!correlation.bounds.empty()) {
    if (correlation.type == CorrelationType::value_percentile) out += " " + correlation.percentile;
    out += " " + bounds_text(correlation.bounds);
  } else if (correlation.threshold > 0 && correlation.type != CorrelationType::temporal_ordered) {
    out += fmt::format(" >= {}", correlation.threshold);
  }
  return out;
}

void append_correlation(std::string& out, const CorrelationPlan& correlation, std::size_t index) {
  out += fmt::format("correlation {} {}\n", index, quoted(correlation.meta.label()));
  append_meta(out, correlation.meta);
  out += fmt::format("    {}{} in {} us, level {}, accept {} us, retention {} us{}{}{}\n", type_name(correlation.type),
                     correlation.threshold == 0 ? "" : fmt::format(" >= {}", correlation.threshold), correlation.window,
                     correlation.level, correlation.accept, correlation.retention, correlation.emits ? " emits" : "",
                     correlation.inner ? " inner" : "", correlation.across_tenants ? " across tenants" : "");
  out += "    group by";
  for (const std::string& member : correlation.members) out += " " + quoted(member);
  out += '\n';
  if (!correlation.value_names.empty()) {
    out += "    values";
    for (const std::string& name : correlation.value_names) out += " " + quoted(name);
    out += '\n';
  }
  for (const Input& input : correlation.inputs) append_input(out, input);
  out += print_meaning(correlation);
  for (const Export& exported : correlation.exports) {
    out += "    exported";
    for (const Binding& binding : exported.values) append_binding(out, binding);
    out += '\n';
  }
  append_title(out, correlation.title);
  append_suppress(out, correlation.suppress, true);
}

}  // namespace vedette::plan
