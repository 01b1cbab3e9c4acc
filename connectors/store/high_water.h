// What is surely on disk: how far the database's log of writes and the three logs went when the last sync had ended.
// Written after each sync, never ahead of it, and not synced itself: after a power loss it may say less than there is,
// never more. So less in the database than it says means that synced data was lost. Two places take turns, each with a
// checksum: a torn write leaves the other. One thread.
#pragma once

#include <cstdint>
#include <string>

#include "engine/base/result.h"

namespace vedette::connectors {

struct HighWater {
  std::uint64_t sequence = 0;  // RocksDB's
  std::uint64_t inbox = 0, log = 0, outbox = 0;
};

class HighWaterFile {
 public:
  HighWaterFile() = default;
  ~HighWaterFile();
  HighWaterFile(HighWaterFile&& other) noexcept;
  HighWaterFile& operator=(HighWaterFile&& other) noexcept;

  // Makes the file with zeros, synced.
  [[nodiscard]] static Status create(const std::string& path);
  // Errors: it is missing or neither place holds.
  [[nodiscard]] static Result<HighWaterFile> open(const std::string& path, bool read_only);

  [[nodiscard]] const HighWater& value() const { return value_; }
  [[nodiscard]] Status write(const HighWater& value);
  [[nodiscard]] Status sync();

 private:
  std::string path_;
  int file_ = -1;
  std::uint64_t turn_ = 0;  // writes so far; its parity is the place
  HighWater value_;
};

}  // namespace vedette::connectors
