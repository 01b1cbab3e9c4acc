#include "connectors/sinks/stdout_sink.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstring>

namespace vedette::connectors {
namespace {

// A pipe that polls as writable takes PIPE_BUF bytes without blocking, so no write outlasts a cancel().
constexpr std::size_t kAtOnce = PIPE_BUF;
constexpr int kPollMs = 50;

bool passes(int code) { return code == ENOSPC || code == EDQUOT; }

}  // namespace

Delivery StdoutSink::write_out(std::string_view& text) {
  while (!text.empty()) {
    if (cancelled_) return {.next = Delivery::Next::retry, .reason = "cancelled"};
    pollfd wait{descriptor_, POLLOUT, 0};
    if (::poll(&wait, 1, kPollMs) == 0) continue;
    const ssize_t n = ::write(descriptor_, text.data(), std::min(text.size(), kAtOnce));
    if (n >= 0) {
      text.remove_prefix(static_cast<std::size_t>(n));
    } else if (errno != EAGAIN && errno != EINTR) {
      const std::string reason = std::string("writing alerts failed: ") + std::strerror(errno);
      return {.next = passes(errno) ? Delivery::Next::retry : Delivery::Next::closed, .reason = reason};
    }
  }
  return {};
}

Delivery StdoutSink::deliver(std::span<const OutboxAlert> alerts) {
  for (std::size_t i = 0; i < alerts.size(); ++i) {
    const bool begun = begun_number_ == alerts[i].number && !begun_.empty();
    // A line that was begun is ended before another one begins.
    std::string line = begun ? begun_ : begun_ + alerts[i].json + '\n';
    std::string_view rest = line;
    Delivery failed = write_out(rest);
    if (failed.next != Delivery::Next::done) {
      failed.delivered = i;
      const bool touched = begun || rest.size() < line.size();
      if (touched) {
        begun_ = rest;
        begun_number_ = alerts[i].number;
      }
      return failed;
    }
    begun_.clear();
  }
  return {.delivered = alerts.size()};
}

}  // namespace vedette::connectors
