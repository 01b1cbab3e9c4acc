#include "app/service/rule_watch.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <utility>

namespace vedette::app {

namespace fs = std::filesystem;

RuleWatch::RuleWatch(std::vector<std::string> paths) : paths_(std::move(paths)), loaded_(look()), seen_(loaded_) {}

bool RuleWatch::changed() {
  std::string now = look();
  const bool settled = now == seen_;
  seen_ = std::move(now);
  if (!settled || seen_ == loaded_) return false;
  loaded_ = seen_;
  return true;
}

std::string RuleWatch::look() const {
  std::vector<std::string> lines;
  const auto add = [&](const fs::path& path) {
    std::error_code code;
    const auto size = fs::file_size(path, code);
    const auto time = fs::last_write_time(path, code);
    lines.push_back(fmt::format("{} {} {}\n", path.string(), size, time.time_since_epoch().count()));
  };
  for (const std::string& path : paths_) {
    std::error_code code;
    if (!fs::is_directory(path, code)) {
      add(path);
      continue;
    }
    for (fs::recursive_directory_iterator entry(path, fs::directory_options::skip_permission_denied, code), end;
         !code && entry != end; entry.increment(code)) {
      std::error_code unreadable;
      if (entry->is_regular_file(unreadable)) add(entry->path());
    }
  }
  std::sort(lines.begin(), lines.end());
  std::string all;
  for (const std::string& line : lines) all += line;
  return all;
}

}  // namespace vedette::app
