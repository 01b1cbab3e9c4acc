#include "connectors/sources/byte_stream.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <utility>
#include <vector>

namespace vedette::connectors {
namespace {

constexpr std::size_t kInputBlock = 128 * 1024;
constexpr std::size_t kMagicBytes = 4;
constexpr int kCancelPollMs = 100;

// The file's own bytes, through a buffer, so that the first ones can be looked at before they are read.
class Input {
 public:
  Input(std::string name, int descriptor, std::uint64_t total, const std::atomic<bool>* cancel)
      : name_(std::move(name)), descriptor_(descriptor), total_(total), cancel_(cancel), buffer_(kInputBlock, '\0') {}
  ~Input() {
    if (descriptor_ > 0) ::close(descriptor_);
  }
  Input(const Input&) = delete;
  Input& operator=(const Input&) = delete;

  // Bytes that were read and not yet taken; empty only at the end.
  [[nodiscard]] Result<std::string_view> peek() {
    while (begin_ == end_) {
      if (ended_) return std::string_view{};
      begin_ = end_ = 0;
      if (Status filled = fill(); !filled.ok()) return filled.error();
    }
    return std::string_view(buffer_.data() + begin_, end_ - begin_);
  }
  // As peek, but at least `wanted` bytes unless the input is shorter. Only before the first take.
  [[nodiscard]] Result<std::string_view> peek_at_least(std::size_t wanted) {
    while (!ended_ && end_ < wanted) {
      if (Status filled = fill(); !filled.ok()) return filled.error();
    }
    return std::string_view(buffer_.data(), end_);
  }
  void take(std::size_t n) {
    begin_ += n;
    taken_.fetch_add(n, std::memory_order_relaxed);
  }

  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] std::uint64_t taken() const { return taken_.load(std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t total() const { return total_; }

 private:
  // False when told to stop.
  [[nodiscard]] bool wait_until_readable() const {
    if (cancel_ == nullptr) return true;
    pollfd wait{descriptor_, POLLIN, 0};
    while (!*cancel_) {
      if (::poll(&wait, 1, kCancelPollMs) != 0) return true;
    }
    return false;
  }
  [[nodiscard]] Status fill() {
    ended_ = !wait_until_readable();
    if (ended_) return {};
    ssize_t n = 0;
    do {
      n = ::read(descriptor_, buffer_.data() + end_, buffer_.size() - end_);
    } while (n < 0 && errno == EINTR);
    if (n < 0) return Error{fmt::format("reading failed: {}", std::strerror(errno)), name_};
    ended_ = n == 0;
    end_ += static_cast<std::size_t>(n);
    return {};
  }

  std::string name_;
  int descriptor_;
  std::uint64_t total_;
  const std::atomic<bool>* cancel_;
  std::string buffer_;
  std::size_t begin_ = 0, end_ = 0;
  bool ended_ = false;
  std::atomic<std::uint64_t> taken_ = 0;
};

class PlainStream final : public ByteStream {
 public:
  explicit PlainStream(std::unique_ptr<Input> input) : input_(std::move(input)) {}

  Result<std::size_t> read(char* out, std::size_t size) override {
    auto bytes = input_->peek();
    if (!bytes.ok()) return bytes.error();
    const std::size_t n = std::min(size, bytes->size());
    std::memcpy(out, bytes->data(), n);
    input_->take(n);
    return n;
  }
  std::uint64_t bytes_read() const override { return input_->taken(); }
  std::uint64_t bytes_total() const override { return input_->total(); }

 private:
  std::unique_ptr<Input> input_;
};

// What gzip and zstd streams share: the loop over the input, the ratio bound, errors with a place.
class ArchiveStream : public ByteStream {
 public:
  ArchiveStream(std::unique_ptr<Input> input, const char* format, DecompressLimits limits)
      : input_(std::move(input)), format_(format), limits_(limits) {}

  Result<std::size_t> read(char* out, std::size_t size) final {
    for (;;) {
      auto bytes = input_->peek();
      if (!bytes.ok()) return bytes.error();
      if (bytes->empty() && at_boundary()) return std::size_t{0};
      // At the end of the file, without input: what the decoder still holds back.
      auto made = inflate_some(*bytes, out, size);
      if (!made.ok()) return made.error();
      if (bytes->empty() && *made == 0) return failure("ends in the middle");
      made_ += *made;
      if (made_ > limits_.free_bytes && made_ / limits_.ratio > input_->taken()) {
        return failure(fmt::format("expands more than {} times: refused as a decompression bomb", limits_.ratio));
      }
      if (*made > 0) return *made;
    }
  }
  std::uint64_t bytes_read() const final { return input_->taken(); }
  std::uint64_t bytes_total() const final { return input_->total(); }

 protected:
  // Consumes some of `bytes` through take(), writes to out, returns how much.
  virtual Result<std::size_t> inflate_some(std::string_view bytes, char* out, std::size_t size) = 0;
  // Nothing of an unfinished member or frame is pending.
  [[nodiscard]] virtual bool at_boundary() const = 0;

  void take(std::size_t n) { input_->take(n); }
  [[nodiscard]] Error failure(std::string_view what) const {
    return Error{fmt::format("the {} data {} (at byte {} of the file, {} bytes unpacked)", format_, what, input_->taken(), made_),
                 input_->name()};
  }
  [[nodiscard]] const DecompressLimits& limits() const { return limits_; }

 private:
  std::unique_ptr<Input> input_;
  const char* format_;
  DecompressLimits limits_;
  std::uint64_t made_ = 0;
};

class GzipStream final : public ArchiveStream {
 public:
  GzipStream(std::unique_ptr<Input> input, DecompressLimits limits) : ArchiveStream(std::move(input), "gzip", limits) {
    ready_ = inflateInit2(&zlib_, 16 + MAX_WBITS) == Z_OK;
  }
  ~GzipStream() override {
    if (ready_) inflateEnd(&zlib_);
  }

 private:
  Result<std::size_t> inflate_some(std::string_view bytes, char* out, std::size_t size) override {
    if (!ready_) return failure("cannot be unpacked: out of memory");
    if (between_ && members_ > 0 && bytes.starts_with('\0')) return skip_zero_padding(bytes);
    if (padded_) return failure("is followed by other bytes");
    between_ = false;
    zlib_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
    zlib_.avail_in = static_cast<uInt>(bytes.size());
    zlib_.next_out = reinterpret_cast<Bytef*>(out);
    zlib_.avail_out = static_cast<uInt>(std::min<std::size_t>(size, 1u << 30));
    const uInt room = zlib_.avail_out;
    const int code = inflate(&zlib_, Z_NO_FLUSH);
    take(bytes.size() - zlib_.avail_in);
    if (code == Z_STREAM_END) {
      ++members_;
      between_ = true;
      inflateReset(&zlib_);
    } else if (code != Z_OK && code != Z_BUF_ERROR) {
      return failure(members_ > 0 && zlib_.total_out == 0 ? "is followed by other bytes" : "is damaged");
    }
    return static_cast<std::size_t>(room - zlib_.avail_out);
  }
  // Tapes and block devices pad archives with zeros.
  Result<std::size_t> skip_zero_padding(std::string_view bytes) {
    padded_ = true;
    const std::size_t zeros = bytes.find_first_not_of('\0');
    take(zeros == std::string_view::npos ? bytes.size() : zeros);
    return std::size_t{0};
  }
  bool at_boundary() const override { return between_ && members_ > 0; }

  z_stream zlib_{};
  bool ready_ = false;
  bool between_ = true;
  bool padded_ = false;
  std::uint64_t members_ = 0;
};

class ZstdStream final : public ArchiveStream {
 public:
  ZstdStream(std::unique_ptr<Input> input, DecompressLimits limits)
      : ArchiveStream(std::move(input), "zstd", limits), context_(ZSTD_createDCtx()) {
    if (context_ != nullptr) ZSTD_DCtx_setParameter(context_, ZSTD_d_windowLogMax, limits.zstd_window_log);
  }
  ~ZstdStream() override { ZSTD_freeDCtx(context_); }

 private:
  Result<std::size_t> inflate_some(std::string_view bytes, char* out, std::size_t size) override {
    if (context_ == nullptr) return failure("cannot be unpacked: out of memory");
    ZSTD_inBuffer in{bytes.data(), bytes.size(), 0};
    ZSTD_outBuffer made{out, size, 0};
    const std::size_t code = ZSTD_decompressStream(context_, &made, &in);
    if (ZSTD_isError(code) != 0) {
      if (ZSTD_getErrorCode(code) == ZSTD_error_frameParameter_windowTooLarge) {
        return failure(fmt::format("needs a window over 2^{} bytes: refused", limits().zstd_window_log));
      }
      return failure(fmt::format("is damaged: {}", ZSTD_getErrorName(code)));
    }
    take(in.pos);
    done_ = code == 0;
    return made.pos;
  }
  bool at_boundary() const override { return done_; }

  ZSTD_DCtx* context_;
  bool done_ = false;
};

enum class Kind { plain, gzip, zstd };

Kind kind_by_magic(std::string_view head) {
  if (head.starts_with("\x1f\x8b")) return Kind::gzip;
  if (head.starts_with("\x28\xb5\x2f\xfd")) return Kind::zstd;
  // A zstd skippable frame: 0x184D2A5? little-endian.
  const bool skippable =
      head.size() >= 4 && (static_cast<unsigned char>(head[0]) & 0xf0u) == 0x50 && head.substr(1, 3) == "\x2a\x4d\x18";
  return skippable ? Kind::zstd : Kind::plain;
}

Kind kind_by_name(std::string_view path) {
  if (path.ends_with(".gz")) return Kind::gzip;
  if (path.ends_with(".zst")) return Kind::zstd;
  return Kind::plain;
}

Result<std::unique_ptr<Input>> open_input(const std::string& path, const std::atomic<bool>* cancel) {
  if (path == "-") return std::make_unique<Input>("standard input", 0, 0, cancel);
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return Error{fmt::format("cannot be opened: {}", std::strerror(errno)), path};
  struct stat info {};
  if (::fstat(descriptor, &info) != 0 || S_ISDIR(info.st_mode)) {
    ::close(descriptor);
    return Error{"is a directory, not a file of events", path};
  }
  const auto total = S_ISREG(info.st_mode) ? static_cast<std::uint64_t>(info.st_size) : 0;
  return std::make_unique<Input>(path, descriptor, total, cancel);
}

}  // namespace

Result<std::unique_ptr<ByteStream>> open_byte_stream(const std::string& path, DecompressLimits limits,
                                                     const std::atomic<bool>* cancel) {
  auto input = open_input(path, cancel);
  if (!input.ok()) return input.error();
  auto head = (*input)->peek_at_least(kMagicBytes);
  if (!head.ok()) return head.error();
  const Kind kind = kind_by_magic(*head);
  const Kind promised = kind_by_name(path);
  if (promised != Kind::plain && promised != kind) {
    const char* format = promised == Kind::gzip ? "gzip" : "zstd";
    return Error{fmt::format("is named like a {0} archive but does not begin like one", format), path};
  }
  std::unique_ptr<ByteStream> stream;
  if (kind == Kind::gzip) {
    stream = std::make_unique<GzipStream>(std::move(*input), limits);
  } else if (kind == Kind::zstd) {
    stream = std::make_unique<ZstdStream>(std::move(*input), limits);
  } else {
    stream = std::make_unique<PlainStream>(std::move(*input));
  }
  return stream;
}

Unpacked gunzip(std::string_view compressed, std::size_t max_bytes, std::string& out) {
  z_stream zlib{};
  if (inflateInit2(&zlib, 16 + MAX_WBITS) != Z_OK) return Unpacked::damaged;
  zlib.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(compressed.data()));
  zlib.avail_in = static_cast<uInt>(compressed.size());
  out.clear();
  std::vector<char> block(64 * 1024);
  int code = Z_OK;
  while (code == Z_OK && out.size() <= max_bytes) {
    zlib.next_out = reinterpret_cast<Bytef*>(block.data());
    zlib.avail_out = static_cast<uInt>(block.size());
    code = inflate(&zlib, Z_NO_FLUSH);
    out.append(block.data(), block.size() - zlib.avail_out);
    if (code == Z_STREAM_END && zlib.avail_in > 0) code = inflateReset(&zlib);
  }
  inflateEnd(&zlib);
  if (out.size() > max_bytes) return Unpacked::too_large;
  return code == Z_STREAM_END ? Unpacked::whole : Unpacked::damaged;
}

Unpacked unzstd(std::string_view compressed, std::size_t max_bytes, std::string& out) {
  constexpr int kWindowLog = 24;  // memory that a frame may ask for
  const std::unique_ptr<ZSTD_DCtx, decltype(&ZSTD_freeDCtx)> context(ZSTD_createDCtx(), &ZSTD_freeDCtx);
  out.clear();
  if (context == nullptr) return Unpacked::damaged;
  ZSTD_DCtx_setParameter(context.get(), ZSTD_d_windowLogMax, kWindowLog);
  std::vector<char> block(64 * 1024);
  ZSTD_inBuffer in{compressed.data(), compressed.size(), 0};
  std::size_t code = 1;
  bool more = true;
  while (more && out.size() <= max_bytes) {
    ZSTD_outBuffer made{block.data(), block.size(), 0};
    code = ZSTD_decompressStream(context.get(), &made, &in);
    if (ZSTD_getErrorCode(code) == ZSTD_error_frameParameter_windowTooLarge) return Unpacked::too_large;
    if (ZSTD_isError(code) != 0) return Unpacked::damaged;
    out.append(block.data(), made.pos);
    more = in.pos < in.size || made.pos == made.size;  // a full block may have left something behind
  }
  if (out.size() > max_bytes) return Unpacked::too_large;
  return code == 0 ? Unpacked::whole : Unpacked::damaged;
}

std::optional<TimeUs> modified_time(const std::string& path) {
  struct stat info {};
  if (path == "-" || ::stat(path.c_str(), &info) != 0) return std::nullopt;
  return static_cast<TimeUs>(info.st_mtim.tv_sec) * kSecondUs + info.st_mtim.tv_nsec / 1000;
}

}  // namespace vedette::connectors
