#include "connectors/sinks/stdout_sink.h"

#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace vedette::connectors {
namespace {

constexpr std::size_t kFlushAt = 64 * 1024;

}  // namespace

void StdoutSink::deliver(const alert::Alert&, std::string_view json) {
  buffer_.append(json);
  buffer_.push_back('\n');
  ++buffered_;
  if (buffer_.size() >= kFlushAt) write_out();
}

Status StdoutSink::flush() {
  write_out();
  return status_;
}

void StdoutSink::write_out() {
  std::size_t written = 0;
  while (status_.ok() && written < buffer_.size()) {
    const ssize_t n = ::write(descriptor_, buffer_.data() + written, buffer_.size() - written);
    if (n >= 0) {
      written += static_cast<std::size_t>(n);
    } else if (errno == EAGAIN) {
      pollfd wait{descriptor_, POLLOUT, 0};
      ::poll(&wait, 1, -1);
    } else if (errno != EINTR) {
      status_ = Error{std::string("writing alerts failed: ") + std::strerror(errno), name_};
    }
  }
  if (!status_.ok()) failed_ += buffered_;
  buffer_.clear();
  buffered_ = 0;
}

}  // namespace vedette::connectors
