#include "connectors/net/address_guard.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

namespace vedette::connectors {
namespace {

constexpr unsigned kV4Bits = 96;  // of the prefix ::ffff:0:0

AddressBytes mapped(const std::uint8_t* v4) {
  AddressBytes out{};
  out[10] = out[11] = 0xff;
  std::copy(v4, v4 + 4, out.begin() + 12);
  return out;
}

// Networks that nothing outside of a site answers on. IPv6 ones that carry an IPv4 address are refused as a whole: no public
// service is reached through them.
constexpr std::pair<std::string_view, std::string_view> kRefused[] = {
    {"127.0.0.0/8", "a loopback address"},
    {"10.0.0.0/8", "a private address"},
    {"172.16.0.0/12", "a private address"},
    {"192.168.0.0/16", "a private address"},
    {"169.254.0.0/16", "a link-local address"},
    {"168.63.129.16/32", "a cloud's metadata service"},
    {"100.64.0.0/10", "a shared address"},
    {"0.0.0.0/8", "an address of this host"},
    {"192.0.0.0/24", "a reserved address"},
    {"192.0.2.0/24", "a documentation address"},
    {"198.18.0.0/15", "a benchmarking address"},
    {"198.51.100.0/24", "a documentation address"},
    {"203.0.113.0/24", "a documentation address"},
    {"192.88.99.0/24", "a relay address"},
    {"224.0.0.0/4", "a multicast address"},
    {"240.0.0.0/4", "a reserved address"},
    {"::1/128", "a loopback address"},
    {"::/96", "a reserved address"},
    {"::ffff:0:0:0/96", "a translated address"},
    {"64:ff9b::/96", "a translated address"},
    {"64:ff9b:1::/48", "a translated address"},
    {"100::/64", "a discard address"},
    {"2001::/23", "a reserved address"},
    {"2001:db8::/32", "a documentation address"},
    {"2002::/16", "a relay address"},
    {"3fff::/20", "a documentation address"},
    {"5f00::/16", "a reserved address"},
    {"fc00::/7", "a private address"},
    {"fe80::/10", "a link-local address"},
    {"fec0::/10", "a site-local address"},
    {"ff00::/8", "a multicast address"},
};

}  // namespace

std::optional<AddressBytes> parse_address(const std::string& text) {
  AddressBytes bytes{};
  if (inet_pton(AF_INET6, text.c_str(), bytes.data()) == 1) return bytes;
  std::array<std::uint8_t, 4> v4{};
  if (inet_pton(AF_INET, text.c_str(), v4.data()) == 1) return mapped(v4.data());
  return std::nullopt;
}

bool AddressGuard::Network::holds(const AddressBytes& address) const {
  for (unsigned bit = 0; bit < bits; bit += 8) {
    const unsigned part = std::min(8U, bits - bit);
    const auto mask = static_cast<std::uint8_t>(0xff00U >> part);
    if (((address[bit / 8] ^ base[bit / 8]) & mask) != 0) return false;
  }
  return true;
}

std::optional<AddressGuard::Network> AddressGuard::parse_network(std::string_view text) {
  const std::size_t slash = text.find('/');
  const std::string address(text.substr(0, slash));
  const auto base = parse_address(address);
  if (!base) return std::nullopt;
  const unsigned before = address.find(':') == std::string::npos ? kV4Bits : 0;
  unsigned bits = 128 - before;
  if (slash != std::string_view::npos) {
    const char* end = text.data() + text.size();
    unsigned given = 0;
    const auto [stop, code] = std::from_chars(text.data() + slash + 1, end, given);
    if (code != std::errc() || stop != end || given > bits) return std::nullopt;
    bits = given;
  }
  return Network{*base, before + bits};
}

Result<AddressGuard> AddressGuard::make(const std::vector<std::string>& allowed) {
  AddressGuard guard;
  for (const std::string& text : allowed) {
    const auto network = parse_network(text);
    if (!network) return Error{fmt::format("`{}` is no network; write it like 10.20.0.0/16 or fd00::/8", text)};
    guard.allowed_.push_back(*network);
  }
  return guard;
}

bool AddressGuard::allowed(const AddressBytes& address) const {
  return std::any_of(allowed_.begin(), allowed_.end(), [&](const Network& network) { return network.holds(address); });
}

std::string_view AddressGuard::kind_of(const AddressBytes& address) {
  static const auto networks = [] {
    std::vector<std::pair<Network, std::string_view>> out;
    for (const auto& [text, kind] : kRefused) out.emplace_back(parse_network(text).value(), kind);
    return out;
  }();
  for (const auto& [network, kind] : networks) {
    if (network.holds(address)) return kind;
  }
  return {};
}

std::string_view AddressGuard::refusal(const AddressBytes& address) const {
  return allowed(address) ? std::string_view() : kind_of(address);
}

}  // namespace vedette::connectors
