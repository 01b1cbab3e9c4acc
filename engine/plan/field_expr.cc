#include "engine/plan/field_expr.h"

#include <algorithm>

namespace vedette::plan {
namespace {

const char* transform_name(Transform transform) {
  switch (transform) {
    case Transform::lower:
      return "lower";
    case Transform::upper:
      return "upper";
    case Transform::local:
      return "local";
    case Transform::domain:
      return "domain";
    case Transform::session:
      return "session";
    case Transform::cased:
      return "cased";
    case Transform::person:
      return "person";
  }
  return "";
}

// target[any].alternateId with filter target[any].type = User -> target[type=User].alternateId
std::string filtered_path_text(const FieldPath& path, const ElementFilter& filter) {
  FieldPath prefix, rest, key;
  const auto each = std::find_if(path.segments.begin(), path.segments.end(), [](const PathSegment& s) { return s.each; });
  const auto size = each == path.segments.end() ? 0 : each - path.segments.begin() + 1;
  prefix.segments.assign(path.segments.begin(), path.segments.begin() + size);
  if (size > 0) prefix.segments.back().each = false;
  rest.segments.assign(path.segments.begin() + size, path.segments.end());
  key.segments.assign(filter.key_path.segments.begin() + size, filter.key_path.segments.end());
  std::string out = prefix.text() + "[" + key.text() + "=" + filter.value + "]";
  if (!rest.segments.empty()) out += "." + rest.text();
  return out;
}

}  // namespace

std::string FieldExpr::text() const {
  std::string out = constant  ? "'" + *constant + "'"
                    : derived ? derived->text
                    : filter  ? filtered_path_text(path, *filter)
                              : path.text();
  if (!map.empty() || map_else) {
    out += "|map{";
    for (const auto& [from, to] : map) out += from + ":" + to + ",";
    if (map_else) out += "else:" + *map_else;
    out += "}";
  }
  for (const Transform transform : transforms) {
    out += '|';
    out += transform_name(transform);
  }
  return out;
}

}  // namespace vedette::plan
