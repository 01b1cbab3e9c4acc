// SHA-256 digests behind every durable id (spec: formats, "Ids and keys"): the digest runs over parts, each UTF-8 behind
// a u32 little-endian length; an id is the first 16 bytes in lower-case hex. Pure, any thread.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>

namespace vedette {

using Digest = std::array<std::uint8_t, 32>;

[[nodiscard]] Digest digest_parts(std::span<const std::string_view> parts);
[[nodiscard]] Digest digest_parts(std::initializer_list<std::string_view> parts);
// First `bytes` bytes in lower-case hex.
[[nodiscard]] std::string to_hex(const Digest& digest, std::size_t bytes = 16);
// The first 8 bytes as a little-endian number.
[[nodiscard]] std::uint64_t first_u64(const Digest& digest);

}  // namespace vedette
