#include "tests/naive_match/rule.h"

#include <fnmatch.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <set>
#include <sstream>
#include <stdexcept>

namespace vedette::naive {
namespace {

// ---- conditions: or < and < not < x of

class ConditionParser {
 public:
  ConditionParser(const std::string& text, const std::map<std::string, Selection>& selections) : selections_(selections) {
    std::string word;
    for (const char c : text + " ") {
      if (c == ' ' || c == '\t' || c == '\n' || c == '(' || c == ')') {
        if (!word.empty()) words_.push_back(word);
        word.clear();
        if (c == '(' || c == ')') words_.emplace_back(1, c);
      } else {
        word += c;
      }
    }
  }

  Expr parse() {
    Expr expr = disjunction();
    if (at_ != words_.size()) throw std::runtime_error("condition: unexpected " + words_[at_]);
    return expr;
  }

 private:
  bool take(const std::string& lower) {
    if (at_ >= words_.size()) return false;
    std::string word = words_[at_];
    std::transform(word.begin(), word.end(), word.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    if (word != lower) return false;
    ++at_;
    return true;
  }

  Expr disjunction() {
    Expr expr{Expr::Kind::any, "", {conjunction()}};
    while (take("or")) expr.children.push_back(conjunction());
    return expr;
  }

  Expr conjunction() {
    Expr expr{Expr::Kind::all, "", {term()}};
    while (take("and")) expr.children.push_back(term());
    return expr;
  }

  Expr term() {
    if (take("not")) return {Expr::Kind::negation, "", {term()}};
    if (take("(")) {
      Expr expr = disjunction();
      if (!take(")")) throw std::runtime_error("condition: ) missing");
      return expr;
    }
    if (at_ + 1 < words_.size() && (words_[at_] == "1" || words_[at_] == "any" || words_[at_] == "all") &&
        words_[at_ + 1] == "of") {
      const auto kind = words_[at_] == "all" ? Expr::Kind::all : Expr::Kind::any;
      at_ += 2;
      return quantified(kind);
    }
    if (at_ >= words_.size()) throw std::runtime_error("condition ends early");
    const std::string name = words_[at_++];
    if (selections_.count(name) == 0) throw std::runtime_error("condition: no selection " + name);
    return {Expr::Kind::name, name, {}};
  }

  Expr quantified(Expr::Kind kind) {
    if (at_ >= words_.size()) throw std::runtime_error("condition ends early");
    const std::string pattern = words_[at_++];
    Expr expr{kind, "", {}};
    for (const auto& [name, selection] : selections_) {
      const bool hidden = name[0] == '_' && pattern[0] != '_';
      const bool taken = pattern == "them" ? name[0] != '_' : !hidden && fnmatch(pattern.c_str(), name.c_str(), 0) == 0;
      if (taken) expr.children.push_back({Expr::Kind::name, name, {}});
    }
    if (expr.children.empty()) throw std::runtime_error("condition: nothing matches " + pattern);
    return expr;
  }

  const std::map<std::string, Selection>& selections_;
  std::vector<std::string> words_;
  std::size_t at_ = 0;
};

// ---- detections

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> out;
  std::stringstream stream(text);
  std::string part;
  while (std::getline(stream, part, separator)) out.push_back(part);
  return out;
}

// %name% becomes each value of the list.
std::vector<std::string> expand(const std::string& text, const Lists& lists) {
  const std::size_t first = text.find('%');
  const std::size_t second = first == std::string::npos ? first : text.find('%', first + 1);
  if (second == std::string::npos) return {text};
  const auto list = lists.find(text.substr(first + 1, second - first - 1));
  if (list == lists.end()) throw std::runtime_error("no list for " + text);
  std::vector<std::string> out;
  for (const std::string& value : list->second) {
    for (const std::string& rest : expand(text.substr(second + 1), lists)) out.push_back(text.substr(0, first) + value + rest);
  }
  return out;
}

Item make_item(const std::string& key, const YAML::Node& values, const Lists& lists) {
  static const std::set<std::string> kTimeParts = {"minute", "hour", "day", "week", "month", "year"};
  Item item;
  std::vector<std::string> parts = split(key, '|');
  if (!parts.empty()) {
    item.field = parts[0];
    parts.erase(parts.begin());
  }
  if (values.IsMap() && item.field.ends_with("[any]")) {
    item.field.resize(item.field.size() - 5);
    for (const auto& entry : values) item.entries.push_back(make_item(entry.first.Scalar(), entry.second, lists));
    return item;
  }
  bool expanding = false;
  for (const std::string& modifier : parts) {
    item.all |= modifier == "all";
    item.neq |= modifier == "neq";
    expanding |= modifier == "expand";
    if (kTimeParts.count(modifier) != 0) item.time_part = modifier;
  }
  item.modifiers = parts;
  const auto add = [&](const YAML::Node& value) {
    if (value.IsMap() || value.IsSequence()) throw std::runtime_error("nested value under " + key);
    const std::string text = value.IsNull() ? "" : value.Scalar();
    for (const std::string& each : expanding ? expand(text, lists) : std::vector<std::string>{text}) {
      item.raw_values.push_back(each);
      item.tests.push_back(make_test(each, value.IsNull(), item.modifiers, item.field.empty()));
    }
  };
  if (values.IsSequence()) {
    for (const YAML::Node& value : values) add(value);
  } else {
    add(values);
  }
  return item;
}

std::vector<Item> map_group(const YAML::Node& map, const Lists& lists) {
  std::vector<Item> group;
  for (const auto& entry : map) group.push_back(make_item(entry.first.Scalar(), entry.second, lists));
  return group;
}

Selection make_selection(const YAML::Node& node, const Lists& lists) {
  Selection selection;
  if (node.IsMap()) {
    selection.groups.push_back(map_group(node, lists));
  } else if (node.IsScalar()) {
    selection.groups.push_back({make_item("", node, lists)});
  } else {
    for (const YAML::Node& member : node) {
      selection.groups.push_back(member.IsMap() ? map_group(member, lists) : std::vector<Item>{make_item("", member, lists)});
    }
  }
  return selection;
}

Expr make_condition(const YAML::Node& node, const std::map<std::string, Selection>& selections) {
  if (!node.IsSequence()) return ConditionParser(node.Scalar(), selections).parse();
  Expr expr{Expr::Kind::any, "", {}};
  for (const YAML::Node& each : node) expr.children.push_back(ConditionParser(each.Scalar(), selections).parse());
  return expr;
}

std::string text_of(const YAML::Node& node) { return node && node.IsScalar() ? node.Scalar() : ""; }

Rule make_rule(const YAML::Node& document, const Lists& lists) {
  Rule rule;
  rule.id = text_of(document["id"]);
  rule.name = text_of(document["name"]);
  rule.title = text_of(document["title"]);
  rule.level = text_of(document["level"]);
  const YAML::Node logsource = document["logsource"];
  rule.category = text_of(logsource["category"]);
  rule.product = text_of(logsource["product"]);
  rule.service = text_of(logsource["service"]);
  const YAML::Node detection = document["detection"];
  for (const auto& entry : detection) {
    const std::string name = entry.first.Scalar();
    if (name != "condition" && name != "timeframe") rule.selections[name] = make_selection(entry.second, lists);
  }
  rule.condition = make_condition(detection["condition"], rule.selections);
  for (const YAML::Node& entry : document["level-when"]) {
    for (const auto& level : entry)
      rule.levels.emplace_back(level.first.Scalar(), ConditionParser(level.second.Scalar(), rule.selections).parse());
  }
  return rule;
}

Filter make_filter(const YAML::Node& document, const Lists& lists) {
  Filter filter;
  filter.title = text_of(document["title"]);
  filter.category = text_of(document["logsource"]["category"]);
  filter.product = text_of(document["logsource"]["product"]);
  filter.service = text_of(document["logsource"]["service"]);
  filter.expires = text_of(document["expires"]);
  for (const auto& entry : document["filter"]) {
    const std::string key = entry.first.Scalar();
    if (key == "expires") filter.expires = entry.second.Scalar();
    if (key == "rules") {
      for (const YAML::Node& name : entry.second) filter.rules.push_back(name.Scalar());
    } else if (key != "condition" && key != "expires") {
      filter.selections[key] = make_selection(entry.second, lists);
    }
  }
  filter.condition = make_condition(document["filter"]["condition"], filter.selections);
  return filter;
}

bool concerns(const Filter& filter, const Rule& rule) {
  const auto same = [](const std::string& wanted, const std::string& given) { return wanted.empty() || wanted == given; };
  const auto named = [&](const std::string& name) { return name == rule.id || name == rule.name; };
  return (filter.rules.empty() || std::any_of(filter.rules.begin(), filter.rules.end(), named)) &&
         same(filter.category, rule.category) && same(filter.product, rule.product) && same(filter.service, rule.service);
}

}  // namespace

std::vector<Rule> parse_rules(const std::string& yaml, const Lists& lists) {
  std::vector<Rule> rules;
  std::vector<Filter> filters;
  for (const YAML::Node& document : YAML::LoadAll(yaml)) {
    if (document.IsMap() && document["detection"]) rules.push_back(make_rule(document, lists));
    if (document.IsMap() && document["filter"]) filters.push_back(make_filter(document, lists));
  }
  for (Rule& rule : rules) {
    for (const Filter& filter : filters) {
      if (concerns(filter, rule)) rule.filters.push_back(filter);
    }
  }
  return rules;
}

}  // namespace vedette::naive
