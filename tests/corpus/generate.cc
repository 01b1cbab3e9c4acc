#include "tests/corpus/generate.h"

#include <algorithm>
#include <cctype>
#include <functional>
#include <map>
#include <random>

namespace vedette::corpus {
namespace {

using naive::Expr;
using naive::Item;
using naive::Json;

constexpr int kAttempts = 300;
// Texts that values written as regular expressions may like.
const char* const kRegexTexts[] = {"0oa1", "someone@example.com", "x:assumed-role/aws:x", "abc", "10"};

bool has(const Item& item, const char* modifier) {
  return std::find(item.modifiers.begin(), item.modifiers.end(), modifier) != item.modifiers.end();
}

// A text that the value, a Sigma string, matches.
std::string example_of(const std::string& value) {
  std::string out;
  for (std::size_t i = 0; i < value.size(); ++i) {
    if (value[i] == '\\' && i + 1 < value.size() && std::string("*?\\").find(value[i + 1]) != std::string::npos) {
      out += value[++i];
    } else if (value[i] == '*') {
      out += value.size() == 1 ? "some" : "";
    } else {
      out += value[i] == '?' ? 'q' : value[i];
    }
  }
  return out;
}

Json scalar(const std::string& text) {
  Json json = naive::make_string(text);
  if (text == "true" || text == "false") json.kind = Json::Kind::boolean;
  if (!text.empty() && text[0] != '0' && text.size() < 16 && text.find_first_not_of("0123456789") == std::string::npos) {
    json.kind = Json::Kind::number;
  }
  return json;
}

// Chooses values for the fields until the condition should hold.
class Solver {
 public:
  Solver(const naive::Rule& rule, std::uint64_t seed) : rule_(rule), random_(seed) {}

  std::map<std::string, std::vector<Json>> solve() {
    fields_.clear();
    satisfy(rule_.condition, true);
    return fields_;
  }

 private:
  std::size_t pick(std::size_t n) { return random_() % n; }

  void satisfy(const Expr& expr, bool want) {
    switch (expr.kind) {
      case Expr::Kind::name:
        selection(rule_.selections.at(expr.name), want);
        break;
      case Expr::Kind::negation:
        satisfy(expr.children.front(), !want);
        break;
      case Expr::Kind::all:
      case Expr::Kind::any:
        if ((expr.kind == Expr::Kind::all) == want) {
          for (const Expr& child : expr.children) satisfy(child, want);
        } else {
          satisfy(expr.children[pick(expr.children.size())], want);
        }
        break;
    }
  }

  void selection(const naive::Selection& selection, bool want) {
    if (want) {
      for (const Item& item : selection.groups[pick(selection.groups.size())]) meet(item);
      return;
    }
    // Absence makes most items false; those that it makes true get a value now and then.
    for (const auto& group : selection.groups) {
      const Item& item = group[pick(group.size())];
      const bool true_when_absent =
          item.neq || std::any_of(item.tests.begin(), item.tests.end(), [](const naive::Test& t) { return t.is_null; });
      if (item.neq) {
        meet_one(item, pick(item.tests.size()));
      } else if (true_when_absent) {
        fields_[item.field].push_back(scalar("some"));
      }
    }
  }

  void meet(const Item& item) {
    if (item.neq) return;
    if (!item.all) {
      meet_one(item, pick(item.tests.size()));
      return;
    }
    for (std::size_t i = 0; i < item.tests.size(); ++i) meet_one(item, i);
  }

  void meet_one(const Item& item, std::size_t i) {
    if (item.tests[i].is_null) return;
    auto& values = fields_[item.field.empty() ? "message" : item.field];
    if (!item.tests[i].other_field.empty()) {
      values.push_back(scalar("same"));
      fields_[item.tests[i].other_field].push_back(scalar("same"));
    } else if (has(item, "re")) {
      values.push_back(naive::make_string(kRegexTexts[pick(std::size(kRegexTexts))]));
    } else {
      values.push_back(scalar(example_of(item.raw_values[i])));
    }
  }

