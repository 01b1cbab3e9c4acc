// The `detection` of a rule as a tree, independent of any source: items (field, modifiers, values), named selections and
// the condition over them. Built once per rule; value types; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/plan/pattern.h"
#include "rules/sigma/level_when.h"
#include "rules/sigma/reporter.h"
#include "rules/sigma/sigma_string.h"
#include "rules/yaml/node.h"

namespace vedette::rules {

struct ItemTest {
  plan::ValueTest test;
  std::string other_field;  // fieldref: the field compared with
};

struct Item {
  std::string field;  // empty: keywords
  Location where;     // of the field name
  bool all = false;
  bool negate = false;
  plan::TimePart part = plan::TimePart::none;
  std::vector<ItemTest> tests;
  std::vector<Item> entries;  // of target[any]: what one member must satisfy; `field` is then the array
  std::string text;           // as written, shortened
  std::string canonical;      // what semantic hashes are made of
};

enum class ExprKind : std::uint8_t { item, selection, all_of, any_of, negation };

struct Expr {
  ExprKind kind = ExprKind::item;
  std::size_t index = 0;  // item: into items; selection: into selections
  std::vector<Expr> children = {};
};

struct NamedSelection {
  std::string name;
  Location where;
  Expr expr;
};

// A level of `level-when` and when an event has it.
struct LevelCondition {
  plan::Level level = plan::Level::medium;
  Expr condition;
};

struct Detection {
  std::vector<Item> items;
  std::vector<NamedSelection> selections;
  Expr condition;
  std::vector<LevelCondition> levels;
  // What decides whether an event matches; the levels are no part of it.
  [[nodiscard]] std::string canonical() const;
};

struct DetectionContext {
  ListLookup lists;
  std::vector<std::string> list_names;
};

// What an aggregation after '|' needs to be rewritten: the rule's title and timeframe; and how messages call the block.
struct AggregationContext {
  std::string title;
  std::string timeframe;
  std::string_view block = "detection";
};

// Where a detection stands: the key that holds it, its document's title, and the levels whose conditions read its selections.
struct DetectionPlace {
  std::string_view block = "detection";
  std::string title;
  std::vector<LevelEntry> levels = {};
};

// Reports every error; the result is whole only when none was reported.
[[nodiscard]] Detection parse_detection(const yaml::Node& node, const DetectionContext& context, const DetectionPlace& place,
                                        Reporter& reporter);

// One item from its key and value (rules/sigma/item.cc); nullopt after an error.
[[nodiscard]] std::optional<Item> parse_item(const yaml::Node& key, const yaml::Node& value, const DetectionContext& context,
                                             Reporter& reporter);
// Keywords without a key: the scalars of a list.
[[nodiscard]] std::optional<Item> parse_keywords(const std::vector<const yaml::Node*>& values, Reporter& reporter);

}  // namespace vedette::rules
