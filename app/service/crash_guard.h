// Breaks crash loops: a record whose decoding or matching ends the process is known after the restart, and skipped from the
// second time on. Workers say which record they have in hand; when a fault ends the process (not a kill, whoever sends it), a
// signal handler appends the record's hash to the file `suspects` in the store's folder. One per process, made before the
// workers and never gone before them; enter() and leave() on any thread.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_set>

#include "engine/base/result.h"
#include "engine/run/worker.h"

namespace vedette::app {

class CrashGuard final : public run::RecordGuard {
 public:
  CrashGuard() = default;
  ~CrashGuard() override;
  CrashGuard(const CrashGuard&) = delete;
  CrashGuard& operator=(const CrashGuard&) = delete;

  // Reads the suspects of earlier runs and takes the signals SEGV, BUS, ILL, FPE and ABRT.
  [[nodiscard]] Status start(const std::string& folder);
  // Records that are skipped.
  [[nodiscard]] std::size_t skipped() const { return skip_.size(); }

  [[nodiscard]] bool enter(const event::RawRecord& record) override;
  void leave() override;

 private:
  std::unordered_set<std::uint64_t> skip_;
  int file_ = -1;
};

}  // namespace vedette::app
