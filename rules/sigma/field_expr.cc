// Field expressions: path, element filters, transforms (spec: formats, "Transforms").
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "engine/base/suggest.h"
#include "rules/reference/words.h"
#include "rules/sigma/load.h"

namespace vedette::rules {
namespace {

using plan::FieldExpr;
using plan::FieldPath;
using plan::Transform;

// In the order of plan::Transform.
constexpr auto kTransforms = reference::names_of(reference::kTransforms);

Result<Transform> parse_transform(std::string_view name) {
  const auto found = std::find(kTransforms.begin(), kTransforms.end(), name);
  if (found != kTransforms.end()) return static_cast<Transform>(found - kTransforms.begin());
  return Error{
      fmt::format("unknown transform `{}`; {}", name,
                  did_you_mean(name, kTransforms, "the transforms are lower, upper, local, domain, session, cased, person"))};
}

// `target[type=User].id` -> path target.id, filter on target.type.
Status take_filter(std::string_view text, FieldExpr& expr, std::string& plain) {
  const std::size_t equals = text.find('=');
  const std::size_t open = equals == std::string_view::npos ? equals : text.rfind('[', equals);
  const std::size_t close = equals == std::string_view::npos ? equals : text.find(']', equals);
  if (open == std::string_view::npos || close == std::string_view::npos || open == 0) {
    return equals == std::string_view::npos
               ? Status{}
               : Status{Error{fmt::format("`{}` is not an element filter such as target[type=User].id", text)}};
  }
  const std::string prefix{text.substr(0, open)};
  const std::string key{text.substr(open + 1, equals - open - 1)};
  expr.filter.emplace();
  expr.filter->value = text.substr(equals + 1, close - equals - 1);
  if (expr.filter->value.empty()) return Error{fmt::format("the element filter of `{}` has no value", text)};
  auto array = plan::parse_field_path(prefix);
  auto part = plan::parse_field_path(key);
  if (!array || !part) return (array ? part : array).error();
  array->segments.back().each = true;
  array->segments.insert(array->segments.end(), part->segments.begin(), part->segments.end());
  expr.filter->key_path = std::move(*array);
  plain = prefix + std::string(text.substr(close + 1));
  if (plain.find('=') != std::string::npos) return Error{fmt::format("`{}` has more than one element filter", text)};
  return {};
}

}  // namespace

Result<FieldExpr> parse_field_expr(std::string_view text) {
  FieldExpr expr;
  // A '|' inside an element filter's brackets belongs to its value.
  std::size_t bar = 0;
  for (int depth = 0; bar < text.size() && !(depth == 0 && text[bar] == '|'); ++bar) {
    if (text[bar] == '[') ++depth;
    if (text[bar] == ']' && depth > 0) --depth;
  }
  std::string plain{text.substr(0, bar)};
  if (const Status status = take_filter(text.substr(0, bar), expr, plain); !status) return status.error();
  auto path = plan::parse_field_path(plain);
  if (!path) return path.error();
  expr.path = std::move(*path);
  if (expr.filter) {
    const auto& key = expr.filter->key_path.segments;
    const auto array = std::find_if(key.begin(), key.end(), [](const plan::PathSegment& segment) { return segment.each; });
    expr.path.segments[static_cast<std::size_t>(array - key.begin())].each = true;
  }
  while (bar < text.size()) {
    const std::size_t next = std::min(text.find('|', bar + 1), text.size());
    auto transform = parse_transform(text.substr(bar + 1, next - bar - 1));
    if (!transform) return transform.error();
    expr.transforms.push_back(*transform);
    bar = next;
  }
  return expr;
}

}  // namespace vedette::rules
