#include "bench/live/requests.h"

#include <fmt/format.h>

#include <chrono>

namespace vedette::bench {

RequestMill::RequestMill(RequestOptions options)
    : options_(std::move(options)),
      events_(options_.seed, options_.body == Body::strangers ? 0 : 20'000),
      random_(options_.seed + 1),
      domain_(fmt::format("run-{:08x}.example", options_.seed & 0xffffffff)) {}

void RequestMill::begin(Request& request) {
  using namespace std::chrono;
  now_ = duration_cast<microseconds>(system_clock::now().time_since_epoch()).count();
  if (options_.body == Body::hook) {
    request.bytes =
        R"({"eventType":"com.okta.event_hook","eventTypeVersion":"1.0","cloudEventsVersion":"0.1","data":{"events":[)";
  }
}

void RequestMill::separate(Request& request) {
  if (request.events++ > 0) request.bytes += options_.body == Body::hook ? ',' : '\n';
}

void RequestMill::end(Request& request) const {
  request.bytes += options_.body == Body::hook ? "]}}" : "\n";
  if (options_.head.empty()) return;
  const std::string head = fmt::format("{}Content-Length: {}\r\n\r\n", options_.head, request.bytes.size());
  request.bytes.insert(0, head);
}

void RequestMill::add_marked(Request& request, std::string_view type, std::string_view marker, std::uint64_t number) {
  separate(request);
  events_.append_small(request.bytes, type, fmt::format("{}-{}@{}", marker, number, domain_), now_);
}

Request RequestMill::opening() {
  Request request;
  begin(request);
  while (opened_ < kProbesAhead) {
    add_probe(request, opened_);
    add_probe(request, opened_++);
  }
  end(request);
  return request;
}

void RequestMill::fill(Request& request) {
  if (options_.body == Body::strangers) {
    for (std::size_t i = 0; i < options_.most; ++i) {
      separate(request);
      events_.append_stranger(request.bytes, now_);
    }
    add_marked(request, "bench.control", "control", count_ % options_.control_users);
    return;
  }
  const std::size_t events = options_.body == Body::hook ? 1 + random_() % options_.most : options_.most;
  for (std::size_t i = 0; i < events; ++i) {
    separate(request);
    events_.append(request.bytes, now_);
  }
}

Request RequestMill::next() {
  Request request;
  begin(request);
  fill(request);
  if (options_.probe_every > 0 && count_ % options_.probe_every == 0) {
    add_probe(request, opened_);
    add_probe(request, opened_++);
    request.probe = static_cast<std::int64_t>(completed_);
    add_probe(request, completed_++);
  }
  ++count_;
  end(request);
  return request;
}

Request RequestMill::last() {
  Request request;
  begin(request);
  request.probe = static_cast<std::int64_t>(completed_);
  add_probe(request, completed_++);
  end(request);
  return request;
}

}  // namespace vedette::bench
