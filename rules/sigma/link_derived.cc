// Fields that are looked up: which tables the rules read, and whether they hold what is asked for.
#include <fmt/format.h>

#include <algorithm>

#include "engine/base/suggest.h"
#include "rules/enrich/address_table.h"
#include "rules/enrich/csv_table.h"
#include "rules/sigma/compiler.h"

namespace vedette::rules {
namespace {

// Every field that the items name, with its place.
template <typename Visit>
void each_field(const std::vector<Item>& items, const Visit& visit) {
  for (const Item& item : items) {
    if (!item.field.empty()) visit(item.field, item.where);
    for (const ItemTest& test : item.tests) {
      if (!test.other_field.empty()) visit(test.other_field, item.where);
    }
    for (const Item& entry : item.entries) {
      for (const ItemTest& test : entry.tests) {
        if (!test.other_field.empty()) visit(test.other_field, entry.where);
      }
    }
  }
}

}  // namespace

std::uint32_t Compiler::table(const std::string& name, const plan::ValueTablePtr& values) {
  const auto found =
      std::find_if(plan_->tables.begin(), plan_->tables.end(), [&](const plan::TablePlan& t) { return t.name == name; });
  if (found != plan_->tables.end()) return static_cast<std::uint32_t>(found - plan_->tables.begin());
  plan_->tables.push_back({name, values});
  return static_cast<std::uint32_t>(plan_->tables.size() - 1);
}

// The table that an entry reads; null after an error. Without any database `enrich` gives an empty one.
plan::ValueTablePtr Compiler::load_table(std::size_t document, const DerivedDoc& derived) {
  if (derived.address) {
    if (addresses_ == nullptr) addresses_ = options_.addresses ? options_.addresses : open_addresses({}).value();
    return addresses_;
  }
  if (const auto known = tables_.find(derived.table); known != tables_.end()) return known->second;
  const auto file = options_.tables.find(derived.table);
  if (file == options_.tables.end()) {
    std::vector<std::string> names;
    for (const auto& [name, text] : options_.tables) names.push_back(name);
    error(document, "V1411", derived.table_where, fmt::format("there is no table `{}`", derived.table),
          did_you_mean(derived.table, names,
                       names.empty() ? "no tables are loaded; give --lists DIR with a CSV file of that name"
                                     : fmt::format("the tables are {}", fmt::join(names, ", "))));
    return nullptr;
  }
  auto parsed = CsvTable::parse(file->second.text);
  if (!parsed) {
    error(document, "V1414", derived.table_where,
          fmt::format("the table {} cannot be used: {}", file->second.path, parsed.error().message),
          "a table is CSV with a header row; quote cells that hold commas or quotes");
    return nullptr;
  }
  return tables_.emplace(derived.table, *parsed).first->second;
}

// Tables of all rules; then every field that reads one.
void Compiler::link_derived() {
  for (std::size_t i = 0; i < documents_.size(); ++i) {
    if (documents_[i].kind != DocumentKind::rule || !documents_[i].good) continue;
    RuleDoc& rule = documents_[i].rule;
    for (DerivedDoc& derived : rule.derived) {
      if (const auto values = load_table(i, derived)) derived.index = table(derived.address ? "enrich" : derived.table, values);
    }
    if (!documents_[i].good) continue;
    each_field(rule.detection.items, [&](const std::string& field, const Location& where) { check_derived(i, i, field, where); });
    for (const auto& [field, where] : rule.suppress.by) {
      check_derived(i, i, field, where);
      refuse_lookup(i, i, field, where);
    }
    for (const TitlePartDoc& part : rule.title) {
      if (part.name) check_derived(i, i, part.text, part.where);
    }
  }
}

// Reports a derived field that its table does not hold; `owner` is who names it.
void Compiler::check_derived(std::size_t owner, std::size_t rule_document, const std::string& text, const Location& where) {
  const RuleDoc& rule = documents_[rule_document].rule;
  const auto expr = parse_field_expr(text);
  const DerivedDoc* derived = expr ? derived_of(rule.derived, expr->path) : nullptr;
  if (derived == nullptr || derived->index == plan::kNone) return;
  const std::string column = derived_column(expr->path);
  const std::vector<std::string>& columns = plan_->tables[derived->index].values->columns();
  if (std::find(columns.begin(), columns.end(), column) != columns.end()) return;
  if (!derived->address) {
    error(owner, "V1412", where, fmt::format("the table {} has no column `{}`", derived->table, column),
          did_you_mean(column, columns, fmt::format("its columns are {}", fmt::join(columns, ", "))));
    return;
  }
  std::vector<std::string_view> names;
  for (const AddressFact& fact : address_facts()) {
    names.push_back(fact.name);
    if (fact.name != column) continue;
    error(owner, "V1421", where, fmt::format("no loaded database says `{}` of an address", column),
          fmt::format("give a MaxMind DB file of type {} with --enrich FILE, or `enrich: {{databases: [FILE]}}` in the "
                      "configuration of the service",
                      fact.kind));
    return;
  }
  error(owner, "V1412", where, fmt::format("`{}` is nothing that databases of addresses say", column),
        did_you_mean(column, names, fmt::format("there are {}", fmt::join(names, ", "))));
}

// Looked-up values may change with the table, so they decide and describe, but never identify.
void Compiler::refuse_lookup(std::size_t owner, std::size_t rule_document, const std::string& text, const Location& where) {
  const auto expr = parse_field_expr(text);
  const DerivedDoc* derived = expr ? derived_of(documents_[rule_document].rule.derived, expr->path) : nullptr;
  if (derived == nullptr || derived->address) return;
  error(owner, "V1413", where, fmt::format("`{}` is looked up in a table and cannot stand here", text),
        fmt::format("use `{}` instead; looked-up fields go into detections, `level-when` and titles", derived->key_text));
}

}  // namespace vedette::rules
