// Conditions of correlations with their names resolved: which inputs are negated and what is left of a temporal condition,
// and what metrics count.
#include <fmt/format.h>

#include <algorithm>
#include <functional>

#include "engine/base/suggest.h"
#include "rules/sigma/compiler.h"

namespace vedette::rules {
namespace {

using plan::CorrelationType;
using Kind = plan::ExprKind;

// Copies what stands below a node; `leaf` gives the index of a name's node.
std::uint32_t copy(const ExprDoc& from, std::uint32_t at, plan::Expr& to,
                   const std::function<std::uint32_t(std::uint32_t)>& leaf) {
  const ExprDocNode& node = from.nodes[at];
  plan::ExprNode made;
  made.kind = node.kind;
  if (node.kind == Kind::number) made.text = node.text;
  if (node.kind == Kind::metric || node.kind == Kind::present) made.index = leaf(at);
  for (const std::uint32_t child : node.children) made.children.push_back(copy(from, child, to, leaf));
  to.nodes.push_back(std::move(made));
  return static_cast<std::uint32_t>(to.nodes.size() - 1);
}

// The parts that `and` joins at the top.
void conjuncts(const ExprDoc& from, std::uint32_t at, std::vector<std::uint32_t>& out) {
  if (from.nodes[at].kind != Kind::all_of) return out.push_back(at);
  for (const std::uint32_t child : from.nodes[at].children) conjuncts(from, child, out);
}

plan::Expr metrics_expression(const ExprDoc& from, const std::vector<MetricDoc>& metrics) {
  plan::Expr out;
  out.text = from.text;
  out.root = copy(from, from.root, out, [&](std::uint32_t at) {
    const auto found =
        std::find_if(metrics.begin(), metrics.end(), [&](const MetricDoc& metric) { return metric.name == from.nodes[at].text; });
    return static_cast<std::uint32_t>(found - metrics.begin());
  });
  return out;
}

}  // namespace

void Compiler::make_condition(const CorrelationDoc& doc, const Linked& linked, plan::CorrelationPlan& out) {
  const bool temporal = doc.type == CorrelationType::temporal || doc.type == CorrelationType::temporal_ordered;
  if (doc.type == CorrelationType::metrics) {
    make_metrics(doc, linked, out);
  } else if (temporal && !doc.condition.empty()) {
    make_temporal(doc, linked, out);
  } else if (temporal) {
    out.threshold = doc.threshold.value_or(linked.listed);
    if (out.threshold > linked.listed) {
      error(linked.document, "V1207", doc.threshold_where,
            fmt::format("{} different rules can never occur: `rules` lists {}", out.threshold, linked.listed),
            "lower the bound or list more rules");
    }
  } else {
    out.threshold = doc.threshold.value_or(0);
  }
}

// Every name is one of `rules`, each of which is named exactly once. `input_of` is by node.
bool Compiler::check_names(const CorrelationDoc& doc, const Linked& linked, std::vector<std::uint32_t>& input_of) {
  std::vector<bool> named(linked.listed, false);
  std::vector<std::string> names;
  for (const RuleRef& ref : linked.refs) names.push_back(ref.text);
  bool good = true;
  const auto wrong = [&](std::string_view code, const Location& where, std::string message, std::string hint) {
    good = false;
    error(linked.document, code, where, std::move(message), std::move(hint));
  };
  input_of.assign(doc.condition.nodes.size(), plan::kNone);
  for (std::size_t at = 0; at < doc.condition.nodes.size(); ++at) {
    const ExprDocNode& node = doc.condition.nodes[at];
    if (node.kind != Kind::present) continue;
    std::uint32_t input = 0;
    while (input < linked.listed && !named_by(linked, input, node.text)) ++input;
    if (input == linked.listed) {
      wrong("V1223", node.where, fmt::format("`{}` is not one of `rules`", node.text),
            did_you_mean(node.text, names, "list it there, or name it as it is listed"));
    } else if (named[input]) {
      wrong("V1225", node.where, fmt::format("`{}` is named twice", node.text), "name every rule once");
    } else {
      named[input] = true;
      input_of[at] = input;
    }
  }
  for (std::size_t i = 0; i < linked.listed && good; ++i) {
    if (!named[i]) {
      wrong("V1225", doc.condition.where, fmt::format("the condition does not name `{}`", linked.refs[i].text),
            fmt::format("add `and {0}` or `and not {0}`, or take it out of `rules`", linked.refs[i].text));
    }
  }
  return good;
}

void Compiler::make_temporal(const CorrelationDoc& doc, const Linked& linked, plan::CorrelationPlan& out) {
  std::vector<std::uint32_t> input_of, parts, positive;
  if (!check_names(doc, linked, input_of)) return;
  const std::vector<ExprDocNode>& nodes = doc.condition.nodes;
  conjuncts(doc.condition, doc.condition.root, parts);
  for (const std::uint32_t part : parts) {
    const bool negated = nodes[part].kind == Kind::negation && nodes[nodes[part].children.front()].kind == Kind::present;
    if (negated) {
      out.inputs[input_of[nodes[part].children.front()]].negated = true;
    } else {
      positive.push_back(part);
    }
  }
  const bool ordered = doc.type == CorrelationType::temporal_ordered;
  for (std::size_t at = 0; at < nodes.size(); ++at) {
    const bool inside = nodes[at].kind == Kind::negation && (std::find(parts.begin(), parts.end(), at) == parts.end() ||
                                                             std::find(positive.begin(), positive.end(), at) != positive.end());
    if (inside) {
      error(linked.document, "V1226", nodes[at].where, "`not` stands before one name, joined to the rest by `and`",
            "write `not a and not b and c`; what must not occur cannot be part of an `or`");
    } else if (ordered && nodes[at].kind == Kind::any_of) {
      error(linked.document, "V1227", nodes[at].where, "temporal_ordered takes no `or`: its order is that of `rules`",
            "write two correlations, or use `temporal`");
    }
  }
  if (!documents_[linked.document].good) return;
  if (positive.empty()) {
    error(linked.document, "V1226", doc.condition.where, "nothing is left but what must not occur",
          "name at least one rule that must occur");
    return;
  }
  if (ordered) {
    out.threshold = positive.size();
    return;
  }
  plan::Expr& made = out.condition;
  made.text = doc.condition.text;
  std::vector<std::uint32_t> roots;
  for (const std::uint32_t part : positive)
    roots.push_back(copy(doc.condition, part, made, [&](std::uint32_t at) { return input_of[at]; }));
  if (roots.size() > 1) made.nodes.push_back({Kind::all_of, {}, plan::kNone, std::move(roots)});
  made.root = static_cast<std::uint32_t>(made.nodes.size() - 1);
}

void Compiler::make_metrics(const CorrelationDoc& doc, const Linked& linked, plan::CorrelationPlan& out) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < linked.listed; ++i) names.push_back(linked.refs[i].text);
  std::uint32_t first_value = 0;
  for (const MetricDoc& metric : doc.metrics) {
    plan::Metric made{metric.name, metric.kind, {}, first_value, static_cast<std::uint32_t>(metric.fields.size())};
    first_value += made.values;
    std::set<std::uint32_t> inputs;
    for (const RuleRef& ref : metric.of) {
      std::uint32_t input = 0;
      while (input < linked.listed && !named_by(linked, input, ref.text)) ++input;
      if (input < linked.listed) {
        inputs.insert(input);
      } else {
        error(linked.document, "V1223", ref.where, fmt::format("`{}` is not one of `rules`", ref.text),
              did_you_mean(ref.text, names, "list it there, or name it as it is listed"));
      }
    }
    for (std::uint32_t i = 0; i < linked.listed && metric.of.empty(); ++i) inputs.insert(i);
    made.inputs.assign(inputs.begin(), inputs.end());
    out.metrics.push_back(std::move(made));
  }
  out.condition = metrics_expression(doc.condition, doc.metrics);
  for (const LevelWhenDoc& entry : doc.level_when)
    out.level_when.push_back({entry.level, metrics_expression(entry.condition, doc.metrics)});
}

}  // namespace vedette::rules
