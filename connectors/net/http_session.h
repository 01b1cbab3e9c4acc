// One connection of the HTTP server: requests and answers, one after the other, each phase with one absolute deadline.
// Internal to the server; its thread only.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <chrono>
#include <memory>

#include "connectors/net/http_core.h"

namespace vedette::connectors {

class HttpSession {
 public:
  virtual ~HttpSession() = default;
  // Serves until the client, a limit or close() ends it.
  [[nodiscard]] virtual boost::asio::awaitable<void> run() = 0;
  // The deadline of its phase ends what has taken too long. Called every now and then: a timer of its own for each phase
  // would cost more than the phase.
  using Deadline = std::chrono::steady_clock::time_point;
  virtual void expire(Deadline now) = 0;
  // Everything pending ends at once.
  virtual void close() = 0;
  // No request has begun.
  [[nodiscard]] virtual bool idle() const = 0;
};

// `id`: of the connection in core.peers. `tls`: null without TLS.
[[nodiscard]] std::shared_ptr<HttpSession> make_session(boost::asio::ip::tcp::socket socket,
                                                        std::shared_ptr<boost::asio::ssl::context> tls, HttpCore& core,
                                                        HttpPeers::Id id);

}  // namespace vedette::connectors
