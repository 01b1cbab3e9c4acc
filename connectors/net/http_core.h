// What a server and its connections share. Internal to the HTTP server; the server's thread, apart from the counters.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "connectors/net/http_peers.h"
#include "connectors/net/http_reply.h"
#include "connectors/net/http_server.h"

namespace vedette::connectors {

struct HttpCore {
  using Count = std::atomic<std::uint64_t>;
  struct Counts {
    Count accepted = 0, requests = 0, refused = 0, timed_out = 0, malformed = 0, too_large = 0, header_too_large = 0;
    Count unauthorised = 0, overloaded = 0, out_of_memory = 0, unanswered = 0, evicted = 0, peer_refused = 0;
    Count handshakes_failed = 0, tls_reloads = 0;
    Count connections = 0, body_bytes = 0;
  };

  HttpCore(std::string server_name, HttpLimits server_limits, Log server_log)
      : name(std::move(server_name)), limits(server_limits), log(std::move(server_log)) {}

  void report(LogLevel level, std::string_view message) const {
    if (log) log(level, name, message);
  }

  const std::string name;
  const HttpLimits limits;
  const Log log;
  std::map<std::string, std::map<std::string, HttpRoute>> routes;  // path, method
  HttpPeers peers;
  Counts counts;
  std::atomic<bool> stopping = false;
  std::shared_ptr<HttpThread> thread;
};

// Bytes of a body that is being read, as part of what all bodies may take.
class HttpBodyShare {
 public:
  explicit HttpBodyShare(HttpCore& core) : core_(core) {}
  ~HttpBodyShare() { core_.counts.body_bytes -= bytes_; }
  HttpBodyShare(const HttpBodyShare&) = delete;
  HttpBodyShare& operator=(const HttpBodyShare&) = delete;

  // False when that is too much for all of them together.
  [[nodiscard]] bool grow_to(std::uint64_t bytes) {
    if (core_.counts.body_bytes + (bytes - bytes_) > core_.limits.bodies_in_memory) return false;
    core_.counts.body_bytes += bytes - bytes_;
    bytes_ = bytes;
    return true;
  }

 private:
  HttpCore& core_;
  std::uint64_t bytes_ = 0;
};

}  // namespace vedette::connectors
