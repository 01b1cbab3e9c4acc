#include "app/pipeline.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace vedette::app {
namespace {

constexpr std::size_t kRunBytes = std::size_t{32} << 10;

}  // namespace

Pipeline::Pipeline(plan::PlanPtr plan, std::shared_ptr<const match::MatchProgram> program, Options options)
    : plan_(std::move(plan)), program_(std::move(program)), options_(std::move(options)), slots_(options_.depth) {
  for (unsigned i = 0; i < options_.threads; ++i) threads_.emplace_back([this] { work(); });
}

Pipeline::~Pipeline() {
  abort();
  for (std::thread& thread : threads_) thread.join();
}

bool Pipeline::submit(Job job) {
  std::unique_lock lock(mutex_);
  room_.wait(lock, [&] { return aborted_ || submitted_ - taken_ < slots_.size(); });
  if (aborted_) return false;
  put(std::move(job));
  lock.unlock();
  work_.notify_one();
  return true;
}

bool Pipeline::submit(std::vector<Job>& jobs) {
  std::unique_lock lock(mutex_);
  for (Job& job : jobs) {
    if (submitted_ - taken_ == slots_.size()) {
      work_.notify_all();
      room_.wait(lock, [&] { return aborted_ || submitted_ - taken_ < slots_.size(); });
    }
    if (aborted_) return false;
    put(std::move(job));
  }
  lock.unlock();
  if (!jobs.empty()) work_.notify_one();
  jobs.clear();
  return true;
}

void Pipeline::put(Job job) {
  Slot& free = slot(submitted_);
  job.batch.sequence = submitted_++;
  free.job = std::move(job);
  free.ready = false;
}

void Pipeline::close() {
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
  }
  work_.notify_all();
  ready_.notify_all();
}

void Pipeline::abort() {
  {
    const std::lock_guard lock(mutex_);
    aborted_ = true;
  }
  room_.notify_all();
  work_.notify_all();
  ready_.notify_all();
}

bool Pipeline::next(Done& done) {
  if (at_hand_.empty()) take_ready();
  if (at_hand_.empty()) return false;
  done = std::move(at_hand_.front());
  at_hand_.pop_front();
  return true;
}

void Pipeline::take_ready() {
  std::unique_lock lock(mutex_);
  const auto here = [&] { return taken_ < submitted_ && slot(taken_).ready; };
  const auto decided = [&] { return aborted_ || here() || (closed_ && taken_ == submitted_); };
  while (!ready_.wait_for(lock, std::chrono::milliseconds(100), decided)) {
    if (options_.cancelled && options_.cancelled()) return;
  }
  if (aborted_) return;
  for (; here(); ++taken_) {
    at_hand_.push_back(std::move(slot(taken_).done));
    slot(taken_).ready = false;
  }
  lock.unlock();
  room_.notify_one();
}

// A fair share of what waits, and no more than is done in a moment.
Pipeline::Run Pipeline::take_run() {
  const std::uint64_t most = (submitted_ - started_ + options_.threads - 1) / options_.threads;
  Run run{started_, started_};
  for (std::size_t bytes = 0; run.end < run.first + most && (run.end == run.first || bytes < kRunBytes); ++run.end)
    bytes += slot(run.end).job.batch.buffer.size();
  started_ = run.end;
  return run;
}

void Pipeline::work() {
  run::Worker worker(plan_, program_);
  std::vector<RejectRecord> rejects;
  worker.on_reject([&](const event::Origin& origin, const event::Reject& reject) {
    rejects.push_back({origin.partition.empty() ? origin.source_name : origin.partition, std::string(reject.reason),
                       reject.message, options_.keep_rejected_bytes ? std::string(reject.bytes) : std::string(), reject.line,
                       reject.position});
  });
  if (options_.observer) worker.observe(options_.observer);
  if (options_.keep_raw) worker.keep_raw();
  if (options_.guard != nullptr) worker.guard(*options_.guard);
  std::unique_lock lock(mutex_);
  while (true) {
    work_.wait(lock, [&] { return aborted_ || started_ < submitted_ || closed_; });
    if (aborted_ || (closed_ && started_ == submitted_)) return;
    const Run run = take_run();
    const bool more = started_ < submitted_;
    lock.unlock();
    if (more) work_.notify_one();
    for (std::uint64_t sequence = run.first; sequence < run.end; ++sequence) process(worker, slot(sequence), rejects);
    lock.lock();
    for (std::uint64_t sequence = run.first; sequence < run.end; ++sequence) slot(sequence).ready = true;
    if (run.first != taken_) continue;  // the consumer waits for another
    lock.unlock();
    ready_.notify_one();
    lock.lock();
  }
}

void Pipeline::process(run::Worker& worker, Slot& slot, std::vector<RejectRecord>& rejects) {
  Job& job = slot.job;
  if (job.control) {
    slot.done = {};
    slot.done.control = std::move(job.control);
    job = Job{};
    return;
  }
  auto hits = std::make_shared<correlate::HitBatch>();
  rejects = std::move(job.framing_rejects);
  const std::uint64_t framing_rejects = rejects.size();
  if (job.line_clock) {
    LineClock& clock = *job.line_clock;
    // Earlier batches of the input were started before this one, so the turn comes.
    std::unique_lock turn(clock.mutex);
    clock.turned.wait(turn, [&] { return clock.turn == job.turn; });
    worker.process(job.batch, clock.time, *hits);
    ++clock.turn;
    turn.unlock();
    clock.turned.notify_all();
  } else {
    TimeUs unused = 0;
    worker.process(job.batch, unused, *hits);
  }
  hits->counters.records += framing_rejects;
  hits->counters.rejected += framing_rejects;
  std::stable_sort(rejects.begin(), rejects.end(), [](const RejectRecord& a, const RejectRecord& b) { return a.line < b.line; });
  slot.done = {.hits = std::move(hits),
               .input = job.input,
               .last = job.last,
               .rejects = std::move(rejects),
               .bytes_read = job.bytes_read,
               .resume = job.batch.resume,
               .inbox = job.batch.inbox,
               .records = job.batch.records.size(),
               .canaries = job.canaries,
               .canary_received = job.canary_received,
               .control = {}};
  rejects.clear();
  job = Job{};
}

}  // namespace vedette::app
