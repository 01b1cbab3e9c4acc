#include "tests/store/child.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <stdexcept>
#include <vector>

extern char** environ;

namespace vedette::connectors::testing {

Child::Child(const std::string& test, const std::map<std::string, std::string>& environment) {
  std::vector<std::string> words = {"vd_test_store", "--gtest_filter=DISABLED_Child." + test, "--gtest_also_run_disabled_tests",
                                    "--gtest_brief=1"};
  std::vector<std::string> variables;
  for (char** at = environ; *at != nullptr; ++at) {
    const std::string variable = *at;
    if (!variable.starts_with("GTEST_") && !variable.starts_with("VEDETTE_FAILPOINT=")) variables.push_back(variable);
  }
  for (const auto& [name, value] : environment) variables.push_back(name + "=" + value);
  std::vector<char*> arguments, child_environment;
  for (std::string& word : words) arguments.push_back(word.data());
  for (std::string& variable : variables) child_environment.push_back(variable.data());
  arguments.push_back(nullptr);
  child_environment.push_back(nullptr);
  pid_ = ::fork();
  if (pid_ < 0) throw std::runtime_error("no child process");
  if (pid_ > 0) return;
  (void)::alarm(60);
  (void)::execve("/proc/self/exe", arguments.data(), child_environment.data());
  ::_exit(127);
}

Child::~Child() {
  if (!ended_) kill();
}

int Child::wait() {
  if (!ended_) {
    while (::waitpid(pid_, &status_, 0) < 0) {
    }
    ended_ = true;
  }
  return WIFEXITED(status_) ? WEXITSTATUS(status_) : -WTERMSIG(status_);
}

void Child::kill() {
  (void)::kill(pid_, SIGKILL);
  (void)wait();
}

std::string child_variable(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  return value == nullptr ? "" : value;
}

}  // namespace vedette::connectors::testing
