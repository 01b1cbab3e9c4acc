#include "engine/base/digest.h"

#include <openssl/sha.h>

#include <algorithm>
#include <array>
#include <vector>

namespace vedette {

Digest digest_parts(std::span<const std::string_view> parts) {
  std::size_t total = 0;
  for (const std::string_view part : parts) total += 4 + part.size();
  std::array<std::uint8_t, 1024> small;  // ids are made for every alert: no allocation for ordinary lengths
  std::vector<std::uint8_t> large(total > small.size() ? total : 0);
  std::uint8_t* const bytes = large.empty() ? small.data() : large.data();
  std::uint8_t* end = bytes;
  for (const std::string_view part : parts) {
    const auto size = static_cast<std::uint32_t>(part.size());
    for (int shift = 0; shift < 32; shift += 8) *end++ = static_cast<std::uint8_t>(size >> shift);
    end = std::copy(part.begin(), part.end(), end);
  }
  Digest digest{};
  SHA256(bytes, total, digest.data());
  return digest;
}

Digest digest_parts(std::initializer_list<std::string_view> parts) {
  return digest_parts(std::span<const std::string_view>(parts.begin(), parts.size()));
}

std::string to_hex(const Digest& digest, std::size_t bytes) {
  static constexpr char kHex[] = "0123456789abcdef";
  std::string out;
  out.reserve(bytes * 2);
  for (std::size_t i = 0; i < bytes && i < digest.size(); ++i) {
    out += kHex[digest[i] >> 4];
    out += kHex[digest[i] & 15];
  }
  return out;
}

std::uint64_t first_u64(const Digest& digest) {
  std::uint64_t value = 0;
  for (int i = 7; i >= 0; --i) value = value << 8 | digest[static_cast<std::size_t>(i)];
  return value;
}

}  // namespace vedette
