// IP addresses from text, without libc's resolver, and membership in networks. IPv4 is held as IPv4-mapped IPv6, so
// `::ffff:10.0.0.1` is 10.0.0.1. Pure functions, any thread.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "engine/plan/pattern.h"

namespace vedette::match {

using Address = std::array<std::uint8_t, 16>;  // network byte order

// Dotted quad without leading zeros, or RFC 4291 text (with `::`, embedded IPv4 and an ignored %zone).
[[nodiscard]] std::optional<Address> parse_address(std::string_view text);
[[nodiscard]] bool is_ipv4(const Address& address);
// An IPv6 network never holds an IPv4 address, not even ::/0.
[[nodiscard]] bool contains(const plan::Cidr& network, const Address& address);

}  // namespace vedette::match
