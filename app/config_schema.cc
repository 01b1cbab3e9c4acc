#include "app/config_schema.h"

#include <fmt/format.h>

#include <span>

#include "app/config_keys.h"
#include "rules/reference/markdown.h"
#include "rules/reference/schema.h"

namespace vedette::app {

namespace {

// A list member whose `type` decides which table describes it.
template <std::size_t N>
std::string by_type(rules::reference::SchemaBuilder& schema, const std::array<Word, N>& kinds,
                    const std::array<const Table*, N>& tables) {
  std::string cases;
  for (std::size_t i = 0; i < N; ++i) {
    schema.define(*tables[i]);
    cases += fmt::format(R"({}{{"if": {{"properties": {{"type": {{"const": "{}"}}}}, "required": ["type"]}}, "then": {}}})",
                         i == 0 ? "" : ", ", kinds[i].name, rules::reference::reference_to(tables[i]->id));
  }
  return fmt::format(
      R"({{"type": "object", "required": ["name", "type"], "properties": {{"type": {{"enum": {}}}}}, "allOf": [{}]}})",
      rules::reference::names_json(names_of(kinds)), cases);
}

}  // namespace

std::string config_schema() {
  rules::reference::SchemaBuilder schema;
  schema.define(kSecretTable);
  schema.define("source", by_type(schema, kSourceKinds, kSourceTables));
  schema.define("sink", by_type(schema, kSinkKinds, kSinkTables));
  schema.define(kConfigTable);
  return schema.finish("Vedette configuration", "The configuration of vedette run.", R"("$ref": "#/$defs/configuration")");
}

std::string config_reference() {
  using rules::reference::keys_markdown;
  std::string out =
      "## Configuration\n\n`vedette run -c vedette.yml`. Relative paths start at the file's folder. A *size* is a number of "
      "bytes, or one\n"
      "and a unit: kB, MB, GB, TB are powers of 1000, KiB, MiB, GiB, TiB of 1024.\n\n";
  out += keys_markdown(kConfigTable);
  for (const Table* table : kConfigTables) out += rules::reference::section(*table);
  out += "### Sources\n\n";
  out += rules::reference::words_markdown(kSourceKinds, "type");
  for (const Table* table : kSourceTables) out += rules::reference::section(*table);
  for (const Table* table : kInnerSourceTables) out += rules::reference::section(*table);
  out += "### Sinks\n\n";
  out +=
      rules::reference::words_markdown(kSinkKinds, "type") + rules::reference::words_markdown(kContinuations, "on_continuation");
  for (const Table* table : kSinkTables) out += rules::reference::section(*table);
  for (const Table* table : kInnerSinkTables) out += rules::reference::section(*table);
  return out;
}

}  // namespace vedette::app
