// Who may use an endpoint: one kind of proof, several secrets live at once (rotation), replaceable while it serves. Secrets
// are compared in constant time, always against all of them; none is logged or sent back. Any thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "connectors/net/http_server.h"
#include "connectors/net/secrets.h"
#include "engine/base/result.h"
#include "engine/base/time.h"

namespace vedette::connectors {

enum class HttpAuthKind : std::uint8_t {
  none,
  authorization,      // the whole value of the Authorization header (Okta's hooks)
  bearer,             // Authorization: Bearer <secret>
  basic,              // Authorization: Basic, of "user:password"
  api_key,            // the value of a header of its own
  standard_webhooks,  // webhook-id, webhook-timestamp, webhook-signature: an HMAC over the body as it was sent
};

struct HttpAuthOptions {
  HttpAuthKind kind = HttpAuthKind::none;
  std::vector<std::string> secrets = {};  // basic: "user:password"; standard_webhooks: "whsec_" and Base64
  std::string header = {};                // api_key: its name
  std::chrono::seconds tolerance{300};    // standard_webhooks: between webhook-timestamp and our clock, both ways
  // standard_webhooks: a webhook-id that was acknowledged while its timestamp is still tolerated is acknowledged again
  // without a second effect. Kept in memory, at most 65,536 ids, the oldest go first.
  bool once = false;
};

class HttpAuth {
 public:
  // Fails on a kind without usable secrets, or secrets without a kind. An empty secret is none.
  [[nodiscard]] static Result<std::shared_ptr<HttpAuth>> make(const HttpAuthOptions& options);

  [[nodiscard]] HttpAuthKind kind() const { return kind_; }
  // From now on these and no others; on an error the old ones stay.
  [[nodiscard]] Status set_secrets(const std::vector<std::string>& secrets);

  // What can be said before the body is read, and with it. False: answer refusal().
  [[nodiscard]] bool admits_head(const HttpRequest& head, TimeUs now) const;
  [[nodiscard]] bool admits_body(const HttpRequest& request) const;
  [[nodiscard]] HttpResponse refusal() const;

  // With `once`: the request was acknowledged before; and: it is acknowledged now.
  [[nodiscard]] bool seen(const std::string& webhook_id, TimeUs now);
  void remember(const std::string& webhook_id, TimeUs now);

 private:
  struct Secrets {
    SecretSet whole;
    std::vector<std::string> keys;  // standard_webhooks
  };
  explicit HttpAuth(const HttpAuthOptions& options);
  [[nodiscard]] std::shared_ptr<const Secrets> secrets() const;
  [[nodiscard]] bool admits_authorization(std::string_view value, const SecretSet& known) const;
  [[nodiscard]] bool plausible_webhook(const HttpRequest& head, TimeUs now) const;

  const HttpAuthKind kind_;
  const std::string header_;  // in lower case
  const DurationUs tolerance_;
  const bool once_;
  mutable std::mutex mutex_;
  std::shared_ptr<const Secrets> secrets_;
  std::unordered_map<std::string, TimeUs> ids_;  // until when
  std::deque<std::pair<TimeUs, std::string>> oldest_ids_;
};

}  // namespace vedette::connectors
