// Word-at-a-time helpers of the JSON walk. They read up to 16 bytes beyond their argument, which record padding
// guarantees (event/record.h). Pure, any thread.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace vedette::event {

static_assert(std::endian::native == std::endian::little, "the word compares below assume little-endian loads");

inline constexpr std::size_t kOverread = 16;

inline std::uint64_t load_word(const char* at) {
  std::uint64_t word;
  std::memcpy(&word, at, sizeof word);
  return word;
}

// The low `bytes` (0..8) bytes of a word.
inline std::uint64_t low_bytes(std::uint64_t word, std::size_t bytes) {
  return bytes >= 8 ? word : word & ~(~std::uint64_t{0} << (bytes * 8));
}

inline bool equal_bytes(const char* a, const char* b, std::size_t length) {
  while (length >= 8) {
    if (load_word(a) != load_word(b)) return false;
    a += 8;
    b += 8;
    length -= 8;
  }
  return low_bytes(load_word(a) ^ load_word(b), length) == 0;
}

// The first eight bytes of a text, zeros behind a shorter one.
inline std::uint64_t head_word(const char* text, std::size_t length) { return low_bytes(load_word(text), length); }

inline bool has_byte(std::uint64_t word, char byte) {
  constexpr std::uint64_t kOnes = 0x0101'0101'0101'0101;
  constexpr std::uint64_t kHighs = 0x8080'8080'8080'8080;
  const std::uint64_t x = word ^ (kOnes * static_cast<std::uint8_t>(byte));
  return ((x - kOnes) & ~x & kHighs) != 0;
}

inline bool has_backslash(const char* text, std::size_t length) {
  if (length > 64) return std::memchr(text, '\\', length) != nullptr;
  for (; length >= 8; text += 8, length -= 8) {
    if (has_byte(load_word(text), '\\')) return true;
  }
  return length != 0 && has_byte(low_bytes(load_word(text), length), '\\');
}

inline bool json_blank(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }

}  // namespace vedette::event
