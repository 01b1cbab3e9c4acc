#include "connectors/sources/file_follower.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <thread>
#include <utility>

namespace vedette::connectors {
namespace {

constexpr std::size_t kBlock = 64 * 1024;
constexpr std::chrono::milliseconds kRoomWait{100};
constexpr DurationUs kBehind = kMinuteUs;  // after so long what is read is a backlog

bool same_inode(const FileMark& a, const FileMark& b) { return a.device == b.device && a.inode == b.inode; }

}  // namespace

bool offer_waiting(BatchSink& sink, event::RecordBatch& batch, const std::atomic<bool>& stopping) {
  while (!stopping) {
    if (sink.offer(batch)) return true;
    static_cast<void>(sink.wait_for_room(kRoomWait));
  }
  return false;
}

FileFollower::FileFollower(const FileFollowerContext& context, BatchSink& sink)
    : context_(context), options_(context.options), sink_(sink), builder_(options_.origin), block_(kBlock, '\0') {}

FileFollower::~FileFollower() { close_file(); }

void FileFollower::run() {
  begin();
  while (!context_.stopping) {
    if (!open()) {
      if (open_next()) continue;
    } else if (read_more()) {
      continue;
    } else {
      check_place();
    }
    from_end_ = false;  // a file that appears or is rotated in later is read from its start
    std::this_thread::sleep_for(options_.poll);
  }
}

// Where an earlier run ended, and what happened to the files since.
void FileFollower::begin() {
  const std::optional<std::string> stored = options_.resume_at ? options_.resume_at("") : std::nullopt;
  from_end_ = options_.from_end && !stored;
  if (!stored) return;
  const std::optional<FileMark> mark = FileMark::parse(*stored);
  if (!mark) {
    ++context_.history_gaps;
    return report(LogLevel::error,
                  fmt::format("the stored place '{}' cannot be read; {} is read from its start", *stored, options_.path));
  }
  Trail trail = find_trail(options_.path, *mark);
  if (!trail.found) return report_gap(*mark);
  if (trail.current) {
    before_.push_back({options_.path, mark->at, false});
  } else {
    queue(trail.files.begin(), trail);
    report(LogLevel::info, fmt::format("{} was rotated meanwhile; going on in {}", options_.path, before_.front().path));
  }
}

void FileFollower::report_gap(const FileMark& mark) {
  if (mark.at == 0) return;  // nothing of it was read
  gap(
      fmt::format("the file that was read up to byte {} is neither {} nor a rotated file beside it; lines may be "
                  "missing; going on with {} from its start; keep more rotated files",
                  mark.at, options_.path, options_.path));
}

void FileFollower::gap(const std::string& what) {
  ++context_.history_gaps;
  report(LogLevel::warning, "history_gap: " + what);
}

// What is to be read next, in place of what was queued: names and places may have moved since.
void FileFollower::queue(std::vector<TrailFile>::const_iterator from, const Trail& trail) {
  before_.assign(from, trail.files.end());
  if (trail.missing.empty() || trail.missing == missing_files_) return;
  missing_files_ = trail.missing;
  const std::string names =
      trail.missing.size() == 1 ? trail.missing.front() : fmt::format("{} to {}", trail.missing.front(), trail.missing.back());
  gap(fmt::format("{} was rotated and removed before it was read: its lines are missing; keep more rotated files", names));
}

// ---- Opening --------------------------------------------------------------------------------------------------------

// True when there is something to read.
bool FileFollower::open_next() {
  if (before_.empty()) {
    open_current();
    return open();
  }
  const TrailFile file = before_.front();
  before_.pop_front();
  if (!file.readable) {
    gap(fmt::format("{} was packed before it was read, and not with gzip or zstd: its lines are missing", file.path));
    return true;
  }
  if (file.archive) {
    read_archive(file);
    return true;
  }
  const int descriptor = ::open(file.path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) {
    gap(fmt::format("{}: {}; its lines are missing", file.path, std::strerror(errno)));
    return true;
  }
  open_plain(file.path, descriptor, file.at);
  return true;
}

void FileFollower::open_current() {
  const int descriptor = ::open(options_.path.c_str(), O_RDONLY | O_CLOEXEC);
  struct stat info {};
  if (descriptor < 0 || ::fstat(descriptor, &info) != 0) {
    const std::string reason = fmt::format("{}: {}; waiting for it", options_.path, std::strerror(errno));
    if (!missing_) report(LogLevel::warning, reason);
    missing_ = true;
    if (descriptor >= 0) ::close(descriptor);
    context_.health.change([&](SourceHealth& health) {
      health.up = health.caught_up = false;
      health.reason = reason;
    });
    return;
  }
  if (missing_) report(LogLevel::info, fmt::format("{} is there", options_.path));
  missing_ = false;
  const bool opened_before = !first_;
  open_plain(options_.path, descriptor, from_end_ ? static_cast<std::uint64_t>(info.st_size) : 0);
  // A restart begins in this file, and where we do.
  if (from_end_ || opened_before) push_place();
}

void FileFollower::open_plain(const std::string& path, int descriptor, std::uint64_t at) {
  descriptor_ = descriptor;
  id_ = identify(descriptor).value_or(FileMark{});
  current_ = path == options_.path;
  first_ = false;
  context_.health.change([](SourceHealth& health) {
    health.up = true;
    health.caught_up = false;
    health.reason.clear();
  });
  begin_at(at);
  refresh_head();
}

void FileFollower::begin_at(std::uint64_t offset) {
  framer_.emplace(event::Framing::lines);
  base_ = offset_ = boundary_ = offset;
  from_start_ = offset == 0;
  head_.clear();
  gone_since_.reset();
  // Inside a line that is being written: its rest is not an element.
  char last = '\n';
  skipping_line_ =
      offset > 0 && descriptor_ >= 0 && ::pread(descriptor_, &last, 1, static_cast<off_t>(offset - 1)) == 1 && last != '\n';
}

void FileFollower::refresh_head() {
  if (head_.size() >= kHeadBytes) return;
  std::string head(kHeadBytes, '\0');
  const ssize_t n = ::pread(descriptor_, head.data(), head.size(), 0);
  head.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
  head_ = std::move(head);
}

// ---- Reading --------------------------------------------------------------------------------------------------------

// A packed file, whole.
void FileFollower::read_archive(const TrailFile& file) {
  auto stream = open_byte_stream(file.path, {}, &context_.stopping);
  Status failure = stream.ok() ? Status{} : stream.error();
  id_ = identify(file.path).value_or(FileMark{});
  current_ = false;
  first_ = false;
  begin_at(0);
  while (stream.ok() && !context_.stopping) {
    auto n = (*stream)->read(block_.data(), block_.size());
    if (!n.ok()) failure = n.error();
    if (!n.ok() || *n == 0) break;
    std::string_view chunk(block_.data(), *n);
    head_.append(chunk.substr(0, std::min(chunk.size(), kHeadBytes - head_.size())));
    const std::uint64_t from = offset_;
    offset_ += chunk.size();
    if (offset_ <= file.at) continue;
    if (from < file.at) chunk.remove_prefix(static_cast<std::size_t>(file.at - from));
    if (from <= file.at) base_ = file.at;
    now_ = context_.clock();
    take(chunk);
  }
  if (context_.stopping) return;
  end_file();
  if (!failure.ok()) gap(fmt::format("{}; the rest of its lines is missing", failure.error().to_string()));
  queue_rotated_after();
}

// True when something was read.
bool FileFollower::read_more() {
  if (!head_is_intact()) {
    truncated();
    return true;
  }
  asked_ = context_.clock();
  const ssize_t n = ::pread(descriptor_, block_.data(), block_.size(), static_cast<off_t>(offset_));
  if (n <= 0) return false;
  refresh_head();
  offset_ += static_cast<std::uint64_t>(n);
  now_ = asked_;
  context_.health.change([&](SourceHealth& health) {
    health.caught_up = false;
    health.idle_since = now_;
  });
  std::string_view chunk(block_.data(), static_cast<std::size_t>(n));
  if (skipping_line_) {
    const std::size_t newline = chunk.find('\n');
    const std::size_t skipped = newline == std::string_view::npos ? chunk.size() : newline + 1;
    skipping_line_ = newline == std::string_view::npos;
    chunk.remove_prefix(skipped);
    base_ += skipped;
    boundary_ = base_;
  }
  take(chunk);
  return true;
}

// The chunk ends at offset_.
void FileFollower::take(std::string_view chunk) {
  chunk_ = chunk;
  framer_->feed(chunk, *this);
  const std::size_t newline = chunk.rfind('\n');
  if (newline != std::string_view::npos) boundary_ = offset_ - chunk.size() + newline + 1;
  push(boundary_);
  chunk_ = {};
}

void FileFollower::on_element(std::string_view bytes, std::uint64_t line, std::uint64_t position) {
  builder_.add(bytes, now_, from_start_ ? line : 0, base_ + position);
  if (!builder_.full()) return;
  // Behind the line's end, which is in this chunk (or the file's end).
  const std::uint64_t begin = offset_ - chunk_.size();
  const std::uint64_t end = std::max(base_ + position + bytes.size(), begin);
  const std::size_t newline = chunk_.find('\n', static_cast<std::size_t>(end - begin));
  push(newline == std::string_view::npos ? offset_ : begin + newline + 1);
}

void FileFollower::on_reject(const event::Reject& reject) {
  if (context_.on_reject) context_.on_reject(*options_.origin, reject);
}

// ---- Rotation -------------------------------------------------------------------------------------------------------

// False when it was written anew, even if it is longer now than we got.
bool FileFollower::head_is_intact() const {
  std::string head(head_.size(), '\0');
  const ssize_t n = ::pread(descriptor_, head.data(), head.size(), 0);
  return n == static_cast<ssize_t>(head_.size()) && head == head_;
}

// Nothing more to read: was the file truncated, or another one put in its place?
void FileFollower::check_place() {
  struct stat open_info {};
  if (::fstat(descriptor_, &open_info) == 0 && static_cast<std::uint64_t>(open_info.st_size) < offset_) return truncated();
  const std::optional<FileMark> there = identify(options_.path);
  const auto now = std::chrono::steady_clock::now();
  if (there && same_inode(*there, id_)) {
    current_ = true;
    ended_ = asked_;
    gone_since_.reset();
    context_.health.change([&](SourceHealth& health) {
      health.caught_up = true;
      health.complete_to = asked_;
    });
  } else if (!before_.empty()) {
    rotated();  // a later one was rotated too: nobody writes to this one
  } else if (!gone_since_ || last_growth_ != offset_) {
    gone_since_ = now;
    last_growth_ = offset_;
    context_.health.change([](SourceHealth& health) { health.caught_up = false; });
  } else if (now - *gone_since_ >= options_.rotation_quiet) {
    rotated();
  }
}

// What was written between our last look and the truncation is in the copy that was made, if one was.
void FileFollower::truncated() {
  Trail copy = find_trail(options_.path, mark_at(boundary_));
  if (copy.found && !copy.current && boundary_ > 0) {
    report(LogLevel::info, fmt::format("{} was truncated; going on in its copy {}", options_.path, copy.files.front().path));
    queue(copy.files.begin(), copy);
    return close_file();
  }
  report(LogLevel::info, fmt::format("{} was truncated; reading from its start", options_.path));
  end_file();
  begin_at(0);
  refresh_head();
  push_place();
}

void FileFollower::rotated() {
  if (current_) report(LogLevel::info, fmt::format("{} was rotated", options_.path));
  end_file();
  queue_rotated_after();
  close_file();
}

// Files that came and went between the one just read and the one at the path; what was queued stays when it is not found.
void FileFollower::queue_rotated_after() {
  const Trail trail = find_rotated(options_.path, mark_at(offset_));
  if (trail.found) queue(trail.files.begin() + 1, trail);
}

// A last line without a newline is an element.
void FileFollower::end_file() {
  framer_->finish(*this);
  boundary_ = offset_;
  push(boundary_);
  skipping_line_ = false;
}

void FileFollower::close_file() {
  if (descriptor_ >= 0) ::close(descriptor_);
  descriptor_ = -1;
}

// ---- Handing over ---------------------------------------------------------------------------------------------------

FileMark FileFollower::mark_at(std::uint64_t at) const {
  FileMark mark = id_;
  mark.at = at;
  const std::string_view head =
      std::string_view(head_).substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(at, head_.size())));
  mark.head_size = head.size();
  mark.head = head_digest(head);
  return mark;
}

void FileFollower::push(std::uint64_t at) {
  if (builder_.empty()) return;
  builder_.take(batch_);
  batch_.resume = mark_at(at).to_text();
  batch_.backlog = behind();
  static_cast<void>(offer_waiting(sink_, batch_, context_.stopping));
}

// The lines were written after the end was last seen: how long ago is known only while that is not long.
bool FileFollower::behind() const { return ended_ == event::kNoArrival || now_ - ended_ > kBehind; }

// No records, only where we are.
void FileFollower::push_place() {
  builder_.take(batch_);
  batch_.resume = mark_at(offset_).to_text();
  batch_.backlog = false;
  static_cast<void>(offer_waiting(sink_, batch_, context_.stopping));
}

void FileFollower::report(LogLevel level, const std::string& message) const {
  if (context_.log) context_.log(level, options_.name, message);
}

}  // namespace vedette::connectors
