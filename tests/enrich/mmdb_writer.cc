#include "tests/enrich/mmdb_writer.h"

#include <arpa/inet.h>

#include <cstring>
#include <fstream>
#include <stdexcept>

namespace vedette::test {
namespace {

enum Type { kText = 2, kReal = 3, kShort = 5, kNumber = 6, kMap = 7, kLong = 9, kArray = 11 };

// Control byte, extended type, size.
std::string head(Type type, std::size_t size) {
  std::string out;
  const std::size_t low = size < 29 ? size : 29;
  if (size >= 29 + 256) throw std::runtime_error("too long for this writer");
  out += static_cast<char>((type > 7 ? 0 : type) << 5 | static_cast<int>(low));
  if (type > 7) out += static_cast<char>(type - 7);
  if (size >= 29) out += static_cast<char>(size - 29);
  return out;
}

std::string big_endian(std::uint64_t number, std::size_t bytes) {
  std::string out;
  for (std::size_t i = bytes; i-- > 0;) out += static_cast<char>(number >> (8 * i) & 0xff);
  return out;
}

std::string unsigned_number(Type type, std::uint64_t number) {
  std::size_t bytes = 0;
  while (bytes < 8 && number >> (8 * bytes) != 0) ++bytes;
  return head(type, bytes) + big_endian(number, bytes);
}

}  // namespace

std::string mmdb_text(const std::string& text) { return head(kText, text.size()) + text; }
std::string mmdb_number(std::uint32_t number) { return unsigned_number(kNumber, number); }
std::string mmdb_real(double number) {
  std::uint64_t bits = 0;
  std::memcpy(&bits, &number, sizeof bits);
  return head(kReal, 8) + big_endian(bits, 8);
}
std::string mmdb_map(const std::vector<std::pair<std::string, std::string>>& entries) {
  std::string out = head(kMap, entries.size());
  for (const auto& [key, value] : entries) out += mmdb_text(key) + value;
  return out;
}

void MmdbWriter::add(const std::string& network, const std::string& data) {
  const std::size_t slash = network.find('/');
  const std::string address = network.substr(0, slash);
  std::size_t length = std::stoul(network.substr(slash + 1));
  std::array<unsigned char, 16> bits{};
  if (address.find(':') == std::string::npos) {
    const bool below = ip_version_ == 6;
    if (inet_pton(AF_INET, address.c_str(), bits.data() + (below ? 12 : 0)) != 1) throw std::runtime_error(network);
    if (below) length += 96;
  } else if (ip_version_ != 6 || inet_pton(AF_INET6, address.c_str(), bits.data()) != 1) {
    throw std::runtime_error(network);
  }
  std::size_t node = 0;
  for (std::size_t i = 0; i < length; ++i) {
    const std::size_t side = bits[i / 8] >> (7 - i % 8) & 1;
    if (i + 1 == length) {
      nodes_[node][side] = -static_cast<std::int64_t>(data_.size()) - 1;
      break;
    }
    if (nodes_[node][side] < 0) throw std::runtime_error("overlapping networks");
    if (nodes_[node][side] == 0) {
      nodes_[node][side] = static_cast<std::int64_t>(nodes_.size());
      nodes_.emplace_back();
    }
    node = static_cast<std::size_t>(nodes_[node][side]);
  }
  data_ += data;
}

std::string MmdbWriter::bytes() const {
  const std::uint64_t count = nodes_.size();
  std::string out;
  for (const Node& node : nodes_) {
    for (const std::int64_t record : node) {
      const std::uint64_t value = record == 0  ? count
                                  : record > 0 ? static_cast<std::uint64_t>(record)
                                               : count + 16 + static_cast<std::uint64_t>(-record - 1);
      out += big_endian(value, 3);
    }
  }
  out += std::string(16, '\0') + data_ + "\xAB\xCD\xEFMaxMind.com";
  return out + mmdb_map({{"node_count", unsigned_number(kNumber, count)},
                         {"record_size", unsigned_number(kShort, 24)},
                         {"ip_version", unsigned_number(kShort, static_cast<std::uint64_t>(ip_version_))},
                         {"database_type", mmdb_text(type_)},
                         {"languages", head(kArray, 1) + mmdb_text("en")},
                         {"binary_format_major_version", unsigned_number(kShort, 2)},
                         {"binary_format_minor_version", unsigned_number(kShort, 0)},
                         {"build_epoch", unsigned_number(kLong, 1767225600)},
                         {"description", mmdb_map({{"en", mmdb_text("made by a test")}})}});
}

void MmdbWriter::write(const std::string& path) const { std::ofstream(path, std::ios::binary) << bytes(); }

}  // namespace vedette::test
