#include "rules/sigma/detection.h"

#include <fmt/format.h>

#include "rules/sigma/condition.h"

namespace vedette::rules {
namespace {

using yaml::Node;

void append_expr(std::string& out, const Expr& expr, const std::vector<Item>& items) {
  switch (expr.kind) {
    case ExprKind::item: {
      const std::string& text = items[expr.index].canonical;
      out += fmt::format("{}<{}>", text.size(), text);
      return;
    }
    case ExprKind::selection:
      out += fmt::format("s{}", expr.index);
      return;
    case ExprKind::all_of:
      out += "all(";
      break;
    case ExprKind::any_of:
      out += "any(";
      break;
    case ExprKind::negation:
      out += "not(";
      break;
  }
  for (const Expr& child : expr.children) {
    append_expr(out, child, items);
    out += ',';
  }
  out += ')';
}

class DetectionParser {
 public:
  DetectionParser(const DetectionContext& context, const DetectionPlace& place, Reporter& reporter)
      : context_(context), place_(place), reporter_(reporter) {}

  Detection parse(const Node& node) {
    if (!node.is_map()) {
      reporter_.at("V1003", node.where, fmt::format("`{}` must be a map", place_.block),
                   "give named selections and a `condition`");
      return std::move(detection_);
    }
    for (const auto& [key, value] : node.entries) {
      if (key.text == "condition" || key.text == "timeframe") continue;
      NamedSelection selection{key.text, key.where, parse_selection(value, key.text)};
      detection_.selections.push_back(std::move(selection));
    }
    parse_conditions(node);
    return std::move(detection_);
  }

 private:
  void parse_conditions(const Node& node) {
    const Node* condition = node.find("condition");
    const Node* timeframe = node.find("timeframe");
    if (condition == nullptr || condition->kind == yaml::NodeKind::null) {
      reporter_.at("V1002", condition == nullptr ? node.where : condition->where,
                   fmt::format("`{}` has no condition", place_.block),
                   fmt::format("add `condition: {}`", place_.block == "filter" ? "not selection" : "selection"));
      return;
    }
    const AggregationContext aggregation{place_.title, timeframe != nullptr ? timeframe->text : "", place_.block};
    std::vector<bool> used(detection_.selections.size(), false);
    std::vector<Expr> alternatives;
    bool aggregated = false;
    const auto one = [&](const Node& text) {
      if (!text.is_scalar()) {
        reporter_.at("V1003", text.where, "a condition must be text", "write `condition: selection and not filter`");
        return;
      }
      aggregated = aggregated || text.text.find('|') != std::string::npos;
      if (auto expr = parse_condition(text, detection_.selections, used, aggregation, reporter_))
        alternatives.push_back(std::move(*expr));
    };
    if (condition->is_sequence()) {
      if (condition->items.empty()) reporter_.at("V1010", condition->where, "the list of conditions is empty", "add a condition");
      for (const Node& item : condition->items) one(item);
    } else {
      one(*condition);
    }
    if (alternatives.size() == 1) {
      detection_.condition = std::move(alternatives.front());
    } else {
      detection_.condition = {ExprKind::any_of, 0, std::move(alternatives)};
    }
    if (timeframe != nullptr && !aggregated) {
      reporter_.at("V2006", timeframe->where, "`timeframe` has no effect without an aggregation",
                   "write a correlation document with `timespan`");
    }
    for (const LevelEntry& entry : place_.levels) {
      if (auto expr = parse_condition(*entry.condition, detection_.selections, used, aggregation, reporter_))
        detection_.levels.push_back({entry.level, std::move(*expr)});
    }
    warn_of_unused(used);
  }

  void warn_of_unused(const std::vector<bool>& used) {
    for (std::size_t i = 0; i < used.size(); ++i) {
      const NamedSelection& selection = detection_.selections[i];
      if (!used[i] && reporter_.errors() == 0) {
        reporter_.at("V2010", selection.where, fmt::format("`{}` is never used by the condition", selection.name),
                     "use it in the condition or remove it");
      }
    }
  }

  Expr item_expr(std::optional<Item> item) {
    if (!item) return {};
    detection_.items.push_back(std::move(*item));
    return {ExprKind::item, detection_.items.size() - 1, {}};
  }

  // Map = AND of items; list = OR of maps and keywords; a plain scalar is a keyword.
  Expr parse_selection(const Node& node, const std::string& name) {
    if (node.is_map()) return parse_map(node, name);
    if (node.is_scalar()) return item_expr(parse_keywords({&node}, reporter_));
    if (!node.is_sequence()) {
      reporter_.at("V1010", node.where, fmt::format("selection `{}` is empty", name), "give it fields or keywords");
      return {};
    }
    if (node.items.empty())
      reporter_.at("V1010", node.where, fmt::format("selection `{}` is empty", name), "give it fields or keywords");
    Expr out{ExprKind::any_of, 0, {}};
    std::vector<const Node*> keywords;
    for (const Node& item : node.items) {
      if (item.is_map()) {
        out.children.push_back(parse_map(item, name));
      } else if (item.is_sequence()) {
        reporter_.at("V1003", item.where, fmt::format("selection `{}` holds a list inside a list", name),
                     "a selection is a map, a list of maps or a list of keywords");
      } else {
        keywords.push_back(&item);
      }
    }
    if (!keywords.empty()) out.children.push_back(item_expr(parse_keywords(keywords, reporter_)));
    return out.children.size() == 1 ? Expr(std::move(out.children.front())) : out;
  }

  Expr parse_map(const Node& node, const std::string& name) {
    if (node.entries.empty())
      reporter_.at("V1010", node.where, fmt::format("selection `{}` is empty", name), "give it fields or keywords");
    Expr out{ExprKind::all_of, 0, {}};
    for (const auto& [key, value] : node.entries) out.children.push_back(item_expr(parse_item(key, value, context_, reporter_)));
    return out.children.size() == 1 ? Expr(std::move(out.children.front())) : out;
  }

  const DetectionContext& context_;
  const DetectionPlace& place_;
  Reporter& reporter_;
  Detection detection_;
};

}  // namespace

std::string Detection::canonical() const {
  std::string out;
  for (const NamedSelection& selection : selections) {
    out += fmt::format("{}=", selection.name);
    append_expr(out, selection.expr, items);
    out += '\n';
  }
  append_expr(out, condition, items);
  return out;
}

Detection parse_detection(const Node& node, const DetectionContext& context, const DetectionPlace& place, Reporter& reporter) {
  return DetectionParser(context, place, reporter).parse(node);
}

}  // namespace vedette::rules
