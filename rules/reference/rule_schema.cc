// The schemas of rule files, rule tests and source types.
#include <fmt/format.h>

#include "rules/reference/correlation_keys.h"
#include "rules/reference/schema.h"
#include "rules/reference/source_keys.h"
#include "rules/reference/test_keys.h"

namespace vedette::rules::reference {
namespace {

std::vector<Key> merged(std::initializer_list<std::span<const Key>> parts) {
  std::vector<Key> out;
  for (const std::span<const Key> part : parts) {
    for (const Key& key : part) {
      if (find_key(out, key.name) == nullptr) out.push_back(key);
    }
  }
  return out;
}

// field|modifier|modifier, the field maybe with [brackets].
std::string item_name_pattern() {
  std::string names;
  for (const Word& word : kModifiers) names += fmt::format("{}{}", names.empty() ? "" : "|", word.name);
  return fmt::format(R"(^(\\[[^\\]]*\\]|[^|\\[])*(\\|({}))*$)", names);
}

void define_detection(SchemaBuilder& schema) {
  schema.define("value", R"({"type": ["string", "number", "boolean", "null"]})");
  schema.define(
      "values",
      R"({"anyOf": [{"$ref": "#/$defs/value"}, {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/value"}}]})");
  schema.define("items", fmt::format(R"({{"type": "object", "minProperties": 1, "propertyNames": {{"pattern": "{}"}}, )"
                                     R"("patternProperties": {{"\\[any\\]$": {{"$ref": "#/$defs/items"}}}}, )"
                                     R"("additionalProperties": {{"anyOf": [{{"$ref": "#/$defs/values"}}]}}}})",
                                     item_name_pattern()));
  schema.define(
      "selection",
      R"({"description": "A map: all of its items. A list of maps: any of them. Texts: keywords, anywhere in the event", )"
      R"("anyOf": [{"$ref": "#/$defs/text"}, {"$ref": "#/$defs/items"}, {"type": "array", "minItems": 1, )"
      R"("items": {"anyOf": [{"$ref": "#/$defs/text"}, {"$ref": "#/$defs/items"}]}}]})");
  schema.define(kDetectionTable, R"("additionalProperties": {"$ref": "#/$defs/selection"})");
  schema.define(kFilterTable, R"("additionalProperties": {"$ref": "#/$defs/selection"})");
}

// What one correlation type asks for.
std::string rule_of_type(const TypeRow& row) {
  std::vector<std::string_view> needs;
  if (row.needs_condition) needs.push_back("condition");
  if (row.needs_timespan) needs.push_back("timespan");
  if (row.type == "metrics") needs.push_back("values");
  constexpr std::string_view kField =
      R"(, "anyOf": [{"required": ["field"]}, {"required": ["condition"], "properties": {"condition": {"required": ["field"]}}}])";
  return fmt::format(R"({{"if": {{"properties": {{"type": {{"const": "{}"}}}}, "required": ["type"]}}, )"
                     R"("then": {{"required": {}, "properties": {{"condition": {}}}{}}}}})",
                     row.type, names_json(needs), row.condition_schema, row.needs_field ? kField : "");
}

void define_correlation(SchemaBuilder& schema) {
  const std::vector<Key> condition = merged({kOperators, kConditionFieldKeys});
  schema.define("correlation-condition",
                fmt::format(R"({{"type": "object", "minProperties": 1, "properties": {}, "additionalProperties": false}})",
                            schema.properties(condition)));
  schema.define(kTagReferenceTable);
  schema.define(kMetricTable);
  schema.define(kLevelWhenTable, R"("minProperties": 1)");
  std::string by_type;
  for (const TypeRow& row : kTypeRows) by_type += (by_type.empty() ? "" : ", ") + rule_of_type(row);
  schema.define(kCorrelationTable, fmt::format(R"("allOf": [{}])", by_type));
}

}  // namespace

std::string rule_schema() {
  SchemaBuilder schema;
  define_detection(schema);
  define_correlation(schema);
  const std::vector<Key> keys = merged({kDocumentKeys, kRuleKeys, kCorrelationDocumentKeys, kEitherKeys, kFilterDocumentKeys});
  const std::string root = fmt::format(
      R"("type": "object", "properties": {}, )"
      R"("anyOf": [{{"required": ["detection", "logsource"]}}, {{"required": ["correlation"]}}, {{"required": ["filter"]}}, {{"required": ["action"]}}], )"
      R"("not": {{"required": ["detection", "correlation"]}})",
      schema.properties(keys));
  return schema.finish("Vedette rules", "One document of a rule file: a rule, a correlation or a filter.", root);
}

std::string test_schema() {
  SchemaBuilder schema;
  schema.define(kTestFileTable);
  return schema.finish("Vedette rule tests", "A rule test, x.test.yml.", R"("$ref": "#/$defs/test-file")");
}

std::string source_schema() {
  SchemaBuilder schema;
  schema.define("normalised-name", fmt::format(R"({{"enum": {}}})", names_json(names_of(kNormalisedNames))));
  schema.define(kSetTable);
  schema.define(kSourceTable);
  return schema.finish("Vedette source types", "A source type, rules/sources/<name>.yml.", R"("$ref": "#/$defs/source")");
}

}  // namespace vedette::rules::reference
