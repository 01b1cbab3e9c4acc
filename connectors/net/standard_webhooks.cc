#include "connectors/net/standard_webhooks.h"

#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>
#include <optional>

namespace vedette::connectors {
namespace {

constexpr std::string_view kPrefix = "whsec_";
constexpr std::size_t kLeastBytes = 24, kMostBytes = 64;

std::string base64(const std::uint8_t* bytes, std::size_t size) {
  std::string out(4 * ((size + 2) / 3) + 1, '\0');
  out.resize(
      static_cast<std::size_t>(EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()), bytes, static_cast<int>(size))));
  return out;
}

// Strict: padded, no blanks, nothing else.
std::optional<std::string> from_base64(std::string_view text) {
  const std::size_t padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
  if (text.empty() || text.size() % 4 != 0 || text.size() > 4 * kMostBytes) return std::nullopt;
  if (text.find_first_of(" \t\r\n") != std::string_view::npos) return std::nullopt;
  std::string out(text.size() / 4 * 3, '\0');
  const int size = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                                   reinterpret_cast<const unsigned char*>(text.data()), static_cast<int>(text.size()));
  if (size < 0) return std::nullopt;
  out.resize(static_cast<std::size_t>(size) - padding);
  return out;
}

}  // namespace

Result<WebhookSigner> WebhookSigner::make(const std::vector<std::string>& secrets) {
  WebhookSigner signer;
  for (const std::string& secret : secrets) {
    const auto key = secret.starts_with(kPrefix) ? from_base64(std::string_view(secret).substr(kPrefix.size())) : std::nullopt;
    if (!key || key->size() < kLeastBytes || key->size() > kMostBytes) {
      return Error{fmt::format("signing secret {} must be `whsec_` and the Base64 of {} to {} random bytes",
                               signer.keys_.size() + 1, kLeastBytes, kMostBytes)};
    }
    signer.keys_.push_back(*key);
  }
  return signer;
}

std::string WebhookSigner::sign(std::string_view id, std::int64_t timestamp_s, std::string_view body) const {
  const std::string content = fmt::format("{}.{}.{}", id, timestamp_s, body);
  std::string out;
  for (const std::string& key : keys_) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> mac{};
    unsigned size = 0;
    HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), reinterpret_cast<const unsigned char*>(content.data()),
         content.size(), mac.data(), &size);
    out += (out.empty() ? "v1," : " v1,") + base64(mac.data(), size);
  }
  return out;
}

}  // namespace vedette::connectors
