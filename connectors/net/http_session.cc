#include "connectors/net/http_session.h"

#include <array>
#include <boost/asio/error.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <chrono>
#include <exception>
#include <optional>
#include <type_traits>

#include "connectors/net/http_answer.h"
#include "connectors/net/http_head.h"
#include "connectors/net/listen_address.h"

namespace vedette::connectors {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using asio::ip::tcp;
using boost::system::error_code;

constexpr int kTooLarge = 413;
constexpr std::size_t kReadBytes = 16 * 1024;
constexpr std::size_t kBodyBufferBytes = 64 * 1024;  // also bounds a chunk's header
constexpr std::size_t kLingerBytes = 8 << 20;
constexpr std::chrono::milliseconds kLingerDeadline{2000};

using Plain = tcp::socket;
using Secure = asio::ssl::stream<tcp::socket>;
using Deadline = HttpSession::Deadline;
using Parser = http::request_parser<http::string_body>;

Deadline after(std::chrono::milliseconds time) { return std::chrono::steady_clock::now() + time; }

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

HttpResponse plain(int status, std::string_view text) {
  return HttpResponse{status, std::string(text) + "\n", "text/plain; charset=utf-8", {}};
}

HttpResponse come_again(std::string_view text) {
  HttpResponse answer = plain(503, text);
  answer.headers.emplace_back("Retry-After", "1");
  return answer;
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

// What to answer when a request cannot be read; nothing when the client is gone or too slow.
std::optional<HttpResponse> answer_to(const error_code& error) {
  if (error == http::error::body_limit) return plain(kTooLarge, "the body is too large");
  if (error == http::error::header_limit) return plain(431, "the header is too large");
  if (error == http::error::end_of_stream || error == http::error::partial_message) return std::nullopt;
  const bool malformed = error.category() == http::make_error_code(http::error::bad_value).category();
  if (malformed) return plain(400, "not an HTTP/1.1 request");
  return std::nullopt;
}

template <class Stream>
class Session final : public HttpSession {
 public:
  Session(tcp::socket socket, std::shared_ptr<asio::ssl::context> tls, HttpCore& core, HttpPeers::Id id)
      : tls_(std::move(tls)),
        stream_(make_stream(std::move(socket), tls_.get())),
        core_(core),
        id_(id),
        answered_(lowest().get_executor(), asio::steady_timer::time_point::max()) {
    error_code error;
    lowest().non_blocking(true, error);
    const tcp::endpoint peer = lowest().remote_endpoint(error);
    if (!error) peer_ = peer.address().to_string();
    if (!error) share_of_ = peer_of(peer.address());
  }

  asio::awaitable<void> run() override;
  void close() override {
    closed_ = true;
    shut();
    answered_.cancel();
  }
  void expire(Deadline now) override;
  bool idle() const override { return idle_; }

 private:
  static Stream make_stream(tcp::socket socket, asio::ssl::context* tls) {
    if constexpr (std::is_same_v<Stream, Secure>) {
      return Secure(std::move(socket), *tls);
    } else {
      return socket;
    }
  }

  asio::awaitable<bool> handshake();
  asio::awaitable<bool> wait_for_request(Deadline deadline);
  asio::awaitable<bool> exchange(Deadline header_by, bool last);
  // False when the request is not to be served: answer_ may say why.
  asio::awaitable<bool> read_head(Parser& parser, Deadline header_by);
  asio::awaitable<bool> read_body(Parser& parser, HttpBodyShare& share);
  asio::awaitable<bool> say_continue();
  asio::awaitable<bool> wait_for_answer(std::chrono::milliseconds limit);
  asio::awaitable<bool> send(std::string_view bytes);
  // Sends answer_, if there is one; false ends the connection.
  asio::awaitable<bool> respond(bool keep_alive);
  asio::awaitable<void> linger();
  asio::awaitable<error_code> read_some();
  std::optional<HttpResponse> find_route(const HttpRequest& head, const HttpRoute*& found) const;
  void handle(const HttpRoute& route, HttpRequest& request);
  bool refuse(HttpResponse answer) {
    answer_ = std::move(answer);
    return false;
  }
  bool failed(const error_code& error);
  static HttpResponse too_large(const HttpRoute& route);
  void count(const HttpResponse& answer);

  tcp::socket& lowest() {
    if constexpr (std::is_same_v<Stream, Secure>) {
      return stream_.next_layer();
    } else {
      return stream_;
    }
  }
  void shut() {
    error_code ignored;
    lowest().close(ignored);
  }
  std::string_view buffered() const { return {static_cast<const char*>(buffer_.data().data()), buffer_.size()}; }

  const std::shared_ptr<asio::ssl::context> tls_;
  Stream stream_;
  HttpCore& core_;
  const HttpPeers::Id id_;
  std::string peer_;
  std::string share_of_;  // whose shares it uses
  beast::flat_buffer buffer_;
  bool idle_ = false;
  bool closed_ = false;
  bool head_only_ = false;  // the request is a HEAD
  unsigned version_ = 11;
  std::optional<HttpResponse> answer_;
  std::shared_ptr<HttpResponder::Reply> reply_;
  asio::steady_timer answered_;          // cancelled when reply_ has its answer
  Deadline deadline_ = Deadline::max();  // of the phase
  bool answering_ = false;               // the phase: its deadline ends the waiting, not the connection
  bool lingering_ = false;
};

template <class Stream>
void Session<Stream>::expire(Deadline now) {
  if (now < deadline_) return;
  deadline_ = Deadline::max();
  if (answering_) {
    answered_.cancel();
    return;
  }
  if (!lingering_) ++core_.counts.timed_out;
  shut();
}

template <class Stream>
asio::awaitable<void> Session<Stream>::run() {
  const bool secured = co_await handshake();
  if (!secured) {
    shut();
    co_return;
  }
  Deadline header_by = after(core_.limits.header_deadline);
  Deadline first_byte_by = header_by;
  for (std::size_t served = 1; served <= core_.limits.requests_per_connection && !core_.stopping; ++served) {
    if (!co_await wait_for_request(first_byte_by)) break;
    if (served > 1) header_by = after(core_.limits.header_deadline);
    const bool go_on = co_await exchange(header_by, served == core_.limits.requests_per_connection);
    core_.peers.set_waiting(id_, true);
    if (!go_on) break;
    first_byte_by = after(core_.limits.idle_deadline);
  }
  co_await linger();
  shut();
}

template <class Stream>
asio::awaitable<bool> Session<Stream>::handshake() {
  if constexpr (std::is_same_v<Stream, Secure>) {
    idle_ = true;
    deadline_ = after(core_.limits.handshake_deadline);
    error_code error;
    co_await stream_.async_handshake(asio::ssl::stream_base::server, asio::redirect_error(asio::use_awaitable, error));
    idle_ = false;
    if (error) {
      ++core_.counts.handshakes_failed;
      co_return false;
    }
  }
  co_return true;
}

template <class Stream>
asio::awaitable<error_code> Session<Stream>::read_some() {
  error_code error;
  const std::size_t n =
      co_await stream_.async_read_some(buffer_.prepare(kReadBytes), asio::redirect_error(asio::use_awaitable, error));
  buffer_.commit(n);
  co_return error;
}

template <class Stream>
asio::awaitable<bool> Session<Stream>::wait_for_request(Deadline deadline) {
  if (buffer_.size() > 0) co_return true;  // pipelined
  idle_ = true;
  deadline_ = deadline;
  const error_code error = co_await read_some();
  idle_ = false;
  co_return !error;
}

// One request and its answer; false ends the connection. Each phase sets its deadline once.
template <class Stream>
asio::awaitable<bool> Session<Stream>::exchange(Deadline header_by, bool last) {
  Parser parser;
  parser.header_limit(static_cast<std::uint32_t>(core_.limits.header_bytes));
  parser.body_limit(boost::none);
  version_ = 11;
  head_only_ = false;
  answer_.reset();
  if (!co_await read_head(parser, header_by)) co_return co_await respond(false);
  core_.peers.set_waiting(id_, true);

  HttpRequest request = head_of(parser, peer_);
  version_ = parser.get().version();
  head_only_ = request.method == "HEAD";
  const HttpRoute* route = nullptr;
  answer_ = find_route(request, route);
  if (!answer_ && route->admit) answer_ = route->admit(request);
  if (!answer_ && parser.content_length().value_or(0) > core_.limits.body_bytes) answer_ = too_large(*route);
  if (!answer_) {
    parser.body_limit(core_.limits.body_bytes);
    const bool expects = !parser.is_done() && lower(request.header("expect").value_or("")) == "100-continue";
    if (expects && !co_await say_continue()) co_return false;
    {
      HttpBodyShare share(core_, share_of_);
      if (!co_await read_body(parser, share)) {
        if (answer_ && answer_->status == kTooLarge) answer_ = too_large(*route);
        co_return co_await respond(false);
      }
      core_.peers.set_waiting(id_, false);
      request.body = std::move(parser.get().body());
      handle(*route, request);
    }
    if (!answer_ && !co_await wait_for_answer(route->answer_deadline)) co_return false;
  }
  co_return co_await respond(parser.is_done() && parser.keep_alive() && !last && !core_.stopping);
}

template <class Stream>
asio::awaitable<bool> Session<Stream>::read_head(Parser& parser, Deadline header_by) {
  deadline_ = header_by;
  std::size_t searched = 0;
  std::optional<std::size_t> length;
  while (true) {
    length = head_length(buffered(), searched);
    const std::string_view seen = buffered().substr(0, length.value_or(buffer_.size()));
    if (seen.size() > core_.limits.header_bytes) co_return refuse(plain(431, "the header is too large"));
    if (const auto wrong = objection_to_bytes(seen, searched > 0 ? searched - 1 : 0)) co_return refuse(plain(400, *wrong));
    if (length) break;
    searched = buffer_.size();
    const error_code error = co_await read_some();
    if (error) co_return false;
  }
  if (const auto wrong = objection_to_head(buffered().substr(0, *length))) co_return refuse(plain(400, *wrong));
  error_code error;
  const std::size_t used = parser.put(asio::buffer(buffer_.data().data(), *length), error);
  buffer_.consume(used);
  if (error) co_return failed(error);
  if (!parser.is_header_done() || used != *length) co_return refuse(plain(400, "not an HTTP/1.1 request"));
  co_return true;
}

template <class Stream>
asio::awaitable<bool> Session<Stream>::read_body(Parser& parser, HttpBodyShare& share) {
  deadline_ = after(core_.limits.body_deadline);
  parser.eager(true);
  while (!parser.is_done()) {
    error_code error = http::error::need_more;
    if (buffer_.size() > 0) buffer_.consume(parser.put(buffer_.data(), error));
    if (error && error != http::error::need_more) co_return failed(error);
    if (error && buffer_.size() >= kBodyBufferBytes) co_return refuse(plain(400, "a chunk's header is too long"));
    if (error && (co_await read_some())) co_return false;
    if (!share.grow_to(parser.get().body().size())) {
      ++core_.counts.out_of_memory;
      co_return refuse(come_again("too many bodies at once"));
    }
  }
  co_return true;
}

template <class Stream>
asio::awaitable<bool> Session<Stream>::say_continue() {
  static constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
  deadline_ = after(core_.limits.write_deadline);
  co_return co_await send(kContinue);
}

// What the socket takes at once needs no waiting.
template <class Stream>
asio::awaitable<bool> Session<Stream>::send(std::string_view bytes) {
  error_code error;
  if constexpr (std::is_same_v<Stream, Plain>) {
    bytes.remove_prefix(stream_.write_some(asio::buffer(bytes), error));
    if (bytes.empty()) co_return true;
    if (error && error != asio::error::would_block) co_return false;
  }
  co_await asio::async_write(stream_, asio::buffer(bytes), asio::redirect_error(asio::use_awaitable, error));
  co_return !error;
}

template <class Stream>
bool Session<Stream>::failed(const error_code& error) {
  answer_ = answer_to(error);
  return false;
}

// Fills answer_ with the handler's answer, unless it will come later, through reply_.
template <class Stream>
void Session<Stream>::handle(const HttpRoute& route, HttpRequest& request) {
  ++core_.counts.requests;
  try {
    if (!route.defer) {
      answer_ = route.handle(request);
      return;
    }
    reply_ = std::make_shared<HttpResponder::Reply>(core_.thread);
    route.defer(std::move(request), HttpResponder(reply_));
    answer_ = reply_->take();
  } catch (const std::exception&) {
    core_.report(LogLevel::error, "a request handler failed");
    answer_ = plain(500, "internal error");
  }
}

template <class Stream>
HttpResponse Session<Stream>::too_large(const HttpRoute& route) {
  if (route.too_large) route.too_large();
  return plain(kTooLarge, "the body is too large");
}

// False when the connection was closed meanwhile.
template <class Stream>
asio::awaitable<bool> Session<Stream>::wait_for_answer(std::chrono::milliseconds limit) {
  deadline_ = after(limit.count() > 0 ? limit : core_.limits.answer_deadline);
  answering_ = true;
  reply_->waiter = &answered_;
  error_code ignored;
  co_await answered_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  reply_->waiter = nullptr;
  answering_ = false;
  answer_ = reply_->take();
  if (closed_) co_return false;
  if (!answer_) {
    ++core_.counts.unanswered;
    answer_ = come_again("no answer in time");
  }
  co_return true;
}

template <class Stream>
void Session<Stream>::count(const HttpResponse& answer) {
  HttpCore::Counts& counts = core_.counts;
  if (answer.status >= 400) ++counts.refused;
  if (answer.status == 400) ++counts.malformed;
  if (answer.status == 401) ++counts.unauthorised;
  if (answer.status == kTooLarge) ++counts.too_large;
  if (answer.status == 431) ++counts.header_too_large;
  if (answer.status == 503) ++counts.overloaded;
}

template <class Stream>
asio::awaitable<bool> Session<Stream>::respond(bool keep_alive) {
  if (!answer_) co_return false;
  count(*answer_);
  const std::string bytes = encode_answer(*answer_, {version_, keep_alive, head_only_});
  deadline_ = after(core_.limits.write_deadline);
  const bool sent = co_await send(bytes);
  co_return sent&& keep_alive;
}

// Closing while unread bytes wait makes the kernel reset the connection, and the client may never see the answer: say
// that we are done, and drop what still comes, for a while.
template <class Stream>
asio::awaitable<void> Session<Stream>::linger() {
  error_code error;
  lingering_ = true;
  deadline_ = after(kLingerDeadline);
  if constexpr (std::is_same_v<Stream, Secure>) {
    co_await stream_.async_shutdown(asio::redirect_error(asio::use_awaitable, error));
  }
  lowest().shutdown(tcp::socket::shutdown_send, error);
  if (error || core_.stopping) co_return;
  std::array<char, kReadBytes> dropped;
  for (std::size_t total = 0; !error && total < kLingerBytes;) {
    total += co_await lowest().async_read_some(asio::buffer(dropped), asio::redirect_error(asio::use_awaitable, error));
  }
}

template <class Stream>
std::optional<HttpResponse> Session<Stream>::find_route(const HttpRequest& head, const HttpRoute*& found) const {
  if (head.headers.size() > core_.limits.header_count) return plain(431, "too many headers");
  const auto methods = core_.routes.find(head.path);
  if (methods == core_.routes.end()) return plain(404, "no such path");
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

}  // namespace

std::shared_ptr<HttpSession> make_session(tcp::socket socket, std::shared_ptr<asio::ssl::context> tls, HttpCore& core,
                                          HttpPeers::Id id) {
  if (tls) return std::make_shared<Session<Secure>>(std::move(socket), std::move(tls), core, id);
  return std::make_shared<Session<Plain>>(std::move(socket), nullptr, core, id);
}

}  // namespace vedette::connectors
