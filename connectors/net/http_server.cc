#include "connectors/net/http_server.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <charconv>
#include <map>
#include <mutex>
#include <set>

namespace vedette::connectors {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using asio::ip::tcp;
using boost::system::error_code;

constexpr std::size_t kReadBytes = 16 * 1024;
constexpr std::size_t kLingerBytes = 8 << 20;
constexpr std::chrono::milliseconds kLingerDeadline{2000};
constexpr std::chrono::milliseconds kAcceptPause{100};

using Deadline = std::chrono::steady_clock::time_point;
using Parser = http::request_parser<http::string_body>;

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

HttpRequest head_of(const Parser& parser, const std::string& peer) {
  const auto& message = parser.get();
  HttpRequest request;
  request.method = std::string(message.method_string());
  const std::string_view target(message.target().data(), message.target().size());
  const std::size_t query = target.find('?');
  request.path = std::string(target.substr(0, query));
  if (query != std::string_view::npos) request.query = std::string(target.substr(query + 1));
  for (const auto& field : message) {
    request.headers.emplace_back(lower(std::string_view(field.name_string().data(), field.name_string().size())),
                                 std::string(field.value().data(), field.value().size()));
  }
  request.peer = peer;
  return request;
}

HttpResponse plain(int status, std::string_view text) {
  return HttpResponse{status, std::string(text) + "\n", "text/plain; charset=utf-8", {}};
}

// What to answer when a request cannot be read; nothing when the client is gone or too slow.
std::optional<HttpResponse> answer_to(const error_code& error) {
  if (error == http::error::body_limit) return plain(413, "the body is too large");
  if (error == http::error::header_limit) return plain(431, "the header is too large");
  if (error == http::error::end_of_stream || error == http::error::partial_message) return std::nullopt;
  if (error.category() == http::make_error_code(http::error::bad_value).category()) return plain(400, "not an HTTP/1.1 request");
  return std::nullopt;
}

struct HostPort {
  asio::ip::address address;
  unsigned short port = 0;
};

std::optional<HostPort> parse_address(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  std::string_view host = text.substr(0, colon);
  const std::string_view port = text.substr(colon + 1);
  if (host.size() >= 2 && host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
  HostPort out;
  const auto parsed = std::from_chars(port.data(), port.data() + port.size(), out.port);
  if (parsed.ec != std::errc{} || parsed.ptr != port.data() + port.size()) return std::nullopt;
  error_code error;
  out.address = asio::ip::make_address(host == "localhost" ? "127.0.0.1" : std::string(host), error);
  if (error) return std::nullopt;
  return out;
}

std::string to_text(const tcp::endpoint& endpoint) {
  const std::string host = endpoint.address().to_string();
  return endpoint.address().is_v6() ? fmt::format("[{}]:{}", host, endpoint.port()) : fmt::format("{}:{}", host, endpoint.port());
}

struct Connection {
  explicit Connection(tcp::socket socket) : stream(std::move(socket)) {}
  beast::tcp_stream stream;
  beast::flat_buffer buffer;
  std::string peer;
  bool idle = false;  // waits for the first byte of a request
};
using ConnectionPtr = std::shared_ptr<Connection>;

}  // namespace

class HttpServer::Impl {
 public:
  Impl(std::string name, HttpLimits limits, Log log) : name_(std::move(name)), limits_(limits), log_(std::move(log)) {}

  void route(std::string method, std::string path, HttpRoute route) {
    routes_[std::move(path)][std::move(method)] = std::move(route);
  }
  Status listen(const std::string& text);
  std::string address() const {
    const std::lock_guard lock(mutex_);
    return address_;
  }
  void run() { io_.run(); }
  void stop(std::chrono::milliseconds drain) {
    if (stopping_.exchange(true)) return;
    asio::post(io_, [this, drain] { begin_stop(drain); });
  }
  HttpCounters counters() const { return {accepted_, requests_, refused_, timed_out_}; }

 private:
  asio::awaitable<void> accept_loop();
  asio::awaitable<void> serve(ConnectionPtr connection);
  asio::awaitable<bool> wait_for_request(Connection& connection, Deadline deadline);
  asio::awaitable<bool> exchange(Connection& connection, Deadline header_by, bool last);
  asio::awaitable<bool> refuse(Connection& connection, error_code error);
  asio::awaitable<bool> respond(Connection& connection, HttpResponse answer, unsigned version, bool keep_alive);
  asio::awaitable<void> linger(Connection& connection);
  std::optional<HttpResponse> find_route(const HttpRequest& head, const HttpRoute*& found) const;
  HttpResponse handle(const HttpRoute& route, const HttpRequest& request);
  void finish(const ConnectionPtr& connection);
  void begin_stop(std::chrono::milliseconds drain);
  void note_timeout(const error_code& error) {
    if (error == beast::error::timeout) ++timed_out_;
  }
  void report(LogLevel level, const std::string& message) const {
    if (log_) log_(level, name_, message);
  }

