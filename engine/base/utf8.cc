#include "engine/base/utf8.h"

namespace vedette {
namespace {

bool continuation(std::string_view text, std::size_t at) {
  return at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80;
}

std::uint32_t low6(char c) { return static_cast<unsigned char>(c) & 0x3FU; }

}  // namespace

CodePoint decode_utf8(std::string_view text, std::size_t at) {
  const auto b0 = static_cast<unsigned char>(text[at]);
  const CodePoint malformed{b0, 1, false};
  if (b0 < 0x80) return {b0, 1, true};
  if (b0 < 0xC2 || b0 > 0xF4 || !continuation(text, at + 1)) return malformed;
  if (b0 < 0xE0) return {(b0 & 0x1FU) << 6 | low6(text[at + 1]), 2, true};
  if (!continuation(text, at + 2)) return malformed;
  if (b0 < 0xF0) {
    const char32_t c = (b0 & 0x0FU) << 12 | low6(text[at + 1]) << 6 | low6(text[at + 2]);
    return c < 0x800 || (c >= 0xD800 && c <= 0xDFFF) ? malformed : CodePoint{c, 3, true};
  }
  if (!continuation(text, at + 3)) return malformed;
  const char32_t c = (b0 & 0x07U) << 18 | low6(text[at + 1]) << 12 | low6(text[at + 2]) << 6 | low6(text[at + 3]);
  return c < 0x10000 || c > 0x10FFFF ? malformed : CodePoint{c, 4, true};
}

void append_utf8(std::string& out, char32_t c) {
  const auto put = [&out](std::uint32_t byte) { out += static_cast<char>(static_cast<unsigned char>(byte)); };
  if (c < 0x80) {
    put(c);
  } else if (c < 0x800) {
    put(0xC0 | c >> 6);
    put(0x80 | (c & 0x3F));
  } else if (c < 0x10000) {
    put(0xE0 | c >> 12);
    put(0x80 | (c >> 6 & 0x3F));
    put(0x80 | (c & 0x3F));
  } else {
    put(0xF0 | c >> 18);
    put(0x80 | (c >> 12 & 0x3F));
    put(0x80 | (c >> 6 & 0x3F));
    put(0x80 | (c & 0x3F));
  }
}

std::size_t count_code_points(std::string_view text) {
  std::size_t count = 0;
  for (std::size_t at = 0; at < text.size(); ++count) at += decode_utf8(text, at).length;
  return count;
}

bool valid_utf8(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const CodePoint c = decode_utf8(text, at);
    if (!c.valid) return false;
    at += c.length;
  }
  return true;
}

}  // namespace vedette
