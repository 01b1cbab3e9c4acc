// One detection item: a key with modifiers and its values -> value tests.
#include <fmt/format.h>
#include <re2/re2.h>

#include <algorithm>
#include <charconv>

#include "engine/base/fold.h"
#include "engine/base/suggest.h"
#include "engine/base/utf8.h"
#include "engine/match/address.h"
#include "engine/plan/field_path.h"
#include "rules/sigma/detection.h"
#include "rules/sigma/load.h"
#include "rules/sigma/modifiers.h"
#include "rules/yaml/edit.h"

namespace vedette::rules {
namespace {

using plan::PieceKind;
using plan::TestKind;
using plan::ValueTest;

constexpr std::size_t kMaxRegexBytes = 1024;
constexpr std::int64_t kMaxRegexMemory = 1 << 20;
constexpr std::size_t kMaxShown = 200;
constexpr std::size_t kMinOffsetBytes = 3;

std::string shown(const yaml::Node& node) {
  if (node.kind == yaml::NodeKind::null) return "null";
  if (!node.quoted) return node.text;
  std::string out = "'";
  for (const char c : node.text) out += c == '\'' ? "''" : std::string(1, c);
  return out + "'";
}

std::string shown_values(const yaml::Node& value) {
  if (!value.is_sequence()) return shown(value);
  std::string out = "[";
  for (const yaml::Node& item : value.items) out += (out.size() > 1 ? ", " : "") + shown(item);
  return out + "]";
}

std::string shortened(std::string text) {
  if (text.size() <= kMaxShown) return text;
  std::size_t end = kMaxShown;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return text.substr(0, end) + "...";
}

class ItemBuilder {
 public:
  ItemBuilder(const yaml::Node& key, const Chain& chain, const DetectionContext& context, Reporter& reporter)
      : key_(key), chain_(chain), context_(context), reporter_(reporter) {}

  // Tests of all values; false after an error.
  bool build(const yaml::Node& value, Item& item) {
    if (value.is_map()) {
      reporter_.at("V1003", value.where, fmt::format("the value of `{}` is a map", key_.text),
                   fmt::format("write nested fields as one dotted path, outer.inner: value; for parts of the same array member, "
                               "`{}[any]: {{...}}`",
                               chain_.field));
      return false;
    }
    if (!value.is_sequence()) return add(value, item);
    if (value.items.empty()) {
      reporter_.at("V1010", value.where, fmt::format("the list of values of `{}` is empty", key_.text),
                   "list at least one value, or remove the item");
      return false;
    }
    bool good = true;
    for (const yaml::Node& element : value.items) {
      if (element.is_map() || element.is_sequence()) {
        reporter_.at("V1003", element.where, fmt::format("the values of `{}` must be scalars", key_.text),
                     "lists of lists and maps have no meaning here");
        good = false;
        continue;
      }
      if (element.kind == yaml::NodeKind::null && plain()) {
        reporter_.at("V2004", element.where, "null inside a list of values is not portable Sigma",
                     "put `field: null` into a selection of its own");
      }
      good = add(element, item) && good;
    }
    if (chain_.expand && !any_placeholder_ && good) {
      reporter_.at("V2012", key_.where, "`expand` is given but no value holds a %placeholder%",
                   "write the list's name between percent signs");
    }
    return good;
  }

  void note_single(const yaml::Node& value) {
    if (chain_.expand && !any_placeholder_ && !value.is_sequence()) {
      reporter_.at("V2012", value.where, "`expand` is given but the value holds no %placeholder%",
                   "write the list's name between percent signs");
    }
  }

 private:
  // No modifier that gives null no meaning.
  [[nodiscard]] bool plain() const {
    return std::all_of(chain_.uses.begin(), chain_.uses.end(), [](const ModifierUse& use) {
      return use.modifier == Modifier::neq || use.modifier == Modifier::all || use.modifier == Modifier::cased;
    });
  }

  bool refuse(const yaml::Node& value, std::string message, std::string hint) {
    reporter_.at("V1006", value.where, std::move(message), std::move(hint));
    return false;
  }

  bool add(const yaml::Node& value, Item& item) {
    if (value.kind == yaml::NodeKind::null) return add_null(value, item);
    if (chain_.exists) return add_exists(value, item);
    if (chain_.re) return add_regex(value, item);
    if (chain_.cidr) return add_networks(value, item);
    if (chain_.compare || chain_.part != plan::TimePart::none) return add_number(value, item);
    if (chain_.fieldref) return add_reference(value, item);
    return add_pattern(value, item);
  }

