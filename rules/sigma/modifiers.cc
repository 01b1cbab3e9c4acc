#include "rules/sigma/modifiers.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "engine/base/suggest.h"
#include "rules/reference/words.h"

namespace vedette::rules {
namespace {

using enum Modifier;

// In the order of Modifier.
constexpr auto kNames = reference::names_of(reference::kModifiers);

enum class Group : std::uint8_t {
  position,
  linking,
  exists,
  cased,
  regex,
  regex_flag,
  network,
  compare,
  dash,
  utf16,
  base64,
  reference,
  expand,
  time
};

Group group_of(Modifier modifier) {
  switch (modifier) {
    case contains:
    case startswith:
    case endswith:
      return Group::position;
    case all:
    case neq:
      return Group::linking;
    case exists:
      return Group::exists;
    case cased:
      return Group::cased;
    case re:
      return Group::regex;
    case ignore_case:
    case multi_line:
    case dot_all:
      return Group::regex_flag;
    case cidr:
      return Group::network;
    case lt:
    case lte:
    case gt:
    case gte:
      return Group::compare;
    case windash:
      return Group::dash;
    case base64:
    case base64offset:
      return Group::base64;
    case utf16:
    case utf16le:
    case utf16be:
    case wide:
      return Group::utf16;
    case fieldref:
      return Group::reference;
    case expand:
      return Group::expand;
    case minute:
    case hour:
    case day:
    case week:
    case month:
    case year:
      return Group::time;
  }
  return Group::linking;
}

// Splits at '|' and looks every modifier up. False after an unknown one.
bool split(const yaml::Node& key, Chain& chain, Reporter& reporter) {
  const std::string_view text = key.text;
  // A '|' inside an element filter's brackets belongs to the field.
  const std::size_t equals = text.substr(0, text.find(']')).find('=');
  std::size_t bar = text.find('|', equals == std::string_view::npos ? 0 : text.find(']'));
  chain.field = text.substr(0, bar);
  bool good = true;
  while (bar != std::string_view::npos) {
    const std::size_t next = text.find('|', bar + 1);
    const std::string_view name = text.substr(bar + 1, next == std::string_view::npos ? next : next - bar - 1);
    const auto found = std::find(kNames.begin(), kNames.end(), name);
    if (found == kNames.end()) {
      reporter.inside(
          "V1004", key, bar + 1, name.size(), name.empty() ? "empty modifier" : fmt::format("unknown modifier `{}`", name),
          did_you_mean(name, kNames,
                       "the Sigma 2.1 modifiers are contains, startswith, endswith, all, exists, cased, neq, re, cidr, "
                       "lt, lte, gt, gte, windash, base64, base64offset, utf16, utf16le, utf16be, wide, "
                       "fieldref, expand, minute, hour, day, week, month, year"));
      good = false;
    } else {
      chain.uses.push_back({static_cast<Modifier>(found - kNames.begin()), name, bar + 1});
    }
    bar = next;
  }
  return good;
}

bool has(const Chain& chain, Group group) {
  return std::any_of(chain.uses.begin(), chain.uses.end(),
                     [&](const ModifierUse& use) { return group_of(use.modifier) == group; });
}

// Groups that may stand beside the group that decides what kind of test it is.
bool compatible(Group kind, Group other) {
  switch (kind) {
    case Group::exists:
      return false;
    case Group::regex:
      return other == Group::linking || other == Group::regex_flag;
    case Group::network:
      return other == Group::linking || other == Group::expand;
    case Group::compare:
      return other == Group::linking || other == Group::time;
    case Group::time:
      return other == Group::linking || other == Group::compare;
    case Group::reference:
      return other == Group::linking || other == Group::position || other == Group::cased;
    default:
      return true;
  }
}

std::string clash_reason(Group kind, std::string_view first, std::string_view second) {
  switch (kind) {
    case Group::exists:
      return fmt::format("`exists` stands alone: it asks only whether the field is there, so `{}` has nothing to act on", second);
    case Group::regex:
      return fmt::format("`{}` cannot be combined with `re`: the value is a regular expression, taken as it is", second);
    case Group::network:
      return fmt::format("`{}` cannot be combined with `cidr`: the value is a network", second);
    case Group::compare:
      return fmt::format("`{}` cannot be combined with `{}`: the value is a number", second, first);
    case Group::time:
      return fmt::format("`{}` cannot be combined with `{}`: a part of a time is a number", second, first);
    default:
      return fmt::format("`{}` cannot be combined with `{}`", second, first);
  }
}

// The error of one modifier given what stands before it, or empty.
std::string order_error(const Chain& chain, std::size_t index) {
  const ModifierUse& use = chain.uses[index];
  const Group group = group_of(use.modifier);
  for (std::size_t i = 0; i < index; ++i) {
    const ModifierUse& before = chain.uses[i];
    const Group earlier = group_of(before.modifier);
    if (before.modifier == use.modifier) return fmt::format("`{}` is given twice", use.name);
    const bool one_only = group == Group::position || group == Group::compare || group == Group::utf16 ||
                          group == Group::base64 || group == Group::time;
    if (earlier == group && one_only)
      return fmt::format("`{}` cannot be combined with `{}`: only one of them can hold", use.name, before.name);
    if (earlier == Group::position && (group == Group::utf16 || group == Group::base64)) {
      return fmt::format("`{}` must stand before `{}`: the wildcards that `{}` adds cannot be encoded", use.name, before.name,
                         before.name);
    }
    if (earlier == Group::base64 && (group == Group::dash || group == Group::utf16 || group == Group::expand)) {
      return fmt::format("`{}` must stand before `{}`: the encoded value holds nothing it could act on", use.name, before.name);
    }
    if ((earlier == Group::dash || earlier == Group::utf16) && group == Group::expand) {
      return fmt::format("`expand` must stand before `{}`", before.name);
    }
    if (earlier == Group::utf16 && group == Group::dash) return fmt::format("`windash` must stand before `{}`", before.name);
    if (group == Group::reference && earlier == Group::position)
      return fmt::format("`fieldref` must stand before `{}`", before.name);
    if (group == Group::time && earlier == Group::compare)
      return fmt::format("`{}` must stand before `{}`", use.name, before.name);
  }
  if (group == Group::regex && index > 0) return "`re` must be the first modifier";
  if (group == Group::regex_flag) {
    const Group before = index == 0 ? Group::linking : group_of(chain.uses[index - 1].modifier);
    if (before != Group::regex && before != Group::regex_flag) return fmt::format("`{}` must follow `re`", use.name);
  }
  return {};
}

bool check(const yaml::Node& key, const Chain& chain, Reporter& reporter) {
  const auto refuse = [&](const ModifierUse& use, const std::string& reason, const std::string& hint) {
    reporter.inside("V1005", key, use.offset, use.name.size(), reason, hint);
    return false;
  };
  for (std::size_t i = 0; i < chain.uses.size(); ++i) {
    if (const std::string reason = order_error(chain, i); !reason.empty())
      return refuse(chain.uses[i], reason, "reorder or remove one of them");
  }
  for (const Group kind : {Group::exists, Group::regex, Group::network, Group::compare, Group::time, Group::reference}) {
    const auto first = std::find_if(chain.uses.begin(), chain.uses.end(),
                                    [&](const ModifierUse& use) { return group_of(use.modifier) == kind; });
    if (first == chain.uses.end()) continue;
    for (const ModifierUse& other : chain.uses) {
      if (&other != &*first && group_of(other.modifier) != kind && !compatible(kind, group_of(other.modifier))) {
        return refuse(other, clash_reason(kind, first->name, other.name), fmt::format("remove `{}`", other.name));
      }
    }
  }
  if (has(chain, Group::utf16) && !has(chain, Group::base64)) {
    const auto use = std::find_if(chain.uses.begin(), chain.uses.end(),
                                  [&](const ModifierUse& u) { return group_of(u.modifier) == Group::utf16; });
    return refuse(
        *use,
        fmt::format("`{}` must be followed by `base64` or `base64offset`: raw UTF-16 bytes never occur in an event", use->name),
        "add `|base64offset|contains`");
  }
  if (!chain.field.empty()) return true;
  for (const ModifierUse& use : chain.uses) {
    const Group group = group_of(use.modifier);
    const bool needs_field = group == Group::exists || group == Group::network || group == Group::compare ||
                             group == Group::time || group == Group::reference || use.modifier == startswith ||
                             use.modifier == endswith;
    if (needs_field)
      return refuse(use, fmt::format("`{}` needs a field", use.name),
                    "keywords search the whole event; name a field before the `|`");
  }
  return true;
}

void apply(Chain& chain, Modifier modifier) {
  // Operators and time parts are declared in the order of the plan's.
  const auto offset = [modifier](Modifier first) { return static_cast<int>(modifier) - static_cast<int>(first); };
  switch (group_of(modifier)) {
    case Group::position:
      (modifier == contains ? chain.contains : modifier == startswith ? chain.startswith : chain.endswith) = true;
      break;
    case Group::linking:
      (modifier == all ? chain.all : chain.neq) = true;
      break;
    case Group::exists:
      chain.exists = true;
      break;
    case Group::cased:
      chain.cased = true;
      break;
    case Group::regex:
      chain.re = true;
      break;
    case Group::regex_flag:
      chain.regex_flags += modifier == ignore_case ? 'i' : modifier == multi_line ? 'm' : 's';
      break;
    case Group::network:
      chain.cidr = true;
      break;
    case Group::compare:
      chain.compare = static_cast<plan::CompareOp>(offset(lt));
      break;
    case Group::dash:
    case Group::utf16:
    case Group::base64:
      chain.encodings.push_back(modifier);
      break;
    case Group::reference:
      chain.fieldref = true;
      break;
    case Group::expand:
      chain.expand = true;
      break;
    case Group::time:
      chain.part = static_cast<plan::TimePart>(offset(minute) + 1);
      break;
  }
}

}  // namespace

std::optional<Chain> parse_chain(const yaml::Node& key, Reporter& reporter) {
  Chain chain;
  if (!split(key, chain, reporter) || !check(key, chain, reporter)) return std::nullopt;
  for (const ModifierUse& use : chain.uses) apply(chain, use.modifier);
  std::sort(chain.regex_flags.begin(), chain.regex_flags.end());
  return chain;
}

}  // namespace vedette::rules
