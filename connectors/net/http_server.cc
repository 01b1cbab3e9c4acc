#include "connectors/net/http_server.h"

#include <fmt/format.h>
#include <sys/socket.h>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <map>
#include <mutex>

#include "connectors/net/http_core.h"
#include "connectors/net/http_session.h"
#include "connectors/net/http_tls.h"
#include "connectors/net/inherited_sockets.h"
#include "connectors/net/listen_address.h"

namespace vedette::connectors {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

constexpr std::chrono::milliseconds kAcceptPause{100};
constexpr std::chrono::milliseconds kDeadlineStep{50};

}  // namespace

class HttpServer::Impl {
 public:
  Impl(std::string name, HttpLimits limits, Log log) : core_(std::move(name), limits, std::move(log)) {
    core_.thread = std::make_shared<HttpThread>(io_);
  }
  ~Impl() { core_.thread->detach(); }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  void route(std::string method, std::string path, HttpRoute route) {
    core_.routes[std::move(path)][std::move(method)] = std::move(route);
  }
  Status listen(const HttpListen& options);
  Status reload_tls();
  std::string address() const {
    const std::lock_guard lock(mutex_);
    return address_;
  }
  void run() { io_.run(); }
  void stop(std::chrono::milliseconds drain) {
    if (core_.stopping.exchange(true)) return;
    asio::post(io_, [this, drain] { begin_stop(drain); });
  }
  HttpCounters counters() const;

 private:
  Status open(const HttpListen& options);
  asio::awaitable<void> accept_loop();
  asio::awaitable<void> watch_certificate(std::chrono::milliseconds every);
  asio::awaitable<void> pause(std::chrono::milliseconds time);
  [[nodiscard]] bool make_room_for(const std::string& peer);
  void serve(tcp::socket socket);
  void finish(HttpPeers::Id id);
  void watch_deadlines();
  void begin_stop(std::chrono::milliseconds drain);

  HttpCore core_;
  mutable std::mutex mutex_;
  std::string address_;
  std::shared_ptr<HttpTls> tls_;  // null: none; set by listen()
  HttpPeers::Id next_id_ = 0;
  // After everything that coroutine frames touch when the context destroys them.
  asio::io_context io_{1};
  tcp::acceptor acceptor_{io_};
  asio::steady_timer slot_free_{io_};
  asio::steady_timer drain_{io_};
  asio::steady_timer certificate_check_{io_};
  asio::steady_timer deadlines_{io_};
  std::map<HttpPeers::Id, std::shared_ptr<HttpSession>> sessions_;
};

Status HttpServer::Impl::listen(const HttpListen& options) {
  if (options.tls) {
    auto tls = HttpTls::load(*options.tls);
    if (!tls) return tls.error();
    tls_ = std::move(*tls);
  }
  if (Status opened = open(options); !opened) return opened;
  {
    error_code ignored;
    const std::lock_guard lock(mutex_);
    address_ = to_text(acceptor_.local_endpoint(ignored));
  }
  asio::co_spawn(io_, accept_loop(), asio::detached);
  if (tls_ && options.tls->check_every.count() > 0) {
    asio::co_spawn(io_, watch_certificate(options.tls->check_every), asio::detached);
  }
  return {};
}

// Takes an inherited socket, or makes one. Never SO_REUSEPORT: two processes on one address are a mistake to be seen.
Status HttpServer::Impl::open(const HttpListen& options) {
  const auto endpoint = parse_address(options.address);
  if (!endpoint) return Error{"is not an address to listen on: write ADDRESS:PORT, like 127.0.0.1:8088", options.address};
  const int inherited = options.inherited == nullptr ? -1 : options.inherited->take(options.address, options.names);
  error_code error;
  if (inherited >= 0) {
    tcp::endpoint bound;
    socklen_t length = static_cast<socklen_t>(bound.capacity());
    ::getsockname(inherited, bound.data(), &length);
    bound.resize(length);
    acceptor_.assign(bound.protocol(), inherited, error);
    if (!error) core_.report(LogLevel::info, fmt::format("listens on an inherited socket, {}", to_text(bound)));
  } else {
    acceptor_.open(endpoint->protocol(), error);
    if (!error) acceptor_.set_option(asio::socket_base::reuse_address(true), error);
    if (!error) acceptor_.bind(*endpoint, error);
    if (!error) acceptor_.listen(asio::socket_base::max_listen_connections, error);
  }
  if (!error) return {};
  error_code ignored;
  acceptor_.close(ignored);
  return Error{fmt::format("cannot listen: {}", error.message()), options.address};
}

Status HttpServer::Impl::reload_tls() {
  if (!tls_) return Error{"listens without TLS: no certificate to read again", address()};
  Status reloaded = tls_->reload();
  if (reloaded) ++core_.counts.tls_reloads;
  return reloaded;
}

asio::awaitable<void> HttpServer::Impl::watch_certificate(std::chrono::milliseconds every) {
  while (!core_.stopping) {
    error_code ignored;
    certificate_check_.expires_after(every);
    co_await certificate_check_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    if (core_.stopping || !tls_->changed()) continue;
    const Status reloaded = reload_tls();
    if (reloaded) {
      core_.report(LogLevel::info, "the certificate was read again");
    } else {
      core_.report(LogLevel::error, fmt::format("the old certificate stays in use: {}", reloaded.error().to_string()));
    }
  }
}

