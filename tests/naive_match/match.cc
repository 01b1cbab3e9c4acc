#include "tests/naive_match/match.h"

#include <re2/re2.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <cstdlib>
#include <ctime>
#include <functional>
#include <optional>

#include "tests/naive_match/inside.h"

namespace vedette::naive {
namespace {

// ---- fields

// a.b{}.c[1] as keys and array indices (-1 = every member).
struct Step {
  std::string key;
  int index = -1;
};

std::vector<Step> steps_of(const std::string& path) {
  static const re2::RE2 kIndexed(R"((.+)\[(\d+)\])");
  std::vector<Step> steps;
  std::string key;
  for (const char c : path + ".") {
    if (c != '.') {
      key += c;
      continue;
    }
    Step step;
    std::string index;
    if (key.size() > 2 && key.ends_with("{}")) key.resize(key.size() - 2);
    if (re2::RE2::FullMatch(key, kIndexed, &step.key, &index)) {
      step.index = std::atoi(index.c_str());
    } else {
      step.key = key;
    }
    steps.push_back(step);
    key.clear();
  }
  return steps;
}

void collect(const Json& json, std::vector<Value>& out) {
  switch (json.kind) {
    case Json::Kind::null:
      out.push_back({Value::Kind::null, ""});
      break;
    case Json::Kind::boolean:
      out.push_back({Value::Kind::boolean, json.text});
      break;
    case Json::Kind::number:
      out.push_back({Value::Kind::number, json.text});
      break;
    case Json::Kind::string:
      out.push_back({Value::Kind::string, json.text});
      break;
    case Json::Kind::object:
      out.push_back({Value::Kind::object, compact(json)});
      break;
    case Json::Kind::array:
      if (json.items.empty()) out.push_back({Value::Kind::null, ""});
      for (const Json& item : json.items) collect(item, out);
      break;
  }
}

constexpr int kStrings = 3;  // strings in strings that are read

using Visit = std::function<void(const Json&, int strings)>;

// What lies at the end of the steps. `strings`: how many more may be read on the way.
void walk(const Json& json, const std::vector<Step>& steps, std::size_t at, int strings, const Visit& visit) {
  if (at == steps.size()) return visit(json, strings);
  if (json.kind == Json::Kind::array) {
    for (const Json& item : json.items) walk(item, steps, at, strings, visit);
    return;
  }
  if (json.kind == Json::Kind::string) {
    const auto opened = strings > 0 ? inside(json.text) : std::nullopt;
    if (opened) walk(*opened, steps, at, strings - 1, visit);
    return;
  }
  const Json* member = json.find(steps[at].key);
  if (member == nullptr) return;
  if (steps[at].index < 0) return walk(*member, steps, at + 1, strings, visit);
  std::optional<Json> opened;
  if (member->kind == Json::Kind::string && strings > 0) {
    opened = inside(member->text);
    if (!opened) return;
    member = &*opened;
    --strings;
  }
  const auto index = static_cast<std::size_t>(steps[at].index);
  if (member->kind == Json::Kind::array && index < member->items.size())
    walk(member->items[index], steps, at + 1, strings, visit);
}

void descend(const Json& json, const std::vector<Step>& steps, int strings, std::vector<Value>& out) {
  walk(json, steps, 0, strings, [&](const Json& found, int) { collect(found, out); });
}

// Every object: the value itself, the members of arrays, and those that a string holds.
void each_object(const Json& json, int strings, const Visit& visit) {
  if (json.kind == Json::Kind::object) visit(json, strings);
  for (const Json& item : json.items) each_object(item, strings, visit);
  if (json.kind != Json::Kind::string || strings == 0) return;
  if (const auto opened = inside(json.text)) each_object(*opened, strings - 1, visit);
}

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

// Exact case first, then the known field of another case.
std::string known_name(const std::string& field, const Schema& schema) {
  if (std::find(schema.fields.begin(), schema.fields.end(), field) != schema.fields.end()) return field;
  for (const std::string& known : schema.fields) {
    if (lower(known) == lower(field)) return known;
  }
  return field;
}

void values_at(const Json& json, const std::string& path, std::vector<Value>& out) {
  const std::vector<Step> steps = steps_of(path);
  if (steps.size() > 1) {
    std::string keys = path;
    re2::RE2::GlobalReplace(&keys, R"(\{\})", "");
    if (const Json* literal = json.find(keys)) collect(*literal, out);
  }
  descend(json, steps, kStrings, out);
}

// target[type=User].id: the values at `id` of the objects whose `type` is User.
bool filtered_values(const Json& json, const std::string& path, std::vector<Value>& out) {
  std::string array, key, wanted, rest;
  static const re2::RE2 kFilter(R"(([^=]*)\[([^\[=]*)=([^\]]*)\]\.(.*))");
  if (!re2::RE2::FullMatch(path, kFilter, &array, &key, &wanted, &rest)) return false;
  walk(json, steps_of(array), 0, kStrings, [&](const Json& found, int left) {
    each_object(found, left, [&](const Json& object, int strings) {
      std::vector<Value> keys;
      descend(object, steps_of(key), strings, keys);
      const bool passes = std::any_of(keys.begin(), keys.end(), [&](const Value& value) {
        return value.kind != Value::Kind::null && lower(value.text) == lower(wanted);
      });
      if (passes) descend(object, steps_of(rest), strings, out);
    });
  });
  return true;
}

// ---- keywords

template <typename Visit>
void each_scalar(const Json& json, const Visit& visit) {
  for (const Json& item : json.items) each_scalar(item, visit);
  for (const auto& [key, member] : json.members) each_scalar(member, visit);
  if (json.kind == Json::Kind::string) visit(Value{Value::Kind::string, json.text});
  if (json.kind == Json::Kind::number || json.kind == Json::Kind::boolean) visit(Value{Value::Kind::string, json.text});
}

std::vector<Value> scalars_of(const Event& event) {
  if (event.is_text) return {{Value::Kind::string, event.line}};
  std::vector<Value> out;
  each_scalar(event.json, [&](const Value& value) { out.push_back(value); });
  return out;
}

// ---- time

bool seconds_of(const Value& value, std::time_t& out) {
  std::string y, mo, d, h, mi, s, sign, zh, zm, number;
  static const re2::RE2 kIso(R"((\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d)(?::(\d\d))?(?:\.\d+)?(?:Z|z|([+-])(\d\d):?(\d\d))?)");
  static const re2::RE2 kEpoch(R"((\d+)(?:\.\d+)?)");
  if (value.kind != Value::Kind::string && value.kind != Value::Kind::number) return false;
  if (re2::RE2::FullMatch(value.text, kEpoch, &number)) {
    const long long n = std::atoll(number.c_str());
    out = n >= 100'000'000'000 ? n / 1000 : n;
    return true;
  }
  if (!re2::RE2::FullMatch(value.text, kIso, &y, &mo, &d, &h, &mi, &s, &sign, &zh, &zm)) return false;
  std::tm tm{};
  tm.tm_year = std::atoi(y.c_str()) - 1900;
  tm.tm_mon = std::atoi(mo.c_str()) - 1;
  tm.tm_mday = std::atoi(d.c_str());
  tm.tm_hour = std::atoi(h.c_str());
  tm.tm_min = std::atoi(mi.c_str());
  tm.tm_sec = std::atoi(s.c_str());
  out = timegm(&tm);
  const int offset = std::atoi(zh.c_str()) * 3600 + std::atoi(zm.c_str()) * 60;
  out -= sign == "-" ? -offset : offset;
  return true;
}

std::vector<Value> parts_of(const std::vector<Value>& values, const std::string& part) {
  static const std::map<std::string, const char*> kFormats = {{"minute", "%M"}, {"hour", "%H"},  {"day", "%d"},
                                                              {"week", "%V"},   {"month", "%m"}, {"year", "%Y"}};
  std::vector<Value> out;
  for (const Value& value : values) {
    std::time_t t = 0;
    if (value.kind == Value::Kind::null) out.push_back(value);
    if (!seconds_of(value, t)) continue;
    std::tm tm{};
    gmtime_r(&t, &tm);
    char text[16];
    std::strftime(text, sizeof text, kFormats.at(part), &tm);
    out.push_back({Value::Kind::number, std::to_string(std::atoi(text))});
  }
  return out;
}

// ---- rules

bool met(const Test& test, const std::vector<Value>& values, const Event& event, const Schema& schema) {
  const auto not_null = [](const Value& value) { return value.kind != Value::Kind::null; };
  if (test.is_exists) return !values.empty() == test.expected;
  if (test.is_null) return values.empty() || !std::all_of(values.begin(), values.end(), not_null);
  if (!test.pair) return std::any_of(values.begin(), values.end(), [&](const Value& v) { return not_null(v) && test.value(v); });
  for (const Value& other : values_of(event, test.other_field, schema)) {
    for (const Value& value : values) {
      if (not_null(value) && not_null(other) && test.pair(value, other)) return true;
    }
  }
  return false;
}

bool tests_hold(const Item& item, std::vector<Value> values, const Event& event, const Schema& schema) {
  if (!item.time_part.empty()) values = parts_of(values, item.time_part);
  const auto is_met = [&](const Test& test) { return met(test, values, event, schema); };
  const bool result = item.all ? std::all_of(item.tests.begin(), item.tests.end(), is_met)
                               : std::any_of(item.tests.begin(), item.tests.end(), is_met);
  return result != item.neq;
}

bool some_object_matches(const Item& item, const Event& event, const Schema& schema) {
  std::vector<std::string> paths = {item.field};
  const auto spellings = schema.spellings.find(item.field);
  if (spellings != schema.spellings.end()) paths.insert(paths.end(), spellings->second.begin(), spellings->second.end());
  bool matched = false;
  const Visit object_matches = [&](const Json& object, int strings) {
    matched = matched || std::all_of(item.entries.begin(), item.entries.end(), [&](const Item& entry) {
                std::vector<Value> values;
                descend(object, steps_of(entry.field), strings, values);
                return tests_hold(entry, values, event, schema);
              });
  };
  for (const std::string& path : paths) {
    walk(event.json, steps_of(path), 0, kStrings,
         [&](const Json& found, int strings) { each_object(found, strings, object_matches); });
  }
  return matched;
}

bool item_matches(const Item& item, const Event& event, const Schema& schema) {
  if (!item.entries.empty()) return some_object_matches(item, event, schema);
  return tests_hold(item, item.field.empty() ? scalars_of(event) : values_of(event, item.field, schema), event, schema);
}

using Selections = std::map<std::string, Selection>;

bool holds(const Expr& expr, const Selections& selections, const Event& event, const Schema& schema) {
  const auto child = [&](const Expr& each) { return holds(each, selections, event, schema); };
  switch (expr.kind) {
    case Expr::Kind::name:
      return matches(selections.at(expr.name), event, schema);
    case Expr::Kind::all:
      return std::all_of(expr.children.begin(), expr.children.end(), child);
    case Expr::Kind::any:
      return std::any_of(expr.children.begin(), expr.children.end(), child);
    case Expr::Kind::negation:
      return !child(expr.children.front());
  }
  return false;
}

}  // namespace

std::vector<Value> values_of(const Event& event, const std::string& field, const Schema& schema) {
  const std::string name = known_name(field, schema);
  std::vector<Value> values;
  if (filtered_values(event.json, name, values)) return values;
  values_at(event.json, name, values);
  const auto spellings = schema.spellings.find(name);
  if (spellings != schema.spellings.end()) {
    for (const std::string& spelling : spellings->second) values_at(event.json, spelling, values);
  }
  if (schema.upper.count(name) != 0) {
    for (Value& value : values) {
      std::transform(value.text.begin(), value.text.end(), value.text.begin(),
                     [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    }
  }
  return values;
}

bool matches(const Selection& selection, const Event& event, const Schema& schema) {
  return std::any_of(selection.groups.begin(), selection.groups.end(), [&](const std::vector<Item>& group) {
    return std::all_of(group.begin(), group.end(), [&](const Item& item) { return item_matches(item, event, schema); });
  });
}

bool matches(const Rule& rule, const Event& event, const Schema& schema) {
  return holds(rule.condition, rule.selections, event, schema) &&
         std::none_of(rule.filters.begin(), rule.filters.end(),
                      [&](const Filter& filter) { return removes(filter, event, schema); });
}

// Days compare as text.
bool removes(const Filter& filter, const Event& event, const Schema& schema) {
  const bool over = !filter.expires.empty() && !event.day.empty() && event.day >= filter.expires;
  return !over && !holds(filter.condition, filter.selections, event, schema);
}

std::string level_of(const Rule& rule, const Event& event, const Schema& schema) {
  for (const char* level : {"critical", "high", "medium", "low", "informational"}) {
    for (const auto& [name, condition] : rule.levels) {
      if (name == level && holds(condition, rule.selections, event, schema)) return name;
    }
  }
  return "";
}

}  // namespace vedette::naive