  const naive::Rule& rule_;
  std::mt19937_64 random_;
  std::map<std::string, std::vector<Json>> fields_;
};

Json array_of(const std::vector<Json>& values) {
  if (values.size() == 1) return values.front();
  Json array;
  array.kind = Json::Kind::array;
  array.items = values;
  return array;
}

Json& member(Json& object, const std::string& name) {
  object.kind = Json::Kind::object;
  for (auto& [key, value] : object.members) {
    if (key.text == name) return value;
  }
  object.members.emplace_back(naive::make_string(name), Json{});
  return object.members.back().second;
}

// false when the path runs into a scalar.
bool put(Json& event, const std::string& path, const Json& value) {
  Json* at = &event;
  std::size_t begin = 0;
  while (true) {
    const std::size_t dot = path.find('.', begin);
    std::string key = path.substr(begin, dot - begin);
    if (key.ends_with("{}")) key.resize(key.size() - 2);
    if (at->kind != Json::Kind::object && at->kind != Json::Kind::null) return false;
    at = &member(*at, key);
    if (dot == std::string::npos) break;
    begin = dot + 1;
  }
  if (at->kind != Json::Kind::null) return false;
  *at = value;
  return true;
}

Json build(const std::map<std::string, std::vector<Json>>& fields, bool flat) {
  Json event;
  event.kind = Json::Kind::object;
  for (const auto& [path, values] : fields) {
    const Json value = array_of(values);
    if (flat || !put(event, path, value)) member(event, path) = value;
  }
  return event;
}

std::string swap_case(std::string text) {
  for (char& c : text) {
    const auto u = static_cast<unsigned char>(c);
    c = static_cast<char>(std::isupper(u) != 0 ? std::tolower(u) : std::toupper(u));
  }
  return text;
}

Json object_with(const Json& value) {
  Json object;
  member(object, "k") = value;
  return object;
}

Json empty_array() {
  Json array;
  array.kind = Json::Kind::array;
  return array;
}

std::vector<Json> replacements(const Json& value) {
  const Json null;
  std::vector<Json> out = {null,
                           naive::make_string(""),
                           scalar("some other text"),
                           empty_array(),
                           object_with(value),
                           array_of({null, null}),
                           array_of({scalar("other"), value}),
                           array_of({value, null}),
                           array_of({object_with(value), value})};
  if (value.kind == Json::Kind::object || value.kind == Json::Kind::array) return out;
  for (const std::string& text : {value.text + "x", "x" + value.text, swap_case(value.text), " " + value.text,
                                  value.text.substr(0, value.text.size() / 2), value.text + "\\", value.text + "\n"}) {
    out.push_back(naive::make_string(text));
  }
  if (value.kind == Json::Kind::string) {
    out.push_back(scalar(value.text));
  } else {
    out.push_back(naive::make_string(value.text));
    Json other = value;
    other.text = value.kind == Json::Kind::boolean ? (value.text == "true" ? "false" : "true") : value.text + ".0";
    out.push_back(other);
  }
  return out;
}

// Calls `visit` with a copy of the whole event for every change of every member below.
void mutate_below(const Json& event, Json& copy, const std::function<Json&(Json&)>& locate, std::vector<Json>& out) {
  const std::size_t count = locate(copy).members.size();
  for (std::size_t i = 0; i < count; ++i) {
    Json dropped = event;
    auto& members = locate(dropped).members;
    members.erase(members.begin() + static_cast<std::ptrdiff_t>(i));
    out.push_back(dropped);
    const Json value = locate(copy).members[i].second;
    const std::string key = locate(copy).members[i].first.text;
    for (const Json& replacement : replacements(value)) {
      Json changed = event;
      locate(changed).members[i].second = replacement;
      out.push_back(changed);
    }
    for (const std::string& name : {swap_case(key), key + "x"}) {
      Json renamed = event;
      locate(renamed).members[i].first = naive::make_string(name);
      out.push_back(renamed);
    }
    if (value.kind == Json::Kind::object) {
      mutate_below(
          event, copy, [locate, i](Json& root) -> Json& { return locate(root).members[i].second; }, out);
    }
  }
}

}  // namespace

std::optional<Json> firing_event(const naive::Rule& rule, bool flat, std::uint64_t seed) {
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    Solver solver(rule, seed * 1000 + static_cast<std::uint64_t>(attempt));
    naive::Event event;
    event.json = build(solver.solve(), flat);
    if (naive::matches(rule, event)) return event.json;
  }
  return std::nullopt;
}

std::vector<Json> mutations(const Json& event) {
  std::vector<Json> out;
  Json copy = event;
  mutate_below(
      event, copy, [](Json& root) -> Json& { return root; }, out);
  return out;
}

}  // namespace vedette::corpus
