#include "connectors/store/high_water.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <optional>
#include <utility>

#include "connectors/store/folder.h"
#include "connectors/store/keys.h"
#include "engine/base/hash.h"

namespace vedette::connectors {

namespace {

constexpr std::size_t kPlace = 4096;  // bytes between the two places
constexpr std::size_t kWords = 6;     // turn, four numbers, checksum
constexpr HashSeed kSeed = {0x7665646574746531, 0x686967682d776174};

std::string encode(std::uint64_t turn, const HighWater& value) {
  std::string out;
  for (const std::uint64_t number : {turn, value.sequence, value.inbox, value.log, value.outbox}) append_u64(out, number);
  append_u64(out, siphash128(out, kSeed).low);
  return out;
}

struct Read {
  std::uint64_t turn = 0;
  HighWater value;
};

std::optional<Read> decode(std::string_view bytes) {
  if (bytes.size() != kWords * 8) return std::nullopt;
  Read read{read_u64(bytes, 0), {read_u64(bytes, 8), read_u64(bytes, 16), read_u64(bytes, 24), read_u64(bytes, 32)}};
  if (encode(read.turn, read.value) != bytes) return std::nullopt;
  return read;
}

std::optional<Read> read_place(int file, std::size_t place) {
  std::array<char, kWords * 8> bytes{};
  const ssize_t got = ::pread(file, bytes.data(), bytes.size(), static_cast<off_t>(place * kPlace));
  return got < 0 ? std::nullopt : decode({bytes.data(), static_cast<std::size_t>(got)});
}

}  // namespace

HighWaterFile::~HighWaterFile() {
  if (file_ >= 0) (void)::close(file_);
}

HighWaterFile::HighWaterFile(HighWaterFile&& other) noexcept
    : path_(std::move(other.path_)), file_(std::exchange(other.file_, -1)), turn_(other.turn_), value_(other.value_) {}

HighWaterFile& HighWaterFile::operator=(HighWaterFile&& other) noexcept {
  path_ = std::move(other.path_);
  std::swap(file_, other.file_);
  turn_ = other.turn_;
  value_ = other.value_;
  return *this;
}

Status HighWaterFile::create(const std::string& path) {
  std::string bytes = encode(0, {});
  bytes.resize(kPlace);
  bytes += encode(1, {});
  bytes.resize(2 * kPlace);
  return write_file_synced(path, bytes);
}

Result<HighWaterFile> HighWaterFile::open(const std::string& path, bool read_only) {
  HighWaterFile file;
  file.path_ = path;
  file.file_ = ::open(path.c_str(), (read_only ? O_RDONLY : O_RDWR) | O_CLOEXEC);
  if (file.file_ < 0) return system_error(path, "open the high-water file", errno);
  std::optional<Read> newest;
  for (const std::size_t place : {0U, 1U}) {
    const std::optional<Read> read = read_place(file.file_, place);
    if (read && (!newest || read->turn > newest->turn)) newest = read;
  }
  if (!newest) return Error{"the high-water file is damaged", path};
  file.turn_ = newest->turn;
  file.value_ = newest->value;
  return file;
}

Status HighWaterFile::write(const HighWater& value) {
  const std::string bytes = encode(turn_ + 1, value);
  const auto place = static_cast<off_t>(((turn_ + 1) % 2) * kPlace);
  ssize_t written = -1;
  do {
    written = ::pwrite(file_, bytes.data(), bytes.size(), place);
  } while (written < 0 && errno == EINTR);
  if (written != static_cast<ssize_t>(bytes.size())) return system_error(path_, "write the high-water file", errno);
  ++turn_;
  value_ = value;
  return {};
}

Status HighWaterFile::sync() {
  if (::fdatasync(file_) != 0) return system_error(path_, "sync the high-water file", errno);
  return {};
}

}  // namespace vedette::connectors
