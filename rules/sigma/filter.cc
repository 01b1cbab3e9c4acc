// Filter documents: whom they filter, until when, and their condition.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "engine/base/digest.h"
#include "rules/reference/rule_keys.h"
#include "rules/sigma/document.h"

namespace vedette::rules {
namespace {

using yaml::Node;
using yaml::NodeKind;

constexpr std::string_view kRulesHint = "list names or ids of rules, or write `rules: any`";

void parse_rules(const Node& body, FilterDoc& filter, Reporter& reporter) {
  const Node* rules = body.find("rules");
  if (rules == nullptr || rules->kind == NodeKind::null) {
    reporter.at("V1254", rules == nullptr ? filter.where : rules->where, "the filter names no rules", std::string(kRulesHint));
    return;
  }
  if (rules->is_scalar()) {
    filter.any = rules->text == "any";
    if (!filter.any) filter.rules.push_back({rules->text, rules->where});
    return;
  }
  if (rules->is_map() || rules->items.empty()) {
    reporter.at("V1254", rules->where, rules->is_map() ? "`rules` of a filter must be a list" : "the list of rules is empty",
                std::string(kRulesHint));
    return;
  }
  for (const Node& item : rules->items) {
    if (item.is_scalar()) {
      filter.rules.push_back({item.text, item.where});
    } else {
      reporter.at("V1254", item.where, "the entries of `rules` must be names or ids", std::string(kRulesHint));
    }
  }
}

// Sigma has no such keys: inside `filter` a map or list of that name is a selection.
const Node* own_key(const Node& root, const Node& body, std::string_view key) {
  const Node* inside = body.find(key);
  return inside != nullptr && inside->is_scalar() ? inside : root.find(key);
}

void parse_expiry(const Node& node, FilterDoc& filter, Reporter& reporter) {
  const std::string& text = node.text;
  const bool date = node.is_scalar() && text.size() == 10 && text[4] == '-' && text[7] == '-';
  const auto midnight = date ? parse_iso8601(text + "T00:00:00Z") : std::nullopt;
  if (midnight) {
    filter.expires = *midnight;
  } else {
    reporter.at("V1255", node.where, node.is_scalar() ? fmt::format("`{}` is not a date", text) : "`expires` must be a date",
                "write year-month-day, for example 2026-12-31: the filter ends when that day begins in UTC");
  }
}

void parse_own_keys(const Node& root, Node& body, FilterDoc& filter, Reporter& reporter) {
  static constexpr auto kKeys = reference::names_of(reference::kFilterOwnKeys);
  const Node* inside = body.find(kKeys[0]);
  if (inside != nullptr && inside->is_scalar() && root.find(kKeys[0]) != nullptr)
    reporter.at("V1255", inside->where, "`expires` is given twice, inside and outside of `filter`", "keep one of them");
  if (const Node* expires = own_key(root, body, kKeys[0]); expires != nullptr && expires->kind != NodeKind::null)
    parse_expiry(*expires, filter, reporter);
  const auto text = [&](std::string_view key) {
    const Node* node = own_key(root, body, key);
    return node != nullptr && node->is_scalar() ? node->text : std::string();
  };
  filter.owner = text(kKeys[1]);
  filter.reason = text(kKeys[2]);
  std::erase_if(body.entries, [&](const auto& entry) {
    const bool own = std::find(kKeys.begin(), kKeys.end(), entry.first.text) != kKeys.end();
    return entry.first.text == "rules" || (own && !entry.second.is_map() && !entry.second.is_sequence());
  });
}

bool holds_negation(const Expr& expr) {
  return expr.kind == ExprKind::negation || std::any_of(expr.children.begin(), expr.children.end(), holds_negation);
}

// pySigma's reading: what the condition says must be true of the event for the rule to match.
void check_condition(const Node& body, const FilterDoc& filter, Reporter& reporter) {
  const Node* condition = body.find("condition");
  if (condition == nullptr || holds_negation(filter.detection.condition)) return;
  reporter.at("V2015", condition->where, "the condition of the filter holds no `not`",
              "an event matches when rule and filter are both true; to leave out what is selected write `not selection`");
}

plan::RuleMeta parse_filter_meta(const Node& root, Reporter& reporter) {
  plan::RuleMeta meta;
  meta.where = root.where;
  meta.title = text_of(root, "title", reporter);
  meta.name = text_of(root, "name", reporter);
  meta.id = text_of(root, "id", reporter);
  if (meta.title.empty() && meta.name.empty() && meta.id.empty())
    reporter.at("V1002", root.where, "the filter has no title, name or id", "add a `title`: what it removes is counted under it");
  meta.key = meta.id.empty() ? to_hex(digest_parts({meta.label()})) : meta.id;
  return meta;
}

}  // namespace

Document parse_filter_document(const Node& root, const DetectionContext& context, Reporter& reporter) {
  const std::size_t before = reporter.errors();
  Document document;
  document.kind = DocumentKind::filter;
  document.where = root.where;
  FilterDoc& filter = document.filter;
  filter.meta = parse_filter_meta(root, reporter);
  document.id_where = root.find("id") != nullptr ? root.find("id")->where : root.where;
  document.name_where = root.find("name") != nullptr ? root.find("name")->where : root.where;
  const Node* given = root.find("filter");
  filter.where = given->where;
  filter.logsource = parse_logsource(root, "filter", filter.logsource_where, reporter);
  filter.zone = parse_timezone(root, reporter);
  refuse_derived(root, reporter);
  if (given->is_map()) {
    parse_rules(*given, filter, reporter);
    Node body = *given;
    parse_own_keys(root, body, filter, reporter);
    filter.detection = parse_detection(body, context, {"filter", filter.meta.title}, reporter);
    if (reporter.errors() == before) check_condition(body, filter, reporter);
  } else {
    reporter.at("V1003", given->where, "`filter` must be a map", "give `rules`, named selections and a `condition`");
  }
  document.good = !root.broken && reporter.errors() == before;
  return document;
}

}  // namespace vedette::rules