// Until the time has passed or a slot is free.
asio::awaitable<void> HttpServer::Impl::pause(std::chrono::milliseconds time) {
  error_code ignored;
  slot_free_.expires_after(time);
  co_await slot_free_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
}

asio::awaitable<void> HttpServer::Impl::accept_loop() {
  while (!core_.stopping) {
    if (sessions_.size() >= core_.limits.connections) {
      co_await pause(std::chrono::hours(1));
      continue;
    }
    error_code error;
    tcp::socket socket = co_await acceptor_.async_accept(asio::redirect_error(asio::use_awaitable, error));
    if (core_.stopping) break;
    if (error) {
      // Out of descriptors or the like: the backlog waits, and so do we.
      core_.report(LogLevel::warning, fmt::format("accepting a connection failed: {}", error.message()));
      co_await pause(kAcceptPause);
      continue;
    }
    serve(std::move(socket));
  }
}

// A peer at its share gives up its own connection that has been waiting longest.
bool HttpServer::Impl::make_room_for(const std::string& peer) {
  if (core_.peers.count(peer) < core_.limits.connections_per_peer) return true;
  const auto oldest = core_.peers.longest_waiting(peer);
  if (!oldest) {
    ++core_.counts.peer_refused;
    return false;
  }
  ++core_.counts.evicted;
  core_.peers.remove(*oldest);
  sessions_.at(*oldest)->close();
  return true;
}

void HttpServer::Impl::serve(tcp::socket socket) {
  ++core_.counts.accepted;
  error_code error;
  socket.set_option(tcp::no_delay(true), error);
  const tcp::endpoint remote = socket.remote_endpoint(error);
  if (error) return;  // gone again
  const std::string peer = peer_of(remote.address());
  if (!make_room_for(peer)) return;
  const HttpPeers::Id id = ++next_id_;
  core_.peers.add(peer, id);
  auto session = make_session(std::move(socket), tls_ ? tls_->context() : nullptr, core_, id);
  sessions_.emplace(id, session);
  if (sessions_.size() == 1) watch_deadlines();
  core_.counts.connections = sessions_.size();
  asio::co_spawn(io_, session->run(), [this, id](std::exception_ptr failure) {
    if (failure) core_.report(LogLevel::error, "a connection ended with an unexpected failure");
    finish(id);
  });
}

// While there are connections.
void HttpServer::Impl::watch_deadlines() {
  deadlines_.expires_after(kDeadlineStep);
  deadlines_.async_wait([this](const error_code& error) {
    if (error || sessions_.empty()) return;
    const auto now = std::chrono::steady_clock::now();
    for (const auto& [id, session] : sessions_) session->expire(now);
    watch_deadlines();
  });
}

void HttpServer::Impl::finish(HttpPeers::Id id) {
  core_.peers.remove(id);
  const auto session = sessions_.find(id);
  session->second->close();
  sessions_.erase(session);
  if (sessions_.empty()) deadlines_.cancel();
  core_.counts.connections = sessions_.size();
  slot_free_.cancel();
  if (core_.stopping && sessions_.empty()) drain_.cancel();
}

void HttpServer::Impl::begin_stop(std::chrono::milliseconds drain) {
  error_code ignored;
  acceptor_.close(ignored);
  slot_free_.cancel();
  certificate_check_.cancel();
  for (const auto& [id, session] : sessions_) {
    if (session->idle()) session->close();
  }
  if (sessions_.empty()) return;
  drain_.expires_after(drain);
  drain_.async_wait([this](const error_code& error) {
    if (error) return;
    for (const auto& [id, session] : sessions_) session->close();
  });
}

HttpCounters HttpServer::Impl::counters() const {
  const HttpCore::Counts& counts = core_.counts;
  HttpCounters out;
  out.accepted = counts.accepted;
  out.requests = counts.requests;
  out.refused = counts.refused;
  out.timed_out = counts.timed_out;
  out.malformed = counts.malformed;
  out.too_large = counts.too_large;
  out.header_too_large = counts.header_too_large;
  out.unauthorised = counts.unauthorised;
  out.overloaded = counts.overloaded;
  out.out_of_memory = counts.out_of_memory;
  out.unanswered = counts.unanswered;
  out.evicted = counts.evicted;
  out.peer_refused = counts.peer_refused;
  out.handshakes_failed = counts.handshakes_failed;
  out.tls_reloads = counts.tls_reloads;
  out.connections = counts.connections;
  out.body_bytes = counts.body_bytes;
  return out;
}

std::optional<std::string_view> HttpRequest::header(std::string_view lower_name) const {
  std::optional<std::string_view> found;
  for (const auto& [name, value] : headers) {
    if (name != lower_name) continue;
    if (found) return std::nullopt;
    found = value;
  }
  return found;
}

HttpServer::HttpServer(std::string name, HttpLimits limits, Log log)
    : impl_(std::make_unique<Impl>(std::move(name), limits, std::move(log))) {}
HttpServer::~HttpServer() = default;
void HttpServer::route(std::string method, std::string path, HttpRoute route) {
  impl_->route(std::move(method), std::move(path), std::move(route));
}
Status HttpServer::listen(const HttpListen& options) { return impl_->listen(options); }
Status HttpServer::reload_tls() { return impl_->reload_tls(); }
std::string HttpServer::address() const { return impl_->address(); }
void HttpServer::run() { impl_->run(); }
void HttpServer::stop(std::chrono::milliseconds drain) { impl_->stop(drain); }
HttpCounters HttpServer::counters() const { return impl_->counters(); }

}  // namespace vedette::connectors
