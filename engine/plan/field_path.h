// A path into a JSON event, as rules write it: `actor.alternateId`, `target{}.displayName`, `target[1].type`.
// Arrays are descended into without being named (any member); `{}` says the same; `[n]` picks one member.
// Immutable value type; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"

namespace vedette::plan {

struct PathSegment {
  std::string key;
  std::int32_t index = -1;  // >= 0: only this member of the array under `key`
  bool each = false;        // the objects under `key` are told apart (event::Value::element); at most one of a path
  friend bool operator==(const PathSegment&, const PathSegment&) = default;
};

struct FieldPath {
  std::vector<PathSegment> segments;
  // a[0].b[any].c
  [[nodiscard]] std::string text() const;
  // The keys alone, joined by dots; the spelling that a literal dotted top-level key would have.
  [[nodiscard]] std::string keys() const;
  friend bool operator==(const FieldPath&, const FieldPath&) = default;
};

// Errors: empty path, empty segment, bad index, more than 32 segments.
[[nodiscard]] Result<FieldPath> parse_field_path(std::string_view text);

}  // namespace vedette::plan
