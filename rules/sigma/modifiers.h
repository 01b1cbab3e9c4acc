// The modifiers of a detection key, `field|contains|all`: table, order and legal combinations. Pure; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/plan/pattern.h"
#include "rules/sigma/reporter.h"
#include "rules/yaml/node.h"

namespace vedette::rules {

enum class Modifier : std::uint8_t {
  contains,
  startswith,
  endswith,
  all,
  exists,
  cased,
  neq,
  re,
  ignore_case,
  multi_line,
  dot_all,
  cidr,
  lt,
  lte,
  gt,
  gte,
  windash,
  base64,
  base64offset,
  utf16,
  utf16le,
  utf16be,
  wide,
  fieldref,
  expand,
  minute,
  hour,
  day,
  week,
  month,
  year
};

struct ModifierUse {
  Modifier modifier;
  std::string_view name;  // into the key's text
  std::size_t offset = 0;
};

// What a legal chain asks for.
struct Chain {
  std::string field;  // before the first '|'
  std::vector<ModifierUse> uses;
  std::vector<Modifier> encodings;  // windash, utf16*, base64*, in order
  bool contains = false, startswith = false, endswith = false;
  bool all = false, exists = false, cased = false, neq = false, re = false, cidr = false, fieldref = false, expand = false;
  std::string regex_flags;  // "ims"
  std::optional<plan::CompareOp> compare;
  plan::TimePart part = plan::TimePart::none;
};

// Parses the key; reports every unknown modifier and the first impossible combination. nullopt after an error.
[[nodiscard]] std::optional<Chain> parse_chain(const yaml::Node& key, Reporter& reporter);

}  // namespace vedette::rules
