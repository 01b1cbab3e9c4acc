#include "app/pipeline.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace vedette::app {

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
  Slot& slot = slots_[submitted_ % slots_.size()];
  job.batch.sequence = submitted_++;
  slot.job = std::move(job);
  slot.ready = false;
  lock.unlock();
  work_.notify_one();
  return true;
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
  std::unique_lock lock(mutex_);
  const auto here = [&] { return taken_ < submitted_ && slots_[taken_ % slots_.size()].ready; };
  const auto decided = [&] { return aborted_ || here() || (closed_ && taken_ == submitted_); };
  while (!ready_.wait_for(lock, std::chrono::milliseconds(100), decided)) {
    if (options_.cancelled && options_.cancelled()) return false;
  }
  if (aborted_ || !here()) return false;
  Slot& slot = slots_[taken_ % slots_.size()];
  done = std::move(slot.done);
  slot.ready = false;
  ++taken_;
  lock.unlock();
  room_.notify_one();
  return true;
}

std::size_t Pipeline::in_flight() const {
  const std::lock_guard lock(mutex_);
  return static_cast<std::size_t>(submitted_ - taken_);
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
    Slot& slot = slots_[started_++ % slots_.size()];
    lock.unlock();
    process(worker, slot, rejects);
    lock.lock();
    slot.ready = true;
    ready_.notify_one();
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
