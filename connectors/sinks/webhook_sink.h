// Alerts by HTTP POST, one request each, signed as standardwebhooks.com says: webhook-id is alert_id.revision, by which the
// receiver drops repeats. 2xx: taken. 408, 425, 429, 5xx and no answer: tried again, after Retry-After if there is one.
// Everything else, redirects too: rejected. Addresses that are not public are refused unless allowed (AddressGuard).
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "connectors/net/http_client.h"
#include "connectors/sinks/alert_template.h"
#include "connectors/sinks/sink.h"

namespace vedette::connectors {

struct WebhookSinkOptions {
  std::string name;
  std::string url;
  std::vector<std::string> secrets = {};            // each signs; none: unsigned
  std::map<std::string, std::string> headers = {};  // further ones; may hold secrets, never logged
  std::string body = {};                            // AlertTemplate; empty: the alert's JSON
  std::string content_type = "application/json";    // unless `headers` has one
  HttpClientOptions http = {};                      // `allow`; total_deadline is the longest that a request may take
  std::function<TimeUs()> now = {};                 // wall clock; must be given
};

class WebhookSink final : public Sink {
 public:
  // Errors: a URL, secret, header, template or network that makes no sense, each named.
  [[nodiscard]] static Result<std::unique_ptr<WebhookSink>> make(WebhookSinkOptions options);

  [[nodiscard]] const std::string& name() const override { return options_.name; }
  [[nodiscard]] Delivery deliver(std::span<const OutboxAlert> alerts) override;
  void cancel() override { client_->cancel(); }
  // Connections made so far.
  [[nodiscard]] std::uint64_t connections() const { return client_->connections(); }

 private:
  WebhookSink(WebhookSinkOptions options, std::unique_ptr<HttpClient> client, std::vector<std::string> keys, AlertTemplate body);
  [[nodiscard]] Delivery deliver_one(const OutboxAlert& alert);
  [[nodiscard]] HttpClient::Headers headers_of(const OutboxAlert& alert, const std::string& body) const;
  [[nodiscard]] Delivery judge(const HttpAnswer& answer) const;

  const WebhookSinkOptions options_;
  const std::unique_ptr<HttpClient> client_;
  const std::vector<std::string> keys_;  // of the signatures
  const AlertTemplate body_;
};

// The wait that a Retry-After header asks for, in seconds or as an HTTP date; 0: none, or it makes no sense.
[[nodiscard]] std::chrono::milliseconds parse_retry_after(std::string_view value, TimeUs now);

}  // namespace vedette::connectors
