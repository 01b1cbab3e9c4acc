// The place where a deferred answer arrives: written by any thread, read by the connection's coroutine on the server's
// thread. Internal to the HTTP server.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "connectors/net/http_server.h"

namespace vedette::connectors {

// The way to a server's thread that outlives the server: after detach() nothing is posted any more.
class HttpThread : public std::enable_shared_from_this<HttpThread> {
 public:
  explicit HttpThread(boost::asio::io_context& io) : io_(&io) {}
  void detach();
  // Cancels the timer that waits for the reply; for all that come before it gets to it, it is woken once.
  void wake(std::shared_ptr<HttpResponder::Reply> reply);

 private:
  void deliver();

  std::mutex mutex_;
  boost::asio::io_context* io_;
  std::vector<std::shared_ptr<HttpResponder::Reply>> woken_;
};

class HttpResponder::Reply : public std::enable_shared_from_this<HttpResponder::Reply> {
 public:
  explicit Reply(std::shared_ptr<HttpThread> thread) : thread_(std::move(thread)) {}
  // The first answer counts.
  void answer(HttpResponse response);
  // Nothing yet; or the answer, once.
  [[nodiscard]] std::optional<HttpResponse> take();

  // The server's thread only: what wake() cancels while the coroutine waits.
  boost::asio::steady_timer* waiter = nullptr;

 private:
  std::shared_ptr<HttpThread> thread_;
  std::mutex mutex_;
  bool answered_ = false;
  std::optional<HttpResponse> response_;
};

}  // namespace vedette::connectors
