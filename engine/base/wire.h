// Bytes of our own stored formats: varints (LEB128), zigzag for signed numbers, length-prefixed texts. Writing appends to a
// string; reading is bounds-checked: after a read beyond the end or a number of more than 64 bits everything reads as
// zero and ok() is false, so a decoder may read a whole structure and ask once. One thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace vedette {

class WireWriter {
 public:
  explicit WireWriter(std::string& out) : out_(out) {}

  void number(std::uint64_t value) {
    while (value >= 0x80) {
      out_.push_back(static_cast<char>(value | 0x80));
      value >>= 7;
    }
    out_.push_back(static_cast<char>(value));
  }
  void signed_number(std::int64_t value) {
    number((static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63));
  }
  void byte(std::uint8_t value) { out_.push_back(static_cast<char>(value)); }
  void text(std::string_view value) {
    number(value.size());
    out_.append(value);
  }

 private:
  std::string& out_;
};

class WireReader {
 public:
  explicit WireReader(std::string_view bytes) : left_(bytes) {}

  [[nodiscard]] std::uint64_t number() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      const std::uint8_t part = byte();
      if (shift == 63 && part > 1) break;
      value |= std::uint64_t{part & 0x7fU} << shift;
      if ((part & 0x80U) == 0) return ok_ ? value : 0;
    }
    return fail();
  }
  [[nodiscard]] std::int64_t signed_number() {
    const std::uint64_t value = number();
    return static_cast<std::int64_t>(value >> 1) ^ -static_cast<std::int64_t>(value & 1);
  }
  [[nodiscard]] std::uint8_t byte() {
    if (left_.empty()) return static_cast<std::uint8_t>(fail());
    const auto value = static_cast<std::uint8_t>(left_.front());
    left_.remove_prefix(1);
    return value;
  }
  // A view into the bytes given.
  [[nodiscard]] std::string_view text() {
    const std::uint64_t size = number();
    if (size > left_.size()) {
      damage();
      return {};
    }
    const std::string_view value = left_.substr(0, size);
    left_.remove_prefix(size);
    return value;
  }
  // A count of things that take at least `least` bytes each: never more than the bytes that are left can hold.
  [[nodiscard]] std::size_t count(std::size_t least = 1) {
    const std::uint64_t value = number();
    return value > left_.size() / least ? static_cast<std::size_t>(fail()) : static_cast<std::size_t>(value);
  }

  // What was read makes no sense: as after a read beyond the end.
  void damage() { (void)fail(); }
  [[nodiscard]] bool ok() const { return ok_; }
  [[nodiscard]] bool at_end() const { return left_.empty(); }

 private:
  std::uint64_t fail() {
    ok_ = false;
    left_ = {};
    return 0;
  }

  std::string_view left_;
  bool ok_ = true;
};

}  // namespace vedette
