#include "connectors/net/http_client.h"

#include <fmt/format.h>
#include <netdb.h>

#include <algorithm>
#include <atomic>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <boost/beast/ssl/ssl_stream.hpp>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "connectors/net/address_guard.h"

namespace vedette::connectors {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using asio::ip::tcp;
using boost::system::error_code;
using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kCancelCheck{20};
constexpr int kMostInterim = 5;  // 1xx answers before the answer

Result<std::vector<std::string>> system_resolve(const std::string& host) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (const int code = ::getaddrinfo(host.c_str(), nullptr, &hints, &found); code != 0)
    return Error{fmt::format("the name cannot be resolved: {}", ::gai_strerror(code)), host};
  std::vector<std::string> out;
  for (const addrinfo* at = found; at != nullptr; at = at->ai_next) {
    char text[NI_MAXHOST];
    if (::getnameinfo(at->ai_addr, at->ai_addrlen, text, sizeof text, nullptr, 0, NI_NUMERICHOST) != 0) continue;
    std::string address(text);
    out.push_back(address.substr(0, address.find('%')));
  }
  ::freeaddrinfo(found);
  return out;
}

tcp::endpoint endpoint_of(const AddressBytes& bytes, std::uint16_t port) {
  const asio::ip::address_v6 v6(bytes);
  if (v6.is_v4_mapped()) return {asio::ip::make_address_v4(asio::ip::v4_mapped, v6), port};
  return {v6, port};
}

std::string text_of(const AddressBytes& bytes) { return endpoint_of(bytes, 0).address().to_string(); }

std::string reason_of(const error_code& error) {
  if (error == beast::error::timeout) return "took too long";
  return error.message();
}

// One look-up at a time, on a thread of its own: the system's resolver can be neither cancelled nor bounded.
class Lookup {
 public:
  using Resolve = std::function<Result<std::vector<std::string>>(const std::string& host)>;
  Lookup(const Resolve& resolve, const std::string& host) {
    std::thread([state = state_, resolve, host] {
      auto result = resolve(host);
      const std::lock_guard lock(state->mutex);
      state->result = std::move(result);
      state->done.notify_all();
    }).detach();
  }
  // nullopt: not yet.
  [[nodiscard]] std::optional<Result<std::vector<std::string>>> wait(Clock::time_point end, const std::atomic<bool>& cancelled) {
    std::unique_lock lock(state_->mutex);
    while (!state_->result && !cancelled && Clock::now() < end) state_->done.wait_for(lock, kCancelCheck);
    return state_->result;
  }

 private:
  struct State {
    std::mutex mutex;
    std::condition_variable done;
    std::optional<Result<std::vector<std::string>>> result;
  };
  std::shared_ptr<State> state_ = std::make_shared<State>();
};

}  // namespace

class HttpClient::Impl {
 public:
  using Stream = beast::ssl_stream<beast::tcp_stream>;

  Impl(HttpUrl url, HttpClientOptions options, AddressGuard guard)
      : url_(std::move(url)), options_(std::move(options)), guard_(std::move(guard)) {
    if (!options_.resolve) options_.resolve = system_resolve;
  }

  Status prepare();
  Result<HttpAnswer> send(const std::string& method, const Headers& headers, const std::string& body);
  Status reach();
  void cancel();
  std::uint64_t connections() const { return connections_; }

 private:
  using Request = http::request<http::string_body>;
  using Parser = http::response_parser<http::string_body>;

  [[nodiscard]] Status check(const AddressBytes& address) const;
  [[nodiscard]] Result<std::vector<AddressBytes>> addresses();
  [[nodiscard]] Clock::time_point within(std::chrono::milliseconds phase) const { return std::min(total_, Clock::now() + phase); }
  asio::awaitable<void> talk(const Request& request, std::optional<Result<HttpAnswer>>& out);
  asio::awaitable<Status> connect();
  asio::awaitable<Status> shake_hands();
  template <typename Layer>
  asio::awaitable<Result<HttpAnswer>> exchange(Layer& layer, const Request& request);
  template <typename Layer>
  asio::awaitable<bool> read_body(Layer& layer, Parser& parser);
  [[nodiscard]] HttpAnswer answer_of(const Parser& parser) const;
  [[nodiscard]] tcp::socket& socket() { return beast::get_lowest_layer(*stream_).socket(); }
  [[nodiscard]] Error failure(std::string_view what, const error_code& error) const;
  void drop() { stream_.reset(); }

  const HttpUrl url_;
  HttpClientOptions options_;
  const AddressGuard guard_;
  asio::ssl::context tls_{asio::ssl::context::tls_client};
  asio::io_context io_{1};
  std::optional<Lookup> lookup_;
  std::unique_ptr<Stream> stream_;  // the connection that is kept
  beast::flat_buffer buffer_;
  std::vector<AddressBytes> targets_;  // of the connection being made
  Clock::time_point total_{}, last_used_{};
  bool nothing_back_ = true;  // of the exchange under way
  std::atomic<bool> cancelled_ = false;
  std::atomic<std::uint64_t> connections_ = 0;
};

