// `vedette init`: a commented configuration, a first rule and its test. Never overwrites.
#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <memory>

#include "app/commands.h"
#include "app/exit_code.h"
#include "app/init_files.h"
#include "app/terminal.h"

namespace vedette::app {

namespace {

namespace fs = std::filesystem;

Status write_new(const fs::path& path, std::string_view text) {
  // "x": an existing file is never touched.
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "wxe"), &std::fclose);
  if (!file || !write_all(file.get(), text))
    return Error{std::string("cannot be written: ") + std::strerror(errno), path.string()};
  return {};
}

}  // namespace

int run_init(const InitOptions& options) {
  const fs::path folder(options.directory);
  std::error_code code;
  for (const InitFile& file : kInitFiles) {
    if (!fs::exists(folder / file.path, code)) continue;
    print_error(fmt::format("{} exists already; nothing was written", (folder / file.path).string()));
    return kExitUsage;
  }
  for (const InitFile& file : kInitFiles) {
    const fs::path path = folder / file.path;
    fs::create_directories(path.parent_path(), code);
    const Status written = write_new(path, file.text);
    if (!written) {
      print_error(written.error().to_string());
      return kExitRuntime;
    }
    (void)write_all(stdout, path.string() + "\n");
  }
  const std::string enter = options.directory == "." ? "" : "cd " + options.directory + " && ";
  print_note(fmt::format("next: {}vedette check -c vedette.yml && vedette test; then vedette run -c vedette.yml", enter));
  return kExitOk;
}

}  // namespace vedette::app
