#include "app/service/crash_guard.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <memory>
#include <unordered_map>

#include "connectors/store/failpoint.h"

namespace vedette::app {

namespace {

constexpr std::array kFaults = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT};
constexpr int kTimesUntilSkipped = 2;
constexpr std::size_t kMostSuspects = 65'536;
constexpr std::size_t kSignalStack = std::size_t{64} << 10;

struct InHand {
  const char* bytes = nullptr;
  std::size_t size = 0;
};
// Trivial, so that a signal handler may read it.
thread_local InHand in_hand;
std::atomic<int> suspects_file = -1;

// FNV-1a over the bytes: simple enough for a signal handler, and nothing depends on its being hard to guess.
std::uint64_t hash_of(const char* bytes, std::size_t size) {
  std::uint64_t hash = 0xcbf29ce484222325U ^ size;
  for (std::size_t i = 0; i < size; ++i) hash = (hash ^ static_cast<unsigned char>(bytes[i])) * 0x100000001b3U;
  return hash;
}

// A fault of this thread, or abort(); a signal that somebody sent is no fault of the record.
bool is_fault(const siginfo_t& info) { return info.si_code > 0 || info.si_pid == ::getpid(); }

void on_fault(int signal, siginfo_t* info, void*) {
  if (in_hand.bytes != nullptr && is_fault(*info)) {
    const std::uint64_t hash = hash_of(in_hand.bytes, in_hand.size);
    const int file = suspects_file;
    if (file >= 0 && ::write(file, &hash, sizeof(hash)) == sizeof(hash)) (void)::fsync(file);
  }
  // What would have happened without us.
  struct sigaction standard {};
  standard.sa_handler = SIG_DFL;
  ::sigaction(signal, &standard, nullptr);
  (void)::raise(signal);
}

// A fault may be a stack that is too deep: the handler runs on one of its own.
void take_signal_stack() {
  thread_local std::unique_ptr<char[]> memory;
  if (memory) return;
  memory = std::make_unique<char[]>(kSignalStack);
  stack_t stack{};
  stack.ss_sp = memory.get();
  stack.ss_size = kSignalStack;
  (void)::sigaltstack(&stack, nullptr);
}

}  // namespace

CrashGuard::~CrashGuard() {
  if (file_ < 0) return;
  for (const int fault : kFaults) (void)::signal(fault, SIG_DFL);
  suspects_file = -1;
  ::close(file_);
}

Status CrashGuard::start(const std::string& folder) {
  const std::string path = folder + "/suspects";
  std::ifstream before(path, std::ios::binary);
  std::unordered_map<std::uint64_t, int> times;
  std::uint64_t hash = 0;
  while (times.size() < kMostSuspects && before.read(reinterpret_cast<char*>(&hash), sizeof(hash))) {
    if (++times[hash] >= kTimesUntilSkipped) skip_.insert(hash);
  }
  file_ = ::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
  if (file_ < 0) return Error{fmt::format("cannot be opened: {}", std::strerror(errno)), path};
  suspects_file = file_;
  struct sigaction action {};
  action.sa_sigaction = on_fault;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK;
  for (const int fault : kFaults) {
    if (::sigaction(fault, &action, nullptr) != 0) return Error{fmt::format("sigaction: {}", std::strerror(errno))};
  }
  return {};
}

bool CrashGuard::enter(const event::RawRecord& record) {
  if (!skip_.empty() && skip_.contains(hash_of(record.bytes.data(), record.bytes.size()))) return false;
  take_signal_stack();
  in_hand = {record.bytes.data(), record.bytes.size()};
  connectors::crashpoint(record.bytes);
  return true;
}

void CrashGuard::leave() { in_hand = {}; }

}  // namespace vedette::app
