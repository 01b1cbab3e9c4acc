// Shared secrets of an endpoint: several may be live at once (rotation). Compared as keyed digests (SipHash, 128
// bits, under a random key of the set) in constant time, always against all of them. The plain texts are not kept. Immutable
// after construction; any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/base/hash.h"

namespace vedette::connectors {

class SecretSet {
 public:
  SecretSet() = default;
  // Empty strings are ignored: an empty secret never opens anything.
  explicit SecretSet(const std::vector<std::string>& secrets);

  [[nodiscard]] bool empty() const { return digests_.empty(); }
  [[nodiscard]] bool matches(std::string_view presented) const;

 private:
  HashSeed key_;
  std::vector<Hash128> digests_;
};

}  // namespace vedette::connectors