Status HttpClient::Impl::prepare() {
  error_code error;
  SSL_CTX_set_min_proto_version(tls_.native_handle(), TLS1_2_VERSION);
  tls_.set_verify_mode(asio::ssl::verify_peer, error);
  if (options_.ca_file.empty()) {
    tls_.set_default_verify_paths(error);
  } else {
    tls_.load_verify_file(options_.ca_file, error);
  }
  if (error) return Error{fmt::format("the trusted authorities cannot be read: {}", error.message()), options_.ca_file};
  if (const auto literal = parse_address(url_.host)) return check(*literal);
  return {};
}

Error HttpClient::Impl::failure(std::string_view what, const error_code& error) const {
  if (cancelled_) return Error{"cancelled", url_.authority};
  return Error{fmt::format("{}: {}", what, reason_of(error)), url_.authority};
}

Status HttpClient::Impl::check(const AddressBytes& address) const {
  if (const std::string_view kind = guard_.refusal(address); !kind.empty()) {
    return Error{fmt::format("{} is {}; if it is meant, name its network in `allow`", text_of(address), kind), url_.authority};
  }
  if (!url_.tls && !guard_.allowed(address))
    return Error{"is reached without TLS; use https://, or name its network in `allow`", url_.authority};
  return {};
}

// All of them must be fit: a name that also leads inside is not trusted.
Result<std::vector<AddressBytes>> HttpClient::Impl::addresses() {
  if (const auto literal = parse_address(url_.host)) {
    if (Status fit = check(*literal); !fit.ok()) return fit.error();
    return std::vector{*literal};
  }
  if (!lookup_) lookup_.emplace(options_.resolve, url_.host);
  const auto found = lookup_->wait(within(options_.resolve_deadline), cancelled_);
  if (!found) return failure("looking up the name", beast::error::timeout);
  lookup_.reset();
  if (!found->ok()) return found->error();
  std::vector<AddressBytes> out;
  for (const std::string& text : found->value()) {
    const auto address = parse_address(text);
    if (!address) continue;
    if (Status fit = check(*address); !fit.ok()) return fit.error();
    out.push_back(*address);
  }
  if (out.empty()) return Error{"the name has no address", url_.authority};
  return out;
}

asio::awaitable<Status> HttpClient::Impl::connect() {
  error_code error = asio::error::operation_aborted;
  for (const AddressBytes& address : targets_) {
    if (cancelled_ || Clock::now() >= total_) break;
    stream_ = std::make_unique<Stream>(io_, tls_);
    buffer_.clear();
    auto& lowest = beast::get_lowest_layer(*stream_);
    lowest.expires_at(within(options_.connect_deadline));
    co_await lowest.async_connect(endpoint_of(address, url_.port), asio::redirect_error(asio::use_awaitable, error));
    if (!error) break;
  }
  if (error) co_return failure("cannot be connected to", error);
  ++connections_;
  error_code ignored;
  socket().set_option(tcp::no_delay(true), ignored);
  if (!url_.tls) co_return Status{};
  co_return co_await shake_hands();
}

asio::awaitable<Status> HttpClient::Impl::shake_hands() {
  SSL* ssl = stream_->native_handle();
  const bool literal = parse_address(url_.host).has_value();
  const bool named = literal
                         ? X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), url_.host.c_str()) == 1
                         : SSL_set_tlsext_host_name(ssl, url_.host.c_str()) == 1 && SSL_set1_host(ssl, url_.host.c_str()) == 1;
  if (!named) co_return Error{"its name cannot be checked", url_.authority};
  error_code error;
  beast::get_lowest_layer(*stream_).expires_at(within(options_.tls_deadline));
  co_await stream_->async_handshake(asio::ssl::stream_base::client, asio::redirect_error(asio::use_awaitable, error));
  if (!error) co_return Status{};
  const long verified = SSL_get_verify_result(ssl);
  if (verified != X509_V_OK)
    co_return Error{fmt::format("its certificate is refused: {}", X509_verify_cert_error_string(verified)), url_.authority};
  co_return failure("the TLS handshake failed", error);
}

// The body, up to the bound. Whether the connection can be used again: all of it was read.
template <typename Layer>
asio::awaitable<bool> HttpClient::Impl::read_body(Layer& layer, Parser& parser) {
  const auto length = parser.content_length();
  if (length && *length > options_.body_bytes) co_return false;
  error_code error;
  while (!parser.is_done()) {
    co_await http::async_read_some(layer, buffer_, parser, asio::redirect_error(asio::use_awaitable, error));
    if (error || parser.get().body().size() > options_.body_bytes) co_return false;
  }
  co_return parser.get().keep_alive() && buffer_.size() == 0;
}

