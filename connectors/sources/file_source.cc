#include "connectors/sources/file_source.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <optional>
#include <utility>

#include "connectors/sources/batch_builder.h"
#include "connectors/sources/file_reader.h"

namespace vedette::connectors {
namespace {

constexpr std::size_t kBlock = 64 * 1024;
constexpr std::chrono::milliseconds kRoomWait{100};

// Offers until the sink takes it; gives up when the source is told to stop.
bool offer_waiting(BatchSink& sink, event::RecordBatch& batch, const std::atomic<bool>& stopping) {
  while (!stopping) {
    if (sink.offer(batch)) return true;
    static_cast<void>(sink.wait_for_room(kRoomWait));
  }
  return false;
}

struct FileId {
  dev_t device = 0;
  ino_t inode = 0;
  friend bool operator==(const FileId&, const FileId&) = default;
};

}  // namespace

// The followed file as it is open now, and what was framed of it.
class FileSource::Follower final : public event::ElementSink {
 public:
  Follower(FileSource& source, BatchSink& sink)
      : source_(source), options_(source.options_), sink_(sink), builder_(options_.origin), block_(kBlock, '\0') {}
  ~Follower() override { close_file(); }

  void run() {
    bool from_end = options_.from_end;
    while (!source_.stopping_) {
      if (descriptor_ < 0) {
        open_file(from_end);
      } else if (!read_more()) {
        check_place();
      } else {
        continue;
      }
      from_end = false;  // a file that appears or is rotated in later is read from its start
      std::this_thread::sleep_for(options_.poll);
    }
  }

  void on_element(std::string_view bytes, std::uint64_t line, std::uint64_t position) override {
    builder_.add(bytes, now_, from_start_ ? line : 0, base_ + position);
    if (builder_.full()) push();
  }
  void on_reject(const event::Reject& reject) override {
    if (source_.on_reject_) source_.on_reject_(*options_.origin, reject);
  }

 private:
  void open_file(bool at_end) {
    descriptor_ = ::open(options_.path.c_str(), O_RDONLY | O_CLOEXEC);
    struct stat info {};
    if (descriptor_ < 0 || ::fstat(descriptor_, &info) != 0) {
      if (!missing_) report(LogLevel::warning, fmt::format("{}: {}; waiting for it", options_.path, std::strerror(errno)));
      missing_ = true;
      return;
    }
    if (missing_) report(LogLevel::info, fmt::format("{} is there", options_.path));
    missing_ = false;
    id_ = {info.st_dev, info.st_ino};
    begin_at(at_end ? static_cast<std::uint64_t>(info.st_size) : 0);
    if (at_end) skip_partial_line();
  }
  void begin_at(std::uint64_t offset) {
    framer_.emplace(event::Framing::lines);
    base_ = offset_ = offset;
    from_start_ = offset == 0;
    gone_since_.reset();
  }
  // When the end lies inside a line that is being written, that line's rest is not an element.
  void skip_partial_line() {
    char last = '\n';
    if (offset_ > 0 && ::pread(descriptor_, &last, 1, static_cast<off_t>(offset_ - 1)) == 1 && last != '\n')
      skipping_line_ = true;
  }

  // True when something was read.
  bool read_more() {
    const ssize_t n = ::pread(descriptor_, block_.data(), block_.size(), static_cast<off_t>(offset_));
    if (n <= 0) return false;
    offset_ += static_cast<std::uint64_t>(n);
    now_ = source_.clock_();
    std::string_view chunk(block_.data(), static_cast<std::size_t>(n));
    if (skipping_line_) {
      const std::size_t newline = chunk.find('\n');
      const std::size_t skipped = newline == std::string_view::npos ? chunk.size() : newline + 1;
      skipping_line_ = newline == std::string_view::npos;
      chunk.remove_prefix(skipped);
      base_ += skipped;
    }
    framer_->feed(chunk, *this);
    push();
    return true;
  }

  // Nothing more to read: was the file truncated, or another one put in its place?
  void check_place() {
    struct stat open_info {};
    if (::fstat(descriptor_, &open_info) == 0 && static_cast<std::uint64_t>(open_info.st_size) < offset_) {
      report(LogLevel::info, fmt::format("{} was truncated; reading from its start", options_.path));
      end_file();
      begin_at(0);
      return;
    }
    struct stat info {};
    const bool same = ::stat(options_.path.c_str(), &info) == 0 && FileId{info.st_dev, info.st_ino} == id_;
    const auto now = std::chrono::steady_clock::now();
    if (same) {
      gone_since_.reset();
    } else if (!gone_since_ || last_growth_ != offset_) {
      gone_since_ = now;
      last_growth_ = offset_;
    } else if (now - *gone_since_ >= options_.rotation_quiet) {
      report(LogLevel::info, fmt::format("{} was rotated", options_.path));
      end_file();
      close_file();
    }
  }
  // A last line without a newline is an element.
  void end_file() {
    framer_->finish(*this);
    push();
    skipping_line_ = false;
  }
  void close_file() {
    if (descriptor_ >= 0) ::close(descriptor_);
    descriptor_ = -1;
  }

  void push() {
    if (builder_.empty()) return;
    builder_.take(batch_);
    offer_waiting(sink_, batch_, source_.stopping_);
  }
  void report(LogLevel level, const std::string& message) const {
    if (source_.log_) source_.log_(level, options_.name, message);
  }

  FileSource& source_;
  const FileSourceOptions& options_;
  BatchSink& sink_;
  BatchBuilder builder_;
  event::RecordBatch batch_;
  std::string block_;
  std::optional<event::Framer> framer_;
  int descriptor_ = -1;
  FileId id_;
  std::uint64_t offset_ = 0;  // next byte to read
  std::uint64_t base_ = 0;    // where the framer began
  bool from_start_ = true;
  bool skipping_line_ = false;
  bool missing_ = false;
  TimeUs now_ = event::kNoArrival;
  std::optional<std::chrono::steady_clock::time_point> gone_since_;
  std::uint64_t last_growth_ = 0;
};

FileSource::FileSource(FileSourceOptions options, Clock clock, Log log, RejectHandler on_reject)
    : options_(std::move(options)), clock_(std::move(clock)), log_(std::move(log)), on_reject_(std::move(on_reject)) {}

FileSource::~FileSource() { stop(); }

Status FileSource::start(BatchSink& sink) {
  if (options_.follow) {
    thread_ = std::thread([this, &sink] { Follower(*this, sink).run(); });
    return {};
  }
  FileReaderOptions reading;
  reading.framing = options_.framing;
  reading.on_reject = on_reject_;
  reading.arrival = clock_;
  reading.cancel = &stopping_;
  auto reader = FileReader::open(options_.path, options_.origin, std::move(reading));
  if (!reader.ok()) return reader.error();
  thread_ = std::thread([this, &sink, input = std::move(*reader)] { read_once(sink, *input); });
  return {};
}

void FileSource::stop() {
  stopping_ = true;
  if (thread_.joinable()) thread_.join();
}

void FileSource::read_once(BatchSink& sink, FileReader& reader) {
  event::RecordBatch batch;
  while (!stopping_) {
    auto more = reader.next(batch);
    if (!more.ok() && log_) log_(LogLevel::error, options_.name, more.error().to_string());
    if (!more.ok() || !*more) break;
    if (!offer_waiting(sink, batch, stopping_)) break;
  }
  finished_ = true;
}

}  // namespace vedette::connectors