  bool add_null(const yaml::Node& value, Item& item) {
    if (chain_.field.empty()) return refuse(value, "null cannot be a keyword", "quote it to search for the text: 'null'");
    if (!plain()) {
      return refuse(value, fmt::format("null does not go with `{}`", chain_.uses.front().name),
                    "use `field: null` alone, or quote the text 'null'");
    }
    ValueTest test;
    test.kind = TestKind::null;
    item.tests.push_back({std::move(test), {}});
    return true;
  }

  bool add_exists(const yaml::Node& value, Item& item) {
    const std::string text = folded(value.text);
    if (text != "true" && text != "false")
      return refuse(value, fmt::format("`exists` takes true or false, not `{}`", value.text),
                    "write `exists: true` or `exists: false`");
    ValueTest test;
    test.kind = TestKind::exists;
    test.expected = text == "true";
    item.tests.push_back({std::move(test), {}});
    return true;
  }

  bool add_regex(const yaml::Node& value, Item& item) {
    ValueTest test;
    test.kind = TestKind::regex;
    test.regex = chain_.regex_flags.empty() ? value.text : fmt::format("(?{}){}", chain_.regex_flags, value.text);
    if (value.text.size() > kMaxRegexBytes) {
      reporter_.at("V1007", value.where, fmt::format("the regular expression is longer than {} bytes", kMaxRegexBytes),
                   "split it into a list of shorter ones");
      return false;
    }
    RE2::Options options;
    options.set_log_errors(false);
    options.set_max_mem(kMaxRegexMemory);
    const RE2 compiled(test.regex, options);
    if (!compiled.ok()) {
      reporter_.at("V1007", value.where, fmt::format("the regular expression cannot be compiled: {}", compiled.error()),
                   "RE2 syntax: no lookaround, no backreferences, no possessive quantifiers");
      return false;
    }
    item.tests.push_back({std::move(test), {}});
    return true;
  }

  bool add_networks(const yaml::Node& value, Item& item) {
    if (!chain_.expand) return add_network(value, value.text, item);
    std::vector<SigmaString> strings;
    if (!expand(value, strings)) return false;
    bool good = true;
    for (const SigmaString& string : strings) {
      if (has_wildcards(string))
        return refuse(value, "a network of the list holds a wildcard", "write networks such as 10.0.0.0/8");
      good = add_network(value, std::string(literal_of(string)), item) && good;
    }
    if (chain_.all && strings.size() > 1) return refuse(value, "`all` over a list of networks can never hold", "remove `all`");
    if (strings.empty()) item.tests.push_back({ValueTest{}, {}});  // an empty list: a test that nothing passes
    return good;
  }

  bool add_network(const yaml::Node& value, const std::string& text, Item& item) {
    ValueTest test;
    test.kind = TestKind::cidr;
    bool host_bits = false;
    if (!parse_network(text, test.cidr, host_bits)) {
      reporter_.at("V1008", value.where, fmt::format("`{}` is not a network", text),
                   "write an address and a prefix length: 10.0.0.0/8 or 2001:db8::/32");
      return false;
    }
    if (host_bits) {
      reporter_.at("V2005", value.where, fmt::format("`{}` has bits set behind its prefix; they are ignored", text),
                   fmt::format("write the network's own address before the /"));
    }
    item.tests.push_back({std::move(test), {}});
    return true;
  }

  static bool parse_network(const std::string& text, plan::Cidr& cidr, bool& host_bits) {
    const std::size_t slash = text.find('/');
    const std::string_view written = std::string_view(text).substr(0, slash);
    const bool v4 = written.find(':') == std::string_view::npos;
    auto address = match::parse_address(written);
    if (!address || written.find('%') != std::string_view::npos) return false;
    int prefix = v4 ? 32 : 128;
    if (slash != std::string::npos) {
      const char* begin = text.data() + slash + 1;
      const char* end = text.data() + text.size();
      int given = -1;
      const auto [stop, error] = std::from_chars(begin, end, given);
      if (error != std::errc() || stop != end || *begin == '-' || given < 0 || given > prefix) return false;
      prefix = given;
    }
    cidr.prefix = v4 ? prefix + 96 : prefix;
    for (int bit = cidr.prefix; bit < 128; ++bit) {
      std::uint8_t& byte = (*address)[static_cast<std::size_t>(bit / 8)];
      const auto mask = static_cast<std::uint8_t>(0x80U >> (bit % 8));
      if ((byte & mask) != 0) host_bits = true;
      byte = static_cast<std::uint8_t>(byte & ~mask);
    }
    std::copy(address->begin(), address->end(), cidr.address);
    cidr.text = text;
    return true;
  }

