// Exact decimal numbers for sums and comparisons: multiples of 10^-18 in 128 bits, and a 64-bit form that hits carry.
// What does not fit (docs/semantics.md, 1, "Numbers") is refused, never rounded. Pure functions, any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace vedette {

__extension__ typedef __int128 Int128;

// In units of 10^-18. Sums saturate at the ends of the type, which is beyond 10^20.
using Exact = Int128;

inline constexpr Exact kExactOne = 1'000'000'000'000'000'000;

// A number in JSON syntax with at most 17 significant digits and 18 decimals, below 10^17; nothing around it.
[[nodiscard]] std::optional<Exact> parse_exact(std::string_view text);
[[nodiscard]] Exact add_saturating(Exact a, Exact b);
// Shortest plain decimal: 12, -0.5.
[[nodiscard]] std::string exact_text(Exact value);

// The 64-bit form of a number that parse_exact() accepts: 59 bits of signed digits, 5 bits of decimals. Equal numbers have
// equal forms.
[[nodiscard]] std::uint64_t pack_exact(Exact value);
[[nodiscard]] Exact unpack_exact(std::uint64_t packed);

}  // namespace vedette
