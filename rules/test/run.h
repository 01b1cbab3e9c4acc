// One test case through the engine, in a given order of arrival and with a given number of workers. Internal to
// rules/test. A Runner serves any number of runs, one at a time; each run's threads end with it.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "engine/alert/alert.h"
#include "engine/base/result.h"
#include "engine/match/matcher.h"
#include "engine/plan/plan.h"
#include "engine/run/worker.h"
#include "rules/test/test_file.h"

namespace vedette::rules::test {

// One event reaching the engine, at a stamp.
struct Delivery {
  std::size_t event = 0;  // index into TestCase::events
  TimeUs arrival = 0;
};

// A base rule's hit, copied out of the engine for explanations.
struct SeenHit {
  std::uint32_t rule = 0;
  std::size_t event = 0;
  std::uint32_t repeat = 1;
  TimeUs t = 0;
  std::vector<std::vector<std::string>> columns;  // keys
};

// The predicates of a rule that an event missed.
struct Miss {
  std::uint32_t rule = 0;
  std::size_t event = 0;
  std::size_t failed = 0;        // how many predicates were false
  std::string first;             // the first of them as written, and what the event held
  std::vector<bool> selections;  // per selection of the arm: true here
};

struct Run {
  std::vector<alert::Alert> alerts;  // the last revision of each that was not withdrawn
  std::vector<SeenHit> hits;         // only when traced
  std::vector<Miss> misses;          // only when traced
  std::vector<std::string> rejects;  // elements that the decoder refused
};

class Runner {
 public:
  [[nodiscard]] static Result<Runner> make(plan::PlanPtr plan);
  [[nodiscard]] Run run(const TestCase& test, std::span<const Delivery> order, std::size_t workers, bool traced);
  [[nodiscard]] const plan::Plan& plan() const { return *plan_; }

 private:
  using Origins = std::vector<std::shared_ptr<const event::Origin>>;

  Runner(plan::PlanPtr plan, std::shared_ptr<const match::MatchProgram> program);
  // Every `step`-th delivery from `first`, into its place in `out`.
  void process(run::Worker& worker, const TestCase& test, std::span<const Delivery> order, std::size_t first, std::size_t step,
               std::vector<correlate::HitBatch>& out) const;
  void process_traced(const TestCase& test, std::span<const Delivery> order, Run& run, std::vector<correlate::HitBatch>& out);

  plan::PlanPtr plan_;
  std::shared_ptr<const match::MatchProgram> program_;
  Origins origins_;
  std::vector<std::unique_ptr<run::Worker>> workers_;  // made when first needed; the first is the traced one
};

// Every event on time, in the order of the file's clock.
[[nodiscard]] std::vector<Delivery> in_order(const TestCase& test);
// Every event late by something within its source's accept, as `seed` has it; `twice`: events with an id come twice.
[[nodiscard]] std::vector<Delivery> shuffled(const TestCase& test, const plan::Plan& plan, std::uint64_t seed, bool twice);

}  // namespace vedette::rules::test
