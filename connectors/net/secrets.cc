#include "connectors/net/secrets.h"

#include <openssl/crypto.h>
#include <openssl/sha.h>

namespace vedette::connectors {
namespace {

std::array<std::uint8_t, 32> digest_of(std::string_view text) {
  std::array<std::uint8_t, 32> digest{};
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
  return digest;
}

}  // namespace

SecretSet::SecretSet(const std::vector<std::string>& secrets) {
  for (const std::string& secret : secrets) {
    if (!secret.empty()) digests_.push_back(digest_of(secret));
  }
}

bool SecretSet::matches(std::string_view presented) const {
  const auto digest = digest_of(presented);
  int equal = 0;
  for (const auto& known : digests_) {
    equal |= static_cast<int>(CRYPTO_memcmp(known.data(), digest.data(), digest.size()) == 0);
  }
  return equal != 0;
}

}  // namespace vedette::connectors
