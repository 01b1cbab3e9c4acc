// Lints over regular expressions.
#include <fmt/format.h>

#include <algorithm>

#include "rules/check/items.h"
#include "rules/sigma/sigma_string.h"
#include "rules/yaml/edit.h"

namespace vedette::rules {
namespace {

using yaml::Node;

constexpr std::string_view kInsensitive = "(?i)";

// What a regex of literal characters says: where it is anchored, and the characters.
struct Literal {
  bool begin = false, end = false;
  std::string text;
};

std::optional<Literal> literal_of_regex(std::string_view regex) {
  constexpr std::string_view kSpecial = "^$.|?*+()[]{}";
  constexpr std::string_view kEscapable = ".-/_@:+()[]{}^$|";
  Literal out;
  if (regex.starts_with('^')) {
    out.begin = true;
    regex.remove_prefix(1);
  }
  if (regex.ends_with('$') && !regex.ends_with("\\$")) {
    out.end = true;
    regex.remove_suffix(1);
  }
  for (std::size_t i = 0; i < regex.size(); ++i) {
    if (regex[i] == '\\') {
      if (++i == regex.size() || kEscapable.find(regex[i]) == std::string_view::npos) return std::nullopt;
    } else if (kSpecial.find(regex[i]) != std::string_view::npos) {
      return std::nullopt;
    }
    out.text += regex[i];
  }
  return out.text.empty() ? std::nullopt : std::optional<Literal>(std::move(out));
}

std::string_view modifier_of(const Literal& literal) {
  if (literal.begin && literal.end) return "";
  return literal.begin ? "|startswith" : literal.end ? "|endswith" : "|contains";
}

// `.*`, `.+` excluded: they ask for a character. Lazy forms count.
std::size_t leading_dot_star(std::string_view regex) {
  std::size_t at = 0;
  while (regex.substr(at).starts_with(".*")) {
    at += 2;
    if (regex.substr(at).starts_with('?')) ++at;
  }
  return at;
}

std::size_t trailing_dot_star(std::string_view regex) {
  std::size_t size = 0;
  while (true) {
    const std::string_view rest = regex.substr(0, regex.size() - size);
    const std::size_t tail = rest.ends_with(".*?") ? 3 : rest.ends_with(".*") ? 2 : 0;
    if (tail == 0) return size;
    std::size_t slashes = 0;
    while (slashes + tail < rest.size() && rest[rest.size() - tail - 1 - slashes] == '\\') ++slashes;
    if (slashes % 2 == 1) return size;
    size += tail;
  }
}

bool quotes_characters(std::string_view regex) { return regex.find("\\Q") != std::string_view::npos; }

// The span of `|re` and its flags in the key.
struct RegexUse {
  std::size_t begin = 0, end = 0;
};

std::optional<RegexUse> regex_use(const ItemView& item) {
  const ModifierUse* re = item.use(Modifier::re);
  if (re == nullptr) return std::nullopt;
  RegexUse out{re->offset - 1, re->offset + re->name.size()};
  if (const ModifierUse* flag = item.use(Modifier::ignore_case)) {
    if (flag->offset != out.end + 1) return std::nullopt;
    out.end = flag->offset + flag->name.size();
  }
  return out;
}

}  // namespace

void literal_regex(const ItemView& item, Sink& sink) {
  const auto use = regex_use(item);
  if (!use || item.chain.expand || item.values.empty() || (item.chain.regex_flags != "" && item.chain.regex_flags != "i")) return;
  std::vector<std::optional<Edit>> edits;
  std::string modifier;
  for (const Node* value : item.values) {
    const auto literal = literal_of_regex(value->text);
    if (!literal || (value != item.values.front() && modifier != modifier_of(*literal))) return;
    modifier = modifier_of(*literal);
    if (modifier.empty() && is_canonical_number(literal->text)) return;
    if (literal->text != value->text) edits.push_back(yaml::replace_scalar(item.document.file, *value, literal->text));
  }
  const std::string good = modifier + (item.chain.regex_flags.empty() ? "|cased" : "");
  std::string key = item.key.text;
  key.replace(use->begin, use->end - use->begin, good);
  edits.push_back(item.may_become(key) ? yaml::replace_part(item.document.file, item.key, use->begin, use->end - use->begin, good)
                                       : std::nullopt);
  sink.inside(
      item.key, use->begin + 1, use->end - use->begin - 1, "the regular expression is plain text",
      good.empty() ? "compare the text itself, without `re`" : fmt::format("`{}` says the same and is faster", good.substr(1)),
      fix_of(good.empty() ? "compare the text" : fmt::format("use `{}`", good.substr(1)), std::move(edits)));
}

void regex_dot_star(const ItemView& item, Sink& sink) {
  if (!item.chain.re || item.chain.expand) return;
  for (const Node* value : item.values) {
    const std::string_view regex = value->text;
    if (quotes_characters(regex)) continue;
    const std::size_t front = leading_dot_star(regex);
    const std::size_t back = front < regex.size() ? trailing_dot_star(regex.substr(front)) : 0;
    if (front + back == 0) continue;
    const std::string_view good = regex.substr(front, regex.size() - front - back);
    if (good.empty()) {
      sink.at(value->where, "the regular expression is true for every value", "say `exists: true` when presence is meant");
      continue;
    }
    sink.inside(*value, front > 0 ? 0 : regex.size() - back, front > 0 ? front : back,
                "a regular expression is searched for, so `.*` at its ends says nothing", fmt::format("write `{}`", good),
                fix_of("remove `.*`", yaml::replace_scalar(item.document.file, *value, good)));
  }
}

void regex_inline_flag(const ItemView& item, Sink& sink) {
  if (!item.chain.re || !item.chain.regex_flags.empty() || item.values.empty()) return;
  const ModifierUse* re = item.use(Modifier::re);
  const std::size_t behind = re->offset + re->name.size();
  std::string key = item.key.text;
  key.insert(behind, "|i");
  std::vector<std::optional<Edit>> edits = {
      item.may_become(key) ? yaml::replace_part(item.document.file, item.key, behind, 0, "|i") : std::nullopt};
  for (const Node* value : item.values) {
    if (!value->text.starts_with(kInsensitive) || value->text.size() == kInsensitive.size()) return;
    edits.push_back(yaml::replace_scalar(item.document.file, *value, std::string_view(value->text).substr(kInsensitive.size())));
  }
  sink.inside(*item.values.front(), 0, kInsensitive.size(), "`(?i)` is not portable: Sigma has a modifier for it",
              fmt::format("write `{}` and leave `(?i)` out", key), fix_of("use `|i`", std::move(edits)));
}

}  // namespace vedette::rules
