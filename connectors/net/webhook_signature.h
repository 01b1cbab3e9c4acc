// Standard Webhooks signatures: HMAC-SHA256 over "id.timestamp.body", Base64, marked v1. Used to check what comes in and to
// sign what goes out. Pure functions; any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"

namespace vedette::connectors {

// The key in a signing secret: "whsec_" (may be absent) and Base64 of at least 24 bytes. The error holds nothing of it.
[[nodiscard]] Result<std::string> signing_key(std::string_view secret);

// "v1,<Base64>". `timestamp`: seconds since the epoch, as it is sent.
[[nodiscard]] std::string sign_webhook(std::string_view key, std::string_view id, std::string_view timestamp,
                                       std::string_view body);

// One of the blank-separated signatures is that of one of the keys. Constant time: every signature (of the first 8 that are
// v1) is compared with every key's.
[[nodiscard]] bool webhook_signed(const std::vector<std::string>& keys, std::string_view id, std::string_view timestamp,
                                  std::string_view body, std::string_view signatures);

// Nothing decoded when it is no Base64.
[[nodiscard]] bool decode_base64(std::string_view text, std::string& out);

}  // namespace vedette::connectors
