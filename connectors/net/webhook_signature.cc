#include "connectors/net/webhook_signature.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>
#include <cstdint>

namespace vedette::connectors {
namespace {

constexpr std::string_view kPrefix = "whsec_";
constexpr std::string_view kVersion = "v1,";
constexpr std::size_t kLeastKeyBytes = 24;
constexpr int kMostSignatures = 8;

const unsigned char* bytes_of(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

bool base64_char(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '/';
}

bool equal(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace

bool decode_base64(std::string_view text, std::string& out) {
  out.clear();
  std::string padded(text);
  while (!padded.empty() && padded.back() == '=' && text.size() - padded.size() < 2) padded.pop_back();
  if (padded.size() != text.size() && text.size() % 4 != 0) return false;
  for (const char c : padded) {
    if (!base64_char(c)) return false;
  }
  if (padded.size() % 4 == 1) return false;
  const std::size_t fill = (4 - padded.size() % 4) % 4;
  padded.append(fill, '=');
  out.resize(padded.size() / 4 * 3);
  const int made =
      EVP_DecodeBlock(reinterpret_cast<unsigned char*>(out.data()), bytes_of(padded), static_cast<int>(padded.size()));
  if (made < 0) return false;
  out.resize(static_cast<std::size_t>(made) - fill);
  return true;
}

Result<std::string> signing_key(std::string_view secret) {
  if (secret.starts_with(kPrefix)) secret.remove_prefix(kPrefix.size());
  std::string key;
  if (!decode_base64(secret, key) || key.size() < kLeastKeyBytes) {
    return Error{"a signing secret is `whsec_` and at least 24 bytes in Base64: echo whsec_$(openssl rand -base64 32)"};
  }
  return key;
}

std::string sign_webhook(std::string_view key, std::string_view id, std::string_view timestamp, std::string_view body) {
  std::string text;
  text.reserve(id.size() + timestamp.size() + body.size() + 2);
  text.append(id).append(".").append(timestamp).append(".").append(body);
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int length = 0;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), bytes_of(text), text.size(), digest.data(), &length);
  std::string encoded((static_cast<std::size_t>(length) + 2) / 3 * 4 + 1, '\0');
  const int made = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(encoded.data()), digest.data(), static_cast<int>(length));
  encoded.resize(static_cast<std::size_t>(made));
  return std::string(kVersion) + encoded;
}

bool webhook_signed(const std::vector<std::string>& keys, std::string_view id, std::string_view timestamp, std::string_view body,
                    std::string_view signatures) {
  std::vector<std::string> expected;
  for (const std::string& key : keys) expected.push_back(sign_webhook(key, id, timestamp, body));
  int found = 0, looked_at = 0;
  while (!signatures.empty() && looked_at < kMostSignatures) {
    const std::size_t end = signatures.find(' ');
    const std::string_view one = signatures.substr(0, end);
    signatures = end == std::string_view::npos ? std::string_view{} : signatures.substr(end + 1);
    if (!one.starts_with(kVersion)) continue;
    ++looked_at;
    for (const std::string& own : expected) found |= static_cast<int>(equal(one, own));
  }
  return found != 0;
}

}  // namespace vedette::connectors
