// Runs the built program and keeps its output; files of a test live in a folder of their own that goes with it.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <vector>

namespace vedette::tests {

struct Outcome {
  int code = -1;
  std::string out, err;
};

// A temporary folder.
class Folder {
 public:
  Folder();
  ~Folder();
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  [[nodiscard]] std::string path(const std::string& name = "") const;
  // Writes a file, making folders on the way; returns its path.
  std::string write(const std::string& name, const std::string& text) const;
  std::string write_gz(const std::string& name, const std::string& text) const;

 private:
  std::filesystem::path root_;
};

[[nodiscard]] std::string read_file(const std::string& path);
[[nodiscard]] std::string source_path(const std::string& relative);

// The program with these arguments, standard input and working directory, until it ends.
[[nodiscard]] Outcome run(const std::vector<std::string>& arguments, const std::string& input = "",
                          const std::string& directory = "");

// A program that goes on running.
class Running {
 public:
  Running(const std::vector<std::string>& arguments, const Folder& folder);
  ~Running();
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;

  // Waits until the text occurs in standard error or output; false after the time.
  [[nodiscard]] bool wait_for(const std::string& text, int seconds = 20) const;
  void signal(int number) const;
  // The exit code.
  [[nodiscard]] int wait();
  [[nodiscard]] std::string out() const;
  [[nodiscard]] std::string err() const;

 private:
  std::string out_path_, err_path_;
  pid_t process_ = -1;
};

}  // namespace vedette::tests
