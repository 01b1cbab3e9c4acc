#include "rules/sigma/derived.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>

#include "engine/base/suggest.h"
#include "rules/reference/rule_keys.h"
#include "rules/sigma/load.h"

namespace vedette::rules {
namespace {

using yaml::Node;

constexpr std::string_view kLookupExample = "for example `lookup: {table: admins.csv, key: actor.id, as: person}`";
constexpr std::string_view kEnrichExample = "for example `enrich: {geo: client.ipAddress}`";

class DerivedParser {
 public:
  explicit DerivedParser(Reporter& reporter) : reporter_(reporter) {}

  std::vector<DerivedDoc> parse(const Node& root) {
    if (const Node* lookup = root.find("lookup"); lookup != nullptr && lookup->kind != yaml::NodeKind::null) lookups(*lookup);
    if (const Node* enrich = root.find("enrich"); enrich != nullptr && enrich->kind != yaml::NodeKind::null) enrichments(*enrich);
    return std::move(found_);
  }

 private:
  void lookups(const Node& node) {
    if (!node.is_sequence()) return one_lookup(node);
    if (node.items.empty()) reporter_.at("V1410", node.where, "`lookup` is empty", std::string(kLookupExample));
    for (const Node& item : node.items) one_lookup(item);
  }

  void one_lookup(const Node& node) {
    static constexpr auto kKeys = reference::names_of(reference::kLookupKeys);
    if (!node.is_map()) {
      reporter_.at("V1410", node.where, "a lookup must be a map", std::string(kLookupExample));
      return;
    }
    DerivedDoc made;
    bool good = true;
    for (const auto& [key, value] : node.entries) {
      if (std::find(kKeys.begin(), kKeys.end(), key.text) == kKeys.end()) {
        reporter_.at("V1410", key.where, fmt::format("unknown key `{}` in `lookup`", key.text),
                     did_you_mean(key.text, kKeys, "the keys are table, key and as"));
        good = false;
      } else if (!value.is_scalar() || value.text.empty()) {
        reporter_.at("V1410", value.where, fmt::format("`{}` must be text", key.text), std::string(kLookupExample));
        good = false;
      } else if (key.text == "table") {
        made.table = value.text;
        made.table_where = value.where;
      } else if (key.text == "key") {
        good = read_key("V1410", value, made) && good;
      } else {
        made.name = value.text;
        made.name_where = value.where;
      }
    }
    if (!good) return;
    for (const auto& [name, text] : {std::pair("table", &made.table), {"key", &made.key_text}, {"as", &made.name}}) {
      if (!text->empty()) continue;
      reporter_.at("V1410", node.where, fmt::format("`lookup` has no `{}`", name), std::string(kLookupExample));
      return;
    }
    add("V1410", std::move(made));
  }

  void enrichments(const Node& node) {
    if (!node.is_map() || node.entries.empty()) {
      reporter_.at("V1420", node.where, "`enrich` must be a map of names and the fields that hold addresses",
                   std::string(kEnrichExample));
      return;
    }
    for (const auto& [key, value] : node.entries) {
      DerivedDoc made;
      made.address = true;
      made.name = key.text;
      made.name_where = key.where;
      if (!value.is_scalar() || value.text.empty()) {
        reporter_.at("V1420", value.where, fmt::format("`{}` must be the field that holds the address", key.text),
                     std::string(kEnrichExample));
      } else if (read_key("V1420", value, made)) {
        add("V1420", std::move(made));
      }
    }
  }

  bool read_key(std::string_view code, const Node& value, DerivedDoc& made) {
    auto expr = parse_field_expr(value.text);
    if (!expr) {
      reporter_.at(code, value.where, expr.error().message, "name one field, for example actor.id or target[type=User].id");
      return false;
    }
    made.key = std::move(*expr);
    made.key_text = value.text;
    made.key_where = value.where;
    return true;
  }

  void add(std::string_view code, DerivedDoc made) {
    const auto word = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '-'; };
    const auto twin = std::find_if(found_.begin(), found_.end(), [&](const DerivedDoc& d) { return d.name == made.name; });
    if (!std::all_of(made.name.begin(), made.name.end(), word)) {
      reporter_.at(code, made.name_where, fmt::format("`{}` is not a name", made.name), "use letters, digits, - and _");
    } else if (twin != found_.end()) {
      reporter_.at(code, made.name_where, fmt::format("`{}` is given twice", made.name), "choose another name");
    } else if (made.key.path.segments.front().key == made.name) {
      reporter_.at(code, made.name_where, fmt::format("`{}` would hide the field that it is looked up by", made.name),
                   "choose another name");
    } else {
      found_.push_back(std::move(made));
    }
  }

  Reporter& reporter_;
  std::vector<DerivedDoc> found_;
};

}  // namespace

std::vector<DerivedDoc> parse_derived(const Node& root, Reporter& reporter) { return DerivedParser(reporter).parse(root); }

void refuse_derived(const Node& root, Reporter& reporter) {
  for (const auto& [key, value] : root.entries) {
    if (key.text != "lookup" && key.text != "enrich") continue;
    reporter.at(key.text == "lookup" ? "V1410" : "V1420", key.where, fmt::format("`{}` belongs to rules", key.text),
                "write it into the rules themselves");
  }
}

bool names_derived(const Node& root, std::string_view field) {
  const std::string_view name = field.substr(0, field.find('.'));
  const Node* enrich = root.find("enrich");
  if (enrich != nullptr && enrich->find(name) != nullptr) return true;
  const Node* lookup = root.find("lookup");
  if (lookup == nullptr) return false;
  const auto gives = [&](const Node& one) { return one.find("as") != nullptr && one.find("as")->text == name; };
  return gives(*lookup) || std::any_of(lookup->items.begin(), lookup->items.end(), gives);
}

const DerivedDoc* derived_of(const std::vector<DerivedDoc>& all, const plan::FieldPath& path) {
  if (path.segments.empty()) return nullptr;
  const auto found =
      std::find_if(all.begin(), all.end(), [&](const DerivedDoc& d) { return d.name == path.segments.front().key; });
  return found == all.end() ? nullptr : &*found;
}

std::string derived_column(const plan::FieldPath& path) {
  const plan::PathSegment& name = path.segments.front();
  if (name.index >= 0 || name.each) return path.text();  // a row has no members
  plan::FieldPath rest;
  rest.segments.assign(path.segments.begin() + 1, path.segments.end());
  return rest.text();
}

std::string derived_canonical(const std::vector<DerivedDoc>& all) {
  std::string out;
  for (const DerivedDoc& d : all)
    out += fmt::format("{} {} {} {}\n", d.address ? "enrich" : "lookup", d.name, d.table, d.key.text());
  return out;
}

}  // namespace vedette::rules