  bool add_number(const yaml::Node& value, Item& item) {
    const std::string_view name = chain_.uses.front().name;
    auto number = decimal_text(value.text);
    if (!number)
      return refuse(value, fmt::format("`{}` takes a number, not `{}`", name, value.text), "write a plain decimal number");
    ValueTest test;
    test.kind = TestKind::compare;
    test.compare = chain_.compare.value_or(plan::CompareOp::eq);
    test.number = std::move(*number);
    item.tests.push_back({std::move(test), {}});
    return true;
  }

  bool add_reference(const yaml::Node& value, Item& item) {
    if (!plan::parse_field_path(value.text))
      return refuse(value, "`fieldref` takes the name of a field", "name the field to compare with");
    ValueTest test;
    test.kind = TestKind::field;
    test.cased = chain_.cased;
    using plan::FieldOp;
    test.field_op = chain_.contains     ? FieldOp::contains
                    : chain_.startswith ? FieldOp::startswith
                    : chain_.endswith   ? FieldOp::endswith
                                        : FieldOp::equals;
    item.tests.push_back({std::move(test), value.text});
    return true;
  }

  bool expand(const yaml::Node& value, std::vector<SigmaString>& strings) {
    Expansion expansion = expand_placeholders(value.text, context_.lists);
    if (!expansion.unknown_list.empty()) {
      const std::string known =
          "write it to a file of that name (.txt, .yml or .csv) in a folder of lists: `lists` beside the "
          "rules, --lists DIR, or in a configuration rules: {lists: [DIR]}";
      reporter_.inside("V1014", value, expansion.offset, expansion.unknown_list.size() + 2,
                       fmt::format("unknown list `{}`", expansion.unknown_list),
                       did_you_mean(expansion.unknown_list, context_.list_names, known));
      return false;
    }
    any_placeholder_ = any_placeholder_ || expansion.any_placeholder;
    strings = std::move(expansion.strings);
    return true;
  }

  bool add_pattern(const yaml::Node& value, Item& item) {
    std::vector<SigmaString> strings;
    if (chain_.expand) {
      if (!expand(value, strings)) return false;
    } else {
      strings.push_back(parse_sigma_string(value.text));
    }
    if (chain_.field.empty() && value.text.empty()) return refuse(value, "an empty keyword is in every event", "remove it");
    if (!chain_.expand || !chain_.all || strings.empty()) return add_strings(value, std::move(strings), item);
    // The values of a list are values like others: with `all` each must be met.
    bool good = true;
    for (SigmaString& string : strings) good = add_strings(value, {std::move(string)}, item) && good;
    return good;
  }

  // One test that any of the strings meets.
  bool add_strings(const yaml::Node& value, std::vector<SigmaString> strings, Item& item) {
    for (const Modifier encoding : chain_.encodings) {
      if (!encode(value, encoding, strings)) return false;
    }
    const bool around = chain_.contains || chain_.field.empty();
    const bool modified = around || chain_.startswith || chain_.endswith || !chain_.encodings.empty();
    ValueTest test;
    for (SigmaString& string : strings) {
      SigmaString pieces;
      const SigmaString many = {{PieceKind::any_many, {}}};
      if (around || chain_.endswith) append_pieces(pieces, many);
      append_pieces(pieces, string);
      if (around || chain_.startswith) append_pieces(pieces, many);
      const bool numeric = !modified && is_canonical_number(literal_of(pieces));
      test.alternatives.push_back({std::move(pieces), chain_.cased, numeric});
    }
    item.tests.push_back({std::move(test), {}});
    return true;
  }

