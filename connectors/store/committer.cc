#include "connectors/store/committer.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <future>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "connectors/store/failpoint.h"

namespace vedette::connectors {

namespace {

using Steady = std::chrono::steady_clock;

// One write takes no more than this, so that a long queue does not become one huge batch.
constexpr std::size_t kMostPerWrite = std::size_t{8} << 20;
constexpr std::chrono::milliseconds kRetryFull{200};

// One add_inbox(), add() or flush().
struct Item {
  bool received = false;  // add_inbox()
  bool refused = false;   // there was no room for it in the queue
  bool patient = false;   // add_patiently()
  StoredEntry entry;
  Changes changes;
  Committer::Done done;
  Committer::InboxDone inbox_done;
  std::size_t bytes = 0;

  void answer(bool durable) const {
    durable = durable && !refused;
    if (inbox_done) inbox_done(durable, durable ? entry.number : 0);
    if (done) done(durable);
  }
};

bool was_received(const Item& item) { return item.received; }

// What one write makes durable, and who waits for it.
struct Group {
  std::vector<Item> items;
  Changes changes;
  bool applied = false;  // it holds more than received records
};

std::size_t size_of(const Changes& changes) {
  std::size_t bytes = 256;
  const auto add_named = [&bytes](const std::map<std::string, std::string>& named) {
    for (const auto& [name, value] : named) bytes += name.size() + value.size();
  };
  for (const auto* entries : {&changes.inbox, &changes.log, &changes.outbox}) {
    for (const StoredEntry& entry : *entries) bytes += sizeof(entry) + entry.bytes.size();
  }
  for (const StoredEvidence& evidence : changes.evidence) bytes += sizeof(evidence) + evidence.bytes.size();
  for (const StoredReject& reject : changes.rejects) bytes += sizeof(reject) + reject.bytes.size() + reject.message.size();
  bytes += changes.emitted.size() * (sizeof(EmittedAlert) + 32);
  add_named(changes.cursors);
  add_named(changes.bundles);
  add_named(changes.facts);
  return bytes;
}

}  // namespace

class Committer::Loop {
 public:
  Loop(Store& store, Log log, std::function<void(const std::string&)> on_failure, std::size_t most_queued,
       std::chrono::milliseconds patience)
      : store_(store), log_(std::move(log)), on_failure_(std::move(on_failure)), most_queued_(most_queued), patience_(patience) {
    thread_ = std::thread([this] { run(); });
  }

  void add(Item item);
  bool wait_for_queue(bool on_full_disk);
  bool flush(std::chrono::milliseconds timeout);
  void stop();
  void after_answers(std::function<void()> told) {
    const std::lock_guard lock(mutex_);
    after_answers_ = std::move(told);
  }
  [[nodiscard]] bool full() const { return full_; }
  [[nodiscard]] CommitterCounters counters() const {
    const std::lock_guard lock(mutex_);
    return counters_;
  }

 private:
  void run();
  [[nodiscard]] bool has_queue_room() const { return queued_bytes_ <= most_queued_ || stopping_ || lost_; }  // locked
  // Moves what one write takes out of the queue. False: stopped and nothing left.
  bool take(Group& group);
  void wait_until_due(std::unique_lock<std::mutex>& lock);
  void fill(Group& group);
  void merge(Group& group) const;
  void commit(Group& group);
  WriteResult write(const Group& group);
  void refuse_received(std::vector<Item>& items);
  // False: the committer stops.
  bool wait_for_room();
  void settle(const Group& group, bool durable);
  void fail(const std::string& message);
  void note_full(bool full, const std::string& message);

  Store& store_;
  const Log log_;
  const std::function<void(const std::string&)> on_failure_;
  const std::size_t most_queued_;
  const std::chrono::milliseconds patience_;

  mutable std::mutex mutex_;  // all of this
  std::condition_variable wake_, room_;
  std::deque<Item> queue_;
  std::size_t queued_bytes_ = 0;
  std::size_t pressing_ = 0;  // queued items that are not patient
  bool idle_ = false;         // the committer waits for the first item
  bool lost_ = false;         // applied changes were answered false
  bool stopping_ = false, ended_ = false;
  CommitterCounters counters_;
  std::function<void()> after_answers_;

