// Recorded events as named on the command line: files, directories (walked for event files), - for stdin; .gz and .zst
// are read as they come. Expanding is for the main thread; an InputReader belongs to the reading thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "app/pipeline.h"
#include "connectors/sources/file_reader.h"
#include "engine/base/result.h"
#include "engine/event/record.h"

namespace vedette::app {

struct InputFile {
  std::string path;        // "-" is stdin
  std::uint64_t size = 0;  // on disk; 0 = unknown
  int modified_year = 0;
};

// Missing places are Errors. Directories give *.ndjson, *.json, *.jsonl, *.log and these with .gz or .zst, sorted.
[[nodiscard]] Result<std::vector<InputFile>> expand_inputs(const std::vector<std::string>& given);

// Cuts one input into jobs for the pipeline.
class InputReader {
 public:
  [[nodiscard]] static Result<std::unique_ptr<InputReader>> open(const InputFile& file, std::size_t input,
                                                                 std::shared_ptr<const event::Origin> origin,
                                                                 event::Framing framing);

  // The next job; job.last is set on the final one, which may be empty.
  [[nodiscard]] Result<Job> next();
  [[nodiscard]] bool finished() const { return finished_; }
  // Some record so far was text, not JSON.
  [[nodiscard]] bool saw_text() const { return text_jobs_ > 0; }

 private:
  InputReader(std::size_t input, std::shared_ptr<const event::Origin> origin) : input_(input), origin_(std::move(origin)) {}

  std::size_t input_;
  std::shared_ptr<const event::Origin> origin_;
  std::unique_ptr<connectors::FileReader> reader_;
  std::vector<RejectRecord> rejects_;
  std::shared_ptr<LineClock> line_clock_ = std::make_shared<LineClock>();
  std::uint64_t text_jobs_ = 0;
  bool finished_ = false;
};

}  // namespace vedette::app
