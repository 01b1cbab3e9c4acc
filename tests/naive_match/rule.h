// A Sigma rule as the naive matcher reads it: straight from the specification, from YAML to a small tree, for comparison
// with the engine. Includes nothing of the engine. Immutable after parsing; one thread.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "tests/naive_match/test.h"

namespace vedette::naive {

// field|modifier|modifier: values. An empty field is a keyword search.
struct Item {
  std::string field;
  std::vector<std::string> modifiers;
  std::vector<std::string> raw_values;  // as written, after `expand`; "" also for null
  bool all = false;
  bool neq = false;
  std::string time_part;    // minute, hour, ...; empty = none
  std::vector<Test> tests;  // one per value
  // field[any]: {...}: some object of the field satisfies all entries, whose fields begin in the object.
  std::vector<Item> entries;
};

// Any of the groups; all items of a group.
struct Selection {
  std::vector<std::vector<Item>> groups;
};

struct Expr {
  enum class Kind { name, all, any, negation };
  Kind kind = Kind::name;
  std::string name;
  std::vector<Expr> children;
};

using Lists = std::map<std::string, std::vector<std::string>>;

// A filter document: what its condition says must be true of the events of its rules before the day `expires`.
struct Filter {
  std::string title, category, product, service;
  std::vector<std::string> rules;  // names or ids; none: any
  std::string expires;             // year-month-day, or empty
  std::map<std::string, Selection> selections;
  Expr condition;
};

struct Rule {
  std::string id, name, title, category, product, service, level;
  std::map<std::string, Selection> selections;
  Expr condition;
  std::vector<std::pair<std::string, Expr>> levels;  // level-when
  std::vector<Filter> filters;                       // of the same text, those that concern the rule
};

// Rules of all documents, with the filters among them. Throws std::runtime_error when a document is not understood.
[[nodiscard]] std::vector<Rule> parse_rules(const std::string& yaml, const Lists& lists = {});

}  // namespace vedette::naive
