// Which addresses outgoing connections may reach: public ones, and those that a person has allowed by CIDR. Everything else
// (private, loopback, link-local with the clouds' metadata services, shared, documentation, multicast, reserved, and IPv6
// addresses that carry one of these) is refused, so that a URL cannot be led inside. Immutable; any thread.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"

namespace vedette::connectors {

// An IPv6 address; IPv4 as ::ffff:a.b.c.d.
using AddressBytes = std::array<std::uint8_t, 16>;
[[nodiscard]] std::optional<AddressBytes> parse_address(const std::string& text);

class AddressGuard {
 public:
  // "10.20.0.0/16", "fd00::/8", "127.0.0.1".
  [[nodiscard]] static Result<AddressGuard> make(const std::vector<std::string>& allowed);
  AddressGuard() = default;

  // Named by a person.
  [[nodiscard]] bool allowed(const AddressBytes& address) const;
  // Why the address is refused ("a loopback address"); empty: it may be reached.
  [[nodiscard]] std::string_view refusal(const AddressBytes& address) const;

 private:
  struct Network {
    AddressBytes base{};
    unsigned bits = 0;
    [[nodiscard]] bool holds(const AddressBytes& address) const;
  };
  [[nodiscard]] static std::optional<Network> parse_network(std::string_view text);
  [[nodiscard]] static std::string_view kind_of(const AddressBytes& address);
  std::vector<Network> allowed_;
};

}  // namespace vedette::connectors