  std::atomic<bool> full_ = false;
  bool failed_ = false;  // the committer's thread only
  std::thread thread_;
};

void Committer::Loop::add(Item item) {
  {
    std::unique_lock lock(mutex_);
    if (item.received && !has_queue_room()) {
      item.refused = true;
      item.entry.bytes.clear();
      item.bytes = 0;
    }
    if (!ended_) {
      queued_bytes_ += item.bytes;
      if (!item.patient) ++pressing_;
      const bool wake = idle_ || !item.patient || queued_bytes_ >= kMostPerWrite;
      queue_.push_back(std::move(item));
      lock.unlock();
      if (wake) wake_.notify_one();
      return;
    }
  }
  item.answer(false);
}

bool Committer::Loop::wait_for_queue(bool on_full_disk) {
  std::unique_lock lock(mutex_);
  room_.wait(lock, [&] { return has_queue_room() || (full_ && !on_full_disk); });
  return has_queue_room();
}

bool Committer::Loop::flush(std::chrono::milliseconds timeout) {
  // Answers come in order: behind its own, all before it have theirs.
  const auto answer = std::make_shared<std::promise<bool>>();
  std::future<bool> answered = answer->get_future();
  Item marker;
  marker.done = [answer](bool durable) { answer->set_value(durable); };
  add(std::move(marker));
  if (answered.wait_for(timeout) != std::future_status::ready || !answered.get()) return false;
  const std::lock_guard lock(mutex_);
  return !lost_;
}

void Committer::Loop::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  room_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void Committer::Loop::run() {
  while (true) {
    Group group;
    if (!take(group)) return;
    merge(group);
    commit(group);
  }
}

bool Committer::Loop::take(Group& group) {
  std::unique_lock lock(mutex_);
  const auto something = [this] { return stopping_ || !queue_.empty(); };
  while (full_ && !wake_.wait_for(lock, kRetryFull, something)) {
    if (store_.has_room()) note_full(false, {});
  }
  wait_until_due(lock);
  ended_ = queue_.empty();
  fill(group);
  room_.notify_all();
  return !ended_;
}

void Committer::Loop::wait_until_due(std::unique_lock<std::mutex>& lock) {
  const auto due = [this] { return stopping_ || pressing_ > 0 || queued_bytes_ >= kMostPerWrite; };
  while (!wake_.wait_for(lock, patience_, due) && queue_.empty()) {
    idle_ = true;
    wake_.wait(lock, [&] { return due() || !queue_.empty(); });
    idle_ = false;
  }
}

void Committer::Loop::fill(Group& group) {
  std::size_t bytes = 0;
  while (!queue_.empty() && (group.items.empty() || bytes + queue_.front().bytes <= kMostPerWrite)) {
    bytes += queue_.front().bytes;
    if (!queue_.front().patient) --pressing_;
    group.items.push_back(std::move(queue_.front()));
    queue_.pop_front();
  }
  queued_bytes_ -= bytes;
}

void Committer::Loop::merge(Group& group) const {
  std::uint64_t number = store_.last_inbox();
  for (Item& item : group.items) {
    if (item.received && !item.refused) {
      item.entry.number = ++number;
      group.changes.inbox.push_back({number, item.entry.time, std::move(item.entry.bytes)});
    } else if (!item.received) {
      group.applied = group.applied || !item.changes.empty();
      group.changes.append(item.changes);
    }
  }
}

void Committer::Loop::commit(Group& group) {
  while (!failed_) {
    WriteResult result = write(group);
    if (result.outcome == WriteOutcome::full && !group.changes.inbox.empty()) {
      note_full(true, result.message);
      group.changes.inbox.clear();
      refuse_received(group.items);
      // What was applied may still find the room that is kept from what is received.
      result = write(group);
    }
    if (result.outcome == WriteOutcome::full) {
      note_full(true, result.message);
      if (wait_for_room()) continue;
      if (log_) log_(LogLevel::error, "store", "the disk is full: the last changes are not committed");
      failed_ = true;  // nor is anything behind them: a source's place must not pass what is not committed
      break;
    }
    if (result.outcome == WriteOutcome::ok) return settle(group, true);
    fail(result.message);
  }
  settle(group, false);
}

WriteResult Committer::Loop::write(const Group& group) {
  if (group.changes.empty()) return {};
  const bool received = !group.changes.inbox.empty();
  if (received) failpoint("inbox_before_write");
  if (group.applied) failpoint("commit_before_write");
  const auto start = Steady::now();
  WriteResult result = store_.write(group.changes);
  const auto took = std::chrono::duration_cast<std::chrono::microseconds>(Steady::now() - start).count();
  if (result.outcome == WriteOutcome::ok && received) failpoint("inbox_after_write");
  if (result.outcome == WriteOutcome::ok && group.applied) failpoint("commit_after_write");
  // Only received records say that there is room for what is received.
  if (result.outcome == WriteOutcome::ok && received) note_full(false, {});
  const std::lock_guard lock(mutex_);
  if (result.outcome == WriteOutcome::full) ++counters_.full;
  if (result.outcome != WriteOutcome::ok) return result;
  ++counters_.writes;
  counters_.sync_us_total += static_cast<std::uint64_t>(took);
  counters_.sync_us_max = std::max(counters_.sync_us_max, static_cast<std::uint64_t>(took));
  return result;
}

// Answers received records false and takes them out.
void Committer::Loop::refuse_received(std::vector<Item>& items) {
  for (const Item& item : items) {
    if (item.received) item.answer(false);
  }
  std::erase_if(items, was_received);
}

// A while, during which what is received is refused as it comes.
bool Committer::Loop::wait_for_room() {
  const auto until = Steady::now() + kRetryFull;
  while (true) {
    std::vector<Item> received;
    {
      std::unique_lock lock(mutex_);
      room_.notify_all();  // some wait only as long as the disk is not full
      const auto woken = [this] { return stopping_ || std::any_of(queue_.begin(), queue_.end(), was_received); };
      if (!wake_.wait_until(lock, until, woken)) return true;
      for (Item& item : queue_) {
        if (!item.received) continue;
        queued_bytes_ -= item.bytes;
        --pressing_;
        received.push_back(std::move(item));
      }
      // What was moved from keeps its mark.
      std::erase_if(queue_, was_received);
      if (stopping_ && received.empty()) return false;
    }
    refuse_received(received);
  }
}

void Committer::Loop::settle(const Group& group, bool durable) {
  // Before the answers: who learns that it is durable may ask for the counters.
  {
    const std::lock_guard lock(mutex_);
    lost_ = lost_ || (!durable && group.applied);
    if (durable) counters_.changes += group.items.size();
  }
  for (const Item& item : group.items) item.answer(durable);
  if (after_answers_) after_answers_();
}

void Committer::Loop::fail(const std::string& message) {
  failed_ = true;
  if (log_) log_(LogLevel::error, "store", message);
  {
    const std::lock_guard lock(mutex_);
    lost_ = true;
  }
  room_.notify_all();
  if (on_failure_) on_failure_(message);
}

void Committer::Loop::note_full(bool full, const std::string& message) {
  if (full_.exchange(full) == full || !log_) return;
  if (full) {
    log_(LogLevel::error, "store", "the disk is full, nothing is taken in until there is room: " + message);
  } else {
    log_(LogLevel::info, "store", "there is room on the disk again");
  }
}

Committer::Committer(Store& store, Log log, std::function<void(const std::string&)> on_failure, std::size_t most_queued,
                     std::chrono::milliseconds patience)
    : loop_(std::make_unique<Loop>(store, std::move(log), std::move(on_failure), most_queued, patience)) {}

Committer::~Committer() { stop(); }

void Committer::add_inbox(std::string bytes, TimeUs time, InboxDone done) {
  Item item;
  item.received = true;
  item.bytes = bytes.size() + 256;
  item.entry = {0, time, std::move(bytes)};
  item.inbox_done = std::move(done);
  loop_->add(std::move(item));
}

void Committer::add(Changes changes, Done done) {
  Item item;
  item.bytes = size_of(changes);
  item.changes = std::move(changes);
  item.done = std::move(done);
  loop_->add(std::move(item));
}

void Committer::add_patiently(Changes changes, Done done) {
  Item item;
  item.patient = true;
  item.bytes = size_of(changes);
  item.changes = std::move(changes);
  item.done = std::move(done);
  loop_->add(std::move(item));
}

bool Committer::wait_for_queue(bool on_full_disk) { return loop_->wait_for_queue(on_full_disk); }

bool Committer::flush(std::chrono::milliseconds timeout) { return loop_->flush(timeout); }

void Committer::after_answers(std::function<void()> told) { loop_->after_answers(std::move(told)); }

bool Committer::full() const { return loop_->full(); }

CommitterCounters Committer::counters() const { return loop_->counters(); }

void Committer::stop() { loop_->stop(); }

}  // namespace vedette::connectors
