#include "engine/match/address.h"

#include <algorithm>
#include <cstddef>
#include <iterator>

namespace vedette::match {
namespace {

constexpr std::array<std::uint8_t, 12> kMappedPrefix = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

bool parse_quad(std::string_view text, std::uint8_t* out) {
  for (int part = 0; part < 4; ++part) {
    if (part > 0) {
      if (text.empty() || text[0] != '.') return false;
      text.remove_prefix(1);
    }
    unsigned value = 0;
    std::size_t n = 0;
    while (n < text.size() && n < 4 && text[n] >= '0' && text[n] <= '9')
      value = value * 10 + static_cast<unsigned>(text[n++] - '0');
    if (n == 0 || n > 3 || value > 255 || (n > 1 && text[0] == '0')) return false;
    out[part] = static_cast<std::uint8_t>(value);
    text.remove_prefix(n);
  }
  return text.empty();
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// Colon-separated groups, the last of which may be a dotted quad. Appends bytes; false when malformed.
bool parse_groups(std::string_view text, std::uint8_t* out, std::size_t& count) {
  if (text.empty()) return true;
  while (true) {
    const std::size_t colon = text.find(':');
    const std::string_view group = text.substr(0, colon);
    if (colon == std::string_view::npos && group.find('.') != std::string_view::npos) {
      if (count > 12 || !parse_quad(group, out + count)) return false;
      count += 4;
      return true;
    }
    if (group.empty() || group.size() > 4 || count > 14) return false;
    unsigned value = 0;
    for (const char c : group) {
      const int digit = hex_digit(c);
      if (digit < 0) return false;
      value = value * 16 + static_cast<unsigned>(digit);
    }
    out[count++] = static_cast<std::uint8_t>(value >> 8);
    out[count++] = static_cast<std::uint8_t>(value & 0xff);
    if (colon == std::string_view::npos) return true;
    text.remove_prefix(colon + 1);
  }
}

std::optional<Address> parse_ipv6(std::string_view text) {
  text = text.substr(0, text.find('%'));
  Address head{};
  std::size_t head_count = 0;
  const std::size_t gap = text.find("::");
  if (gap == std::string_view::npos) {
    if (!parse_groups(text, head.data(), head_count) || head_count != 16) return std::nullopt;
    return head;
  }
  const std::string_view before = text.substr(0, gap);
  if (before.find('.') != std::string_view::npos) return std::nullopt;
  Address tail{};
  std::size_t tail_count = 0;
  if (!parse_groups(before, head.data(), head_count)) return std::nullopt;
  if (!parse_groups(text.substr(gap + 2), tail.data(), tail_count)) return std::nullopt;
  if (head_count + tail_count > 14) return std::nullopt;
  std::copy_n(tail.begin(), tail_count, std::prev(head.end(), static_cast<std::ptrdiff_t>(tail_count)));
  return head;
}

}  // namespace

std::optional<Address> parse_address(std::string_view text) {
  if (text.size() < 2 || text.size() > 80) return std::nullopt;
  if (text.find(':') != std::string_view::npos) return parse_ipv6(text);
  Address address{};
  std::copy(kMappedPrefix.begin(), kMappedPrefix.end(), address.begin());
  if (!parse_quad(text, address.data() + kMappedPrefix.size())) return std::nullopt;
  return address;
}

bool is_ipv4(const Address& address) { return std::equal(kMappedPrefix.begin(), kMappedPrefix.end(), address.begin()); }

bool contains(const plan::Cidr& network, const Address& address) {
  if (network.prefix < 96 && is_ipv4(address)) return false;
  const int whole = network.prefix / 8;
  if (!std::equal(network.address, network.address + whole, address.begin())) return false;
  const int bits = network.prefix % 8;
  if (bits == 0) return true;
  const unsigned mask = 0xffu << (8 - bits) & 0xffu;
  const auto index = static_cast<std::size_t>(whole);
  return (network.address[index] & mask) == (address[index] & mask);
}

}  // namespace vedette::match
