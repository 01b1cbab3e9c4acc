#include "engine/plan/field_expr.h"

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

// target.alternateId with filter target.type=User -> target[type=User].alternateId
std::string filtered_path_text(const FieldPath& path, const ElementFilter& filter) {
  std::size_t shared = 0;
  while (shared < path.segments.size() && shared < filter.key_path.segments.size() &&
         path.segments[shared] == filter.key_path.segments[shared]) {
    ++shared;
  }
  FieldPath prefix, rest, key;
  prefix.segments.assign(path.segments.begin(), path.segments.begin() + static_cast<std::ptrdiff_t>(shared));
  rest.segments.assign(path.segments.begin() + static_cast<std::ptrdiff_t>(shared), path.segments.end());
  key.segments.assign(filter.key_path.segments.begin() + static_cast<std::ptrdiff_t>(shared), filter.key_path.segments.end());
  std::string out = prefix.text() + "[" + key.text() + "=" + filter.value + "]";
  if (!rest.segments.empty()) out += "." + rest.text();
  return out;
}

}  // namespace

std::string FieldExpr::text() const {
  std::string out = constant ? "'" + *constant + "'" : filter ? filtered_path_text(path, *filter) : path.text();
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
