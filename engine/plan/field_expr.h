// A field with what is done to its values before use: element filter, canonical map, transforms
// (spec: formats, "Transforms"). Used by group-by, aliases, suppress.by and normalised names. Immutable; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/plan/field_path.h"

namespace vedette::plan {

enum class Transform : std::uint8_t {
  lower,
  upper,
  local,    // before the last '@'
  domain,   // after the last '@'
  session,  // after the last '/' or ':'
  cased,    // keep case in keys
  person,   // account -> person, see identity.h
};

// `target[type=User].alternateId`: values of `path` whose array member also holds `key_path` equal (folded) to `value`.
// Both paths tell the members of the same array apart (PathSegment::each).
struct ElementFilter {
  FieldPath key_path;  // full path of the filter key: target[any].type
  std::string value;
  friend bool operator==(const ElementFilter&, const ElementFilter&) = default;
};

// `person.team`, `geo.country`: what a table says about the values of another field.
struct Derived {
  std::uint32_t table = 0;   // into Plan::tables
  std::uint32_t column = 0;  // of the table
  std::uint32_t key = 0;     // into SourceProgram::fields
  std::string text;          // canonical: admins.csv(actor.id).team
  friend bool operator==(const Derived&, const Derived&) = default;
};

struct FieldExpr {
  FieldPath path;
  std::optional<ElementFilter> filter;
  std::vector<Transform> transforms;  // applied left to right
  // Non-empty: values map (folded comparison) to other values; others become `map_else`, or are missing without it.
  std::vector<std::pair<std::string, std::string>> map;
  std::optional<std::string> map_else;
  // Non-empty: a constant; path is then unused.
  std::optional<std::string> constant;
  // Non-empty: looked up; path, filter and map are then unused.
  std::optional<Derived> derived;
  [[nodiscard]] std::string text() const;  // canonical printable form
  friend bool operator==(const FieldExpr&, const FieldExpr&) = default;
};

}  // namespace vedette::plan
