// A small HTTP/1.1 server for webhooks and admin endpoints: keep-alive, bounded everything, one absolute deadline per
// phase. Routes are added before listen(). run() serves on the calling thread until stop(); handlers run on that thread
// and must not block; a handler may answer later from any thread (HttpRoute::defer). listen(), address(), counters() and
// stop() may be called from any thread. Boost.Beast stays inside .cc files.
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
  std::size_t header_bytes = 16 * 1024;
  std::size_t header_count = 100;
  std::uint64_t body_bytes = 4 << 20;  // beyond: 413
  // Of all requests whose bodies are being read; one peer has at most half of it; beyond: 503 with Retry-After.
  std::uint64_t bodies_in_memory = 64 << 20;
  std::size_t connections = 1024;  // beyond: new ones wait in the kernel's backlog
  // Connections of one peer (an IPv4 address, an IPv6 /64). At its share, a peer's new connection takes the place of that
  // peer's own one that has been waiting longest for its client: for a request, or for the rest of one. If all of them have
  // a whole request that is being answered, the new one is closed.
  std::size_t connections_per_peer = 256;
  std::size_t requests_per_connection = 1000;
  std::chrono::milliseconds handshake_deadline{5000};  // of TLS
  std::chrono::milliseconds header_deadline{5000};
  std::chrono::milliseconds body_deadline{10000};
  std::chrono::milliseconds answer_deadline{2000};  // of deferred answers; beyond: 503 with Retry-After
  std::chrono::milliseconds idle_deadline{30000};   // between requests of one connection
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

// The answer to one request that is given later. Copies share it; the first send() counts, from any thread, also when the
// client, the connection or the server is gone. Without any answer the client gets 500 once the last copy goes.
class HttpResponder {
 public:
  void send(HttpResponse answer) const;

  class Reply;
  explicit HttpResponder(std::shared_ptr<Reply> reply);

 private:
  struct Promise;
  std::shared_ptr<Promise> promise_;
};

// What serves one method of one path. `admit` sees the request before its body is read; a response it returns is sent at
// once, the body stays unread and the connection is closed (401, 415). Then one of `handle` and `defer` answers.
struct HttpRoute {
  std::function<std::optional<HttpResponse>(const HttpRequest& head)> admit = {};
  std::function<HttpResponse(const HttpRequest& request)> handle = {};
  std::function<void(HttpRequest request, HttpResponder responder)> defer = {};
  std::function<void()> too_large = {};          // an admitted request's body is beyond the limit: it gets 413
  std::chrono::milliseconds answer_deadline{0};  // 0: that of the limits
};

struct HttpCounters {
  std::uint64_t accepted = 0;           // connections
  std::uint64_t requests = 0;           // read whole and given to a handler
  std::uint64_t refused = 0;            // answered 4xx or 5xx, for whatever reason
  std::uint64_t timed_out = 0;          // connections closed by a deadline
  std::uint64_t malformed = 0;          // 400 because it is no proper HTTP/1.1: smuggling attempts are here
  std::uint64_t too_large = 0;          // 413
  std::uint64_t header_too_large = 0;   // 431
  std::uint64_t unauthorised = 0;       // 401
  std::uint64_t overloaded = 0;         // 503, those below included
  std::uint64_t out_of_memory = 0;      // 503 because of bodies_in_memory
  std::uint64_t unanswered = 0;         // 503 because a deferred answer did not come in time
  std::uint64_t handshakes_failed = 0;  // TLS, by deadline too
  std::uint64_t tls_reloads = 0;
  std::uint64_t evicted = 0;       // connections that gave way to a newer one of the same peer
  std::uint64_t peer_refused = 0;  // connections closed at once: the peer's share is busy
  std::uint64_t connections = 0;   // open now
  std::uint64_t body_bytes = 0;    // in memory now
};

// A certificate chain and its key, in PEM. Replaced files are noticed within `check_every` and used for new connections;
// those that exist go on. A pair that does not fit is logged, and the old one stays.
struct HttpTlsFiles {
  std::string certificate, key;
  std::chrono::milliseconds check_every{10000};  // 0: only by reload_tls()
};

class InheritedSockets;

struct HttpListen {
  std::string address;  // "127.0.0.1:0", "[::1]:8080"; port 0 takes a free one
  std::optional<HttpTlsFiles> tls = {};
  // A socket that the process was started with is used instead of a new one: that of the address, or of one of the names.
  InheritedSockets* inherited = nullptr;
  std::vector<std::string> names = {};
};

class HttpServer {
 public:
  HttpServer(std::string name, HttpLimits limits, Log log);
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  void route(std::string method, std::string path, HttpRoute route);
  // Binds; once. Without TLS and inherited sockets the address alone will do.
  [[nodiscard]] Status listen(const HttpListen& options);
  [[nodiscard]] Status listen(const std::string& address_and_port) { return listen(HttpListen{address_and_port}); }
  // Reads certificate and key again; on an error the old ones stay. Any thread.
  [[nodiscard]] Status reload_tls();
  // "127.0.0.1:34567": where it listens; empty before listen().
  [[nodiscard]] std::string address() const;
  void run();
  // Stops accepting, closes idle connections, lets requests in flight finish and deferred answers come for at most `drain`.
  void stop(std::chrono::milliseconds drain = std::chrono::seconds(5));
  [[nodiscard]] HttpCounters counters() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

// "127.0.0.1:8080" names a loopback address.
[[nodiscard]] bool is_loopback(const std::string& address_and_port);

}  // namespace vedette::connectors
