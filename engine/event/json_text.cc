#include "engine/event/json_text.h"

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "engine/base/utf8.h"
#include "engine/event/bytes.h"

namespace vedette::event {
namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// Four hex digits at text[at], or -1.
int hex4(std::string_view text, std::size_t at) {
  if (at + 4 > text.size()) return -1;
  int value = 0;
  for (std::size_t i = at; i < at + 4; ++i) {
    const int digit = hex_digit(text[i]);
    if (digit < 0) return -1;
    value = value * 16 + digit;
  }
  return value;
}

std::size_t put_utf8(char* out, std::uint32_t c) {
  const auto byte = [](std::uint32_t value) { return static_cast<char>(value); };
  if (c < 0x80) {
    out[0] = byte(c);
    return 1;
  }
  if (c < 0x800) {
    out[0] = byte(0xC0 | (c >> 6));
    out[1] = byte(0x80 | (c & 0x3F));
    return 2;
  }
  if (c < 0x10000) {
    out[0] = byte(0xE0 | (c >> 12));
    out[1] = byte(0x80 | ((c >> 6) & 0x3F));
    out[2] = byte(0x80 | (c & 0x3F));
    return 3;
  }
  out[0] = byte(0xF0 | (c >> 18));
  out[1] = byte(0x80 | ((c >> 12) & 0x3F));
  out[2] = byte(0x80 | ((c >> 6) & 0x3F));
  out[3] = byte(0x80 | (c & 0x3F));
  return 4;
}

char simple_escape(char c) {
  switch (c) {
    case '"':
    case '\\':
    case '/':
      return c;
    case 'b':
      return '\b';
    case 'f':
      return '\f';
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    default:
      return '\0';
  }
}

// The code point of \uXXXX at text[at] (the 'u'), with its second half; `at` moves behind it. -1 when malformed.
std::int64_t unicode_escape(std::string_view text, std::size_t& at) {
  const int first = hex4(text, at + 1);
  if (first < 0) return -1;
  at += 5;
  const bool high = first >= 0xD800 && first < 0xDC00;
  const bool low = first >= 0xDC00 && first < 0xE000;
  if (low) return 0xFFFD;
  if (!high) return first;
  if (at + 1 >= text.size() || text[at] != '\\' || text[at + 1] != 'u') return 0xFFFD;
  const int second = hex4(text, at + 2);
  if (second < 0xDC00 || second >= 0xE000) return 0xFFFD;  // the next escape speaks for itself
  at += 6;
  return 0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00);
}

std::size_t skip_digits(std::string_view text, std::size_t at) {
  while (at < text.size() && text[at] >= '0' && text[at] <= '9') ++at;
  return at;
}

// Behind the string whose opening quote is at json[at].
std::size_t string_end(std::string_view json, std::size_t at) {
  for (++at; at < json.size(); ++at) {
    if (json[at] == '\\') {
      ++at;
    } else if (json[at] == '"') {
      return at + 1;
    }
  }
  return json.size();
}

}  // namespace

std::optional<std::size_t> unescape(std::string_view text, char* out) {
  char* const begin = out;
  std::size_t at = 0;
  while (at < text.size()) {
    const void* found = std::memchr(text.data() + at, '\\', text.size() - at);
    const std::size_t run =
        found == nullptr ? text.size() - at : static_cast<std::size_t>(static_cast<const char*>(found) - text.data()) - at;
    std::memcpy(out, text.data() + at, run);
    out += run;
    at += run;
    if (at == text.size()) break;
    if (++at == text.size()) return std::nullopt;
    if (text[at] == 'u') {
      const std::int64_t c = unicode_escape(text, at);
      if (c < 0) return std::nullopt;
      out += put_utf8(out, static_cast<std::uint32_t>(c));
      continue;
    }
    const char plain = simple_escape(text[at++]);
    if (plain == '\0') return std::nullopt;
    *out++ = plain;
  }
  return static_cast<std::size_t>(out - begin);
}

bool json_number(std::string_view text) {
  std::size_t at = !text.empty() && text[0] == '-' ? 1 : 0;
  if (at == text.size()) return false;
  const std::size_t integer = at;
  at = skip_digits(text, at);
  if (at == integer || (text[integer] == '0' && at > integer + 1)) return false;
  if (at < text.size() && text[at] == '.') {
    const std::size_t fraction = ++at;
    at = skip_digits(text, at);
    if (at == fraction) return false;
  }
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    ++at;
    if (at < text.size() && (text[at] == '+' || text[at] == '-')) ++at;
    const std::size_t exponent = at;
    at = skip_digits(text, at);
    if (at == exponent) return false;
  }
  return at == text.size();
}

bool has_loose_blanks(std::string_view json) {
  for (std::size_t at = 0; at < json.size();) {
    if (json[at] == '"') {
      at = string_end(json, at);
    } else if (json_blank(json[at])) {
      return true;
    } else {
      ++at;
    }
  }
  return false;
}

std::size_t compact(std::string_view json, char* out) {
  char* const begin = out;
  for (std::size_t at = 0; at < json.size();) {
    if (json[at] == '"') {
      const std::size_t end = string_end(json, at);
      std::memcpy(out, json.data() + at, end - at);
      out += end - at;
      at = end;
    } else {
      if (!json_blank(json[at])) *out++ = json[at];
      ++at;
    }
  }
  return static_cast<std::size_t>(out - begin);
}

std::string_view upper_ascii(std::string_view text, Arena& arena) {
  const auto lower = [](char c) { return c >= 'a' && c <= 'z'; };
  if (std::none_of(text.begin(), text.end(), lower)) return text;
  char* const copy = static_cast<char*>(arena.allocate(text.size()));
  std::transform(text.begin(), text.end(), copy, [&](char c) { return lower(c) ? static_cast<char>(c - 'a' + 'A') : c; });
  return {copy, text.size()};
}

std::size_t first_bad_utf8(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const CodePoint point = decode_utf8(text, at);
    if (!point.valid) return at;
    at += point.length;
  }
  return text.size();
}

Flaw find_flaw(std::string_view json) {
  if (const std::size_t at = first_bad_utf8(json); at < json.size()) return {"utf8", "not UTF-8", at};
  std::size_t open = 0;
  bool inside = false;
  for (std::size_t at = 0; at < json.size(); ++at) {
    if (inside && static_cast<unsigned char>(json[at]) < 0x20) return {"json", "control character inside a string", at};
    if (inside && json[at] == '\\') {
      ++at;
    } else if (json[at] == '"') {
      inside = !inside;
      open = at;
    }
  }
  if (inside) return {"json", "string without an end", open};
  return {"json", "not JSON", 0};
}

}  // namespace vedette::event
