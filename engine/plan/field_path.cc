#include "engine/plan/field_path.h"

#include <fmt/format.h>

#include <charconv>

namespace vedette::plan {
namespace {

constexpr std::size_t kMaxSegments = 32;

// `key`, `key{}`, `key[3]`, `key[]`, `key[*]`.
Result<PathSegment> parse_segment(std::string_view text, std::string_view whole) {
  PathSegment segment;
  if (text.ends_with("{}") || text.ends_with("[]")) {
    text.remove_suffix(2);
  } else if (text.ends_with("[*]")) {
    text.remove_suffix(3);
  } else if (const auto open = text.find('['); open != std::string_view::npos && text.ends_with("]")) {
    const std::string_view digits = text.substr(open + 1, text.size() - open - 2);
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), segment.index);
    if (error != std::errc() || end != digits.data() + digits.size() || segment.index < 0) {
      return Error{fmt::format("`{}` in `{}` is not an array index", digits, whole)};
    }
    text = text.substr(0, open);
  }
  if (text.empty()) return Error{fmt::format("empty segment in field path `{}`", whole)};
  segment.key = text;
  return segment;
}

}  // namespace

std::string FieldPath::text() const {
  std::string out;
  for (const PathSegment& segment : segments) {
    if (!out.empty()) out += '.';
    out += segment.key;
    if (segment.index >= 0) out += fmt::format("[{}]", segment.index);
    if (segment.each) out += "[any]";
  }
  return out;
}

std::string FieldPath::keys() const {
  std::string out;
  for (const PathSegment& segment : segments) {
    if (!out.empty()) out += '.';
    out += segment.key;
  }
  return out;
}

Result<FieldPath> parse_field_path(std::string_view text) {
  if (text.empty()) return Error{"empty field path"};
  FieldPath path;
  std::size_t begin = 0;
  while (true) {
    const std::size_t dot = text.find('.', begin);
    auto segment = parse_segment(text.substr(begin, dot == std::string_view::npos ? dot : dot - begin), text);
    if (!segment) return segment.error();
    path.segments.push_back(std::move(*segment));
    if (path.segments.size() > kMaxSegments)
      return Error{fmt::format("field path `{}` has more than {} segments", text, kMaxSegments)};
    if (dot == std::string_view::npos) return path;
    begin = dot + 1;
  }
}

}  // namespace vedette::plan