template <typename Layer>
asio::awaitable<Result<HttpAnswer>> HttpClient::Impl::exchange(Layer& layer, const Request& request) {
  auto& lowest = beast::get_lowest_layer(layer);
  error_code unsent, error;
  lowest.expires_at(within(options_.write_deadline));
  co_await http::async_write(layer, request, asio::redirect_error(asio::use_awaitable, unsent));
  if (unsent == beast::error::timeout || cancelled_) co_return failure("sending the request", unsent);
  // Also after a failed write: a server that refuses early has said why.
  lowest.expires_at(within(options_.response_deadline));
  for (int interim = 0; interim <= kMostInterim; ++interim) {
    Parser parser;
    parser.header_limit(options_.header_bytes);
    parser.body_limit(boost::none);
    co_await http::async_read_header(layer, buffer_, parser, asio::redirect_error(asio::use_awaitable, error));
    nothing_back_ = nothing_back_ && !parser.got_some();
    if (error && unsent) co_return failure("sending the request", unsent);
    if (error) co_return failure("waiting for the answer", error);
    if (parser.get().result_int() / 100 == 1) continue;
    const bool whole = co_await read_body(layer, parser);
    HttpAnswer answer = answer_of(parser);
    if (whole && !unsent) {
      last_used_ = Clock::now();
    } else {
      drop();
    }
    co_return answer;
  }
  co_return Error{"sends interim answers without end", url_.authority};
}

HttpAnswer HttpClient::Impl::answer_of(const Parser& parser) const {
  const auto& message = parser.get();
  HttpAnswer out;
  out.status = static_cast<int>(message.result_int());
  for (const auto& field : message) {
    std::string name(field.name_string());
    for (char& c : name) {
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    out.headers.emplace_back(std::move(name), std::string(field.value()));
  }
  out.body = message.body().substr(0, options_.body_bytes);
  return out;
}

asio::awaitable<void> HttpClient::Impl::talk(const Request& request, std::optional<Result<HttpAnswer>>& out) {
  if (cancelled_) co_return;
  if (!stream_) {
    const Status connected = co_await connect();
    if (!connected.ok()) {
      out = connected.error();
      co_return;
    }
  }
  // Not as one expression: g++ 12 destroys its temporaries twice.
  if (url_.tls) {
    out = co_await exchange(*stream_, request);
  } else {
    out = co_await exchange(stream_->next_layer(), request);
  }
}

Result<HttpAnswer> HttpClient::Impl::send(const std::string& method, const Headers& headers, const std::string& body) {
  total_ = Clock::now() + options_.total_deadline;
  Request request;
  request.method_string(method);
  request.target(url_.target);
  request.version(11);
  request.set(http::field::host, url_.authority);
  request.set(http::field::user_agent, "vedette");
  for (const auto& [name, value] : headers) request.set(name, value);
  request.body() = body;
  request.prepare_payload();
  if (stream_ && Clock::now() - last_used_ > options_.idle_reuse) drop();
  for (;;) {
    if (cancelled_) return Error{"cancelled", url_.authority};
    const bool reused = stream_ != nullptr;
    if (!reused) {
      auto found = addresses();
      if (!found.ok()) return found.error();
      targets_ = std::move(found.value());
    }
    nothing_back_ = true;
    std::optional<Result<HttpAnswer>> out;
    io_.restart();
    asio::co_spawn(io_, talk(request, out), asio::detached);
    io_.run();
    if (out && out->ok()) return std::move(*out);
    drop();
    if (!out) return Error{"cancelled", url_.authority};
    if (!reused || !nothing_back_ || Clock::now() >= total_) return std::move(*out);
  }
}

Status HttpClient::Impl::reach() {
  total_ = Clock::now() + options_.total_deadline;
  drop();
  auto found = addresses();
  if (!found.ok()) return found.error();
  targets_ = std::move(found.value());
  Status reached = Error{"cancelled", url_.authority};
  io_.restart();
  asio::co_spawn(
      io_, [this, &reached]() -> asio::awaitable<void> { reached = co_await connect(); }, asio::detached);
  io_.run();
  drop();
  return reached;
}

void HttpClient::Impl::cancel() {
  cancelled_ = true;
  asio::post(io_, [this] {
    if (!stream_) return;
    error_code ignored;
    beast::get_lowest_layer(*stream_).cancel();
    socket().close(ignored);
  });
}

std::optional<std::string_view> HttpAnswer::header(std::string_view lower_name) const {
  for (const auto& [name, value] : headers) {
    if (name == lower_name) return value;
  }
  return std::nullopt;
}

Result<std::unique_ptr<HttpClient>> HttpClient::make(std::string_view text, HttpClientOptions options) {
  auto url = parse_http_url(text);
  if (!url.ok()) return url.error();
  auto guard = AddressGuard::make(options.allow);
  if (!guard.ok()) return Error{guard.error().message, "allow"};
  auto impl = std::make_unique<Impl>(std::move(*url), std::move(options), std::move(*guard));
  if (Status ready = impl->prepare(); !ready.ok()) return ready.error();
  return std::unique_ptr<HttpClient>(new HttpClient(std::move(impl)));
}

HttpClient::HttpClient(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
HttpClient::~HttpClient() = default;
Result<HttpAnswer> HttpClient::send(const std::string& method, const Headers& headers, const std::string& body) {
  return impl_->send(method, headers, body);
}
Status HttpClient::reach() { return impl_->reach(); }
void HttpClient::cancel() { impl_->cancel(); }
std::uint64_t HttpClient::connections() const { return impl_->connections(); }

}  // namespace vedette::connectors
