#include "connectors/store/folder.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>
#include <utility>

namespace vedette::connectors {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view kFormatPrefix = "vedette store, format ";

// A file that closes itself.
struct File {
  int fd = -1;
  File(const std::string& path, int flags) : fd(::open(path.c_str(), flags | O_CLOEXEC, 0600)) {}
  ~File() {
    if (fd >= 0) (void)::close(fd);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
};

bool write_fully(int fd, const char* data, std::size_t size) {
  while (size > 0) {
    const ssize_t written = ::write(fd, data, size);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    data += written;
    size -= static_cast<std::size_t>(written);
  }
  return true;
}

std::string holder_of(const std::string& path) {
  std::ifstream file(path);
  std::string pid;
  file >> pid;
  return pid.empty() || pid.find_first_not_of("0123456789") != std::string::npos ? "another process"
                                                                                 : "another process (pid " + pid + ")";
}

Result<FolderState> read_format(const StoreFolder& folder) {
  std::ifstream file(folder.format());
  const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  std::uint32_t format = 0;
  const bool begins = text.starts_with(kFormatPrefix);
  const char* digits = text.c_str() + (begins ? kFormatPrefix.size() : 0);
  if (!begins || std::from_chars(digits, text.c_str() + text.size(), format).ec != std::errc() || format == 0)
    return Error{"is not the format file of a store", folder.format()};
  if (format > kStoreFormat)
    return Error{fmt::format("the store has format {}, written by a newer version; this one reads up to format {}: use the newer "
                             "version, or another path",
                             format, kStoreFormat),
                 folder.path};
  return FolderState::store;
}

}  // namespace

Error system_error(const std::string& path, const std::string& action, int code) {
  if (code == ENOSPC || code == EDQUOT) return {fmt::format("cannot {}: no space left on the disk; free some", action), path};
  return {fmt::format("cannot {}: {}", action, std::strerror(code)), path};
}

FolderLock::~FolderLock() {
  if (file_ >= 0) (void)::close(file_);
}

FolderLock::FolderLock(FolderLock&& other) noexcept : file_(std::exchange(other.file_, -1)) {}

FolderLock& FolderLock::operator=(FolderLock&& other) noexcept {
  std::swap(file_, other.file_);
  return *this;
}

Result<FolderLock> FolderLock::take(const StoreFolder& folder) {
  const std::string path = folder.lock();
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) return system_error(path, "open the lock of the store", errno);
  FolderLock lock(fd);
  if (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return system_error(path, "lock the store", errno);
    return Error{fmt::format("{} has the store open; one process at a time can: stop it, or use another path", holder_of(path)),
                 folder.path};
  }
  const std::string pid = std::to_string(::getpid()) + "\n";
  // Only for the sentence above: a lock without a number is a lock.
  if (::ftruncate(fd, 0) == 0) (void)write_fully(fd, pid.data(), pid.size());
  return lock;
}

Result<FolderState> look_at(const StoreFolder& folder) {
  std::error_code error;
  const fs::file_status status = fs::status(folder.path, error);
  if (status.type() == fs::file_type::not_found) return FolderState::absent;
  if (error) return Error{"cannot be read: " + error.message(), folder.path};
  if (!fs::is_directory(status)) return Error{"is no folder; a store is one", folder.path};
  if (fs::exists(folder.format(), error)) return read_format(folder);
  // A store that was begun has its high-water file and no database yet.
  for (fs::directory_iterator at(folder.path, error), end; !error && at != end; at.increment(error)) {
    const std::string name = at->path().filename();
    if (name == "database")
      return Error{"the store has lost its file `format`; restore a backup, or put that of another store of this version there",
                   folder.path};
    if (name != "lock" && !name.starts_with("high-water") && !name.starts_with("format") && name != "lost+found")
      return Error{"holds other files (" + name + ") and no store; name a folder of its own", folder.path};
  }
  if (error) return Error{"cannot be read: " + error.message(), folder.path};
  return FolderState::fresh;
}

Status make_folder(const std::string& path) {
  std::error_code error;
  const fs::path parent = fs::path(path).parent_path();
  if (!parent.empty()) fs::create_directories(parent, error);
  if (error) return Error{"cannot be made: " + error.message(), parent};
  if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) return system_error(path, "make the folder", errno);
  return sync_folder(parent.empty() ? "." : parent.string());
}

Status write_format(const StoreFolder& folder) {
  return write_file_synced(folder.format(), fmt::format("{}{}\n", kFormatPrefix, kStoreFormat));
}

Status write_file_synced(const std::string& path, const std::string& bytes) {
  const std::string temporary = path + ".new";
  {
    const File file(temporary, O_WRONLY | O_CREAT | O_TRUNC);
    if (file.fd < 0 || !write_fully(file.fd, bytes.data(), bytes.size()) || ::fsync(file.fd) != 0)
      return system_error(path, "write the file", errno);
  }
  if (::rename(temporary.c_str(), path.c_str()) != 0) return system_error(path, "rename the new file", errno);
  return sync_folder(fs::path(path).parent_path());
}

Status sync_folder(const std::string& path) {
  const File folder(path, O_RDONLY | O_DIRECTORY);
  if (folder.fd < 0 || ::fsync(folder.fd) != 0) return system_error(path, "sync the folder", errno);
  return {};
}

Status copy_file_synced(const std::string& from, const std::string& to) {
  const File in(from, O_RDONLY);
  if (in.fd < 0) return system_error(from, "read the file", errno);
  const File out(to, O_WRONLY | O_CREAT | O_EXCL);
  if (out.fd < 0) return system_error(to, "make the file", errno);
  std::vector<char> buffer(std::size_t{1} << 20);
  while (true) {
    const ssize_t got = ::read(in.fd, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return system_error(from, "read the file", errno);
    if (got == 0) break;
    if (!write_fully(out.fd, buffer.data(), static_cast<std::size_t>(got))) return system_error(to, "write the file", errno);
  }
  if (::fsync(out.fd) != 0) return system_error(to, "sync the file", errno);
  return {};
}

std::vector<std::string> files_in(const std::string& path) {
  std::vector<std::string> names;
  std::error_code error;
  for (fs::directory_iterator at(path, error), end; !error && at != end; at.increment(error)) {
    if (at->is_regular_file(error)) names.push_back(at->path().filename());
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::uint64_t bytes_under(const std::string& path) {
  std::uint64_t bytes = 0;
  std::error_code error;
  for (fs::recursive_directory_iterator at(path, error), end; !error && at != end; at.increment(error)) {
    std::error_code gone;
    const std::uintmax_t size = at->is_regular_file(gone) ? at->file_size(gone) : 0;
    if (!gone) bytes += size;
  }
  return bytes;
}

std::uint64_t free_bytes(const std::string& path) {
  struct statvfs space = {};
  if (::statvfs(path.c_str(), &space) != 0) return std::numeric_limits<std::uint64_t>::max();
  return static_cast<std::uint64_t>(space.f_bavail) * space.f_frsize;
}

}  // namespace vedette::connectors
