// Events by HTTP on one listening address: Okta event hooks (verification challenge, authorization header) and plain
// POST of NDJSON, JSON or arrays. 2xx is sent once the sink has called done(true); a refusal or done(false) answers 503 with
// Retry-After. One thread of its own; done may be called on any thread, also after stop(). Counters and address() may be read
// from any thread.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "connectors/net/http_auth.h"
#include "connectors/net/http_server.h"
#include "connectors/net/inherited_sockets.h"
#include "connectors/sources/batch_builder.h"
#include "connectors/sources/record_source.h"
#include "engine/event/framer.h"

namespace vedette::connectors {

enum class HttpEndpointKind : std::uint8_t { okta_hook, ingest };

struct HttpEndpoint {
  HttpEndpointKind kind = HttpEndpointKind::ingest;
  std::string name;  // config name
  std::string path;  // "/okta"
  // An okta_hook has HttpAuthKind::authorization; an ingest endpoint may do without any on a loopback address only.
  HttpAuthOptions auth = {};
  std::shared_ptr<const event::Origin> origin;         // with ordinal_per_batch
  event::Framing framing = event::Framing::automatic;  // ingest
};

struct HttpSourceOptions {
  std::string listen = "127.0.0.1:0";
  std::vector<HttpEndpoint> endpoints;    // their paths differ
  std::optional<HttpTlsFiles> tls = {};   // of all of them
  InheritedSockets* inherited = nullptr;  // used by start(): a socket bound to `listen`, or named like an endpoint
  HttpLimits limits = {};
  event::Limits framing_limits = {};
  std::size_t inflated_bytes = 16 << 20;  // of a gzip or zstd body; beyond: 413
  // Elements that framing refuses, before the request is offered: what it stores is durable when the request is. The
  // sender may come again with them. Null: they are only counted.
  RejectHandler keep_reject = {};
};

class HttpSource final : public RecordSource {
 public:
  HttpSource(HttpSourceOptions options, Clock clock, Log log, RejectHandler on_reject);
  ~HttpSource() override;

  [[nodiscard]] const std::string& name() const override { return options_.listen; }
  // Listens; address() is known afterwards.
  [[nodiscard]] Status start(BatchSink& sink) override;
  void stop() override;
  // An endpoint of that name is among ours.
  [[nodiscard]] bool serves(const std::string& endpoint_name) const;
  // Replaces the secrets of an endpoint, from the next request on; an error leaves the old ones. Any thread, after start().
  [[nodiscard]] Status set_secrets(const std::string& endpoint_name, const std::vector<std::string>& secrets);
  // Reads certificate and key again. Any thread.
  [[nodiscard]] Status reload_tls() { return server_.reload_tls(); }
  [[nodiscard]] std::string address() const { return server_.address(); }
  [[nodiscard]] std::uint64_t overloads() const { return tally_->overloads; }  // refused by the sink: answered 503
  [[nodiscard]] std::uint64_t undurable() const { return tally_->undurable; }  // done(false): answered 503
  [[nodiscard]] std::uint64_t repeats() const { return tally_->repeats; }      // webhook ids acknowledged once more
  // Bodies of admitted senders that were answered 413, by endpoint.
  [[nodiscard]] std::map<std::string, std::uint64_t> too_large() const;
  [[nodiscard]] HttpCounters counters() const { return server_.counters(); }

 private:
  // An endpoint as it serves.
  struct Door {
    const HttpEndpoint* endpoint;
    std::shared_ptr<HttpAuth> auth;
    std::unique_ptr<std::atomic<std::uint64_t>> too_large = std::make_unique<std::atomic<std::uint64_t>>(0);
  };
  [[nodiscard]] Result<std::shared_ptr<HttpAuth>> make_auth(const HttpEndpoint& endpoint) const;
  void add_route(const Door& door, BatchSink& sink);
  void receive(const Door& door, const HttpRequest& request, BatchSink& sink, const HttpResponder& responder);
  void take_hook(const Door& door, const HttpRequest& request, BatchSink& sink, const HttpResponder& responder);
  void take_records(const Door& door, const HttpRequest& request, BatchSink& sink, const HttpResponder& responder);
  void overloaded(const std::string& name, const HttpResponder& responder);
  struct Outcome;
  void offer(BatchBuilder& builder, BatchSink& sink, const HttpResponder& responder, Outcome outcome);

  HttpSourceOptions options_;
  Clock clock_;
  Log log_;
  RejectHandler on_reject_;
  // What done() touches, which may outlive the source.
  struct Tally {
    std::atomic<std::uint64_t> overloads = 0, undurable = 0, repeats = 0;
  };
  std::shared_ptr<Tally> tally_ = std::make_shared<Tally>();
  std::vector<Door> doors_;
  HttpServer server_;
  std::thread thread_;
};

}  // namespace vedette::connectors
