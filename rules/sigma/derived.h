// `lookup:` and `enrich:` of a rule: names whose parts are looked up by a value of the event, `person.team`, `geo.country`.
// What the tables hold is for those who link documents. Pure; any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/plan/field_expr.h"
#include "engine/plan/source_program.h"
#include "rules/sigma/reporter.h"
#include "rules/yaml/node.h"

namespace vedette::rules {

struct DerivedDoc {
  bool address = false;  // of `enrich`; else of `lookup`
  std::string name;      // person, geo
  std::string table;     // lookup
  std::string key_text;
  plan::FieldExpr key;
  Location name_where, table_where, key_where;
  std::uint32_t index = plan::kNone;  // into Plan::tables, once linked
};

[[nodiscard]] std::vector<DerivedDoc> parse_derived(const yaml::Node& root, Reporter& reporter);

// Documents other than rules have none.
void refuse_derived(const yaml::Node& root, Reporter& reporter);

// Whether a field begins with a name that the document's `lookup` or `enrich` gives.
[[nodiscard]] bool names_derived(const yaml::Node& root, std::string_view field);

// The entry that a path begins with, or null.
[[nodiscard]] const DerivedDoc* derived_of(const std::vector<DerivedDoc>& all, const plan::FieldPath& path);
// What follows the name: the column of the table.
[[nodiscard]] std::string derived_column(const plan::FieldPath& path);
// What semantic hashes are made of.
[[nodiscard]] std::string derived_canonical(const std::vector<DerivedDoc>& all);

}  // namespace vedette::rules