  const std::string name_;
  const HttpLimits limits_;
  const Log log_;
  std::map<std::string, std::map<std::string, HttpRoute>> routes_;  // path, method
  mutable std::mutex mutex_;
  std::string address_;
  std::atomic<std::uint64_t> accepted_ = 0, requests_ = 0, refused_ = 0, timed_out_ = 0;
  std::atomic<bool> stopping_ = false;
  std::set<ConnectionPtr> connections_;
  // After everything that coroutine frames touch when the context destroys them.
  asio::io_context io_{1};
  tcp::acceptor acceptor_{io_};
  asio::steady_timer slot_free_{io_};
  asio::steady_timer drain_{io_};
};

Status HttpServer::Impl::listen(const std::string& text) {
  const auto wanted = parse_address(text);
  if (!wanted) return Error{"is not an address to listen on: write ADDRESS:PORT, like 127.0.0.1:8088", text};
  const tcp::endpoint endpoint(wanted->address, wanted->port);
  error_code error;
  acceptor_.open(endpoint.protocol(), error);
  if (!error) acceptor_.set_option(asio::socket_base::reuse_address(true), error);
  if (!error) acceptor_.bind(endpoint, error);
  if (!error) acceptor_.listen(asio::socket_base::max_listen_connections, error);
  if (error) {
    error_code ignored;
    acceptor_.close(ignored);
    return Error{fmt::format("cannot listen: {}", error.message()), text};
  }
  {
    const std::lock_guard lock(mutex_);
    address_ = to_text(acceptor_.local_endpoint(error));
  }
  asio::co_spawn(io_, accept_loop(), asio::detached);
  return {};
}

asio::awaitable<void> HttpServer::Impl::accept_loop() {
  while (!stopping_) {
    error_code error;
    if (connections_.size() >= limits_.connections) {
      slot_free_.expires_at(asio::steady_timer::time_point::max());
      co_await slot_free_.async_wait(asio::redirect_error(asio::use_awaitable, error));
      continue;
    }
    tcp::socket socket = co_await acceptor_.async_accept(asio::redirect_error(asio::use_awaitable, error));
    if (stopping_) break;
    if (error) {
      // Out of descriptors or the like: the backlog waits, and so do we.
      report(LogLevel::warning, fmt::format("accepting a connection failed: {}", error.message()));
      slot_free_.expires_after(kAcceptPause);
      co_await slot_free_.async_wait(asio::redirect_error(asio::use_awaitable, error));
      continue;
    }
    ++accepted_;
    socket.set_option(tcp::no_delay(true), error);
    auto connection = std::make_shared<Connection>(std::move(socket));
    const tcp::endpoint peer = connection->stream.socket().remote_endpoint(error);
    if (!error) connection->peer = peer.address().to_string();
    connections_.insert(connection);
    asio::co_spawn(io_, serve(connection), [this, connection](std::exception_ptr failure) {
      if (failure) report(LogLevel::error, "a connection ended with an unexpected failure");
      finish(connection);
    });
  }
}

void HttpServer::Impl::finish(const ConnectionPtr& connection) {
  connection->stream.close();
  connections_.erase(connection);
  slot_free_.cancel();
  if (stopping_ && connections_.empty()) drain_.cancel();
}

void HttpServer::Impl::begin_stop(std::chrono::milliseconds drain) {
  error_code ignored;
  acceptor_.close(ignored);
  slot_free_.cancel();
  for (const ConnectionPtr& connection : connections_) {
    if (connection->idle) connection->stream.close();
  }
  if (connections_.empty()) return;
  drain_.expires_after(drain);
  drain_.async_wait([this](const error_code& error) {
    if (error) return;
    for (const ConnectionPtr& connection : connections_) connection->stream.close();
  });
}

asio::awaitable<void> HttpServer::Impl::serve(ConnectionPtr connection) {
  Deadline header_by = std::chrono::steady_clock::now() + limits_.header_deadline;
  Deadline first_byte_by = header_by;
  for (std::size_t served = 1; served <= limits_.requests_per_connection && !stopping_; ++served) {
    if (!co_await wait_for_request(*connection, first_byte_by)) break;
    if (served > 1) header_by = std::chrono::steady_clock::now() + limits_.header_deadline;
    const bool go_on = co_await exchange(*connection, header_by, served == limits_.requests_per_connection);
    if (!go_on) break;
    first_byte_by = std::chrono::steady_clock::now() + limits_.idle_deadline;
  }
  co_await linger(*connection);
}

asio::awaitable<bool> HttpServer::Impl::wait_for_request(Connection& connection, Deadline deadline) {
  if (connection.buffer.size() > 0) co_return true;  // pipelined
  connection.idle = true;
  connection.stream.expires_at(deadline);
  error_code error;
  const std::size_t n = co_await connection.stream.async_read_some(connection.buffer.prepare(kReadBytes),
                                                                   asio::redirect_error(asio::use_awaitable, error));
  connection.buffer.commit(n);
  connection.idle = false;
  note_timeout(error);
  co_return !error && n > 0;
}

// One request and its answer; false ends the connection. Each phase sets its deadline once.
asio::awaitable<bool> HttpServer::Impl::exchange(Connection& connection, Deadline header_by, bool last) {
  Parser parser;
  parser.header_limit(limits_.header_bytes);
  parser.body_limit(limits_.body_bytes);
  error_code error;
  connection.stream.expires_at(header_by);
  co_await http::async_read_header(connection.stream, connection.buffer, parser,
                                   asio::redirect_error(asio::use_awaitable, error));
  if (error) co_return co_await refuse(connection, error);

  HttpRequest request = head_of(parser, connection.peer);
  const unsigned version = parser.get().version();
  const HttpRoute* route = nullptr;
  std::optional<HttpResponse> refusal = find_route(request, route);
  if (!refusal && route->admit) refusal = route->admit(request);
  if (refusal) {
    const bool keep = parser.is_done() && parser.keep_alive() && !last && !stopping_;
    co_return co_await respond(connection, std::move(*refusal), version, keep);
  }
  if (!parser.is_done() && lower(request.header("expect").value_or("")) == "100-continue") {
    static constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
    connection.stream.expires_after(limits_.write_deadline);
    co_await asio::async_write(connection.stream, asio::buffer(kContinue), asio::redirect_error(asio::use_awaitable, error));
    if (error) co_return false;
  }
  connection.stream.expires_after(limits_.body_deadline);
  co_await http::async_read(connection.stream, connection.buffer, parser, asio::redirect_error(asio::use_awaitable, error));
  if (error) co_return co_await refuse(connection, error);

  request.body = std::move(parser.get().body());
  ++requests_;
  HttpResponse answer = handle(*route, request);
  const bool keep = parser.keep_alive() && !last && !stopping_;
  co_return co_await respond(connection, std::move(answer), version, keep);
}

asio::awaitable<bool> HttpServer::Impl::refuse(Connection& connection, error_code error) {
  note_timeout(error);
  std::optional<HttpResponse> answer = answer_to(error);
  if (answer) co_await respond(connection, std::move(*answer), 11, false);
  co_return false;
}

asio::awaitable<bool> HttpServer::Impl::respond(Connection& connection, HttpResponse answer, unsigned version, bool keep_alive) {
  if (answer.status >= 400) ++refused_;
  http::response<http::string_body> message;
  message.version(version);
  message.result(static_cast<unsigned>(answer.status));
  if (!answer.content_type.empty()) message.set(http::field::content_type, answer.content_type);
  for (const auto& [name, value] : answer.headers) message.set(name, value);
  message.body() = std::move(answer.body);
  message.prepare_payload();
  message.keep_alive(keep_alive);
  error_code error;
  connection.stream.expires_after(limits_.write_deadline);
  co_await http::async_write(connection.stream, message, asio::redirect_error(asio::use_awaitable, error));
  note_timeout(error);
  co_return !error && keep_alive;
}

// Closing while unread bytes wait makes the kernel reset the connection, and the client may never see the answer: say
// that we are done, and drop what still comes, for a while.
asio::awaitable<void> HttpServer::Impl::linger(Connection& connection) {
  error_code error;
  connection.stream.socket().shutdown(tcp::socket::shutdown_send, error);
  if (error || stopping_) co_return;
  connection.stream.expires_after(kLingerDeadline);
  std::array<char, kReadBytes> dropped;
  for (std::size_t total = 0; !error && total < kLingerBytes;) {
    total += co_await connection.stream.async_read_some(asio::buffer(dropped), asio::redirect_error(asio::use_awaitable, error));
  }
}

std::optional<HttpResponse> HttpServer::Impl::find_route(const HttpRequest& head, const HttpRoute*& found) const {
  if (head.headers.size() > limits_.header_count) return plain(431, "too many headers");
  const auto methods = routes_.find(head.path);
  if (methods == routes_.end()) return plain(404, "no such path");
  const auto route = methods->second.find(head.method);
  if (route == methods->second.end()) {
    std::string allowed;
    for (const auto& [method, unused] : methods->second) allowed += allowed.empty() ? method : ", " + method;
    HttpResponse answer = plain(405, "method not allowed");
    answer.headers.emplace_back("Allow", allowed);
    return answer;
  }
  found = &route->second;
  return std::nullopt;
}

HttpResponse HttpServer::Impl::handle(const HttpRoute& route, const HttpRequest& request) {
  try {
    return route.handle(request);
  } catch (const std::exception&) {
    report(LogLevel::error, "a request handler failed");
    return plain(500, "internal error");
  }
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
Status HttpServer::listen(const std::string& address_and_port) { return impl_->listen(address_and_port); }
std::string HttpServer::address() const { return impl_->address(); }
void HttpServer::run() { impl_->run(); }
void HttpServer::stop(std::chrono::milliseconds drain) { impl_->stop(drain); }
HttpCounters HttpServer::counters() const { return impl_->counters(); }

bool is_loopback(const std::string& address_and_port) {
  const auto parsed = parse_address(address_and_port);
  return parsed && parsed->address.is_loopback();
}

}  // namespace vedette::connectors
