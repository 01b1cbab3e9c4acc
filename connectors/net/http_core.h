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
  std::map<std::string, std::uint64_t> peer_body_bytes;  // of bodies that are being read
  Counts counts;
  std::atomic<bool> stopping = false;
  std::shared_ptr<HttpThread> thread;
};

// Bytes of a body that is being read, as part of what all bodies, and those of one peer, may take.
class HttpBodyShare {
 public:
  HttpBodyShare(HttpCore& core, std::string peer) : core_(core), peer_(std::move(peer)) {}
  ~HttpBodyShare() {
    core_.counts.body_bytes -= bytes_;
    const auto of_peer = core_.peer_body_bytes.find(peer_);
    if (of_peer == core_.peer_body_bytes.end()) return;
    of_peer->second -= bytes_;
    if (of_peer->second == 0) core_.peer_body_bytes.erase(of_peer);
  }
  HttpBodyShare(const HttpBodyShare&) = delete;
  HttpBodyShare& operator=(const HttpBodyShare&) = delete;

  // False when that is too much for all of them together, or for this peer: it has at most half.
  [[nodiscard]] bool grow_to(std::uint64_t bytes) {
    const std::uint64_t more = bytes - bytes_;
    if (more == 0) return true;
    std::uint64_t& of_peer = core_.peer_body_bytes[peer_];
    const std::uint64_t most = core_.limits.bodies_in_memory;
    if (core_.counts.body_bytes + more > most || of_peer + more > most / 2) return false;
    core_.counts.body_bytes += more;
    of_peer += more;
    bytes_ = bytes;
    return true;
  }

 private:
  HttpCore& core_;
  const std::string peer_;
  std::uint64_t bytes_ = 0;
};

}  // namespace vedette::connectors
