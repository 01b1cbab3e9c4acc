// The `correlation` map of a document -> CorrelationDoc.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <set>

#include "engine/base/suggest.h"
#include "rules/sigma/document.h"
#include "rules/sigma/load.h"

namespace vedette::rules {
namespace {

using plan::CorrelationType;
using yaml::Node;
using yaml::NodeKind;

constexpr std::array<std::string_view, 4> kTypes = {"event_count", "value_count", "temporal", "temporal_ordered"};
constexpr std::array<std::string_view, 9> kLaterTypes = {
    "value_sum", "value_avg", "value_percentile", "value_median", "new_value", "value_change", "travel", "metrics", "baseline"};
constexpr std::array<std::string_view, 9> kKeys = {"type",    "rules",    "group-by", "timespan", "condition",
                                                   "aliases", "generate", "suppress", "across"};
constexpr std::array<std::string_view, 13> kLaterKeys = {"values", "until",    "learn",   "first",  "decide", "settle", "export",
                                                         "field",  "max_hold", "history", "target", "risk",   "window"};
constexpr std::uint64_t kMaxThreshold = 1'000'000'000;

template <typename Table>
bool contains(const Table& table, std::string_view text) {
  return std::find(table.begin(), table.end(), text) != table.end();
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

// A scalar or a list of scalars.
std::vector<const Node*> list_of(const Node& node) {
  std::vector<const Node*> out;
  if (node.is_sequence()) {
    for (const Node& item : node.items) out.push_back(&item);
  } else {
    out.push_back(&node);
  }
  return out;
}

MemberDoc member_of(const Node& node) {
  MemberDoc out;
  out.text = node.text;
  std::size_t bar = 0;
  for (int depth = 0; bar < node.text.size() && !(depth == 0 && node.text[bar] == '|'); ++bar) {
    if (node.text[bar] == '[') ++depth;
    if (node.text[bar] == ']' && depth > 0) --depth;
  }
  out.name = node.text.substr(0, bar);
  out.transforms = node.text.substr(bar);
  out.where = node.where;
  return out;
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

class CorrelationParser {
 public:
  CorrelationParser(const Node& root, const Node& body, Reporter& reporter) : root_(root), body_(body), reporter_(reporter) {}

  CorrelationDoc parse() {
    out_.where = body_.where;
    check_keys();
    const bool known_type = parse_type();
    parse_rules();
    parse_aliases();
    parse_group_by();
    parse_timespan();
    if (known_type) parse_condition();
    parse_switches();
    return std::move(out_);
  }

 private:
  void check_keys() {
    for (const auto& [key, value] : body_.entries) {
      if (contains(kKeys, key.text)) continue;
      if (contains(kLaterKeys, key.text)) {
        reporter_.at("V1305", key.where, fmt::format("`{}` is not supported yet", key.text),
                     "remove it for now; ignoring it silently would change what the rule means");
      } else {
        reporter_.at(
            "V1202", key.where, fmt::format("unknown key `{}` in `correlation`", key.text),
            did_you_mean(key.text, kKeys,
                         "the keys are type, rules, group-by, timespan, condition, aliases, generate, suppress, across"));
      }
    }
    for (const auto& [key, value] : root_.entries) {
      const bool inside = key.text == "generate" || key.text == "group-by" || key.text == "timespan" || key.text == "aliases" ||
                          key.text == "condition";
      if (inside)
        reporter_.at("V1202", key.where, fmt::format("`{}` belongs inside `correlation`", key.text),
                     "indent it under `correlation:`");
    }
  }

  bool parse_type() {
    const std::string type = text_of(body_, "type", reporter_);
    const Node* node = body_.find("type");
    if (type.empty()) {
      reporter_.at("V1201", node != nullptr ? node->where : body_.where, "the correlation has no type",
                   "the types are event_count, value_count, temporal, temporal_ordered");
      return false;
    }
    for (std::size_t i = 0; i < kTypes.size(); ++i) {
      if (kTypes[i] != type) continue;
      out_.type = static_cast<CorrelationType>(i);
      return true;
    }
    if (contains(kLaterTypes, type)) {
      reporter_.at("V1301", node->where, fmt::format("correlation type `{}` is not supported yet", type),
                   "supported are event_count, value_count, temporal, temporal_ordered");
    } else {
      reporter_.at("V1201", node->where, fmt::format("unknown correlation type `{}`", type),
                   did_you_mean(type, kTypes, "the types are event_count, value_count, temporal, temporal_ordered"));
    }
    return false;
  }

  void parse_rules() {
    const Node* node = body_.find("rules");
    if (node == nullptr || node->kind == NodeKind::null || (node->is_sequence() && node->items.empty())) {
      reporter_.at("V1002", node != nullptr ? node->where : body_.where, "the correlation lists no rules",
                   "add `rules:` with names or ids");
      return;
    }
    if (node->is_map()) {
      const bool tags = node->find("tags") != nullptr;
      reporter_.at(tags ? "V1307" : "V1003", node->where,
                   tags ? "references to rules by tag are not supported yet" : "`rules` must be a list of names or ids",
                   "list the rules by name or id");
      return;
    }
    std::set<std::string> seen;
    for (const Node* item : list_of(*node)) {
      if (!item->is_scalar()) {
        reporter_.at("V1003", item->where, "an entry of `rules` must be a name or id", "list the rules by name or id");
      } else if (!seen.insert(item->text).second) {
        reporter_.at("V1204", item->where, fmt::format("rule `{}` is listed twice", item->text), "remove the second");
      } else {
        out_.rules.push_back({item->text, item->where});
      }
    }
  }

  void parse_group_by() {
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
  bool check_member(const Node& node, const MemberDoc& member) {
    const bool alias =
        std::any_of(out_.aliases.begin(), out_.aliases.end(), [&](const AliasDoc& a) { return a.name == member.name; });
    return alias ? check_expression(node, "a" + member.transforms, reporter_, node.text.size() - member.transforms.size())
                 : check_expression(node, member.text, reporter_);
  }

  void parse_aliases() {
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

  void parse_timespan() {
    const Node* node = body_.find("timespan");
    if (node == nullptr || node->kind == NodeKind::null) {
      reporter_.at("V1002", node != nullptr ? node->where : body_.where, "the correlation has no timespan",
                   "add for example `timespan: 10m`");
      return;
    }
    const std::optional<DurationUs> duration = node->is_scalar() ? parse_duration(node->text) : std::nullopt;
    if (!duration || *duration <= 0) {
      reporter_.at("V1205", node->where, fmt::format("`{}` is not a timespan", node->text),
                   "a number above 0 and one of s m h d w, for example 90s or 10m");
      return;
    }
    out_.window = *duration;
  }

  [[nodiscard]] bool counting() const {
    return out_.type == CorrelationType::event_count || out_.type == CorrelationType::value_count;
  }

  void parse_condition() {
    const Node* node = body_.find("condition");
    if (node == nullptr || node->kind == NodeKind::null) {
      if (counting()) {
        reporter_.at("V1206", node != nullptr ? node->where : body_.where,
                     fmt::format("{} needs a condition", kTypes[static_cast<std::size_t>(out_.type)]),
                     out_.type == CorrelationType::event_count ? "for example `condition: {gte: 10}`"
                                                               : "for example `condition: {field: user.name, gte: 10}`");
      }
      return;
    }
    if (node->is_scalar()) {
      const bool letters =
          std::any_of(node->text.begin(), node->text.end(), [](unsigned char c) { return std::isalpha(c) != 0; });
      const bool text = !counting() && letters && node->text.find_first_of("<>=") == std::string::npos;
      reporter_.at(text ? "V1303" : "V1207", node->where,
                   text ? "conditions over rule names are not supported yet" : "the condition must be a map",
                   text ? "leave the condition out: all rules must occur" : "for example `condition: {gte: 10}`");
      return;
    }
    if (!node->is_map() || node->entries.empty()) {
      reporter_.at("V1207", node->where, "the condition must be a map", "for example `condition: {gte: 10}`");
      return;
    }
    if (out_.type == CorrelationType::temporal_ordered) {
      reporter_.at("V1209", node->entries.front().first.where,
                   "temporal_ordered takes no numeric condition: every rule must occur, in order", "remove the condition");
      return;
    }
    for (const auto& [key, value] : node->entries) parse_operator(key, value);
    finish_condition(*node);
  }

  void parse_operator(const Node& key, const Node& value) {
    static constexpr std::array<std::string_view, 3> kKnown = {"gt", "gte", "field"};
    static constexpr std::array<std::string_view, 4> kUpper = {"lt", "lte", "eq", "neq"};
    if (key.text == "field") {
      parse_field(key, value);
    } else if (contains(kUpper, key.text)) {
      reporter_.at("V1302", key.where, fmt::format("`{}` is not supported yet", key.text), "only lower bounds: gte and gt");
      bounded_ = true;
    } else if (!contains(kKnown, key.text)) {
      static constexpr std::array<std::string_view, 7> kAll = {"gte", "gt", "lte", "lt", "eq", "neq", "field"};
      reporter_.at("V1207", key.where, fmt::format("unknown key `{}` in the condition", key.text),
                   did_you_mean(key.text, kAll, "the operators are gt, gte, lt, lte, eq, neq"));
      bounded_ = true;
    } else {
      parse_bound(key.text == "gt", value);
    }
  }

  void parse_bound(bool exclusive, const Node& value) {
    bounded_ = true;
    const auto number = value.is_scalar() ? decimal_text(value.text) : Result<std::string>(Error{"not a scalar"});
    const auto least = number ? least_integer(*number, exclusive) : std::nullopt;
    if (!least) {
      reporter_.at("V1207", value.where, fmt::format("`{}` is not a usable number", value.text),
                   "write a plain number up to 1000000000");
      return;
    }
    if (*least < 1) {
      reporter_.at("V1207", value.where, "this bound always holds", "a lower bound starts at `gte: 1`");
      return;
    }
    if (!out_.threshold || *least > *out_.threshold) {
      out_.threshold = *least;
      out_.threshold_where = value.where;
    }
  }

  void parse_field(const Node& key, const Node& value) {
    if (out_.type != CorrelationType::value_count) {
      reporter_.at("V1207", key.where, fmt::format("`field` has no meaning for {}", kTypes[static_cast<std::size_t>(out_.type)]),
                   "value_count counts the values of a field");
      return;
    }
    if (value.is_sequence() && value.items.empty()) {
      reporter_.at("V1208", value.where, "`field` must name a field", "for example `field: target.displayName`");
    }
    for (const Node* item : list_of(value)) {
      if (item->is_scalar() && !item->text.empty()) {
        MemberDoc member = member_of(*item);
        if (check_member(*item, member)) out_.values.push_back(std::move(member));
      } else {
        reporter_.at("V1208", item->where, "`field` must name a field", "for example `field: target.displayName`");
      }
    }
  }

  void finish_condition(const Node& node) {
    if (!bounded_) reporter_.at("V1206", node.where, "the condition has no bound", "for example `gte: 10`");
    if (out_.type == CorrelationType::value_count && node.find("field") == nullptr) {
      reporter_.at("V1208", node.where, "value_count has no field to count", "add `field:` beside the bound");
    }
    if (out_.type == CorrelationType::temporal && out_.threshold && *out_.threshold > out_.rules.size() && !out_.rules.empty()) {
      reporter_.at("V1207", out_.threshold_where,
                   fmt::format("{} different rules can never occur: `rules` lists {}", *out_.threshold, out_.rules.size()),
                   "lower the bound or list more rules");
    }
  }

  // A key that may stand in the document or inside `correlation`.
  const Node* either(std::string_view key) {
    const Node* inside = body_.find(key);
    const Node* outside = root_.find(key);
    if (inside != nullptr && outside != nullptr) {
      reporter_.at("V1202", outside->where, fmt::format("`{}` is given twice, in the document and inside `correlation`", key),
                   "keep one of them");
    }
    return inside != nullptr ? inside : outside;
  }

  void parse_switches() {
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
    if (const Node* node = either("suppress")) out_.suppress = parse_suppress(*node, reporter_);
  }

  const Node& root_;
  const Node& body_;
  Reporter& reporter_;
  CorrelationDoc out_;
  bool bounded_ = false;
};

}  // namespace

CorrelationDoc parse_correlation(const Node& root, Reporter& reporter) {
  const Node& body = *root.find("correlation");
  if (!body.is_map()) {
    reporter.at("V1003", body.where, "`correlation` must be a map", "give type, rules, group-by, timespan and condition");
    return {};
  }
  return CorrelationParser(root, body, reporter).parse();
}

}  // namespace vedette::rules
