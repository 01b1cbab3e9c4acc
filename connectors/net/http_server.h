// A small HTTP/1.1 server for webhooks and admin endpoints: keep-alive, bounded everything, one absolute deadline per
// phase. Routes are added before listen(). run() serves on the calling thread until stop(); handlers run on that thread
// and must not block. listen(), address() and stop() may be called from any thread. Boost.Beast stays inside the .cc.
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

#include "connectors/net/log.h"
#include "engine/base/result.h"

namespace vedette::connectors {

struct HttpLimits {
  std::uint32_t header_bytes = 16 * 1024;
  std::size_t header_count = 100;
  std::uint64_t body_bytes = 4 << 20;
  std::size_t connections = 1024;
  std::size_t requests_per_connection = 1000;
  std::chrono::milliseconds header_deadline{5000};
  std::chrono::milliseconds body_deadline{10000};
  std::chrono::milliseconds idle_deadline{30000};  // between requests of one connection
  std::chrono::milliseconds write_deadline{5000};
};

struct HttpRequest {
  std::string method;
  std::string path;                                          // without the query
  std::string query;                                         // without '?'
  std::vector<std::pair<std::string, std::string>> headers;  // names in lower case
  std::string body;
  std::string peer;  // address of the client, without its port

  // The value of a header that occurs exactly once; nullopt when it is absent or repeated.
  [[nodiscard]] std::optional<std::string_view> header(std::string_view lower_name) const;
};

struct HttpResponse {
  int status = 200;
  std::string body = {};
  std::string content_type = {};
  std::vector<std::pair<std::string, std::string>> headers = {};
};

// What serves one method of one path. `admit` sees the request before its body is read; a response it returns is sent at
// once, the body stays unread and the connection is closed (401, 415).
struct HttpRoute {
  std::function<std::optional<HttpResponse>(const HttpRequest& head)> admit = {};
  std::function<HttpResponse(const HttpRequest& request)> handle;
};

struct HttpCounters {
  std::uint64_t accepted = 0;   // connections
  std::uint64_t requests = 0;   // answered by a handler
  std::uint64_t refused = 0;    // answered 4xx or 5xx, for whatever reason
  std::uint64_t timed_out = 0;  // connections closed by a deadline
};

class HttpServer {
 public:
  HttpServer(std::string name, HttpLimits limits, Log log);
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  void route(std::string method, std::string path, HttpRoute route);
  // Binds "address:port" ("127.0.0.1:0", "[::1]:8080"). Port 0 takes a free one.
  [[nodiscard]] Status listen(const std::string& address_and_port);
  // "127.0.0.1:34567": where it listens; empty before listen().
  [[nodiscard]] std::string address() const;
  void run();
  // Stops accepting, closes idle connections, lets requests in flight finish for at most `drain`.
  void stop(std::chrono::milliseconds drain = std::chrono::seconds(5));
  [[nodiscard]] HttpCounters counters() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

// "127.0.0.1:8080" names a loopback address.
[[nodiscard]] bool is_loopback(const std::string& address_and_port);

}  // namespace vedette::connectors
