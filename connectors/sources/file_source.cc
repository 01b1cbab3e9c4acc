#include "connectors/sources/file_source.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <fstream>
#include <utility>

#include "connectors/sources/file_follower.h"
#include "connectors/sources/file_reader.h"
#include "connectors/sources/file_trail.h"

namespace vedette::connectors {
namespace {

// Pipes and devices give what they have once: there is no place to go back to.
bool is_regular(const std::string& path) {
  struct stat info {};
  return path != "-" && ::stat(path.c_str(), &info) == 0 && S_ISREG(info.st_mode);
}

// A mark at the file's start. `at` counts records.
FileMark mark_file(const std::string& path) {
  FileMark mark = identify(path).value_or(FileMark{});
  std::string head(kHeadBytes, '\0');
  std::ifstream file(path, std::ios::binary);
  file.read(head.data(), static_cast<std::streamsize>(head.size()));
  head.resize(static_cast<std::size_t>(file.gcount()));
  mark.head_size = head.size();
  mark.head = head_digest(head);
  return mark;
}

// Leaves out the first records of the batch; returns how many.
std::uint64_t leave_out(event::RecordBatch& batch, std::uint64_t most) {
  const std::uint64_t count = std::min<std::uint64_t>(most, batch.records.size());
  batch.records.erase(batch.records.begin(), batch.records.begin() + static_cast<std::ptrdiff_t>(count));
  return count;
}

}  // namespace

FileSource::FileSource(FileSourceOptions options, Clock clock, Log log, RejectHandler on_reject)
    : options_(std::move(options)),
      clock_(std::move(clock)),
      log_(std::move(log)),
      on_reject_(std::move(on_reject)),
      health_(std::make_unique<HealthBoard>()) {}

FileSource::~FileSource() { stop(); }

Status FileSource::start(BatchSink& sink) {
  if (options_.follow) {
    const FileFollowerContext context{options_, clock_, log_, on_reject_, stopping_, *health_, history_gaps_};
    thread_ = std::thread([context, &sink] { FileFollower(context, sink).run(); });
    return {};
  }
  FileReaderOptions reading;
  reading.framing = options_.framing;
  reading.on_reject = on_reject_;
  reading.arrival = clock_;
  reading.cancel = &stopping_;
  auto reader = FileReader::open(options_.path, options_.origin, std::move(reading));
  if (!reader.ok()) return reader.error();
  const std::uint64_t taken = records_taken();
  thread_ = std::thread([this, &sink, taken, input = std::move(*reader)] { read_once(sink, *input, taken); });
  return {};
}

void FileSource::stop() {
  stopping_ = true;
  if (thread_.joinable()) thread_.join();
}

SourceHealth FileSource::health() const { return health_->get(); }

// By an earlier run, from the file as it is.
std::uint64_t FileSource::records_taken() {
  if (!options_.resume_at || !is_regular(options_.path)) return 0;
  const std::optional<std::string> stored = options_.resume_at("");
  if (!stored) return 0;
  const std::optional<FileMark> mark = FileMark::parse(*stored);
  if (mark && is_marked_file(options_.path, *mark)) return mark->at;
  if (log_)
    log_(LogLevel::info, options_.name, fmt::format("{} is another file than before; reading it from its start", options_.path));
  return 0;
}

// A part of the file is never a place to begin at: an array has to be framed from its start. So the records that were taken
// before are read again and left out.
void FileSource::read_once(BatchSink& sink, FileReader& reader, std::uint64_t taken) {
  const bool regular = is_regular(options_.path);
  FileMark mark = regular ? mark_file(options_.path) : FileMark{};
  health_->change([&](SourceHealth& health) { health.caught_up = !regular; });
  event::RecordBatch batch;
  while (!stopping_) {
    auto more = reader.next(batch);
    if (!more.ok()) {
      if (log_) log_(LogLevel::error, options_.name, more.error().to_string());
      health_->change([&](SourceHealth& health) {
        health.up = false;
        health.reason = more.error().to_string();
      });
    }
    if (!more.ok() || !*more) break;
    const std::uint64_t known = leave_out(batch, taken > mark.at ? taken - mark.at : 0);
    mark.at += known + batch.records.size();
    if (batch.records.empty()) continue;
    if (regular) batch.resume = mark.to_text();
    batch.backlog = regular;
    if (!offer_waiting(sink, batch, stopping_)) break;
    health_->change([&](SourceHealth& health) { health.idle_since = clock_(); });
  }
  health_->change([](SourceHealth& health) { health.caught_up = health.up; });
  finished_ = true;
}

}  // namespace vedette::connectors
