#include "connectors/net/secrets.h"

#include <openssl/crypto.h>

#include <random>

namespace vedette::connectors {
namespace {

HashSeed random_key() {
  std::random_device random;
  const auto word = [&random] { return (std::uint64_t{random()} << 32U) | random(); };
  return {word(), word()};
}

}  // namespace

SecretSet::SecretSet(const std::vector<std::string>& secrets) : key_(random_key()) {
  for (const std::string& secret : secrets) {
    if (!secret.empty()) digests_.push_back(siphash128(secret, key_));
  }
}

bool SecretSet::matches(std::string_view presented) const {
  const Hash128 digest = siphash128(presented, key_);
  int equal = 0;
  for (const Hash128& known : digests_) equal |= static_cast<int>(CRYPTO_memcmp(&known, &digest, sizeof(digest)) == 0);
  return equal != 0;
}

}  // namespace vedette::connectors
