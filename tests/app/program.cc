#include "tests/app/program.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zlib.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <thread>

namespace vedette::tests {

namespace {

namespace fs = std::filesystem;

void redirect(const std::string& path, int descriptor, int flags) {
  const int opened = open(path.c_str(), flags | O_CLOEXEC, 0600);
  if (opened < 0 || dup2(opened, descriptor) < 0) _exit(126);
}

pid_t spawn(const std::vector<std::string>& arguments, const std::string& in, const std::string& out, const std::string& err,
            const std::string& directory) {
  const pid_t process = fork();
  if (process != 0) return process;
  redirect(in, 0, O_RDONLY);
  redirect(out, 1, O_WRONLY | O_CREAT | O_TRUNC);
  redirect(err, 2, O_WRONLY | O_CREAT | O_TRUNC);
  if (!directory.empty() && chdir(directory.c_str()) != 0) _exit(126);
  std::vector<std::string> words = {VEDETTE_PROGRAM};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> pointers;
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  execv(VEDETTE_PROGRAM, pointers.data());
  _exit(127);
}

int exit_code(pid_t process) {
  int status = 0;
  if (waitpid(process, &status, 0) != process) return -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace

Folder::Folder() {
  std::string name = (fs::temp_directory_path() / "vedette-test-XXXXXX").string();
  root_ = mkdtemp(name.data());
}

Folder::~Folder() {
  std::error_code code;
  fs::remove_all(root_, code);
}

std::string Folder::path(const std::string& name) const { return name.empty() ? root_.string() : (root_ / name).string(); }

std::string Folder::write(const std::string& name, const std::string& text) const {
  const fs::path file = root_ / name;
  fs::create_directories(file.parent_path());
  std::ofstream(file, std::ios::binary) << text;
  return file.string();
}

std::string Folder::write_gz(const std::string& name, const std::string& text) const {
  const std::string file = path(name);
  gzFile out = gzopen(file.c_str(), "wb9");
  for (std::size_t at = 0; at < text.size(); at += 1 << 20) {
    const auto size = static_cast<unsigned>(std::min<std::size_t>(1 << 20, text.size() - at));
    gzwrite(out, text.data() + at, size);
  }
  gzclose(out);
  return file;
}

std::string read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

std::string source_path(const std::string& relative) { return std::string(VEDETTE_SOURCE_DIR) + "/" + relative; }

Outcome run(const std::vector<std::string>& arguments, const std::string& input, const std::string& directory) {
  const Folder folder;
  const std::string in = folder.write("in", input);
  const pid_t process = spawn(arguments, in, folder.path("out"), folder.path("err"), directory);
  Outcome outcome;
  outcome.code = exit_code(process);
  outcome.out = read_file(folder.path("out"));
  outcome.err = read_file(folder.path("err"));
  return outcome;
}

Running::Running(const std::vector<std::string>& arguments, const Folder& folder)
    : out_path_(folder.path("running.out")), err_path_(folder.path("running.err")) {
  process_ = spawn(arguments, "/dev/null", out_path_, err_path_, "");
}

Running::~Running() {
  if (process_ <= 0) return;
  kill(process_, SIGKILL);
  (void)exit_code(process_);
}

bool Running::wait_for(const std::string& text, int seconds) const {
  for (int i = 0; i < seconds * 50; ++i) {
    if (err().find(text) != std::string::npos || out().find(text) != std::string::npos) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  return false;
}

void Running::signal(int number) const { kill(process_, number); }

int Running::wait() {
  const int code = exit_code(process_);
  process_ = -1;
  return code;
}

std::string Running::out() const { return read_file(out_path_); }
std::string Running::err() const { return read_file(err_path_); }

}  // namespace vedette::tests
