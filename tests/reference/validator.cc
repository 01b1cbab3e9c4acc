#include "tests/reference/validator.h"

#include <fmt/format.h>
#include <re2/re2.h>

#include <cstdlib>
#include <set>
#include <stdexcept>

namespace vedette::tests {
namespace {

using yaml::Node;
using yaml::NodeKind;

bool is_number(const Node& node) {
  static const RE2 kNumber(R"([-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?)");
  return node.is_scalar() && !node.quoted && RE2::FullMatch(node.text, kNumber);
}

bool is_boolean(const Node& node) { return node.is_scalar() && !node.quoted && (node.text == "true" || node.text == "false"); }

// The JSON type by the core schema of YAML 1.2.
std::string type_of(const Node& node) {
  switch (node.kind) {
    case NodeKind::null:
      return "null";
    case NodeKind::sequence:
      return "array";
    case NodeKind::map:
      return "object";
    case NodeKind::scalar:
      break;
  }
  return is_number(node) ? "number" : is_boolean(node) ? "boolean" : "string";
}

bool has_type(const Node& node, const std::string& wanted) {
  if (wanted == "integer") return is_number(node) && node.text.find_first_of(".eE") == std::string::npos;
  return type_of(node) == wanted;
}

bool equal(const Node& a, const Node& b) {
  return a.kind == b.kind && a.is_scalar() && type_of(a) == type_of(b) && a.text == b.text;
}

class Run {
 public:
  explicit Run(const Node& root) : root_(root) {}

  bool valid(const Node& schema, const Node& value, const std::string& path) {
    if (is_boolean(schema)) return schema.text == "true" || fail(path, "is not allowed");
    bool good = true;
    for (const auto& [keyword, argument] : schema.entries)
      good = keyword_holds(keyword.text, argument, schema, value, path) && good;
    return good;
  }

  std::vector<std::string> errors;

 private:
  bool fail(const std::string& path, const std::string& text) {
    errors.push_back(fmt::format("{}: {}", path.empty() ? "/" : path, text));
    return false;
  }

  bool holds_quietly(const Node& schema, const Node& value, const std::string& path) {
    const std::size_t before = errors.size();
    const bool good = valid(schema, value, path);
    if (good) errors.resize(before);
    return good;
  }

  const Node& resolve(const std::string& reference) {
    const Node* definitions = root_.find("$defs");
    const Node* found =
        definitions != nullptr && reference.starts_with("#/$defs/") ? definitions->find(reference.substr(8)) : nullptr;
    if (found == nullptr) throw std::runtime_error("unresolved " + reference);
    return *found;
  }

  bool keyword_holds(const std::string& keyword, const Node& argument, const Node& schema, const Node& value,
                     const std::string& path) {
    static const std::set<std::string> kNotes = {"$schema", "$defs", "title", "description", "then"};
    if (kNotes.contains(keyword)) return true;
    if (keyword == "$ref") return valid(resolve(argument.text), value, path);
    if (keyword == "type") return type(argument, value, path);
    if (keyword == "enum" || keyword == "const") return one_of(argument, value, path);
    if (keyword == "anyOf") return any_of(argument, value, path);
    if (keyword == "allOf") {
      bool good = true;
      for (const Node& part : argument.items) good = valid(part, value, path) && good;
      return good;
    }
    if (keyword == "not") return !Run(root_).valid(argument, value, path) || fail(path, "has what must not stand together");
    if (keyword == "if") return !Run(root_).valid(argument, value, path) || valid(*schema.find("then"), value, path);
    if (keyword == "pattern")
      return type_of(value) != "string" || RE2::PartialMatch(value.text, RE2(argument.text)) ||
             fail(path, "does not match " + argument.text);
    if (keyword == "minLength") return type_of(value) != "string" || !value.text.empty() || fail(path, "is empty");
    if (keyword == "minimum")
      return !is_number(value) || std::strtod(value.text.c_str(), nullptr) >= std::strtod(argument.text.c_str(), nullptr) ||
             fail(path, "is too small");
    if (keyword == "minItems") return !value.is_sequence() || !value.items.empty() || fail(path, "is empty");
    if (keyword == "minProperties") return !value.is_map() || !value.entries.empty() || fail(path, "is empty");
    if (keyword == "items") return items(argument, value, path);
    if (keyword == "required") return required(argument, value, path);
    if (keyword == "properties" || keyword == "patternProperties" || keyword == "additionalProperties" ||
        keyword == "propertyNames")
      return members(keyword, argument, schema, value, path);
    throw std::runtime_error("the validator does not know " + keyword);
  }

