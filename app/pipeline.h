// Decode and match on N workers, results in the order of submission: the reader submits batches, workers process them in
// any order, one consumer takes them in sequence. At most `depth` batches are in flight. Waking a thread costs more than
// a small batch, so workers take several small ones at once, and the consumer all that are ready. submit() is called by any
// thread, next() by one.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "engine/correlate/hit.h"
#include "engine/event/record.h"
#include "engine/match/matcher.h"
#include "engine/run/worker.h"

namespace vedette::app {

// The zone-less times of a text input lean on the line before: its batches are processed one after the other.
struct LineClock {
  std::mutex mutex;
  std::condition_variable turned;
  std::uint64_t turn = 0;
  TimeUs time = 0;
};

struct RejectRecord {
  std::string source;  // source name or path
  std::string reason;
  std::string message;
  std::string bytes;
  std::uint64_t line = 0;
  std::uint64_t position = 0;
};

struct Job {
  event::RecordBatch batch;
  std::size_t input = 0;                  // index of the input, for the merge
  bool last = false;                      // no more batches of this input
  std::shared_ptr<LineClock> line_clock;  // text inputs only
  std::uint64_t turn = 0;                 // place among the text batches of the input
  std::vector<RejectRecord> framing_rejects;
  std::uint64_t bytes_read = 0;                // of the input so far, for the progress bar
  std::uint32_t canaries = 0;                  // among the batch's records
  TimeUs canary_received = event::kNoArrival;  // the last of them
  // Not a batch, but something for the consumer to do when its turn comes.
  std::function<void()> control;
};

struct Done {
  std::shared_ptr<correlate::HitBatch> hits;
  std::size_t input = 0;
  bool last = false;
  std::vector<RejectRecord> rejects;
  std::uint64_t bytes_read = 0;
  std::string resume;       // of the batch
  std::uint64_t inbox = 0;  // of the batch
  std::size_t records = 0;  // in the batch
  std::uint32_t canaries = 0;
  TimeUs canary_received = event::kNoArrival;
  std::function<void()> control;
};

class Pipeline {
 public:
  struct Options {
    unsigned threads = 1;
    std::size_t depth = 64;
    bool keep_rejected_bytes = false;
    bool keep_raw = false;  // run::Worker::keep_raw
    run::RecordGuard* guard = nullptr;
    run::EventObserver observer;      // called on worker threads; use with one thread
    std::function<bool()> cancelled;  // asked by next() while it waits; true ends it
  };

  Pipeline(plan::PlanPtr plan, std::shared_ptr<const match::MatchProgram> program, Options options);
  ~Pipeline();
  Pipeline(const Pipeline&) = delete;
  Pipeline& operator=(const Pipeline&) = delete;

  // Gives the batch the next sequence number; waits for room. False after abort().
  bool submit(Job job);
  // Several at once; leaves them empty.
  bool submit(std::vector<Job>& jobs);
  // Nothing more will be submitted; next() ends after the last batch.
  void close();
  // Drops what is queued; submit() and next() return false.
  void abort();
  // The next batch in sequence; false at the end, or when cancelled.
  bool next(Done& done);

 private:
  struct Slot {
    Job job;
    Done done;
    bool ready = false;
  };
  // The next batches for one worker: one, or several small ones. Sequences [first, end).
  struct Run {
    std::uint64_t first = 0, end = 0;
  };
  [[nodiscard]] Run take_run();
  void take_ready();
  void put(Job job);
  [[nodiscard]] Slot& slot(std::uint64_t sequence) { return slots_[sequence % slots_.size()]; }
  void work();
  void process(run::Worker& worker, Slot& slot, std::vector<RejectRecord>& rejects);

  plan::PlanPtr plan_;
  std::shared_ptr<const match::MatchProgram> program_;
  Options options_;
  mutable std::mutex mutex_;
  std::condition_variable room_, work_, ready_;
  std::vector<Slot> slots_;      // sequence % depth
  std::uint64_t submitted_ = 0;  // sequences given
  std::uint64_t started_ = 0;    // taken by workers
  std::uint64_t taken_ = 0;      // by the consumer
  bool closed_ = false;
  bool aborted_ = false;
  std::deque<Done> at_hand_;  // taken and not yet asked for; the consumer's
  std::vector<std::thread> threads_;
};

}  // namespace vedette::app
