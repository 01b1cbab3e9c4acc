#include "app/interrupt.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <csignal>

namespace vedette::app {

namespace {

volatile std::sig_atomic_t received = 0;
volatile std::sig_atomic_t reload_received = 0;
std::array<int, 2> wake_pipe = {-1, -1};

void on_signal(int signal) {
  if (received != 0 && signal == SIGINT) _exit(130);
  received = signal;
  const char byte = 1;
  if (wake_pipe[1] >= 0 && write(wake_pipe[1], &byte, 1) < 0) received = signal;
}

void on_reload(int) { reload_received = 1; }

}  // namespace

void install_interrupt_handler() {
  if (pipe2(wake_pipe.data(), O_CLOEXEC | O_NONBLOCK) != 0) wake_pipe = {-1, -1};
  struct sigaction action = {};
  action.sa_handler = on_signal;
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  action.sa_handler = on_reload;
  sigaction(SIGHUP, &action, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
}

bool interrupted() { return received != 0; }

bool take_reload_signal() {
  if (reload_received == 0) return false;
  reload_received = 0;
  return true;
}

int interrupt_signal() { return received; }

bool wait_for_interrupt(int milliseconds) {
  if (interrupted()) return true;
  pollfd descriptor = {wake_pipe[0], POLLIN, 0};
  (void)poll(&descriptor, 1, milliseconds);
  return interrupted();
}

}  // namespace vedette::app
