// Signatures of standardwebhooks.com: HMAC-SHA256 over "id.timestamp.body", each secret its own, in the order given. A secret
// is "whsec_" and the Base64 of 24 to 64 bytes. Immutable; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"

namespace vedette::connectors {

class WebhookSigner {
 public:
  // An error says which secret is malformed, never its text.
  [[nodiscard]] static Result<WebhookSigner> make(const std::vector<std::string>& secrets);
  WebhookSigner() = default;

  [[nodiscard]] bool empty() const { return keys_.empty(); }
  // The value of webhook-signature: "v1,<Base64>", of several secrets separated by blanks.
  [[nodiscard]] std::string sign(std::string_view id, std::int64_t timestamp_s, std::string_view body) const;

 private:
  std::vector<std::string> keys_;
};

}  // namespace vedette::connectors
