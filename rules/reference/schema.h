// JSON Schemas (draft 2020-12) of what people write, made from the tables of keys. Pure; any thread.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "rules/reference/key.h"

namespace vedette::rules::reference {

// The schemas of rule files, rule tests and source types. Each describes one YAML document.
[[nodiscard]] std::string rule_schema();
[[nodiscard]] std::string test_schema();
[[nodiscard]] std::string source_schema();

// Gathers $defs, each once: those of tables bring along the tables inside them.
class SchemaBuilder {
 public:
  SchemaBuilder();
  // The table as a definition of its id; `further` are members beside its own, as JSON: "\"minProperties\": 1".
  void define(const Table& table, std::string_view further = {});
  void define(std::string_view name, std::string json);
  // {"a": {...}, "b": {...}} of the keys.
  [[nodiscard]] std::string properties(std::span<const Key> keys);
  // The whole schema around the members of its root.
  [[nodiscard]] std::string finish(std::string_view title, std::string_view description, std::string_view root) const;

 private:
  [[nodiscard]] std::string value_of(const Key& key);
  std::vector<std::pair<std::string, std::string>> definitions_;
  std::set<std::string, std::less<>> defined_;
};

// {"$ref": "#/$defs/name"}
[[nodiscard]] std::string reference_to(std::string_view name);
// ["a", "b"]
[[nodiscard]] std::string names_json(std::span<const std::string_view> names);

}  // namespace vedette::rules::reference
