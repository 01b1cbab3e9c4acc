// What correlations hold beyond bounds: metrics with their conditions, `until`, `export`, `learn`, `first`, and how long
// decisions wait.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "engine/base/fold.h"
#include "engine/base/suggest.h"
#include "rules/reference/correlation_keys.h"
#include "rules/sigma/correlation_parser.h"
#include "rules/sigma/level_when.h"

namespace vedette::rules {
namespace {

using plan::MetricKind;
using yaml::Node;
using yaml::NodeKind;

constexpr std::size_t kMaxMetrics = 32;
constexpr std::size_t kMaxExports = 8;
constexpr std::string_view kValuesExample =
    "for example `values: {attempts: count, users: {distinct: actor.alternateId}, denied: {count: push_denied}}`";
constexpr std::string_view kExportExample = "for example `export: {users: {distinct: actor.alternateId}}`";

// Letters, digits and _, not beginning with a digit.
bool is_identifier(std::string_view text) {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
  return !text.empty() && letter(text.front()) &&
         std::all_of(text.begin(), text.end(), [&](char c) { return letter(c) || (c >= '0' && c <= '9'); });
}

bool is_reserved(std::string_view name) {
  static constexpr std::array<std::string_view, 3> kKeywords = {"and", "or", "not"};
  static constexpr std::array<std::string_view, 3> kBuiltIn = {"span", "first", "last"};
  return std::find(kBuiltIn.begin(), kBuiltIn.end(), name) != kBuiltIn.end() ||
         std::find(kKeywords.begin(), kKeywords.end(), folded(name)) != kKeywords.end();
}

}  // namespace

void CorrelationParser::parse_extensions() {
  parse_metrics();
  parse_until();
  parse_exports();
  parse_learn();
  parse_decision();
}

void CorrelationParser::parse_metrics() {
  const Node* values = of_types("values", {Type::metrics});
  const Node* levels = of_types("level-when", {Type::metrics});
  if (out_.type != Type::metrics) return;
  const std::size_t before = reporter_.errors();
  if (values == nullptr || !values->is_map() || values->entries.empty()) {
    reporter_.at("V1228", values != nullptr ? values->where : body_.where, "metrics needs `values`, a map from name to value",
                 std::string(kValuesExample));
  } else if (values->entries.size() > kMaxMetrics) {
    reporter_.at("V1228", values->where, fmt::format("more than {} values", kMaxMetrics), "leave out what no condition reads");
  } else {
    for (const auto& [name, value] : values->entries) parse_metric(name, value);
  }
  metrics_good_ = reporter_.errors() == before;
  parse_metrics_condition();
  if (levels == nullptr || levels->kind == NodeKind::null) return;
  for (const LevelEntry& entry : parse_level_when(*levels, level_, reporter_)) {
    if (auto condition = over_metrics(*entry.condition)) out_.level_when.push_back({entry.level, std::move(*condition)});
  }
}

void CorrelationParser::parse_metric(const Node& name, const Node& value) {
  if (!is_identifier(name.text) || is_reserved(name.text)) {
    reporter_.at("V1228", name.where,
                 is_identifier(name.text) ? fmt::format("`{}` has a meaning of its own in conditions", name.text)
                                          : fmt::format("`{}` cannot name a value", name.text),
                 "names are letters, digits and _, not beginning with a digit");
    return;
  }
  MetricDoc metric;
  metric.name = name.text;
  if (value.is_scalar() && value.text == "count") {
    out_.metrics.push_back(std::move(metric));
  } else if (value.is_map() && !value.entries.empty()) {
    parse_metric_map(value, metric);
    out_.metrics.push_back(std::move(metric));
  } else {
    reporter_.at("V1228", value.where, fmt::format("value `{}` must be `count`, or a map with count, distinct or sum", name.text),
                 std::string(kValuesExample));
  }
}

// {count: rules}, {distinct: fields, of: rules}, {sum: field, of: rules}
void CorrelationParser::parse_metric_map(const Node& value, MetricDoc& metric) {
  static constexpr auto kKeys = reference::names_of(reference::kMetricKeys);
  int kinds = 0;
  bool unknown = false;
  for (const auto& [key, entry] : value.entries) {
    if (key.text == "of") {
      metric.of = rule_list(entry, "of");
      continue;
    }
    if (std::find(kKeys.begin(), kKeys.end(), key.text) == kKeys.end()) {
      reporter_.at("V1228", key.where, fmt::format("unknown key `{}` of a value", key.text),
                   did_you_mean(key.text, kKeys, "the keys are count, distinct, sum, of"));
      unknown = true;
      continue;
    }
    if (++kinds > 1)
      reporter_.at("V1228", key.where, "a value is one of count, distinct and sum", "give the other a name of its own");
    if (key.text == "count") {
      metric.of = rule_list(entry, "count");
      if (const Node* of = value.find("of")) reporter_.at("V1228", of->where, "`count` names its rules itself", "remove `of`");
    } else {
      metric.kind = key.text == "sum" ? MetricKind::sum : MetricKind::distinct;
      metric.fields = field_list(entry, "V1228", key.text);
      if (metric.kind == MetricKind::sum && metric.fields.size() > 1)
        reporter_.at("V1228", entry.where, "`sum` adds the numbers of one field", "give each field a value of its own");
    }
  }
  if (kinds == 0 && !unknown)
    reporter_.at("V1228", value.where, "a value needs count, distinct or sum", std::string(kValuesExample));
}

std::vector<MemberDoc> CorrelationParser::field_list(const Node& value, std::string_view code, std::string_view key) {
  std::vector<MemberDoc> out;
  if (value.is_sequence() && value.items.empty())
    reporter_.at(code, value.where, fmt::format("`{}` must name a field", key), fmt::format("for example `{}: actor.id`", key));
  for (const Node* item : list_of(value)) {
    if (item->is_scalar() && !item->text.empty()) {
      MemberDoc member = member_of(*item);
      if (check_member(*item, member)) out.push_back(std::move(member));
    } else {
      reporter_.at(code, item->where, fmt::format("`{}` must name a field", key), fmt::format("for example `{}: actor.id`", key));
    }
  }
  return out;
}

void CorrelationParser::parse_metrics_condition() {
  constexpr std::string_view kExample = "for example `condition: attempts >= 25 and users >= 8`";
  const Node* node = body_.find("condition");
  if (node == nullptr || node->kind == NodeKind::null) {
    reporter_.at("V1206", node != nullptr ? node->where : body_.where, "metrics needs a condition", std::string(kExample));
  } else if (!node->is_scalar()) {
    reporter_.at("V1207", node->where, "the condition of metrics must be text", std::string(kExample));
  } else if (auto condition = over_metrics(*node)) {
    out_.condition = std::move(*condition);
  }
}

std::optional<ExprDoc> CorrelationParser::over_metrics(const Node& node) {
  auto parsed = parse_expression(node, ExprOver::values, reporter_);
  if (!parsed || !metrics_good_) return parsed;
  std::vector<std::string> names;
  for (const MetricDoc& metric : out_.metrics) names.push_back(metric.name);
  names.insert(names.end(), {"span", "first", "last"});
  bool good = true;
  for (const ExprDocNode& part : parsed->nodes) {
    if (part.kind != plan::ExprKind::metric || std::find(names.begin(), names.end(), part.text) != names.end()) continue;
    good = false;
    reporter_.at("V1223", part.where, fmt::format("`{}` is not a value of `values`", part.text),
                 did_you_mean(part.text, names, fmt::format("the values are {}", fmt::join(names, ", "))));
  }
  return good ? std::move(parsed) : std::nullopt;
}

void CorrelationParser::parse_until() {
  const Node* node = of_types("until", {Type::metrics});
  if (node == nullptr || node->kind == NodeKind::null) return;
  if (node->is_map() || (node->is_sequence() && node->items.empty())) {
    reporter_.at("V1229", node->where, "`until` must list names or ids of rules", "for example `until: [login_success]`");
    return;
  }
  out_.until = rule_list(*node, "until");
}

void CorrelationParser::parse_exports() {
  const Node* node = of_types("export", {Type::event_count, Type::value_count, Type::value_sum, Type::metrics});
  if (node == nullptr || node->kind == NodeKind::null) return;
  if (out_.tumbling) {
    reporter_.at("V1230", node->where, "a correlation that judges closed windows exports nothing",
                 "`export` needs lower bounds only: gt, gte");
    return;
  }
  if (!node->is_map() || node->entries.empty() || node->entries.size() > kMaxExports) {
    reporter_.at("V1230", node->where, fmt::format("`export` must be a map of at most {} names", kMaxExports),
                 std::string(kExportExample));
    return;
  }
  for (const auto& [name, value] : node->entries) {
    const bool member =
        std::any_of(out_.group_by.begin(), out_.group_by.end(), [&](const MemberDoc& m) { return m.name == name.text; });
    if (!is_identifier(name.text) || member) {
      reporter_.at(
          "V1230", name.where,
          member ? fmt::format("`{}` is a member of the group", name.text) : fmt::format("`{}` cannot be exported", name.text),
          "names are letters, digits and _, and no member of `group-by`");
      continue;
    }
    if (!value.is_map() || value.entries.size() != 1 || value.entries.front().first.text != "distinct") {
      reporter_.at("V1230", value.where, fmt::format("`{}` must say which values it exports", name.text),
                   std::string(kExportExample));
      continue;
    }
    const Node& fields = value.entries.front().second;
    if (fields.is_sequence()) {
      reporter_.at("V1230", fields.where, "one field is exported under one name", std::string(kExportExample));
      continue;
    }
    std::vector<MemberDoc> field = field_list(fields, "V1230", "distinct");
    if (!field.empty()) out_.exports.push_back({name.text, name.where, std::move(field.front())});
  }
}

void CorrelationParser::parse_learn() {
  if (const Node* node = of_types("learn", {Type::new_value})) out_.learn = duration(*node, "V1231", "learn", true).value_or(0);
  if (const Node* node = of_types("first", {Type::new_value})) {
    if (!node->is_scalar() || (node->text != "fire" && node->text != "ignore"))
      reporter_.at("V1231", node->where, "`first` must be fire or ignore",
                   "whether the first event of a key alerts; `ignore` is the default");
    out_.fire_first = node->text == "fire";
  }
}

void CorrelationParser::parse_decision() {
  if (const Node* node = body_.find("decide")) {
    if (!node->is_scalar() || (node->text != "eager" && node->text != "settled"))
      reporter_.at("V1232", node->where, "`decide` must be eager or settled",
                   "`settled` waits until nothing can refute the alert; `eager` is the default");
    out_.settled = node->text == "settled";
    out_.decide_where = node->where;
  }
  const auto read = [this](std::string_view key, std::optional<DurationDoc>& out) {
    const Node* node = body_.find(key);
    if (node == nullptr) return;
    if (const auto value = duration(*node, "V1233", key, true)) out = DurationDoc{*value, node->where};
  };
  read("settle", out_.settle);
  read("max_hold", out_.max_hold);
}

}  // namespace vedette::rules
