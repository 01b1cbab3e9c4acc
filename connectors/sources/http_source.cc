#include "connectors/sources/http_source.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "connectors/sources/batch_builder.h"
#include "connectors/sources/byte_stream.h"
#include "engine/base/json_writer.h"
#include "engine/event/framer.h"

namespace vedette::connectors {
namespace {

constexpr std::size_t kMaxChallenge = 1024;

HttpResponse plain(int status, std::string_view text) { return {status, std::string(text), "text/plain; charset=utf-8", {}}; }

bool printable(std::string_view text) {
  for (const char c : text) {
    if (c < 0x20 || c > 0x7e) return false;
  }
  return true;
}

// Okta's one-time proof that the endpoint is ours: echo the challenge.
HttpResponse verification(const HttpRequest& request) {
  const auto challenge = request.header("x-okta-verification-challenge");
  if (!challenge || challenge->empty() || challenge->size() > kMaxChallenge || !printable(*challenge)) {
    return plain(400, "no usable x-okta-verification-challenge header\n");
  }
  HttpResponse answer{200, "{\"verification\":", "application/json", {}};
  append_json_string(answer.body, *challenge);
  answer.body += '}';
  return answer;
}

// An element that framing refused, kept until the rest of its request is durable.
struct KeptReject {
  std::string reason, message, bytes;
  std::uint64_t line = 0, position = 0;
};

// Frames a body into one batch: a request is a batch, however large, because equal lines are counted within it.
class BodyCollector final : public event::ElementSink {
 public:
  BodyCollector(std::shared_ptr<const event::Origin> origin, TimeUs arrival) : builder_(std::move(origin)), arrival_(arrival) {}

  void on_element(std::string_view bytes, std::uint64_t line, std::uint64_t position) override {
    builder_.add(bytes, arrival_, line, position);
  }
  void on_reject(const event::Reject& reject) override {
    rejects_.push_back({std::string(reject.reason), reject.message, std::string(reject.bytes), reject.line, reject.position});
  }
  [[nodiscard]] BatchBuilder& builder() { return builder_; }
  [[nodiscard]] std::vector<KeptReject>& rejects() { return rejects_; }

