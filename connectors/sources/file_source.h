// A file as a live source: read once to its end (archives too), or followed like tail -F through rotation and
// truncation, over restarts: `resume` is a FileMark's text. Records are stamped with the time at which they were read; what
// was there before is a backlog: what is read before the end is first reached, or a minute after it was last reached.
// One thread of its own; counters and health may be read from any.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <thread>

#include "connectors/net/log.h"
#include "connectors/sources/record_source.h"
#include "engine/event/framer.h"

namespace vedette::connectors {

class FileReader;
class HealthBoard;

struct FileSourceOptions {
  std::string name;
  std::string path;
  std::shared_ptr<const event::Origin> origin;
  bool follow = false;
  bool from_end = false;                               // follow: start at the file's present end
  ResumeAt resume_at = {};                             // asked for partition ""
  event::Framing framing = event::Framing::automatic;  // followed files are always read line by line
  std::chrono::milliseconds poll{20};
  std::chrono::milliseconds rotation_quiet{1000};  // a renamed file is given up after this long without growth
};

class FileSource final : public RecordSource {
 public:
  FileSource(FileSourceOptions options, Clock clock, Log log, RejectHandler on_reject);
  ~FileSource() override;

  [[nodiscard]] const std::string& name() const override { return options_.name; }
  [[nodiscard]] Status start(BatchSink& sink) override;
  void stop() override;
  [[nodiscard]] bool finished() const override { return finished_; }
  [[nodiscard]] SourceHealth health() const override;
  // Times that lines were gone before we read them.
  [[nodiscard]] std::uint64_t history_gaps() const { return history_gaps_; }

 private:
  [[nodiscard]] std::uint64_t records_taken();
  void read_once(BatchSink& sink, FileReader& reader, std::uint64_t taken);

  FileSourceOptions options_;
  Clock clock_;
  Log log_;
  RejectHandler on_reject_;
  std::unique_ptr<HealthBoard> health_;
  std::thread thread_;
  std::atomic<bool> stopping_ = false;
  std::atomic<bool> finished_ = false;
  std::atomic<std::uint64_t> history_gaps_ = 0;
};

}  // namespace vedette::connectors