  bool encode(const yaml::Node& value, Modifier encoding, std::vector<SigmaString>& strings) {
    std::vector<SigmaString> out;
    const auto put = [&](std::string text) {
      out.emplace_back();
      if (!text.empty()) out.back().push_back({PieceKind::literal, std::move(text)});
    };
    for (const SigmaString& string : strings) {
      if (encoding == Modifier::windash) {
        auto permutations = dash_permutations(string);
        if (!permutations) return refuse(value, permutations.error().message, "write the variants you need as a list");
        out.insert(out.end(), permutations->begin(), permutations->end());
        continue;
      }
      if (has_wildcards(string)) return refuse(value, "a value with wildcards cannot be encoded", R"(escape them: \* or \?)");
      const std::string_view literal = literal_of(string);
      const bool offset = encoding == Modifier::base64offset;
      if (literal.empty() || (offset && literal.size() < kMinOffsetBytes)) {
        return refuse(
            value,
            fmt::format("the value is too short for `{}`: its encoding would match almost anything", chain_.uses.front().name),
            "give at least three characters");
      }
      switch (encoding) {
        case Modifier::base64:
          put(base64(literal));
          break;
        case Modifier::base64offset:
          for (std::string& text : base64_offsets(literal)) put(std::move(text));
          break;
        case Modifier::utf16:
          put(utf16_bytes(literal, false, true));
          break;
        case Modifier::utf16be:
          put(utf16_bytes(literal, true, false));
          break;
        default:
          put(utf16_bytes(literal, false, false));
          break;
      }
    }
    strings = std::move(out);
    return true;
  }

