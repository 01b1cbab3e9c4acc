#include "tests/oracle/gen/yaml.h"

#include <algorithm>

namespace vedette::oracle {
namespace {

using naive::Bound;
using naive::Correlation;
using naive::Expr;
using naive::kHour;
using naive::kMinute;
using naive::kSecond;
using naive::Metric;
using naive::Micros;
using naive::Op;
using naive::Type;

std::string duration(Micros us) {
  if (us % kHour == 0 && us != 0) return std::to_string(us / kHour) + "h";
  if (us % kMinute == 0 && us != 0) return std::to_string(us / kMinute) + "m";
  return std::to_string(us / kSecond) + "s";
}

std::string field_text(const naive::FieldRef& field) {
  std::string text = field.path;
  for (const std::string& transform : field.transforms) text += "|" + transform;
  return text;
}

std::string list_of(const std::vector<std::string>& items) {
  std::string text = "[";
  for (std::size_t i = 0; i < items.size(); ++i) text += (i == 0 ? "'" : ", '") + items[i] + "'";
  return text + "]";
}

std::string one_or_list(const std::vector<std::string>& items) { return items.size() == 1 ? items[0] : list_of(items); }

std::string suppress_yaml(const naive::Suppress& suppress) {
  std::string text;
  if (suppress.period) text = "for: " + duration(*suppress.period);
  if (suppress.by) text += (text.empty() ? "by: " : ", by: ") + list_of(*suppress.by);
  return text.empty() ? "" : "suppress: {" + text + "}\n";
}

std::string rule_yaml(const naive::Rule& rule, const std::vector<std::string>& kinds) {
  return "title: " + rule.name + "\nid: " + rule.id + "\nname: " + rule.name +
         "\nstatus: test\nlevel: low\nlogsource: {product: oracle" + (rule.source.empty() ? "" : ", service: " + rule.source) +
         "}\n" + (rule.risk ? "risk: " + std::to_string(*rule.risk) + "\n" : "") +
         "detection:\n  selection:\n    kind: " + list_of(kinds) + "\n  condition: selection\n" + suppress_yaml(rule.suppress);
}

std::string op_name(Op op) {
  const std::vector<std::string> names = {"gt", "gte", "lt", "lte", "eq", "neq"};
  return names[static_cast<std::size_t>(op)];
}

std::string bounds_of(const std::vector<Bound>& bounds) {
  std::string text;
  for (const Bound& bound : bounds) text += (text.empty() ? "" : ", ") + op_name(bound.op) + ": " + bound.number;
  return text;
}

std::string symbol_of(const Expr& expr) {
  switch (expr.kind) {
    case Expr::all:
      return " and ";
    case Expr::any:
      return " or ";
    case Expr::add:
      return " + ";
    case Expr::subtract:
      return " - ";
    case Expr::multiply:
      return " * ";
    case Expr::divide:
      return " / ";
    default: {
      const std::vector<std::string> symbols = {" > ", " >= ", " < ", " <= ", " == ", " != "};
      return symbols[static_cast<std::size_t>(expr.op)];
    }
  }
}

// Every operand that is no name or number in parentheses.
std::string operand(const Expr& expr) {
  const bool plain = expr.kind == Expr::name || expr.kind == Expr::number || expr.kind == Expr::duration;
  return plain ? text_of(expr) : "(" + text_of(expr) + ")";
}

std::string condition_yaml(const Correlation& correlation) {
  if (correlation.condition) return "  condition: " + text_of(*correlation.condition) + "\n";
  std::vector<std::string> parts;
  if (correlation.type == Type::travel) {
    parts.push_back("speed_kmh: {" + bounds_of(correlation.speed) + "}");
    if (!correlation.distance.empty()) parts.push_back("distance_km: {" + bounds_of(correlation.distance) + "}");
  } else if (correlation.risk) {
    parts.push_back("field: risk");
  } else if (!correlation.values.empty()) {
    parts.push_back("field: " + one_or_list(correlation.values));
  }
  if (!correlation.bounds.empty()) parts.push_back(bounds_of(correlation.bounds));
  if (!correlation.percentile.empty()) parts.push_back("percentile: " + correlation.percentile);
  if (correlation.change_all) parts.push_back("all: true");
  std::string text;
  for (const std::string& part : parts) text += (text.empty() ? "" : ", ") + part;
  return text.empty() ? "" : "  condition: {" + text + "}\n";
}

std::string metric_yaml(const Metric& metric) {
  switch (metric.kind) {
    case Metric::count:
      return metric.rules.empty() ? "count" : "{count: " + one_or_list(metric.rules) + "}";
    case Metric::distinct:
      return "{distinct: " + one_or_list(metric.fields) + (metric.rules.empty() ? "" : ", of: " + metric.rules[0]) + "}";
    case Metric::sum:
      return "{sum: " + metric.fields[0] + "}";
  }
  return "";
}

// group-by and, where an input has another name for a member, aliases.
std::string members_yaml(const Correlation& correlation) {
  if (correlation.group_by.empty()) return "";
  std::vector<std::string> names;
  std::string aliases;
  for (const naive::Member& member : correlation.group_by) {
    if (member.name != "who") {
      names.push_back(field_text(member.fields[0]));
      continue;
    }
    names.push_back(member.name);
    aliases += "    " + member.name + ":\n";
    for (std::size_t i = 0; i < correlation.inputs.size(); ++i) {
      aliases += "      " + correlation.inputs[i].name + ": '" + field_text(member.fields[i]) + "'\n";
    }
  }
  return "  group-by: " + list_of(names) + "\n" + (aliases.empty() ? "" : "  aliases:\n" + aliases);
}

std::string extensions_yaml(const Correlation& correlation) {
  std::string text;
  if (correlation.type == Type::travel) text += "  field: " + correlation.values[0] + "\n";
  if (!correlation.metrics.empty()) text += "  values:\n";
  for (const Metric& metric : correlation.metrics) text += "    " + metric.name + ": " + metric_yaml(metric) + "\n";
  if (correlation.learn > 0) text += "  learn: " + duration(correlation.learn) + "\n";
  if (correlation.fire_first) text += "  first: fire\n";
  if (correlation.settled) text += "  decide: settled\n";
  if (correlation.settle) text += "  settle: " + duration(*correlation.settle) + "\n";
  if (correlation.max_hold) text += "  max_hold: " + duration(*correlation.max_hold) + "\n";
  return text;
}

std::string correlation_yaml(const Correlation& correlation) {
  std::vector<std::string> names, until;
  for (const naive::Input& input : correlation.inputs) (input.until ? until : names).push_back(input.name);
  return "title: " + correlation.name + "\nid: " + correlation.id + "\nname: " + correlation.name + "\nlevel: high\n" +
         (correlation.points ? "risk: " + std::to_string(*correlation.points) + "\n" : "") +
         "correlation:\n  type: " + name_of(correlation.type) + "\n  rules: " + list_of(names) + "\n" +
         (until.empty() ? "" : "  until: " + list_of(until) + "\n") + members_yaml(correlation) +
         "  timespan: " + duration(correlation.window) + "\n" + extensions_yaml(correlation) + condition_yaml(correlation) +
         (correlation.generate ? "  generate: true\n" : "") + (correlation.across_tenants ? "  across: tenants\n" : "") +
         suppress_yaml(correlation.suppress);
}

}  // namespace

std::string text_of(const Expr& condition) {
  if (condition.children.empty()) return condition.text;
  if (condition.kind == Expr::negation) return "not " + operand(condition.children[0]);
  std::string text;
  for (const Expr& child : condition.children) text += (text.empty() ? "" : symbol_of(condition)) + operand(child);
  return text;
}

std::string name_of(Type type) {
  const std::vector<std::string> names = {"event_count", "value_count",  "temporal",         "temporal_ordered",
                                          "value_sum",   "value_avg",    "value_percentile", "value_median",
                                          "new_value",   "value_change", "travel",           "metrics"};
  return names[static_cast<std::size_t>(type)];
}

std::string to_yaml(const RuleSet& set) {
  std::string yaml;
  for (const naive::Rule& rule : set.rules.rules)
    yaml += (yaml.empty() ? "" : "---\n") + rule_yaml(rule, set.kinds_of.at(rule.name));
  for (const Correlation& correlation : set.rules.correlations) yaml += "---\n" + correlation_yaml(correlation);
  return yaml;
}

}  // namespace vedette::oracle
