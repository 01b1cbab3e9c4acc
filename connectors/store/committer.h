// Group commit: the one thread that writes to the store. Changes queue while a write is being synced; the next write takes
// everything that queued, so a busy service syncs rarely and an idle one at once. What nobody waits for is added patiently: it
// goes with the next write, or on its own after a few milliseconds. add() may be called by any thread; callbacks run on the
// committer's thread, in the order of their add(), after the sync, and must not block. On a full disk received records are
// answered out of that order, and once stopped everything is answered at once, by the caller's thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

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
  using InboxDone = std::function<void(bool durable, std::uint64_t number)>;
  static constexpr std::size_t kMostQueued = std::size_t{64} << 20;
  static constexpr std::chrono::milliseconds kPatience{5};

  // on_failure: a write has failed for good (see WriteOutcome::failed); called once, on the committer's thread, then nothing
  // is committed any more and everything is answered false.
  Committer(Store& store, Log log, std::function<void(const std::string&)> on_failure, std::size_t most_queued = kMostQueued,
            std::chrono::milliseconds patience = kPatience);
  ~Committer();  // stop()
  Committer(const Committer&) = delete;
  Committer& operator=(const Committer&) = delete;

  // Received records: they get the next inbox number, which done() is told. A full disk, and more than `most_queued` bytes
  // in the queue, answer false without waiting.
  void add_inbox(std::string bytes, TimeUs time, InboxDone done);
  // Applied changes: on a full disk they are tried again until there is room (nothing is lost, the queue grows). Their
  // numbers are the caller's. Never waits.
  void add(Changes changes, Done done = {});
  // The same, but a write of its own may wait for `patience`: for changes that no answer and no alert waits for. They are as
  // durable as what follows them, since writes keep the order of the queue.
  void add_patiently(Changes changes, Done done = {});
  // For those who add much, before they do: waits while more than `most_queued` bytes are queued; on a full disk only if told
  // to. False: there are still more. Not for callbacks.
  bool wait_for_queue(bool on_full_disk);
  // Everything added before is durable (true), or the committer has failed or stopped, or time is up.
  [[nodiscard]] bool flush(std::chrono::milliseconds timeout);
  // After the answers of each write, on the committer's thread: what they woke nobody for can be told at once. Set it before
  // anything is added.
  void after_answers(std::function<void()> told);
  // The disk was full at the last try.
  [[nodiscard]] bool full() const;
  [[nodiscard]] CommitterCounters counters() const;
  // Commits what is queued, then ends. On a full disk what cannot be committed is answered false.
  void stop();

 private:
  class Loop;
  std::unique_ptr<Loop> loop_;
};

}  // namespace vedette::connectors
