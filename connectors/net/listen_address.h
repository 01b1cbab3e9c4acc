// "address:port" as configurations write it: "127.0.0.1:8088", "[::1]:0", "localhost:9600". Pure functions; any thread.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace vedette::connectors {

// Nothing when it is no numeric address (or "localhost") with a port.
[[nodiscard]] std::optional<boost::asio::ip::tcp::endpoint> parse_address(std::string_view text);
[[nodiscard]] std::string to_text(const boost::asio::ip::tcp::endpoint& endpoint);
// Whose share of connections counts: an IPv4 address (also within IPv6), the /64 of an IPv6 one.
[[nodiscard]] std::string peer_of(const boost::asio::ip::address& address);

}  // namespace vedette::connectors