 private:
  BatchBuilder builder_;
  TimeUs arrival_;
  std::vector<KeptReject> rejects_;
};

enum class Encoding : std::uint8_t { identity, gzip, zstd, other };

Encoding encoding_of(const HttpRequest& request) {
  bool declared = false;
  for (const auto& [name, value] : request.headers) declared |= name == "content-encoding";
  const auto value = request.header("content-encoding");
  if (!declared || value == "identity") return Encoding::identity;
  if (value == "gzip") return Encoding::gzip;
  return value == "zstd" ? Encoding::zstd : Encoding::other;
}

HttpResponse come_again() { return HttpResponse{503, "", "", {{"Retry-After", "1"}}}; }

}  // namespace

// What follows once the records of a request are durable.
struct HttpSource::Outcome {
  HttpResponse answer = {};
  std::vector<KeptReject> rejects = {};
  std::string webhook_id = {};
  std::shared_ptr<HttpAuth> auth = {};
};

HttpSource::HttpSource(HttpSourceOptions options, Clock clock, Log log, RejectHandler on_reject)
    : options_(std::move(options)),
      clock_(std::move(clock)),
      log_(std::move(log)),
      on_reject_(std::move(on_reject)),
      server_(options_.listen, options_.limits, log_) {}

HttpSource::~HttpSource() { stop(); }

Status HttpSource::start(BatchSink& sink) {
  for (const HttpEndpoint& endpoint : options_.endpoints) {
    auto auth = make_auth(endpoint);
    if (!auth) return Error{auth.error().message, endpoint.name};
    doors_.push_back({.endpoint = &endpoint, .auth = std::move(*auth)});
  }
  HttpListen listen{options_.listen, options_.tls, options_.inherited, {}};
  for (const Door& door : doors_) {
    add_route(door, sink);
    listen.names.push_back(door.endpoint->name);
  }
  if (Status listening = server_.listen(listen); !listening.ok()) return listening;
  thread_ = std::thread([this] { server_.run(); });
  return {};
}

Result<std::shared_ptr<HttpAuth>> HttpSource::make_auth(const HttpEndpoint& endpoint) const {
  const bool okta = endpoint.kind == HttpEndpointKind::okta_hook;
  if (okta && endpoint.auth.kind != HttpAuthKind::authorization) {
    return Error{"an Okta hook proves itself by a value of the Authorization header"};
  }
  if (endpoint.auth.kind == HttpAuthKind::none && !is_loopback(options_.listen)) {
    return Error{"to listen beyond loopback needs authentication"};
  }
  return HttpAuth::make(endpoint.auth);
}

void HttpSource::stop() {
  if (!thread_.joinable()) return;
  server_.stop();
  thread_.join();
}

bool HttpSource::serves(const std::string& endpoint_name) const {
  return std::any_of(doors_.begin(), doors_.end(), [&](const Door& door) { return door.endpoint->name == endpoint_name; });
}

Status HttpSource::set_secrets(const std::string& endpoint_name, const std::vector<std::string>& secrets) {
  for (const Door& door : doors_) {
    if (door.endpoint->name == endpoint_name) return door.auth->set_secrets(secrets);
  }
  return Error{"no endpoint of this name", endpoint_name};
}

std::map<std::string, std::uint64_t> HttpSource::too_large() const {
  std::map<std::string, std::uint64_t> counts;
  for (const Door& door : doors_) counts[door.endpoint->name] = *door.too_large;
  return counts;
}

void HttpSource::add_route(const Door& door, BatchSink& sink) {
  const bool okta = door.endpoint->kind == HttpEndpointKind::okta_hook;
  if (okta) server_.route("GET", door.endpoint->path, HttpRoute{{}, verification});
  HttpRoute deliver;
  deliver.admit = [this, &door, okta](const HttpRequest& head) -> std::optional<HttpResponse> {
    if (!door.auth->admits_head(head, clock_())) return door.auth->refusal();
    const Encoding encoding = encoding_of(head);
    if (okta && encoding != Encoding::identity) return plain(415, "a hook's body is not encoded\n");
    if (encoding == Encoding::other) return plain(415, "only gzip, zstd and identity are understood\n");
    return std::nullopt;
  };
  deliver.defer = [this, &door, &sink](const HttpRequest& request, const HttpResponder& responder) {
    receive(door, request, sink, responder);
  };
  deliver.too_large = [&door] { ++*door.too_large; };
  server_.route("POST", door.endpoint->path, std::move(deliver));
}

void HttpSource::receive(const Door& door, const HttpRequest& request, BatchSink& sink, const HttpResponder& responder) {
  if (!door.auth->admits_body(request)) return responder.send(door.auth->refusal());
  if (door.auth->seen(std::string(request.header("webhook-id").value_or("")), clock_())) {
    ++tally_->repeats;
    return responder.send(HttpResponse{});
  }
  if (door.endpoint->kind == HttpEndpointKind::okta_hook) return take_hook(door, request, sink, responder);
  take_records(door, request, sink, responder);
}

// A hook's body is one record as it came, good or bad: what is wrong with it is found, and kept, behind the inbox.
void HttpSource::take_hook(const Door& door, const HttpRequest& request, BatchSink& sink, const HttpResponder& responder) {
  Outcome outcome;
  BatchBuilder builder(door.endpoint->origin);
  if (request.body.find_first_not_of(" \t\r\n") == std::string::npos) {
    outcome.rejects.push_back({"json", "the body is empty", request.body, 1, 0});
  } else {
    builder.add(request.body, clock_(), 1, 0);
  }
  offer(builder, sink, responder, std::move(outcome));
}

void HttpSource::take_records(const Door& door, const HttpRequest& request, BatchSink& sink, const HttpResponder& responder) {
  const HttpEndpoint& endpoint = *door.endpoint;
  // Before any work: the sender will come again.
  if (!sink.wait_for_room(std::chrono::milliseconds(0))) return overloaded(endpoint.name, responder);
  std::string_view body = request.body;
  std::string inflated;
  if (const Encoding encoding = encoding_of(request); encoding != Encoding::identity) {
    const Unpacked unpacked = encoding == Encoding::gzip ? gunzip(body, options_.inflated_bytes, inflated)
                                                         : unzstd(body, options_.inflated_bytes, inflated);
    if (unpacked == Unpacked::too_large) {
      ++*door.too_large;
      return responder.send(plain(413, "the body is too large when unpacked\n"));
    }
    if (unpacked == Unpacked::damaged) return responder.send(plain(400, "the body is not whole gzip or zstd data\n"));
    body = inflated;
  }
  BodyCollector collector(endpoint.origin, clock_());
  event::Framer framer(endpoint.framing, options_.framing_limits);
  framer.feed(body, collector);
  framer.finish(collector);
  Outcome outcome;
  outcome.answer.content_type = "application/json";
  outcome.answer.body = fmt::format("{{\"records\":{}}}\n", collector.builder().size());
  outcome.rejects = std::move(collector.rejects());
  outcome.webhook_id = request.header("webhook-id").value_or("");
  outcome.auth = door.auth;
  offer(collector.builder(), sink, responder, std::move(outcome));
}

// 2xx means durable, or in memory when nothing is. What cannot be kept now is 503, which senders retry (Okta once); never
// 429, which Okta does not. Rejects count once the request does: before that the sender will come again with them.
void HttpSource::offer(BatchBuilder& builder, BatchSink& sink, const HttpResponder& responder, Outcome outcome) {
  const auto origin = builder.origin();
  const bool kept = options_.keep_reject && !outcome.rejects.empty();
  for (const KeptReject& reject : outcome.rejects) {
    if (kept) options_.keep_reject(*origin, {reject.reason, reject.message, reject.bytes, reject.line, reject.position});
  }
  auto done = [responder, origin, tally = tally_, on_reject = on_reject_, now = clock_(),
               shared = std::make_shared<Outcome>(std::move(outcome))](bool durable) {
    if (!durable) {
      ++tally->undurable;
      return responder.send(come_again());
    }
    for (const KeptReject& reject : shared->rejects) {
      if (on_reject) on_reject(*origin, {reject.reason, reject.message, reject.bytes, reject.line, reject.position});
    }
    if (shared->auth) shared->auth->remember(shared->webhook_id, now);
    responder.send(std::move(shared->answer));
  };
  if (builder.empty() && !kept) return done(true);
  event::RecordBatch batch;
  builder.take(batch);
  if (sink.offer(batch, std::move(done))) return;
  overloaded(origin->source_name, responder);
}

void HttpSource::overloaded(const std::string& name, const HttpResponder& responder) {
  if (tally_->overloads++ == 0 && log_) log_(LogLevel::warning, name, "the queue is full: answering 503");
  responder.send(come_again());
}

}  // namespace vedette::connectors
