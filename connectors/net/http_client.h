// A small HTTP/1.1 client for one URL: TLS with verification, keep-alive, no redirects, everything bounded, one absolute
// deadline per phase. The host is looked up for each connection, every address found is checked (AddressGuard), and only a
// checked one is connected to. send() blocks, one thread at a time; cancel() from any. Errors name what failed, never a
// header or a body. Boost.Beast stays inside the .cc.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/base/result.h"

namespace vedette::connectors {

struct HttpUrl {
  bool tls = true;
  std::string host;  // without brackets
  std::uint16_t port = 443;
  std::string authority;  // as the Host header says it
  std::string target = "/";
};
// Errors: another scheme, credentials in the URL, characters that belong in no URL.
[[nodiscard]] Result<HttpUrl> parse_http_url(std::string_view text);

struct HttpClientOptions {
  std::vector<std::string> allow = {};  // networks (CIDR) that are reached although they are not public, also without TLS
  std::string ca_file = {};             // PEM: authorities that are trusted; empty: the system's
  std::uint32_t header_bytes = 16 * 1024;
  std::uint64_t body_bytes = 64 * 1024;  // of an answer; what is longer is not read
  std::chrono::milliseconds resolve_deadline{5000};
  std::chrono::milliseconds connect_deadline{5000};  // of one address
  std::chrono::milliseconds tls_deadline{5000};
  std::chrono::milliseconds write_deadline{10'000};
  std::chrono::milliseconds response_deadline{15'000};  // header and body
  std::chrono::milliseconds total_deadline{30'000};     // of all of it
  std::chrono::milliseconds idle_reuse{20'000};         // a connection idle for longer is not used again
  // Addresses of a host, as text; absent: the system's resolver. Runs on a thread that may outlive the client.
  std::function<Result<std::vector<std::string>>(const std::string& host)> resolve = {};
};

struct HttpAnswer {
  int status = 0;
  std::vector<std::pair<std::string, std::string>> headers;  // names in lower case
  std::string body;                                          // cut at body_bytes

  [[nodiscard]] std::optional<std::string_view> header(std::string_view lower_name) const;
};

class HttpClient {
 public:
  // Errors: a URL that makes no sense, a host that is an address which is refused, no such CA file.
  [[nodiscard]] static Result<std::unique_ptr<HttpClient>> make(std::string_view url, HttpClientOptions options);
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  // Any answer is a result; not getting one is an Error. Sent a second time only when a kept connection turned out to be
  // closed before anything came back.
  using Headers = std::vector<std::pair<std::string, std::string>>;
  [[nodiscard]] Result<HttpAnswer> send(const std::string& method, const Headers& headers, const std::string& body);
  // Looks up, connects and shakes hands, and sends nothing.
  [[nodiscard]] Status reach();
  // For good: a send() under way returns soon.
  void cancel();
  // Connections made so far.
  [[nodiscard]] std::uint64_t connections() const;

 private:
  class Impl;
  explicit HttpClient(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace vedette::connectors
