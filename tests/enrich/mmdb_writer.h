// Writes small MaxMind DB files (format 2.0) for tests: networks with data, an IPv4 or IPv6 tree. One thread.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace vedette::test {

// Encoded values of the data section.
[[nodiscard]] std::string mmdb_text(const std::string& text);
[[nodiscard]] std::string mmdb_number(std::uint32_t number);
[[nodiscard]] std::string mmdb_real(double number);
[[nodiscard]] std::string mmdb_map(const std::vector<std::pair<std::string, std::string>>& entries);

class MmdbWriter {
 public:
  // ip_version: 4 or 6. In a tree of version 6, IPv4 networks lie below ::/96.
  MmdbWriter(std::string type, int ip_version) : type_(std::move(type)), ip_version_(ip_version) {}

  // 203.0.113.0/24 or 2001:db8::/32; later networks must not lie inside earlier ones or hold them.
  void add(const std::string& network, const std::string& data);
  [[nodiscard]] std::string bytes() const;
  void write(const std::string& path) const;

 private:
  // A record: 0 = nothing, > 0 = node, < 0 = data at -value - 1.
  using Node = std::array<std::int64_t, 2>;

  std::string type_;
  int ip_version_;
  std::vector<Node> nodes_{1};
  std::string data_;
};

}  // namespace vedette::test
