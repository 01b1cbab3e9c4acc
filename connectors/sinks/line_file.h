// A file of whole lines that other programs read and rotate: appended to and synced batch by batch, rotated by size and by
// UTC day, opened anew when somebody moved it away. After a crash the torn last line is cut off before anything is appended
// (lines are JSON objects).
// Held under an advisory lock: two writers of one file are an error. One thread at a time. Errors name the path.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "connectors/net/log.h"
#include "engine/base/result.h"
#include "engine/base/time.h"

namespace vedette::connectors {

struct LineFileOptions {
  std::string path;
  std::uint64_t rotate_bytes = 0;    // a file that would grow beyond it is rotated first; 0: never
  bool rotate_daily = false;         // a file whose last line is of an earlier day (UTC) is rotated first
  std::size_t keep = 0;              // rotated files kept, newest first; 0: all
  std::uint32_t mode = 0600;         // of new files: alerts hold personal data
  std::function<TimeUs()> now = {};  // wall clock; must be given
};

// Rotated files are named after the time of the rotation, "alerts.jsonl.20260105T080000Z", with "-2" and so on added when
// the name is taken. Only files so named are ever removed.
class LineFile {
 public:
  // Logs under `component`.
  LineFile(LineFileOptions options, std::string component, Log log);
  ~LineFile();
  LineFile(const LineFile&) = delete;
  LineFile& operator=(const LineFile&) = delete;

  // Opens or makes the file. Errors: no such folder, no right, not a regular file, another writer.
  [[nodiscard]] Status open();
  // Appends text of whole lines, each with its newline, and syncs. On an error nothing of it stays in the file, as far as
  // the file system allows; it may be called again.
  [[nodiscard]] Status append(std::string_view lines);

 private:
  [[nodiscard]] Status reopen_if_moved();
  [[nodiscard]] Status cut_torn_line();
  [[nodiscard]] Status rotate_if_due(std::size_t coming);
  [[nodiscard]] Status rotate();
  void remove_old() const;
  void close();
  [[nodiscard]] Error error(std::string_view what, int code) const;

  const LineFileOptions options_;
  const std::string component_;
  const Log log_;
  int descriptor_ = -1;
  std::int64_t day_ = 0;  // of the last line, days since the epoch
};

}  // namespace vedette::connectors
