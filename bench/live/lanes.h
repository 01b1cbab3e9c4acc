// Where requests go: lanes that carry one at a time each. HTTP: keep-alive connections to a loopback port, made when first used,
// answers counted by status, 503 sent again after a pause. Pipe: standard output, lines. Non-blocking over one epoll, which also
// holds standard input. One thread.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "bench/live/requests.h"

namespace vedette::bench {

struct Answer {
  Request request;
  double due = 0, answered = 0;
};

class Lanes {
 public:
  // HTTP to 127.0.0.1:port.
  Lanes(std::uint16_t port, std::size_t connections);
  // Standard output.
  Lanes();
  ~Lanes();
  Lanes(const Lanes&) = delete;
  Lanes& operator=(const Lanes&) = delete;

  [[nodiscard]] bool free() const { return !idle_.empty(); }
  [[nodiscard]] bool quiet() const { return idle_.size() == lanes_.size(); }
  // On a free lane.
  void send(Request request, double due);
  // Waits until something happens or the time has come; true when standard input has something. What was answered 2xx (or
  // written, for a pipe) is added to `done`.
  bool wait(double until, std::vector<Answer>& done);
  [[nodiscard]] const std::map<int, std::uint64_t>& statuses() const { return statuses_; }
  void forget_input();

 private:
  struct Lane {
    int out = -1;
    bool http = true;
    std::size_t written = 0;
    std::string in;
    double again = 0;  // a moment: refused, to be sent again
    Answer under_way;
  };
  void watch(int fd, std::uint64_t tag, bool writable);
  void write(std::size_t index);
  void read(std::size_t index, std::vector<Answer>& done);
  void finish(std::size_t index, std::vector<Answer>& done);
  void reconnect(std::size_t index);
  double send_refused(double until);

  int poll_ = -1;
  std::uint16_t port_ = 0;
  std::vector<Lane> lanes_;
  std::vector<std::size_t> idle_;
  std::map<int, std::uint64_t> statuses_;
  std::size_t refused_ = 0;
  std::vector<Answer> written_;
};

}  // namespace vedette::bench
