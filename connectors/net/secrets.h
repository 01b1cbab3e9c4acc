// Shared secrets of an endpoint: several may be live at once (rotation). Compared as SHA-256 digests in constant time,
// always against all of them. The plain texts are not kept. Immutable after construction; any thread.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace vedette::connectors {

class SecretSet {
 public:
  SecretSet() = default;
  // Empty strings are ignored: an empty secret never opens anything.
  explicit SecretSet(const std::vector<std::string>& secrets);

  [[nodiscard]] bool empty() const { return digests_.empty(); }
  [[nodiscard]] bool matches(std::string_view presented) const;

 private:
  std::vector<std::array<std::uint8_t, 32>> digests_;
};

}  // namespace vedette::connectors