  const yaml::Node& key_;
  const Chain& chain_;
  const DetectionContext& context_;
  Reporter& reporter_;
  bool any_placeholder_ = false;
};

// `target[type=User].alternateId`; the other brackets are parse_field_path's.
bool check_field(const std::string& field, const yaml::Node& key, Reporter& reporter) {
  if (field.empty()) return true;
  if (auto expr = parse_field_expr(field); !expr) {
    reporter.inside("V1009", key, 0, field.size(), expr.error().message,
                    "write keys joined by dots: target.displayName, target[0].type, target[type=User].alternateId");
    return false;
  }
  return true;
}

void append_canonical(std::string& out, const yaml::Node& node) {
  if (node.is_sequence()) {
    out += '[';
    for (const yaml::Node& item : node.items) append_canonical(out, item);
    out += ']';
  } else if (node.kind == yaml::NodeKind::null) {
    out += "null;";
  } else {
    out += fmt::format("{}:{};", node.text.size(), node.text);
  }
}

// ---- blocks: target[any]: {type: User, alternateId|endswith: '@example.com'}

constexpr std::string_view kAny = "[any]";

// The quantifier that the key's field ends with or holds: any, all, none; or empty.
std::string_view quantifier_of(std::string_view field) {
  for (const std::string_view name :
       {kAny, std::string_view("[all]"), std::string_view("[none]"), std::string_view("[all_or_empty]")}) {
    if (const std::size_t at = field.find(name); at != std::string_view::npos) return field.substr(at, name.size());
  }
  return {};
}

// Whether the key can begin a block; reported when it cannot.
bool check_block(const yaml::Node& key, const Chain& chain, const yaml::Node& value, bool nested, Reporter& reporter) {
  const std::string_view field = chain.field;
  const std::string_view quantifier = quantifier_of(field);
  const auto offset = static_cast<std::size_t>(quantifier.data() - field.data());
  const std::string array{field.substr(0, offset)};
  if (quantifier != kAny) {
    reporter.inside(
        "V1402", key, offset, quantifier.size(),
        fmt::format("`{}` is not known; the quantifier of array members is `[any]`", quantifier),
        fmt::format("put `{}[any]` with the {} into a selection of its own and write `not` before it in the condition", array,
                    quantifier == "[none]" ? "same map" : "opposite test"));
    return false;
  }
  if (nested) {
    reporter.inside("V1403", key, 0, field.size(), "a block of array members cannot hold another",
                    "write the outer array as a plain path: any member of it is tried");
    return false;
  }
  if (array.empty() || !field.ends_with(kAny) || !value.is_map() || value.entries.empty()) {
    reporter.inside(
        "V1401", key, 0, field.size(), "`[any]` stands at the end of a key whose value is a map of what one member must satisfy",
        fmt::format("for example `{}[any]: {{type: User, displayName|contains: Admin}}`; a single part needs no block: "
                    "any member satisfies `target.type: User`",
                    array.empty() ? "target" : array));
    return false;
  }
  if (!chain.uses.empty()) {
    reporter.inside("V1401", key, chain.uses.front().offset, chain.uses.front().name.size(),
                    fmt::format("`{}` does not go with a block of array members", chain.uses.front().name),
                    "put modifiers on the entries inside");
    return false;
  }
  return true;
}

std::optional<Item> parse_one(const yaml::Node& key, const yaml::Node& value, const DetectionContext& context, bool nested,
                              Reporter& reporter);

std::optional<Item> parse_block(const yaml::Node& key, const Chain& chain, const yaml::Node& value,
                                const DetectionContext& context, Reporter& reporter) {
  Item item;
  item.field = chain.field.substr(0, chain.field.size() - kAny.size());
  item.where = yaml::place_in(reporter.file(), key, 0, chain.field.size());
  item.text = key.text;
  item.canonical = key.text + "={";
  if (!check_field(item.field, key, reporter)) return std::nullopt;
  bool good = true;
  for (const auto& [name, values] : value.entries) {
    auto entry = parse_one(name, values, context, true, reporter);
    good = good && entry.has_value();
    if (!entry) continue;
    const bool keywords = entry->field.empty();
    if (keywords || entry->field.find('=') != std::string::npos) {
      reporter.at("V1401", name.where,
                  keywords ? "keywords search the whole event, not a member of an array"
                           : "an entry of a block names a part of the member",
                  "give the name of a key inside the member, for example `type: User`");
      good = false;
    }
    item.canonical += fmt::format("{}<{}>", entry->canonical.size(), entry->canonical);
    item.entries.push_back(std::move(*entry));
  }
  item.canonical += "}";
  return good ? std::optional(std::move(item)) : std::nullopt;
}

std::optional<Item> parse_one(const yaml::Node& key, const yaml::Node& value, const DetectionContext& context, bool nested,
                              Reporter& reporter) {
  const std::optional<Chain> chain = parse_chain(key, reporter);
  if (!chain) return std::nullopt;
  if (!quantifier_of(chain->field).empty()) {
    if (!check_block(key, *chain, value, nested, reporter)) return std::nullopt;
    return parse_block(key, *chain, value, context, reporter);
  }
  if (!check_field(chain->field, key, reporter)) return std::nullopt;
  Item item;
  item.field = chain->field;
  item.where = key.where;
  if (!item.field.empty()) item.where = yaml::place_in(reporter.file(), key, 0, item.field.size());
  item.all = chain->all;
  item.negate = chain->neq;
  item.part = chain->part;
  ItemBuilder builder(key, *chain, context, reporter);
  if (!builder.build(value, item)) return std::nullopt;
  builder.note_single(value);
  if (chain->all && item.tests.size() < 2) {
    const auto all = std::find_if(chain->uses.begin(), chain->uses.end(),
                                  [](const ModifierUse& use) { return use.modifier == Modifier::all; });
    std::optional<Fix> fix;
    if (auto edit = yaml::replace_part(reporter.file(), key, all->offset - 1, all->name.size() + 1, ""))
      fix = Fix{"remove `all`", {std::move(*edit)}};
    reporter.inside("V2008", key, all->offset, all->name.size(), "`all` on a single value has no effect",
                    "remove `all`, or list several values", std::move(fix));
  }
  item.text = shortened(fmt::format("{}: {}", key.text, shown_values(value)));
  item.canonical = key.text + "=";
  append_canonical(item.canonical, value);
  return item;
}

}  // namespace

std::optional<Item> parse_item(const yaml::Node& key, const yaml::Node& value, const DetectionContext& context,
                               Reporter& reporter) {
  return parse_one(key, value, context, false, reporter);
}

std::optional<Item> parse_keywords(const std::vector<const yaml::Node*>& values, Reporter& reporter) {
  const Chain chain;
  const DetectionContext context;
  const yaml::Node key;
  Item item;
  item.where = values.front()->where;
  item.text = "keywords: [";
  item.canonical = "=[";
  ItemBuilder builder(key, chain, context, reporter);
  bool good = true;
  for (const yaml::Node* value : values) {
    good = builder.build(*value, item) && good;
    item.text += (value == values.front() ? "" : ", ") + shown(*value);
    append_canonical(item.canonical, *value);
  }
  if (!good) return std::nullopt;
  item.text = shortened(item.text + "]");
  item.canonical += "]";
  return item;
}

}  // namespace vedette::rules
