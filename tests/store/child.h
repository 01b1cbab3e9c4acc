// Another process of this test program, which runs one disabled test: to be killed, to hold a lock, to have mounts of its own.
// One thread.
#pragma once

#include <sys/types.h>

#include <map>
#include <string>

namespace vedette::connectors::testing {

class Child {
 public:
  // Runs DISABLED_Child.<test> with these environment variables. It ends by itself after a minute.
  Child(const std::string& test, const std::map<std::string, std::string>& environment);
  ~Child();  // killed if it still runs
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  // Its exit code, or minus the signal that ended it.
  int wait();
  void kill();
  [[nodiscard]] pid_t pid() const { return pid_; }

 private:
  pid_t pid_ = -1;
  int status_ = 0;
  bool ended_ = false;
};

// In the child. Empty in any other process: the test then has nothing to do.
[[nodiscard]] std::string child_variable(const std::string& name);
// A child's exit code when the machine does not allow what it wants to do.
inline constexpr int kChildSkipped = 77;

}  // namespace vedette::connectors::testing
