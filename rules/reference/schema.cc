#include "rules/reference/schema.h"

#include <fmt/format.h>

#include "engine/base/json_writer.h"
#include "rules/reference/json_text.h"

namespace vedette::rules::reference {
namespace {

std::string quoted(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

// What every schema may refer to.
constexpr std::pair<std::string_view, std::string_view> kCommon[] = {
    {"text", R"({"type": ["string", "number", "boolean"]})"},
    {"texts", R"({"anyOf": [{"$ref": "#/$defs/text"}, {"type": "array", "items": {"$ref": "#/$defs/text"}}, {"type": "null"}]})"},
    {"text-map", R"({"type": "object", "additionalProperties": {"$ref": "#/$defs/text"}})"},
    {"texts-map", R"({"type": "object", "additionalProperties": {"$ref": "#/$defs/texts"}})"},
    {"field", R"({"type": "string", "pattern": "^[^|\\s]"})"},
    {"fields",
     R"({"anyOf": [{"$ref": "#/$defs/field"}, {"type": "array", "items": {"$ref": "#/$defs/field"}}, {"type": "null"}]})"},
    {"duration", R"({"type": "string", "pattern": "^[0-9]+[smhdw]$"})"},
    {"duration-or-zero", R"({"anyOf": [{"$ref": "#/$defs/duration"}, {"const": 0}]})"},
    {"offset", R"({"type": "string", "pattern": "^([0-9]+[smhdw])+$"})"},
    {"date", R"({"type": "string", "pattern": "^[0-9]{4}[-/][0-9]{1,2}[-/][0-9]{1,2}$"})"},
    {"date-time", R"({"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}"})"},
    {"whole", R"({"type": "integer", "minimum": 0})"},
    {"number", R"({"type": "number"})"},
    {"condition",
     R"({"anyOf": [{"type": "string", "minLength": 1}, {"type": "array", "minItems": 1, "items": {"type": "string"}}]})"},
};

std::string_view definition_of(Shape shape) {
  switch (shape) {
    case Shape::text:
      return "text";
    case Shape::texts:
      return "texts";
    case Shape::text_map:
      return "text-map";
    case Shape::texts_map:
      return "texts-map";
    case Shape::whole:
      return "whole";
    case Shape::number:
      return "number";
    case Shape::date:
      return "date";
    case Shape::time:
      return "date-time";
    case Shape::duration:
      return "duration";
    case Shape::duration_or_zero:
      return "duration-or-zero";
    case Shape::offset:
      return "offset";
    case Shape::field:
    case Shape::expression:
      return "field";
    case Shape::fields:
    case Shape::expressions:
      return "fields";
    case Shape::condition:
      return "condition";
    case Shape::selection:
      return "selection";
    default:
      return {};
  }
}

// Without the braces around it: "$ref": "#/$defs/x"
std::string members_of(std::string_view json) { return std::string(json.substr(1, json.size() - 2)); }

}  // namespace

std::string reference_to(std::string_view name) { return fmt::format(R"({{"$ref": "#/$defs/{}"}})", name); }

std::string names_json(std::span<const std::string_view> names) {
  std::string out = "[";
  for (const std::string_view name : names) out += (out.size() > 1 ? ", " : "") + quoted(name);
  return out + "]";
}

SchemaBuilder::SchemaBuilder() {
  for (const auto& [name, json] : kCommon) define(name, std::string(json));
}

void SchemaBuilder::define(std::string_view name, std::string json) {
  if (defined_.emplace(name).second) definitions_.emplace_back(name, std::move(json));
}

void SchemaBuilder::define(const Table& table, std::string_view further) {
  if (!defined_.emplace(table.id).second) return;
  std::vector<std::string_view> required;
  for (const Key& key : table.keys) {
    if (key.required) required.push_back(key.name);
  }
  std::string json = fmt::format(R"({{"type": "object", "properties": {})", properties(table.keys));
  if (!required.empty()) json += fmt::format(R"(, "required": {})", names_json(required));
  if (!table.open) json += R"(, "additionalProperties": false)";
  if (!further.empty()) json += fmt::format(", {}", further);
  definitions_.emplace_back(table.id, json + "}");
}

std::string SchemaBuilder::properties(std::span<const Key> keys) {
  std::string out = "{";
  for (const Key& key : keys) {
    out += fmt::format(R"({}{}: {{"description": {}, {}}})", out.size() > 1 ? ", " : "", quoted(key.name),
                       quoted(fmt::format("{}. Example: {}: {}", key.help, key.name, key.example)), members_of(value_of(key)));
  }
  return out + "}";
}

std::string SchemaBuilder::value_of(const Key& key) {
  if (key.inner != nullptr) define(*key.inner);
  const std::string inner = key.inner != nullptr ? reference_to(key.inner->id) : std::string();
  switch (key.shape) {
    case Shape::boolean:
      return R"({"type": "boolean"})";
    case Shape::word: {
      std::vector<std::string_view> names;
      for (const Word& word : key.words) names.push_back(word.name);
      return fmt::format(R"({{"enum": {}}})", names_json(names));
    }
    case Shape::map:
      return inner;
    case Shape::maps:
      return fmt::format(R"({{"anyOf": [{0}, {{"type": "array", "items": {0}}}]}})", inner);
    case Shape::map_of_maps:
      return fmt::format(R"({{"type": "object", "additionalProperties": {}}})", inner);
    case Shape::list:
      return fmt::format(R"({{"type": "array", "minItems": 1, "items": {}}})", inner);
    case Shape::special:
      return std::string(key.schema);
    default:
      return reference_to(definition_of(key.shape));
  }
}

std::string SchemaBuilder::finish(std::string_view title, std::string_view description, std::string_view root) const {
  std::string definitions;
  for (const auto& [name, json] : definitions_) {
    definitions += fmt::format("{}{}: {}", definitions.empty() ? "" : ", ", quoted(name), json);
  }
  return pretty_json(fmt::format(
      R"({{"$schema": "https://json-schema.org/draft/2020-12/schema", "title": {}, "description": {}, {}, "$defs": {{{}}}}})",
      quoted(title), quoted(description), root, definitions));
}

}  // namespace vedette::rules::reference
