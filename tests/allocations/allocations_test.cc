// The steady state allocates nothing for events that match no rule, and at most 0.1 times per event for those that do:
// decode, match, sequence and correlate, counted over all threads after a warm-up of 100,000 events with 25 rules, all
// correlation types and 100,000 keys.
#include <gtest/gtest.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <new>
#include <semaphore>
#include <sstream>
#include <thread>

#include "bench/generator.h"
#include "engine/run/sequencer.h"
#include "engine/run/worker.h"
#include "rules/sigma/load.h"
#include "rules/source/load.h"

namespace {
std::atomic<std::uint64_t> allocation_count{0};
}  // namespace

void* operator new(std::size_t bytes) {
  allocation_count.fetch_add(1, std::memory_order_relaxed);
  if (void* memory = std::malloc(bytes == 0 ? 1 : bytes)) return memory;
  throw std::bad_alloc();
}
void* operator new[](std::size_t bytes) { return operator new(bytes); }
void* operator new(std::size_t bytes, std::align_val_t align) {
  allocation_count.fetch_add(1, std::memory_order_relaxed);
  const auto alignment = static_cast<std::size_t>(align);
  if (void* memory = std::aligned_alloc(alignment, (bytes + alignment - 1) / alignment * alignment)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }

namespace vedette {
namespace {

plan::PlanPtr bench_plan() {
  std::ifstream file(std::string(VEDETTE_SOURCE_DIR) + "/bench/rules/twentyfive.yml");
  std::stringstream text;
  text << file.rdbuf();
  Diagnostics diagnostics;
  rules::CompileOptions options;
  options.sources = rules::load_sources(rules::builtin_sources(), diagnostics);
  auto compiled = rules::compile({{"twentyfive.yml", text.str()}}, options, diagnostics);
  for (const Diagnostic& diagnostic : diagnostics.items()) {
    if (diagnostic.severity == Severity::error) ADD_FAILURE() << render_human(diagnostic, false);
  }
  return compiled.plan;
}

// Batches of 512 lines, framed once so that the measured part holds only the engine.
std::vector<event::RecordBatch> batches_of(const std::string& text, const std::shared_ptr<const event::Origin>& origin) {
  std::vector<event::RecordBatch> batches;
  for (std::size_t at = 0; at < text.size();) {
    event::RecordBatch batch;
    batch.sequence = batches.size();
    batch.origin = origin;
    std::vector<std::pair<std::size_t, std::size_t>> places;
    while (at < text.size() && places.size() < 512) {
      const std::size_t end = text.find('\n', at);
      places.emplace_back(batch.buffer.size(), end - at);
      batch.buffer.append(text, at, end - at + 1);
      at = end + 1;
    }
    batch.buffer.append(event::kPadding, ' ');
    for (const auto& [begin, size] : places)
      batch.records.push_back({std::string_view(batch.buffer).substr(begin, size), event::kNoArrival, begin, 0});
    batches.push_back(std::move(batch));
  }
  return batches;
}

// A persistent decode-and-match thread: handing it a batch allocates nothing.
class WorkerThread {
 public:
  WorkerThread(const plan::PlanPtr& plan, const std::shared_ptr<const match::MatchProgram>& program)
      : worker_(plan, program), thread_([this] { loop(); }) {}
  ~WorkerThread() {
    start(nullptr);
    thread_.join();
  }
  void start(const event::RecordBatch* batch) {
    batch_ = batch;
    go_.release();
  }
  const correlate::HitBatch& wait() {
    done_.acquire();
    return hits_;
  }

 private:
  void loop() {
    while (true) {
      go_.acquire();
      if (batch_ == nullptr) return;
      worker_.process(*batch_, line_clock_, hits_);
      done_.release();
    }
  }
  run::Worker worker_;
  const event::RecordBatch* batch_ = nullptr;
  correlate::HitBatch hits_;
  TimeUs line_clock_ = 0;
  std::binary_semaphore go_{0}, done_{0};
  std::thread thread_;
};

struct Measured {
  std::uint64_t allocations = 0, events = 0, matched = 0, alerts = 0;
};

class Pipeline {
 public:
  Pipeline() : plan_(bench_plan()), program_(*match::MatchProgram::build(plan_)), sequencer_(plan_, run::ClockMode::as_arrived) {
    for (int i = 0; i < 2; ++i) workers_.push_back(std::make_unique<WorkerThread>(plan_, program_));
    alerts_.reserve(1024);
  }

  Measured run(const std::vector<event::RecordBatch>& batches) {
    const run::SequencerCounters before = sequencer_.counters();
    const std::uint64_t allocations = allocation_count.load();
    for (std::size_t at = 0; at < batches.size(); at += 2) {
      const std::size_t count = std::min<std::size_t>(2, batches.size() - at);
      for (std::size_t i = 0; i < count; ++i) workers_[i]->start(&batches[at + i]);
      for (std::size_t i = 0; i < count; ++i) {
        sequencer_.apply(workers_[i]->wait(), alerts_);
        alerts_.clear();
      }
    }
    const run::SequencerCounters& after = sequencer_.counters();
    return {allocation_count.load() - allocations, after.events - before.events, after.matched - before.matched,
            after.alerts - before.alerts};
  }

 private:
  plan::PlanPtr plan_;
  std::shared_ptr<const match::MatchProgram> program_;
  run::Sequencer sequencer_;
  std::vector<std::unique_ptr<WorkerThread>> workers_;
  std::vector<alert::Alert> alerts_;
};

std::vector<event::RecordBatch> load(const bench::LoadOptions& options, std::size_t events) {
  auto origin = std::make_shared<event::Origin>();
  origin->source_name = "load";
  return batches_of(bench::OktaLoad(options).ndjson(events), origin);
}

TEST(Allocations, NoneForEventsWithoutAMatchAndFewForOthers) {
  Pipeline pipeline;
  bench::LoadOptions options;
  options.users = 100'000;
  options.zipf = false;
  const Measured warm = pipeline.run(load(options, 100'000));
  ASSERT_EQ(warm.events, 100'000U);
  ASSERT_GT(warm.matched, 20'000U);

  options.seed = 2;
  options.start += kHourUs;
  options.only = "user.session.end";
  options.failures_per_mille = 0;
  const Measured quiet = pipeline.run(load(options, 100'000));
  ASSERT_EQ(quiet.events, 100'000U);
  EXPECT_EQ(quiet.matched, 0U);
  EXPECT_EQ(quiet.allocations, 0U);

  options.seed = 3;
  options.start += kHourUs;
  options.only = "user.session.start";
  options.failures_per_mille = 300;
  const Measured busy = pipeline.run(load(options, 100'000));
  ASSERT_EQ(busy.matched, 100'000U);
  const double per_match = static_cast<double>(busy.allocations) / static_cast<double>(busy.matched);
  std::printf("allocations: warm-up %lu, quiet %lu, busy %lu for %lu matching events (%.4f each, %lu alerts)\n", warm.allocations,
              quiet.allocations, busy.allocations, busy.matched, per_match, busy.alerts);
  EXPECT_LE(per_match, 0.1);

  // An alert is a value with texts of its own, which are allocated; nothing else is.
  options.seed = 4;
  options.start += kHourUs;
  options.only.clear();
  const Measured mixed = pipeline.run(load(options, 100'000));
  ASSERT_GT(mixed.alerts, 1000U);
  std::printf("allocations: mixed %lu for %lu matching events and %lu alerts\n", mixed.allocations, mixed.matched, mixed.alerts);
  EXPECT_LE(static_cast<double>(mixed.allocations),
            0.1 * static_cast<double>(mixed.matched) + 20.0 * static_cast<double>(mixed.alerts));
}

}  // namespace
}  // namespace vedette
