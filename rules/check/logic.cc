// Lints over the condition of a rule and the selections it joins.
#include "rules/check/logic.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "engine/base/fold.h"
#include "rules/sigma/condition.h"
#include "rules/sigma/sigma_string.h"
#include "rules/yaml/edit.h"

namespace vedette::rules {
namespace {

using yaml::Node;

// The condition over selections, without the selections' own contents.
struct ParsedCondition {
  std::vector<NamedSelection> selections;
  std::vector<const Node*> values;  // of the selections
  std::optional<Expr> expr;
};

ParsedCondition parse_once(const DocumentView& document) {
  ParsedCondition out;
  for (const auto& [key, value] : document.body.entries) {
    if (key.text == "condition" || key.text == "timeframe") continue;
    out.selections.push_back({key.text, key.where, {}});
    out.values.push_back(&value);
  }
  const Node* condition = document.body.find("condition");
  if (condition == nullptr || !condition->is_scalar()) return out;
  Diagnostics ignored;
  Reporter quiet(document.file, ignored);
  std::vector<bool> used(out.selections.size(), false);
  out.expr = parse_condition(*condition, out.selections, used, {}, quiet);
  return out;
}

// Selections that must all be true.
void conjuncts(const Expr& expr, std::vector<std::size_t>& out) {
  if (expr.kind == ExprKind::selection) out.push_back(expr.index);
  if (expr.kind != ExprKind::all_of && !(expr.kind == ExprKind::any_of && expr.children.size() == 1)) return;
  for (const Expr& child : expr.children) conjuncts(child, out);
}

// Fields with one value an event, so that two different ones exclude each other.
bool has_one_value(std::string_view field) {
  static constexpr std::array<std::string_view, 9> kFields = {"eventtype",         "outcome.result", "actor.id",
                                                              "actor.alternateid", "uuid",           "eventname",
                                                              "eventsource",       "eventid",        "event.outcome"};
  const std::string name = folded(field);
  return std::find(kFields.begin(), kFields.end(), name) != kFields.end();
}

struct Wanted {
  std::set<std::string> values;
  const Node* key = nullptr;
};

// The values that an item compares a field of one value with; empty when it does anything else.
std::set<std::string> values_of(const Node& key, const Node& value) {
  std::set<std::string> out;
  if (key.text.find('|') != std::string::npos) return out;
  const auto add = [&](const Node& scalar) {
    if (!scalar.is_scalar() || has_wildcards(parse_sigma_string(scalar.text))) return false;
    out.insert(folded(scalar.text));
    return true;
  };
  if (!value.is_sequence()) return add(value) ? out : std::set<std::string>();
  for (const Node& item : value.items) {
    if (!add(item)) return {};
  }
  return out;
}

std::string listed(const std::set<std::string>& values) {
  return values.size() == 1 ? fmt::format("`{}`", *values.begin())
                            : fmt::format("`{}` and {} more", *values.begin(), values.size() - 1);
}

bool all_negated(const Expr& expr) {
  switch (expr.kind) {
    case ExprKind::item:
    case ExprKind::selection:
      return false;
    case ExprKind::negation:
      return true;
    case ExprKind::any_of:
      return std::any_of(expr.children.begin(), expr.children.end(), all_negated);
    case ExprKind::all_of:
      return std::all_of(expr.children.begin(), expr.children.end(), all_negated);
  }
  return false;
}

}  // namespace

void contradiction(const DocumentView& document, Sink& sink) {
  if (document.type != DocumentType::rule) return;
  const ParsedCondition parsed = parse_once(document);
  if (!parsed.expr) return;
  std::vector<std::size_t> together;
  conjuncts(*parsed.expr, together);
  std::map<std::string, Wanted> wanted;
  for (const std::size_t index : together) {
    if (!parsed.values[index]->is_map()) continue;
    for (const auto& [key, value] : parsed.values[index]->entries) {
      if (!has_one_value(key.text)) continue;
      std::set<std::string> values = values_of(key, value);
      if (values.empty()) continue;
      const auto [found, added] = wanted.try_emplace(folded(key.text), Wanted{values, &key});
      if (added) continue;
      std::set<std::string> common;
      std::set_intersection(values.begin(), values.end(), found->second.values.begin(), found->second.values.end(),
                            std::inserter(common, common.begin()));
      if (common.empty() && found->second.key != &key) {
        sink.at(key.where,
                fmt::format("this can never be true together with line {}: `{}` is {} there", found->second.key->where.line,
                            key.text, listed(found->second.values)),
                "an event has one value of this field; join the selections with `or`, or put the values in one list");
        return;
      }
      found->second.values = std::move(common);
    }
  }
}

void quantifier_of_one(const DocumentView& document, Sink& sink) {
  const Node* condition = document.body.find("condition");
  if (condition == nullptr || !condition->is_scalar() || document.type == DocumentType::correlation) return;
  std::vector<std::string_view> names;
  for (const auto& [key, value] : document.body.entries) {
    const bool other =
        key.text == "condition" || key.text == "timeframe" || (document.type == DocumentType::filter && key.text == "rules");
    if (!other && !key.text.starts_with('_')) names.push_back(key.text);
  }
  if (names.size() != 1) return;
  for (const std::string_view words : {"1 of them", "any of them", "all of them"}) {
    const std::size_t at = condition->text.find(words);
    if (at == std::string::npos) continue;
    sink.inside(*condition, at, words.size(), fmt::format("`them` is only `{}`", names.front()),
                fmt::format("write `{}`", names.front()),
                fix_of(fmt::format("write `{}`", names.front()),
                       yaml::replace_part(document.file, *condition, at, words.size(), names.front())));
  }
}

void only_negation(const DocumentView& document, Sink& sink) {
  if (document.type != DocumentType::rule) return;
  const ParsedCondition parsed = parse_once(document);
  if (!parsed.expr || !all_negated(*parsed.expr)) return;
  const Node& condition = *document.body.find("condition");
  sink.at(condition.where, "the condition only excludes: whatever else happens matches",
          "begin with what to look for: `selection and not filter`");
}

void only_neq(const SelectionView& selection, Sink& sink) {
  if (selection.document.type != DocumentType::rule || !selection.value.is_map() || selection.value.entries.empty()) return;
  for (const auto& [key, value] : selection.value.entries) {
    if (!key.text.ends_with("|neq")) return;
  }
  sink.at(selection.name.where, fmt::format("`{}` only says what a field is not", selection.name.text),
          "it is also true of events that lack the field; add what the event has to be");
}

}  // namespace vedette::rules
