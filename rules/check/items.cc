#include "rules/check/items.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "engine/base/fold.h"
#include "rules/sigma/sigma_string.h"
#include "rules/yaml/edit.h"

namespace vedette::rules {
namespace {

using yaml::Node;

// Backslashes that stand directly before `at`.
std::size_t backslashes_before(std::string_view text, std::size_t at) {
  std::size_t count = 0;
  while (count < at && text[at - 1 - count] == '\\') ++count;
  return count;
}

bool leading_star(std::string_view text) { return text.starts_with('*'); }
bool trailing_star(std::string_view text) { return text.ends_with('*') && backslashes_before(text, text.size() - 1) % 2 == 0; }

std::string_view without_stars(std::string_view text, bool front, bool back) {
  while (back && trailing_star(text)) text.remove_suffix(1);
  while (front && leading_star(text)) text.remove_prefix(1);
  return text;
}

bool string_position(const ItemView& item) {
  return (item.chain.contains || item.chain.startswith || item.chain.endswith) && item.chain.encodings.empty() &&
         !item.chain.re && !item.chain.fieldref;
}

// contains, startswith or endswith, as a value with stars asks for; and the value without them.
struct Shape {
  std::string_view modifier;
  std::string_view text;
};

std::optional<Shape> shape_of(std::string_view text) {
  const bool front = leading_star(text), back = trailing_star(text) && text.size() > 1;
  if (!front && !back) return std::nullopt;
  const std::string_view inner = without_stars(text, front, back);
  if (inner.empty() || has_wildcards(parse_sigma_string(inner))) return std::nullopt;
  return Shape{front && back ? "contains" : front ? "endswith" : "startswith", inner};
}

}  // namespace

void single_item_list(const ItemView& item, Sink& sink) {
  if (!item.value.is_sequence() || item.value.items.size() != 1 || item.values.size() != 1) return;
  auto fix = fix_of("write the value alone", yaml::unwrap_single(item.document.file, item.key, item.value));
  sink.at(item.values.front()->where, fmt::format("the list of `{}` has one value", item.key.text), "write the value alone",
          std::move(fix));
}

void duplicate_value(const ItemView& item, Sink& sink) {
  if (!item.value.is_sequence()) return;
  const bool exact = item.chain.re || item.chain.cased || item.chain.fieldref || !item.chain.encodings.empty();
  std::set<std::string> seen;
  for (std::size_t i = 0; i < item.value.items.size(); ++i) {
    const Node& value = item.value.items[i];
    if (!value.is_scalar() || seen.insert(exact ? value.text : folded(value.text)).second) continue;
    auto fix = fix_of("remove the repetition", yaml::remove_member(item.document.file, item.value, i));
    sink.at(value.where, fmt::format("`{}` is listed twice", value.text),
            exact ? "remove one of them" : "remove one of them; strings compare without case", std::move(fix));
  }
}

void pointless_wildcard(const ItemView& item, Sink& sink) {
  if (!string_position(item)) return;
  const bool front = item.chain.contains || item.chain.endswith, back = item.chain.contains || item.chain.startswith;
  const std::string_view name = item.chain.contains ? "contains" : item.chain.startswith ? "startswith" : "endswith";
  for (const Node* value : item.values) {
    const std::string_view good = without_stars(value->text, front, back);
    // `*` alone is the usual way to ask for a value of any kind.
    if (good.empty() || good.size() == value->text.size()) continue;
    sink.at(value->where, fmt::format("`{}` already stands for the `*`", name), fmt::format("write `{}`", good),
            fix_of("remove the wildcard", yaml::replace_scalar(item.document.file, *value, good)));
  }
}

void empty_list(const ItemView& item, Sink& sink) {
  if (!item.chain.expand) return;
  for (const Node* value : item.values) {
    const std::string& text = value->text;
    for (std::size_t open = text.find('%'); open != std::string::npos;) {
      const std::size_t close = text.find('%', open + 1);
      if (close == std::string::npos) break;
      const std::string name = text.substr(open + 1, close - open - 1);
      const auto& lists = item.document.context.options.lists;
      if (const auto list = lists.find(name); list != lists.end() && list->second.empty()) {
        sink.inside(*value, open, close - open + 1, fmt::format("list `{}` is empty: this value matches nothing", name),
                    "fill the list, or leave the item out until there is something in it");
      }
      open = text.find('%', close + 1);
    }
  }
}

void blank_value(const ItemView& item, Sink& sink) {
  if (!item.plain() || item.field.empty()) return;
  for (const Node* value : item.values) {
    const std::string& text = value->text;
    if (text.empty() || (text.front() != ' ' && text.back() != ' ')) continue;
    sink.at(value->where, "the value begins or ends with a blank, which has to be in the event too",
            "remove it unless it is meant");
  }
}

void address_prefix(const ItemView& item, Sink& sink) {
  const std::string field = folded(item.field);
  if (field.find("ip") == std::string::npos && field.find("addr") == std::string::npos) return;
  for (const Node* value : item.values) {
    std::string_view text = value->text;
    const bool star = item.plain() && text.ends_with('*');
    if (star) text.remove_suffix(1);
    if (!star && !(item.chain.startswith && item.chain.encodings.empty())) continue;
    const auto dots = static_cast<std::size_t>(std::count(text.begin(), text.end(), '.'));
    const bool octets = dots >= 1 && dots <= 3 && text.ends_with('.') && text.find("..") == std::string_view::npos &&
                        text.front() != '.' && text.find_first_not_of("0123456789.") == std::string_view::npos;
    if (!octets) continue;
    std::string network(text);
    for (std::size_t i = dots; i < 4; ++i) network += i + 1 < 4 ? "0." : "0";
    sink.at(value->where, "a network is compared as text",
            fmt::format("`{}|cidr: {}/{}` says the same and knows IPv6 and IPv4-mapped addresses", item.chain.field, network,
                        dots * 8));
  }
}

void wildcard_shape(const ItemView& item, Sink& sink) {
  if (!item.plain() || item.field.empty() || item.values.empty()) return;
  const auto first = shape_of(item.values.front()->text);
  if (!first) return;
  const std::size_t behind = item.chain.field.size();
  std::string key = item.key.text;
  key.insert(behind, fmt::format("|{}", first->modifier));
  std::vector<std::optional<Edit>> edits = {
      item.may_become(key) ? yaml::replace_part(item.document.file, item.key, behind, 0, fmt::format("|{}", first->modifier))
                           : std::nullopt};
  for (const Node* value : item.values) {
    const auto shape = shape_of(value->text);
    if (!shape || shape->modifier != first->modifier) return;
    edits.push_back(yaml::replace_scalar(item.document.file, *value, shape->text));
  }
  sink.at(item.key.where, fmt::format("the wildcards of `{}` only say `{}`", item.key.text, first->modifier),
          fmt::format("write `{}`, and the values without them", key),
          fix_of(fmt::format("use `{}`", first->modifier), std::move(edits)));
}

}  // namespace vedette::rules
