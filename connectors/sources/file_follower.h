// Follows one file as it grows, line by line, through rotation (renamed, or copied and truncated) and over restarts: from
// its FileMark on, with what was rotated away in between. Used by FileSource's thread alone; its health by any.
#pragma once

#include <atomic>
#include <chrono>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "connectors/sources/batch_builder.h"
#include "connectors/sources/byte_stream.h"
#include "connectors/sources/file_source.h"
#include "connectors/sources/file_trail.h"

namespace vedette::connectors {

// What a thread says about itself to others.
class HealthBoard {
 public:
  [[nodiscard]] SourceHealth get() const {
    const std::lock_guard lock(mutex_);
    return health_;
  }
  template <class Change>
  void change(const Change& apply) {
    const std::lock_guard lock(mutex_);
    apply(health_);
  }

 private:
  mutable std::mutex mutex_;
  SourceHealth health_{.up = true, .caught_up = false};
};

// Offers until the sink takes it; false when the source is told to stop.
[[nodiscard]] bool offer_waiting(BatchSink& sink, event::RecordBatch& batch, const std::atomic<bool>& stopping);

struct FileFollowerContext {
  const FileSourceOptions& options;
  const Clock& clock;
  const Log& log;
  const RejectHandler& on_reject;
  const std::atomic<bool>& stopping;
  HealthBoard& health;
  std::atomic<std::uint64_t>& history_gaps;
};

class FileFollower final : public event::ElementSink {
 public:
  FileFollower(const FileFollowerContext& context, BatchSink& sink);
  ~FileFollower() override;
  // Until it is told to stop.
  void run();

  void on_element(std::string_view bytes, std::uint64_t line, std::uint64_t position) override;
  void on_reject(const event::Reject& reject) override;

 private:
  void begin();
  bool open_next();
  void open_current();
  void open_plain(const std::string& path, int descriptor, std::uint64_t at);
  void read_archive(const TrailFile& file);
  void refresh_head();
  void begin_at(std::uint64_t offset);
  [[nodiscard]] bool read_more();
  void take(std::string_view chunk);
  [[nodiscard]] bool head_is_intact() const;
  void check_place();
  void truncated();
  void rotated();
  void queue_rotated_after();
  void end_file();
  void close_file();
  void push(std::uint64_t at);
  void push_place();
  [[nodiscard]] FileMark mark_at(std::uint64_t at) const;
  [[nodiscard]] bool behind() const;
  [[nodiscard]] bool open() const { return descriptor_ >= 0; }
  void report(LogLevel level, const std::string& message) const;
  void report_gap(const FileMark& mark);
  void gap(const std::string& what);
  void queue(std::vector<TrailFile>::const_iterator from, const Trail& trail);

  FileFollowerContext context_;
  const FileSourceOptions& options_;
  BatchSink& sink_;
  BatchBuilder builder_;
  event::RecordBatch batch_;
  std::string block_;
  std::optional<event::Framer> framer_;
  std::deque<TrailFile> before_;            // to be read before the file at the path
  std::vector<std::string> missing_files_;  // as last reported

  int descriptor_ = -1;
  FileMark id_;                 // device and inode of the open file
  bool current_ = false;        // it was opened at the path itself
  std::string head_;            // what its content begins with
  std::uint64_t offset_ = 0;    // next byte to read
  std::uint64_t boundary_ = 0;  // behind the last whole line
  std::uint64_t base_ = 0;      // where the framer began
  std::string_view chunk_;      // being framed
  bool from_start_ = true;
  bool skipping_line_ = false;
  bool missing_ = false;  // the file at the path
  bool from_end_ = false;
  bool first_ = true;                 // no file was opened yet
  TimeUs asked_ = event::kNoArrival;  // when the file was last read
  TimeUs ended_ = event::kNoArrival;  // when there was last nothing more to read
  TimeUs now_ = event::kNoArrival;    // stamp of what is being framed
  std::optional<std::chrono::steady_clock::time_point> gone_since_;
  std::uint64_t last_growth_ = 0;
};

}  // namespace vedette::connectors
