#include "bench/live/lanes.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <utility>

#include "bench/live/watch.h"

namespace vedette::bench {
namespace {

constexpr std::uint64_t kInput = ~std::uint64_t{0};
constexpr double kPause = 0.01;  // before a refused request is sent again

[[noreturn]] void give_up(const char* what) {
  std::perror(what);
  std::exit(4);
}

int connect_to(std::uint16_t port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (fd < 0 || ::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) give_up("connect");
  const int on = 1;
  (void)::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return fd;
}

void make_non_blocking(int fd) {
  if (::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK) != 0) give_up("fcntl");
}

// The status of a whole answer at the front of `in`, which is taken off; 0 while it is not whole.
int take_answer(std::string& in) {
  const std::size_t head = in.find("\r\n\r\n");
  if (head == std::string::npos || in.size() < 12) return 0;
  int status = 0;
  std::from_chars(in.data() + 9, in.data() + 12, status);
  std::size_t body = 0;
  for (std::size_t at = in.find("\r\n"); at < head; at = in.find("\r\n", at + 2)) {
    constexpr std::string_view kName = "content-length:";
    if (::strncasecmp(in.data() + at + 2, kName.data(), kName.size()) != 0) continue;
    body = std::strtoul(in.data() + at + 2 + kName.size(), nullptr, 10);
  }
  if (in.size() < head + 4 + body) return 0;
  in.erase(0, head + 4 + body);
  return status;
}

}  // namespace

Lanes::Lanes(std::uint16_t port, std::size_t connections) : poll_(::epoll_create1(EPOLL_CLOEXEC)) {
  port_ = port;
  for (std::size_t i = 0; i < connections; ++i) {
    lanes_.emplace_back();
    idle_.push_back(i);
  }
  make_non_blocking(STDIN_FILENO);
  watch(STDIN_FILENO, kInput, false);
}

Lanes::Lanes() : poll_(::epoll_create1(EPOLL_CLOEXEC)) {
  Lane lane;
  lane.out = STDOUT_FILENO;
  lane.http = false;
  make_non_blocking(lane.out);
  watch(lane.out, 0, true);
  lanes_.push_back(std::move(lane));
  idle_.push_back(0);
  make_non_blocking(STDIN_FILENO);
  watch(STDIN_FILENO, kInput, false);
}

Lanes::~Lanes() {
  for (const Lane& lane : lanes_) {
    if (lane.out >= 0) ::close(lane.out);
  }
  ::close(poll_);
}

void Lanes::watch(int fd, std::uint64_t tag, bool writable) {
  epoll_event event{};
  // What is written is watched by edges: a lane is idle most of the time.
  event.events = writable ? EPOLLIN | EPOLLOUT | EPOLLET : EPOLLIN;
  event.data.u64 = tag;
  if (::epoll_ctl(poll_, EPOLL_CTL_ADD, fd, &event) != 0 && errno != EPERM) give_up("epoll");
}

void Lanes::forget_input() { ::epoll_ctl(poll_, EPOLL_CTL_DEL, STDIN_FILENO, nullptr); }

void Lanes::send(Request request, double due) {
  const std::size_t index = idle_.back();
  idle_.pop_back();
  Lane& lane = lanes_[index];
  lane.under_way = {std::move(request), due, 0};
  lane.written = 0;
  write(index);
}

void Lanes::write(std::size_t index) {
  Lane& lane = lanes_[index];
  const std::string& bytes = lane.under_way.request.bytes;
  if (lane.out < 0) {
    lane.out = connect_to(port_);
    make_non_blocking(lane.out);
    watch(lane.out, index, true);
  }
  while (lane.written < bytes.size()) {
    const ssize_t put = ::write(lane.out, bytes.data() + lane.written, bytes.size() - lane.written);
    if (put < 0 && errno == EAGAIN) return;
    if (put < 0) give_up("write");
    lane.written += static_cast<std::size_t>(put);
  }
  if (!lane.http && !bytes.empty()) finish(index, written_);
}

void Lanes::finish(std::size_t index, std::vector<Answer>& done) {
  Lane& lane = lanes_[index];
  lane.under_way.answered = seconds_now();
  done.push_back(std::move(lane.under_way));
  lane.under_way = {};
  lane.written = 0;
  idle_.push_back(index);
}

void Lanes::read(std::size_t index, std::vector<Answer>& done) {
  Lane& lane = lanes_[index];
  char buffer[16384];
  ssize_t got = 0;
  while ((got = ::read(lane.out, buffer, sizeof buffer)) > 0) lane.in.append(buffer, static_cast<std::size_t>(got));
  if (got == 0) return reconnect(index);
  const int status = take_answer(lane.in);
  if (status == 0) return;
  ++statuses_[status];
  if (status >= 200 && status < 300) return finish(index, done);
  lane.again = seconds_now() + kPause;
  ++refused_;
}

// The other side closes connections that were idle for long; what crossed with that is sent again.
void Lanes::reconnect(std::size_t index) {
  Lane& lane = lanes_[index];
  ::close(lane.out);
  lane.out = -1;
  lane.in.clear();
  lane.written = 0;
  if (!lane.under_way.request.bytes.empty() && lane.again == 0) write(index);
}

// Sends again what was refused a pause ago; returns when to look next.
double Lanes::send_refused(double until) {
  if (refused_ == 0) return until;
  const double now = seconds_now();
  for (std::size_t i = 0; i < lanes_.size(); ++i) {
    Lane& lane = lanes_[i];
    if (lane.again == 0) continue;
    if (lane.again > now) {
      until = std::min(until, lane.again);
      continue;
    }
    lane.again = 0;
    lane.written = 0;
    --refused_;
    write(i);
  }
  return until;
}

bool Lanes::wait(double until, std::vector<Answer>& done) {
  until = send_refused(until);
  const double left = written_.empty() ? std::max(0.0, until - seconds_now()) : 0.0;
  const timespec timeout{static_cast<time_t>(left), static_cast<long>((left - std::floor(left)) * 1e9)};
  epoll_event events[64];
  const int count = ::epoll_pwait2(poll_, events, 64, &timeout, nullptr);
  bool input = false;
  for (int i = 0; i < count; ++i) {
    if (events[i].data.u64 == kInput) {
      input = true;
      continue;
    }
    const auto index = static_cast<std::size_t>(events[i].data.u64);
    Lane& lane = lanes_[index];
    const bool under_way = !lane.under_way.request.bytes.empty() && lane.again == 0;
    if ((events[i].events & EPOLLOUT) != 0 && under_way && lane.written < lane.under_way.request.bytes.size()) write(index);
    if (lane.http && (events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0) read(index, done);
  }
  done.insert(done.end(), std::make_move_iterator(written_.begin()), std::make_move_iterator(written_.end()));
  written_.clear();
  return input;
}

}  // namespace vedette::bench
