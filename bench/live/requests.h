// What a load sends, request by request. A probe is one alert to be timed: its first two events go out well before the one
// that completes it. One thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "bench/live/events.h"

namespace vedette::bench {

enum class Body : std::uint8_t {
  hook,      // an Okta Event Hook of 1 to `most` events
  lines,     // NDJSON of `most` events
  strangers  // NDJSON of `most` failed sign-ins of random names, and one of a control user
};

struct RequestOptions {
  Body body = Body::hook;
  std::size_t most = 10;
  std::uint64_t probe_every = 0;    // one request in so many completes a probe; 0: none
  std::uint64_t control_users = 0;  // of strangers: they take turns
  std::string head = {};            // lines of an HTTP header, each with its end; empty: bodies alone
  std::uint64_t seed = 1;
};

struct Request {
  std::string bytes;  // header and body
  std::uint64_t events = 0;
  std::int64_t probe = -1;  // that it completes
};

inline constexpr std::uint64_t kProbesAhead = 40;

class RequestMill {
 public:
  explicit RequestMill(RequestOptions options);
  // Before the load: opens the first probes.
  [[nodiscard]] Request opening();
  [[nodiscard]] Request next();
  // Completes a probe that was opened and not completed: behind everything else.
  [[nodiscard]] Request last();
  [[nodiscard]] std::uint64_t probes() const { return opened_; }
  [[nodiscard]] std::uint64_t requests() const { return count_; }

 private:
  void begin(Request& request);
  void add_marked(Request& request, std::string_view type, std::string_view marker, std::uint64_t number);
  void add_probe(Request& request, std::uint64_t probe) { add_marked(request, "bench.probe", "probe", probe); }
  void separate(Request& request);
  void end(Request& request) const;
  void fill(Request& request);

  RequestOptions options_;
  EventMill events_;
  std::mt19937_64 random_;
  std::string domain_;  // of marked users: another one each run
  TimeUs now_ = 0;
  std::uint64_t count_ = 0, opened_ = 0, completed_ = 0;
};

}  // namespace vedette::bench
