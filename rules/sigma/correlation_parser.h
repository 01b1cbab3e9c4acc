// Parses the `correlation` map of one document into a CorrelationDoc: keys, rules and group (correlation.cc), bounds and
// fields (correlation_condition.cc), the extensions beyond Sigma's types (correlation_extensions.cc). One document, one thread.
#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rules/sigma/correlation_doc.h"
#include "rules/sigma/reporter.h"
#include "rules/yaml/node.h"

namespace vedette::rules {

class CorrelationParser {
 public:
  // `level`: the document's.
  CorrelationParser(const yaml::Node& root, const yaml::Node& body, plan::Level level, Reporter& reporter)
      : root_(root), body_(body), level_(level), reporter_(reporter) {}
  [[nodiscard]] CorrelationDoc parse();

 private:
  using Type = plan::CorrelationType;
  // `gte: 5`: the number as decimal_text() has it.
  struct Operator {
    plan::Bound bound;
    const yaml::Node* value = nullptr;
  };

  // correlation.cc
  void check_keys();
  bool parse_type();
  void parse_rules();
  void parse_tags(const yaml::Node& node);
  [[nodiscard]] std::vector<RuleRef> rule_list(const yaml::Node& node, std::string_view key);
  void parse_group_by();
  bool check_member(const yaml::Node& node, const MemberDoc& member);
  void parse_aliases();
  void parse_timespan();
  void parse_switches();
  // A key that may stand in the document or inside `correlation`.
  [[nodiscard]] const yaml::Node* either(std::string_view key);
  [[nodiscard]] Location key_place(std::string_view key) const;
  // A length of time above 0, or 0 where allowed; reported otherwise.
  [[nodiscard]] std::optional<DurationUs> duration(const yaml::Node& node, std::string_view code, std::string_view key,
                                                   bool zero);
  // The key's value; nullptr, reported when it is there, unless the type is one of those that take it.
  [[nodiscard]] const yaml::Node* of_types(std::string_view key, std::initializer_list<Type> types);

  // correlation_condition.cc
  void parse_condition();
  [[nodiscard]] bool is(std::initializer_list<Type> types) const;
  void missing_condition(const yaml::Node* node);
  void parse_entry(const yaml::Node& key, const yaml::Node& value);
  [[nodiscard]] std::optional<plan::Bound> bound_of(const yaml::Node& key, const yaml::Node& value);
  void check_least(const Operator& entry);
  void finish_bounds(const yaml::Node& node);
  void exact_bounds();
  void check_satisfiable(const yaml::Node& node);
  void parse_fields();
  void parse_field(const yaml::Node& value);
  void parse_percentile();
  void parse_text_condition(const yaml::Node& node);
  void parse_all(const yaml::Node& value);
  void parse_travel(const yaml::Node& key, const yaml::Node& value, std::vector<plan::Bound>& out);

  // correlation_extensions.cc
  void parse_extensions();
  void parse_metrics();
  void parse_metric(const yaml::Node& name, const yaml::Node& value);
  void parse_metric_map(const yaml::Node& value, MetricDoc& metric);
  [[nodiscard]] std::vector<MemberDoc> field_list(const yaml::Node& value, std::string_view code, std::string_view key);
  void parse_metrics_condition();
  [[nodiscard]] std::optional<ExprDoc> over_metrics(const yaml::Node& node);
  void parse_until();
  void parse_exports();
  void parse_learn();
  void parse_decision();

  const yaml::Node& root_;
  const yaml::Node& body_;
  const plan::Level level_;
  Reporter& reporter_;
  CorrelationDoc out_;
  std::vector<Operator> operators_;  // of the condition
  bool bounded_ = false;             // an operator was given, right or wrong
  bool metrics_good_ = true;         // `values` had no error
};

// A scalar or a list of scalars.
[[nodiscard]] std::vector<const yaml::Node*> list_of(const yaml::Node& node);
[[nodiscard]] MemberDoc member_of(const yaml::Node& node);
[[nodiscard]] MemberDoc member_of(std::string text, Location where);

}  // namespace vedette::rules
