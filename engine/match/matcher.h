// Matching: which rule arms an event satisfies, and the columns its hits carry. A MatchProgram is the immutable, shared
// compilation of a Plan (candidate index, folded literals, RE2 programs); a Matcher is one worker's scratch memory.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/arena.h"
#include "engine/base/result.h"
#include "engine/correlate/hit.h"
#include "engine/event/decoder.h"
#include "engine/plan/plan.h"

namespace vedette::match {

// Shared by all workers. build() fails on a regex that RE2 refuses (rules/sigma checks them first).
class MatchProgram {
 public:
  [[nodiscard]] static Result<std::shared_ptr<const MatchProgram>> build(plan::PlanPtr plan);
  ~MatchProgram();
  [[nodiscard]] const plan::Plan& plan() const;

  class Impl;
  [[nodiscard]] const Impl& impl() const { return *impl_; }

 private:
  MatchProgram();
  std::unique_ptr<Impl> impl_;
};

// Whether a filter concerns an event: from `expires` on it does not. An event without a time counts as before it.
[[nodiscard]] bool in_force(const plan::FilterPlan& filter, const event::EventHead& event);

// How one predicate or node of an arm came out, for explain.
struct NodeTrace {
  std::uint32_t node = 0;
  bool result = false;
  std::string field_text;  // predicate nodes: the event's values, or "(absent)"
};

class Matcher {
 public:
  explicit Matcher(std::shared_ptr<const MatchProgram> program);
  ~Matcher();

  // Appends the indices (into SourceProgram::arms) of matching arms, ascending, at most one per rule. `filtered`: one counter
  // per Plan::filters, or empty; a match that a filter removes counts there (for every filter that would remove it).
  void match(const event::EventView& event, std::vector<std::uint32_t>& arms, std::span<std::uint64_t> filtered = {});
  // The hit of a matching arm: columns evaluated, keys folded, sentinels dropped, its level; memory from `arena`.
  [[nodiscard]] correlate::Hit project(const event::EventView& event, std::uint32_t arm, Arena& arena);
  // Evaluates one arm without the index or short circuits: every node's result, for explain and for tests. True when the arm
  // matches and its filters let it.
  [[nodiscard]] bool trace(const event::EventView& event, std::uint32_t arm, std::vector<NodeTrace>& nodes);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace vedette::match
