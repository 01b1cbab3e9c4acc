#include "engine/base/fold.h"

#include <algorithm>
#include <iterator>

#include "engine/base/utf8.h"

namespace vedette {
namespace {

struct FoldRow {
  char32_t first, last;
  std::uint32_t step;
  std::int32_t distance;
};

constexpr FoldRow kFoldRows[] = {
#include "engine/base/fold_table.inc"
};

bool is_upper_ascii(char c) { return c >= 'A' && c <= 'Z'; }
bool is_ascii(char c) { return static_cast<unsigned char>(c) < 0x80; }

}  // namespace

char32_t fold_code_point(char32_t c) {
  if (c < 0x80) return c >= U'A' && c <= U'Z' ? c + 32 : c;
  const auto row = std::lower_bound(std::begin(kFoldRows), std::end(kFoldRows), c,
                                    [](const FoldRow& r, char32_t value) { return r.last < value; });
  if (row == std::end(kFoldRows) || c < row->first || (c - row->first) % row->step != 0) return c;
  return static_cast<char32_t>(static_cast<std::int32_t>(c) + row->distance);
}

void append_folded(std::string& out, std::string_view text) {
  std::size_t at = 0;
  while (at < text.size()) {
    const char c = text[at];
    if (is_ascii(c)) {
      out += is_upper_ascii(c) ? static_cast<char>(c + 32) : c;
      ++at;
      continue;
    }
    const CodePoint point = decode_utf8(text, at);
    if (point.valid) {
      append_utf8(out, fold_code_point(point.value));
    } else {
      out += c;
    }
    at += point.length;
  }
}

std::string folded(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  append_folded(out, text);
  return out;
}

bool is_folded(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    if (is_ascii(text[at])) {
      if (is_upper_ascii(text[at])) return false;
      ++at;
      continue;
    }
    const CodePoint point = decode_utf8(text, at);
    if (point.valid && fold_code_point(point.value) != point.value) return false;
    at += point.length;
  }
  return true;
}

bool equal_folded(std::string_view a, std::string_view b) {
  std::size_t i = 0, j = 0;
  while (i < a.size() && j < b.size()) {
    const CodePoint x = decode_utf8(a, i);
    const CodePoint y = decode_utf8(b, j);
    if (x.valid != y.valid) return false;
    if (x.value != y.value && (!x.valid || fold_code_point(x.value) != fold_code_point(y.value))) return false;
    i += x.length;
    j += y.length;
  }
  return i == a.size() && j == b.size();
}

}  // namespace vedette
