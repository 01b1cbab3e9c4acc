#include "engine/base/digest.h"

#include <openssl/sha.h>

#include <vector>

namespace vedette {

Digest digest_parts(std::span<const std::string_view> parts) {
  std::vector<std::uint8_t> bytes;
  for (const std::string_view part : parts) {
    const auto size = static_cast<std::uint32_t>(part.size());
    for (int shift = 0; shift < 32; shift += 8) bytes.push_back(static_cast<std::uint8_t>(size >> shift));
    bytes.insert(bytes.end(), part.begin(), part.end());
  }
  Digest digest{};
  SHA256(bytes.data(), bytes.size(), digest.data());
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
