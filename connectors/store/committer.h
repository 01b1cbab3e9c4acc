// Group commit: the one thread that writes to the store. Changes queue while a write is being synced; the next write takes
// everything that queued, so a busy service syncs rarely and an idle one at once; there is no timer. add() may be called by
// any thread; callbacks run on the committer's thread, in the order of their add(), after the sync, and must not block.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "connectors/store/store.h"

namespace vedette::connectors {

struct CommitterCounters {
  std::uint64_t writes = 0, full = 0;
  std::uint64_t changes = 0;  // add() calls committed
  std::uint64_t sync_us_total = 0, sync_us_max = 0;
};

class Committer {
 public:
  using Done = std::function<void(bool durable)>;
  // on_failure: a write has failed for good (see WriteOutcome::failed); called once, then nothing is committed any more.
  Committer(Store& store, Log log, std::function<void(const std::string&)> on_failure);
  ~Committer();  // stop()

  // Received records: they get the next inbox number, written into `entry.number`, which done() may read by its own means.
  // A full disk answers false at once (push sources say 503); it never waits.
  void add_inbox(std::string bytes, TimeUs time, std::function<void(bool durable, std::uint64_t number)> done);
  // Applied changes: on a full disk they are tried again until there is room (nothing is lost, the caller's queue fills).
  // Their numbers are the caller's. Waits while more than `most_queued` bytes are queued.
  void add(Changes changes, Done done = {});
  // Everything added before is durable (true), or the committer has failed or stopped.
  [[nodiscard]] bool flush(std::chrono::milliseconds timeout);
  // The disk was full at the last try.
  [[nodiscard]] bool full() const { return full_; }
  [[nodiscard]] CommitterCounters counters() const;
  // Commits what is queued, then ends.
  void stop();

 private:
  std::atomic<bool> full_ = false;
};

}  // namespace vedette::connectors
