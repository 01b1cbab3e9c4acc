#include "connectors/sources/http_source.h"

#include <fmt/format.h>

#include <utility>

#include "connectors/sources/batch_builder.h"
#include "connectors/sources/byte_stream.h"
#include "engine/base/json_writer.h"
#include "engine/event/framer.h"

namespace vedette::connectors {
namespace {

constexpr std::size_t kMaxChallenge = 1024;
constexpr std::string_view kBearer = "bearer ";

bool starts_with_ignoring_case(std::string_view text, std::string_view lower_prefix) {
  if (text.size() < lower_prefix.size()) return false;
  for (std::size_t i = 0; i < lower_prefix.size(); ++i) {
    const char c = text[i] >= 'A' && text[i] <= 'Z' ? static_cast<char>(text[i] - 'A' + 'a') : text[i];
    if (c != lower_prefix[i]) return false;
  }
  return true;
}

HttpResponse plain(int status, std::string_view text) { return {status, std::string(text), "text/plain; charset=utf-8", {}}; }

HttpResponse unauthorised() { return HttpResponse{401, "", "", {{"WWW-Authenticate", "Bearer"}}}; }

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

HttpResponse come_again() { return HttpResponse{503, "", "", {{"Retry-After", "1"}}}; }

}  // namespace

// What follows once the records of a request are durable.
struct HttpSource::Outcome {
  HttpResponse answer = {};
  std::vector<KeptReject> rejects = {};
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
    const bool okta = endpoint.kind == HttpEndpointKind::okta_hook;
    if (endpoint.secrets.empty() && (okta || !is_loopback(options_.listen))) {
      return Error{okta ? "an Okta hook needs a secret" : "a bearer token is needed to listen beyond loopback", endpoint.name};
    }
    if (okta) {
      add_okta(endpoint, sink);
    } else {
      add_ingest(endpoint, sink);
    }
  }
  if (Status listening = server_.listen(options_.listen); !listening.ok()) return listening;
  thread_ = std::thread([this] { server_.run(); });
  return {};
}

void HttpSource::stop() {
  if (!thread_.joinable()) return;
  server_.stop();
  thread_.join();
}

void HttpSource::add_okta(const HttpEndpoint& endpoint, BatchSink& sink) {
  HttpRoute verify;
  verify.handle = verification;
  server_.route("GET", endpoint.path, std::move(verify));
  HttpRoute deliver;
  deliver.admit = [&endpoint](const HttpRequest& head) -> std::optional<HttpResponse> {
    const auto presented = head.header("authorization");
    if (!presented || !endpoint.secrets.matches(*presented)) return unauthorised();
    if (head.header("content-encoding")) return HttpResponse{415, "", "", {}};
    return std::nullopt;
  };
  deliver.defer = [this, &endpoint, &sink](HttpRequest request, const HttpResponder& responder) {
    this->deliver(endpoint, request, sink, responder);
  };
  server_.route("POST", endpoint.path, std::move(deliver));
}

void HttpSource::add_ingest(const HttpEndpoint& endpoint, BatchSink& sink) {
  HttpRoute deliver;
  deliver.admit = [&endpoint](const HttpRequest& head) -> std::optional<HttpResponse> {
    if (endpoint.secrets.empty()) return std::nullopt;
    const auto presented = head.header("authorization");
    if (!presented || !starts_with_ignoring_case(*presented, kBearer)) return unauthorised();
    if (!endpoint.secrets.matches(presented->substr(kBearer.size()))) return unauthorised();
    return std::nullopt;
  };
  deliver.defer = [this, &endpoint, &sink](HttpRequest request, const HttpResponder& responder) {
    ingest(endpoint, request, sink, responder);
  };
  server_.route("POST", endpoint.path, std::move(deliver));
}

// A hook's body is one record as it came, good or bad: what is wrong with it is found, and kept, behind the inbox.
void HttpSource::deliver(const HttpEndpoint& endpoint, const HttpRequest& request, BatchSink& sink,
                         const HttpResponder& responder) {
  Outcome outcome;
  BatchBuilder builder(endpoint.origin);
  if (request.body.find_first_not_of(" \t\r\n") == std::string::npos) {
    outcome.rejects.push_back({"json", "the body is empty", request.body, 1, 0});
  } else {
    builder.add(request.body, clock_(), 1, 0);
  }
  offer(builder, sink, responder, std::move(outcome));
}

void HttpSource::ingest(const HttpEndpoint& endpoint, const HttpRequest& request, BatchSink& sink,
                        const HttpResponder& responder) {
  // Before any work: the sender will come again.
  if (!sink.wait_for_room(std::chrono::milliseconds(0))) return overloaded(endpoint.name, responder);
  std::string_view body = request.body;
  std::string inflated;
  const auto encoding = request.header("content-encoding").value_or("identity");
  if (encoding == "gzip") {
    const Unpacked unpacked = gunzip(body, options_.inflated_bytes, inflated);
    if (unpacked == Unpacked::too_large) return responder.send(plain(413, "the body is too large when unpacked\n"));
    if (unpacked == Unpacked::damaged) return responder.send(plain(400, "the body is not whole gzip data\n"));
    body = inflated;
  } else if (encoding != "identity") {
    return responder.send(plain(415, "only gzip and identity are understood\n"));
  }
  BodyCollector collector(endpoint.origin, clock_());
  event::Framer framer(endpoint.framing, options_.framing_limits);
  framer.feed(body, collector);
  framer.finish(collector);
  Outcome outcome;
  outcome.answer.content_type = "application/json";
  outcome.answer.body = fmt::format("{{\"records\":{}}}\n", collector.builder().size());
  outcome.rejects = std::move(collector.rejects());
  offer(collector.builder(), sink, responder, std::move(outcome));
}

// 2xx means durable, or in memory when nothing is. What cannot be kept now is 503, which senders retry (Okta once); never
// 429, which Okta does not. Rejects count once the request does: before that the sender will come again with them.
void HttpSource::offer(BatchBuilder& builder, BatchSink& sink, const HttpResponder& responder, Outcome outcome) {
  const auto origin = builder.origin();
  auto done = [responder, origin, tally = tally_, on_reject = on_reject_,
               shared = std::make_shared<Outcome>(std::move(outcome))](bool durable) {
    if (!durable) {
      ++tally->undurable;
      return responder.send(come_again());
    }
    for (const KeptReject& kept : shared->rejects) {
      if (on_reject) on_reject(*origin, {kept.reason, kept.message, kept.bytes, kept.line, kept.position});
    }
    responder.send(std::move(shared->answer));
  };
  if (builder.empty()) return done(true);
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
