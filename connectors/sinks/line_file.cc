#include "connectors/sinks/line_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>
#include <vector>

namespace vedette::connectors {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kBackwards = 64 * 1024;
constexpr std::string_view kStampShape = "00000000T000000Z";

// "20260105T080000Z"
std::string stamp(TimeUs t) {
  const CivilTime c = to_civil(t);
  return fmt::format("{:04}{:02}{:02}T{:02}{:02}{:02}Z", c.year, c.month, c.day, c.hour, c.minute, c.second);
}

bool digits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// The stamp and the number of a rotated file's suffix; {"", 0} when it is none.
std::pair<std::string, std::uint64_t> parse_suffix(std::string_view suffix) {
  if (suffix.size() < kStampShape.size()) return {};
  const std::string_view head = suffix.substr(0, kStampShape.size());
  for (std::size_t i = 0; i < head.size(); ++i) {
    const bool fits = kStampShape[i] == '0' ? digits(head.substr(i, 1)) : head[i] == kStampShape[i];
    if (!fits) return {};
  }
  const std::string_view tail = suffix.substr(head.size());
  if (tail.empty()) return {std::string(head), 1};
  if (tail.front() != '-' || !digits(tail.substr(1)) || tail.size() > 10) return {};
  return {std::string(head), std::stoull(std::string(tail.substr(1)))};
}

int sync_folder_of(const std::string& path) {
  const std::string folder = fs::path(path).parent_path().string();
  const int descriptor = ::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return errno;
  const int code = ::fsync(descriptor) == 0 ? 0 : errno;
  ::close(descriptor);
  return code;
}

// All of it, or the error.
int write_all(int descriptor, std::string_view text) {
  while (!text.empty()) {
    const ssize_t n = ::write(descriptor, text.data(), text.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return errno;
    if (n == 0) return ENOSPC;
    text.remove_prefix(static_cast<std::size_t>(n));
  }
  return 0;
}

std::int64_t day_of(TimeUs t) { return floor_div(t, kDayUs); }

}  // namespace

LineFile::LineFile(LineFileOptions options, std::string component, Log log)
    : options_(std::move(options)), component_(std::move(component)), log_(std::move(log)) {}

LineFile::~LineFile() { close(); }

void LineFile::close() {
  if (descriptor_ >= 0) ::close(std::exchange(descriptor_, -1));
}

Error LineFile::error(std::string_view what, int code) const {
  return Error{code == 0 ? std::string(what) : fmt::format("{}: {}", what, std::strerror(code)), options_.path};
}

Status LineFile::open() {
  close();
  // Not blocking: a FIFO without a reader must give an error, not a wait.
  descriptor_ = ::open(options_.path.c_str(), O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK, options_.mode);
  if (descriptor_ < 0) return error("cannot be opened", errno);
  struct stat state {};
  Status checked;
  if (::fstat(descriptor_, &state) != 0) {
    checked = error("cannot be examined", errno);
  } else if (!S_ISREG(state.st_mode)) {
    checked = error("is not a regular file; for a pipe or a terminal use a sink of type stdout", 0);
  } else if (::flock(descriptor_, LOCK_EX | LOCK_NB) != 0) {
    checked = error("another sink or process writes this file; give each one its own", 0);
  } else {
    day_ = day_of(state.st_size > 0 ? state.st_mtim.tv_sec * kSecondUs : options_.now());
    checked = cut_torn_line();
  }
  if (checked.ok()) {
    if (const int code = sync_folder_of(options_.path); code != 0) checked = error("its folder cannot be synced", code);
  }
  if (!checked.ok()) close();
  return checked;
}

Status LineFile::cut_torn_line() {
  const std::int64_t size = ::lseek(descriptor_, 0, SEEK_END);
  std::array<char, kBackwards> block{};
  std::int64_t keep = 0;
  for (std::int64_t end = size; end > 0 && keep == 0;) {
    const std::int64_t begin = std::max<std::int64_t>(0, end - kBackwards);
    const ssize_t n = ::pread(descriptor_, block.data(), static_cast<std::size_t>(end - begin), begin);
    if (n != end - begin) return error("cannot be read", errno);
    const std::size_t newline = std::string_view(block.data(), static_cast<std::size_t>(n)).rfind('\n');
    if (newline != std::string_view::npos) keep = begin + static_cast<std::int64_t>(newline) + 1;
    end = begin;
  }
  if (keep == size) return {};
  // A line of ours begins so, or is zeros that a power loss left; anything else is not ours to cut.
  char first = 0;
  if (::pread(descriptor_, &first, 1, keep) != 1) return error("cannot be read", errno);
  if (first != '{' && first != '\0')
    return error("does not end with a newline, and its last line is no alert: is it the right file?", 0);
  if (::ftruncate(descriptor_, keep) != 0) return error("its torn last line cannot be cut off", errno);
  if (log_)
    log_(LogLevel::warning, component_, fmt::format("{}: cut off a torn last line of {} bytes", options_.path, size - keep));
  return {};
}

Status LineFile::reopen_if_moved() {
  struct stat ours {
  }, there{};
  if (descriptor_ >= 0 && ::fstat(descriptor_, &ours) == 0 && ::stat(options_.path.c_str(), &there) == 0 &&
      ours.st_ino == there.st_ino && ours.st_dev == there.st_dev)
    return {};
  return open();
}

Status LineFile::rotate_if_due(std::size_t coming) {
  struct stat state {};
  if (::fstat(descriptor_, &state) != 0) return error("cannot be examined", errno);
  if (state.st_size == 0) return {};
  const bool full = options_.rotate_bytes > 0 && static_cast<std::uint64_t>(state.st_size) + coming > options_.rotate_bytes;
  const bool old = options_.rotate_daily && day_of(options_.now()) > day_;
  return full || old ? rotate() : Status{};
}

Status LineFile::rotate() {
  const std::string base = options_.path + "." + stamp(options_.now());
  std::string target = base;
  for (int n = 2; fs::exists(fs::symlink_status(target)); ++n) target = fmt::format("{}-{}", base, n);
  if (::rename(options_.path.c_str(), target.c_str()) != 0) return error("cannot be rotated", errno);
  if (Status opened = open(); !opened.ok()) return opened;
  remove_old();
  return {};
}

void LineFile::remove_old() const {
  if (options_.keep == 0) return;
  const fs::path path(options_.path);
  const std::string prefix = path.filename().string() + ".";
  std::vector<std::pair<std::pair<std::string, std::uint64_t>, fs::path>> rotated;
  std::error_code failed;
  for (fs::directory_iterator at(path.has_parent_path() ? path.parent_path() : fs::path("."), failed), end; !failed && at != end;
       at.increment(failed)) {
    const std::string name = at->path().filename().string();
    if (!name.starts_with(prefix)) continue;
    auto suffix = parse_suffix(std::string_view(name).substr(prefix.size()));
    if (suffix.second != 0) rotated.emplace_back(std::move(suffix), at->path());
  }
  std::sort(rotated.begin(), rotated.end());
  for (std::size_t i = 0; i + options_.keep < rotated.size(); ++i) {
    if (!fs::remove(rotated[i].second, failed) && log_)
      log_(LogLevel::warning, component_, fmt::format("{}: cannot be removed: {}", rotated[i].second.string(), failed.message()));
  }
}

Status LineFile::append(std::string_view lines) {
  if (Status there = reopen_if_moved(); !there.ok()) return there;
  if (Status rotated = rotate_if_due(lines.size()); !rotated.ok()) return rotated;
  const std::int64_t before = ::lseek(descriptor_, 0, SEEK_END);
  int code = write_all(descriptor_, lines);
  std::string_view what = "cannot be written";
  if (code == 0 && ::fdatasync(descriptor_) != 0) {
    code = errno;
    what = "cannot be synced";
  }
  if (code == 0) {
    day_ = day_of(options_.now());
    return {};
  }
  const Error failure = error(what, code);
  // What is not known to be whole must not stay; open() looks at the end again.
  if (before >= 0 && ::ftruncate(descriptor_, before) != 0) close();
  close();
  return failure;
}

}  // namespace vedette::connectors