  bool type(const Node& argument, const Node& value, const std::string& path) {
    const std::vector<Node> wanted = argument.is_sequence() ? argument.items : std::vector<Node>{argument};
    for (const Node& one : wanted) {
      if (has_type(value, one.text)) return true;
    }
    return fail(path, fmt::format("is of type {}, not {}", type_of(value),
                                  argument.is_scalar() ? argument.text : "one of those allowed"));
  }

  bool one_of(const Node& argument, const Node& value, const std::string& path) {
    const std::vector<Node> words = argument.is_sequence() ? argument.items : std::vector<Node>{argument};
    for (const Node& word : words) {
      if (equal(word, value)) return true;
    }
    return fail(path, fmt::format("`{}` is none of the allowed values", value.text));
  }

  bool any_of(const Node& argument, const Node& value, const std::string& path) {
    const std::size_t before = errors.size();
    for (const Node& part : argument.items) {
      if (!holds_quietly(part, value, path)) continue;
      errors.resize(before);
      return true;
    }
    return fail(path, "fits none of the alternatives");
  }

  bool items(const Node& argument, const Node& value, const std::string& path) {
    bool good = true;
    for (std::size_t i = 0; i < value.items.size(); ++i)
      good = valid(argument, value.items[i], fmt::format("{}/{}", path, i)) && good;
    return good;
  }

  bool required(const Node& argument, const Node& value, const std::string& path) {
    bool good = true;
    for (const Node& name : argument.items) {
      if (value.is_map() && value.find(name.text) == nullptr) good = fail(path, "lacks " + name.text);
    }
    return good;
  }

  bool members(const std::string& keyword, const Node& argument, const Node& schema, const Node& value, const std::string& path) {
    bool good = true;
    const Node* properties = schema.find("properties");
    const Node* patterns = schema.find("patternProperties");
    for (const auto& [name, member] : value.entries) {
      const std::string inner = path + "/" + name.text;
      const Node* own = properties != nullptr ? properties->find(name.text) : nullptr;
      const Node* fits = nullptr;
      for (std::size_t i = 0; patterns != nullptr && i < patterns->entries.size(); ++i) {
        if (RE2::PartialMatch(name.text, RE2(patterns->entries[i].first.text))) fits = &patterns->entries[i].second;
      }
      if (keyword == "properties" && own != nullptr) good = valid(*own, member, inner) && good;
      if (keyword == "patternProperties" && fits != nullptr) good = valid(*fits, member, inner) && good;
      if (keyword == "additionalProperties" && own == nullptr && fits == nullptr) good = valid(argument, member, inner) && good;
      if (keyword == "propertyNames") {
        Node text = name;
        text.quoted = true;
        good = valid(argument, text, inner) && good;
      }
    }
    return good;
  }

  const Node& root_;
};

}  // namespace

Validator::Validator(const std::string& schema) {
  Diagnostics diagnostics;
  std::vector<Node> documents = yaml::parse({"schema.json", schema}, diagnostics);
  if (diagnostics.has_errors() || documents.size() != 1) {
    for (const Diagnostic& item : diagnostics.items()) throw std::runtime_error(render_human(item, false));
    throw std::runtime_error("the schema is not one document");
  }
  root_ = std::move(documents.front());
}

std::vector<std::string> Validator::check(const Node& document) const {
  Run run(root_);
  const bool good = run.valid(root_, document, "");
  return good ? std::vector<std::string>() : run.errors;
}

}  // namespace vedette::tests
