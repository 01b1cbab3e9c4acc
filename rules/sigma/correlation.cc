// The `correlation` map of a document: its keys, type, rules, group and times.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

#include "engine/base/suggest.h"
#include "rules/reference/correlation_keys.h"
#include "rules/sigma/correlation_parser.h"
#include "rules/sigma/document.h"
#include "rules/sigma/load.h"

namespace vedette::rules {
namespace {

using plan::CorrelationType;
using yaml::Node;
using yaml::NodeKind;

// In the order of plan::CorrelationType.
constexpr auto kTypes = reference::names_of(reference::kCorrelationTypes);
constexpr std::string_view kTypeList =
    "the types are event_count, value_count, temporal, temporal_ordered, value_sum, value_avg, value_percentile, value_median, "
    "new_value, value_change, travel, metrics";
// Those that may only stand inside `correlation`, then those that may also stand beside it.
constexpr auto kInnerKeys = reference::names_of(reference::kInnerKeys);
constexpr auto kEitherKeys = reference::names_of(reference::kEitherKeys);
constexpr std::array<std::string_view, 5> kDocumentKeys = {"alert", "risk", "level", "mode", "title"};
constexpr std::array<std::string_view, 2> kRuleKeys = {"lookup", "enrich"};
constexpr DurationUs kLongest = 3660 * kDayUs;

template <typename Table>
bool contains(const Table& table, std::string_view text) {
  return std::find(table.begin(), table.end(), text) != table.end();
}

// Reports an expression that cannot be parsed, under the part that is wrong. `skipped`: bytes of the node's text that a
// one-letter stand-in replaces.
bool check_expression(const Node& node, const std::string& text, Reporter& reporter, std::size_t skipped = 1) {
  auto expr = parse_field_expr(text);
  if (expr) return true;
  // The shortest prefix (cut at a '|') that fails ends with the wrong part.
  std::size_t begin = 0, end = std::min(text.find('|'), text.size());
  while (end < text.size() && parse_field_expr(text.substr(0, end))) {
    begin = end + 1;
    end = std::min(text.find('|', begin), text.size());
  }
  const std::size_t shift = begin == 0 ? 0 : skipped - 1;
  reporter.inside("V1009", node, begin + shift, end - begin, expr.error().message,
                  "for example actor.alternateId|lower or target[type=User].id");
  return false;
}

}  // namespace

std::vector<const Node*> list_of(const Node& node) {
  std::vector<const Node*> out;
  if (node.is_sequence()) {
    for (const Node& item : node.items) out.push_back(&item);
  } else {
    out.push_back(&node);
  }
  return out;
}

MemberDoc member_of(std::string text, Location where) {
  MemberDoc out;
  std::size_t bar = 0;
  for (int depth = 0; bar < text.size() && !(depth == 0 && text[bar] == '|'); ++bar) {
    if (text[bar] == '[') ++depth;
    if (text[bar] == ']' && depth > 0) --depth;
  }
  out.name = text.substr(0, bar);
  out.transforms = text.substr(bar);
  out.text = std::move(text);
  out.where = std::move(where);
  return out;
}

MemberDoc member_of(const Node& node) { return member_of(node.text, node.where); }

CorrelationDoc CorrelationParser::parse() {
  out_.where = body_.where;
  check_keys();
  const bool known_type = parse_type();
  parse_rules();
  parse_aliases();
  parse_group_by();
  parse_timespan();
  if (known_type) {
    parse_condition();
    parse_extensions();
  }
  parse_switches();
  return std::move(out_);
}

void CorrelationParser::check_keys() {
  std::vector<std::string_view> known(kInnerKeys.begin(), kInnerKeys.end());
  known.insert(known.end(), kEitherKeys.begin(), kEitherKeys.end());
  for (const auto& [key, value] : body_.entries) {
    if (contains(known, key.text)) continue;
    if (contains(kDocumentKeys, key.text)) {
      reporter_.at("V1202", key.where, fmt::format("`{}` belongs to the document, not inside `correlation`", key.text),
                   "write it at the left margin");
    } else {
      reporter_.at("V1202", key.where, fmt::format("unknown key `{}` in `correlation`", key.text),
                   did_you_mean(key.text, known,
                                "the keys are type, rules, group-by, timespan, condition, aliases, generate, suppress, across"));
    }
  }
  for (const auto& [key, value] : root_.entries) {
    if (contains(kInnerKeys, key.text)) {
      reporter_.at("V1202", key.where, fmt::format("`{}` belongs inside `correlation`", key.text),
                   "indent it under `correlation:`");
    } else if (contains(kRuleKeys, key.text)) {
      reporter_.at("V1202", key.where, fmt::format("`{}` belongs to rules, which read events", key.text),
                   "write it into the rules that the correlation lists");
    }
  }
}

bool CorrelationParser::parse_type() {
  const std::string type = text_of(body_, "type", reporter_);
  const Node* node = body_.find("type");
  const auto found = std::find(kTypes.begin(), kTypes.end(), type);
  if (type.empty()) {
    reporter_.at("V1201", node != nullptr ? node->where : body_.where, "the correlation has no type", std::string(kTypeList));
  } else if (found == kTypes.end()) {
    reporter_.at("V1201", node->where, fmt::format("unknown correlation type `{}`", type),
                 did_you_mean(type, kTypes, std::string(kTypeList)));
  } else {
    out_.type = static_cast<CorrelationType>(found - kTypes.begin());
    return true;
  }
  return false;
}

void CorrelationParser::parse_rules() {
  const Node* node = body_.find("rules");
  if (node == nullptr || node->kind == NodeKind::null || (node->is_sequence() && node->items.empty())) {
    reporter_.at("V1002", node != nullptr ? node->where : body_.where, "the correlation lists no rules",
                 "add `rules:` with names or ids");
  } else if (node->is_map()) {
    parse_tags(*node);
  } else {
    out_.rules = rule_list(*node, "rules");
  }
}

std::vector<RuleRef> CorrelationParser::rule_list(const Node& node, std::string_view key) {
  std::vector<RuleRef> out;
  std::set<std::string> seen;
  for (const Node* item : list_of(node)) {
    if (!item->is_scalar() || item->text.empty()) {
      reporter_.at("V1003", item->where, fmt::format("an entry of `{}` must be a name or id", key),
                   "list the rules by name or id");
    } else if (!seen.insert(item->text).second) {
      reporter_.at("V1204", item->where, fmt::format("rule `{}` is listed twice", item->text), "remove the second");
    } else {
      out.push_back({item->text, item->where});
    }
  }
  return out;
}

void CorrelationParser::parse_tags(const Node& node) {
  constexpr std::string_view kExample = "for example `rules: {tags: [attack.credential-access]}`";
  for (const auto& [key, value] : node.entries) {
    if (key.text != "tags") {
      reporter_.at("V1219", key.where, fmt::format("unknown key `{}` in `rules`", key.text), std::string(kExample));
      continue;
    }
    out_.tags_where = key.where;
    for (const Node* item : list_of(value)) {
      if (item->is_scalar() && !item->text.empty()) {
        out_.tags.push_back(item->text);
      } else {
        reporter_.at("V1219", item->where, "an entry of `tags` must be a tag", std::string(kExample));
      }
    }
    if (value.is_sequence() && value.items.empty())
      reporter_.at("V1219", value.where, "`tags` lists no tag", std::string(kExample));
  }
  if (node.entries.empty()) reporter_.at("V1219", node.where, "`rules` lists no rules", std::string(kExample));
}

void CorrelationParser::parse_group_by() {
  const Node* node = body_.find("group-by");
  if (node == nullptr || node->kind == NodeKind::null) return;
  std::set<std::string> seen;
  for (const Node* item : list_of(*node)) {
    if (!item->is_scalar() || item->text.empty()) {
      reporter_.at("V1212", item->where, "an entry of `group-by` must be a field or an alias",
                   "for example `group-by: [actor.alternateId]`");
      continue;
    }
    MemberDoc member = member_of(*item);
    if (!seen.insert(member.name).second) {
      reporter_.at("V1212", item->where, fmt::format("`{}` is listed twice in `group-by`", member.name), "remove the second");
      continue;
    }
    if (check_member(*item, member)) out_.group_by.push_back(std::move(member));
  }
}

// A member is a field expression, or an alias with further transforms.
bool CorrelationParser::check_member(const Node& node, const MemberDoc& member) {
  const bool alias =
      std::any_of(out_.aliases.begin(), out_.aliases.end(), [&](const AliasDoc& a) { return a.name == member.name; });
  return alias ? check_expression(node, "a" + member.transforms, reporter_, node.text.size() - member.transforms.size())
               : check_expression(node, member.text, reporter_);
}

void CorrelationParser::parse_aliases() {
  const Node* node = body_.find("aliases");
  if (node == nullptr || node->kind == NodeKind::null) return;
  if (!node->is_map()) {
    reporter_.at("V1211", node->where, "`aliases` must be a map", "alias: {rule_name: field, other_rule: other_field}");
    return;
  }
  for (const auto& [name, fields] : node->entries) {
    AliasDoc alias{name.text, name.where, {}};
    if (!fields.is_map()) {
      reporter_.at("V1211", fields.where, fmt::format("alias `{}` must be a map from rule to field", name.text),
                   "alias: {rule_name: field, other_rule: other_field}");
      continue;
    }
    for (const auto& [rule, field] : fields.entries) {
      if (!field.is_scalar() || field.text.empty()) {
        reporter_.at("V1211", field.where, fmt::format("alias `{}` gives no field for `{}`", name.text, rule.text),
                     "write a field name");
        continue;
      }
      if (check_expression(field, field.text, reporter_)) alias.fields.emplace_back(rule.text, field.text, rule.where);
    }
    out_.aliases.push_back(std::move(alias));
  }
}

std::optional<DurationUs> CorrelationParser::duration(const Node& node, std::string_view code, std::string_view key, bool zero) {
  const bool none = zero && node.is_scalar() && node.text == "0";
  const std::optional<DurationUs> out = none               ? std::optional<DurationUs>(0)
                                        : node.is_scalar() ? parse_duration(node.text)
                                                           : std::nullopt;
  if (out && (zero ? *out >= 0 : *out > 0) && *out <= kLongest) return out;
  if (out && *out > kLongest) {
    reporter_.at(code, node.where, fmt::format("`{}` is longer than ten years", node.text), "at most 3660d");
  } else {
    reporter_.at(code, node.where,
                 node.is_scalar() ? fmt::format("`{}` is not a {}", node.text, key == "timespan" ? "timespan" : "length of time")
                                  : fmt::format("`{}` must be a length of time", key),
                 fmt::format("a number{} and one of s m h d w, for example 90s or 10m", zero ? "" : " above 0"));
  }
  return std::nullopt;
}

void CorrelationParser::parse_timespan() {
  const Node* node = body_.find("timespan");
  if (node != nullptr && node->kind != NodeKind::null) {
    out_.window = duration(*node, "V1205", "timespan", false).value_or(0);
  } else if (is({CorrelationType::value_change, CorrelationType::travel})) {
    out_.window = kDayUs;
  } else {
    reporter_.at("V1002", node != nullptr ? node->where : body_.where, "the correlation has no timespan",
                 "add for example `timespan: 10m`");
  }
}

const Node* CorrelationParser::either(std::string_view key) {
  const Node* inside = body_.find(key);
  const Node* outside = root_.find(key);
  if (inside != nullptr && outside != nullptr) {
    reporter_.at("V1202", outside->where, fmt::format("`{}` is given twice, in the document and inside `correlation`", key),
                 "keep one of them");
  }
  return inside != nullptr ? inside : outside;
}

// Where a key stands that either() found.
Location CorrelationParser::key_place(std::string_view key) const {
  for (const Node* map : {&body_, &root_}) {
    for (const auto& [name, value] : map->entries) {
      if (name.text == key) return name.where;
    }
  }
  return body_.where;
}

const Node* CorrelationParser::of_types(std::string_view key, std::initializer_list<CorrelationType> types) {
  const Node* node = either(key);
  if (node == nullptr || is(types)) return node;
  std::string names;
  for (const CorrelationType type : types) names += fmt::format("{}{}", names.empty() ? "" : ", ", plan::type_name(type));
  reporter_.at("V1220", key_place(key), fmt::format("`{}` has no meaning for {}", key, plan::type_name(out_.type)),
               key == "level-when" ? fmt::format("it belongs to rules and {}; here write a correlation for each level", names)
                                   : fmt::format("it belongs to {}", names));
  return nullptr;
}

void CorrelationParser::parse_switches() {
  if (const Node* node = body_.find("generate")) {
    const bool yes = node->text == "true", no = node->text == "false";
    if (!node->is_scalar() || !(yes || no))
      reporter_.at("V1003", node->where, "`generate` must be true or false", "write `generate: true`");
    out_.generate = yes;
  }
  if (const Node* node = either("across")) {
    if (node->text != "tenants")
      reporter_.at("V1003", node->where, fmt::format("`across: {}` has no meaning", node->text),
                   "the only choice is `across: tenants`");
    out_.across_tenants = true;
  }
  if (const Node* node = either("suppress")) {
    out_.suppress = parse_suppress(*node, reporter_);
    if (out_.type == CorrelationType::new_value)
      reporter_.at("V1220", key_place("suppress"), "`suppress` has no meaning for new_value",
                   "it alerts once per value and `timespan`; remove `suppress`");
  }
  out_.title = parse_title(root_, reporter_);
}

CorrelationDoc parse_correlation(const Node& root, plan::Level level, Reporter& reporter) {
  const Node& body = *root.find("correlation");
  if (!body.is_map()) {
    reporter.at("V1003", body.where, "`correlation` must be a map", "give type, rules, group-by, timespan and condition");
    return {};
  }
  return CorrelationParser(root, body, level, reporter).parse();
}

}  // namespace vedette::rules
