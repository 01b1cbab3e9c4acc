// Events by HTTP on one listening address: Okta event hooks (verification challenge, authorization header) and plain
// POST of NDJSON, JSON or arrays. 2xx is sent once the sink has called done(true); a refusal or done(false) answers 503 with
// Retry-After. One thread of its own; done may be called on any thread, also after stop(). Counters and address() may be read
// from any thread.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "connectors/net/http_server.h"
#include "connectors/net/secrets.h"
#include "connectors/sources/batch_builder.h"
#include "connectors/sources/record_source.h"
#include "engine/event/framer.h"

namespace vedette::connectors {

enum class HttpEndpointKind : std::uint8_t { okta_hook, ingest };

struct HttpEndpoint {
  HttpEndpointKind kind = HttpEndpointKind::ingest;
  std::string name;  // config name
  std::string path;  // "/okta"
  // okta_hook: whole values of the Authorization header; ingest: bearer tokens. An okta_hook must have one; an ingest
  // endpoint may do without on a loopback address only.
  SecretSet secrets;
  std::shared_ptr<const event::Origin> origin;         // with ordinal_per_batch
  event::Framing framing = event::Framing::automatic;  // ingest
};

struct HttpSourceOptions {
  std::string listen = "127.0.0.1:0";
  std::vector<HttpEndpoint> endpoints;
  HttpLimits limits = {};
  event::Limits framing_limits = {};
  std::size_t inflated_bytes = 16 << 20;  // of a gzip body
};

class HttpSource final : public RecordSource {
 public:
  HttpSource(HttpSourceOptions options, Clock clock, Log log, RejectHandler on_reject);
  ~HttpSource() override;

  [[nodiscard]] const std::string& name() const override { return options_.listen; }
  // Listens; address() is known afterwards.
  [[nodiscard]] Status start(BatchSink& sink) override;
  void stop() override;
  [[nodiscard]] std::string address() const { return server_.address(); }
  [[nodiscard]] std::uint64_t overloads() const { return tally_->overloads; }  // refused by the sink: answered 503
  [[nodiscard]] std::uint64_t undurable() const { return tally_->undurable; }  // done(false): answered 503
  [[nodiscard]] HttpCounters counters() const { return server_.counters(); }

 private:
  void add_okta(const HttpEndpoint& endpoint, BatchSink& sink);
  void add_ingest(const HttpEndpoint& endpoint, BatchSink& sink);
  void deliver(const HttpEndpoint& endpoint, const HttpRequest& request, BatchSink& sink, const HttpResponder& responder);
  void ingest(const HttpEndpoint& endpoint, const HttpRequest& request, BatchSink& sink, const HttpResponder& responder);
  void overloaded(const std::string& name, const HttpResponder& responder);
  struct Outcome;
  void offer(BatchBuilder& builder, BatchSink& sink, const HttpResponder& responder, Outcome outcome);

  HttpSourceOptions options_;
  Clock clock_;
  Log log_;
  RejectHandler on_reject_;
  // What done() touches, which may outlive the source.
  struct Tally {
    std::atomic<std::uint64_t> overloads = 0, undurable = 0;
  };
  std::shared_ptr<Tally> tally_ = std::make_shared<Tally>();
  HttpServer server_;
  std::thread thread_;
};

}  // namespace vedette::connectors
