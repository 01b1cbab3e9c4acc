// UTF-8 stepping shared by folding, patterns and JSON output. Malformed bytes count as one unit each. Pure, any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace vedette {

struct CodePoint {
  char32_t value = 0;
  std::uint8_t length = 1;  // bytes consumed, at least 1
  bool valid = true;        // false: one malformed byte, value = that byte
};

// Decodes the code point at text[at]; at < text.size().
[[nodiscard]] CodePoint decode_utf8(std::string_view text, std::size_t at);
void append_utf8(std::string& out, char32_t c);
// Code points in the text; malformed bytes count one each.
[[nodiscard]] std::size_t count_code_points(std::string_view text);
[[nodiscard]] bool valid_utf8(std::string_view text);

}  // namespace vedette
