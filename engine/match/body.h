// The body of an arm compiled for execution: predicates ordered cheapest first inside `and` and `or`, which changes the
// cost and never the result. Immutable; any thread.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/match/predicate.h"
#include "engine/match/values.h"
#include "engine/plan/source_program.h"

namespace vedette::match {

class Body {
 public:
  // Of the node `root` of the arm. `implied`: a predicate of a top-level conjunction that is known to hold, or kNone.
  Body(const plan::Arm& arm, std::uint32_t root, const std::vector<CompiledPredicate>& predicates, std::uint32_t implied);

  [[nodiscard]] bool holds(const std::vector<CompiledPredicate>& predicates, Values& values) const {
    return holds(0, predicates, values);
  }

 private:
  struct Node {
    plan::NodeKind kind = plan::NodeKind::always;
    std::uint32_t predicate = plan::kNone;
    std::uint32_t members = plan::kNone;  // any_member
    std::uint32_t first = 0, count = 0;   // children: nodes_[first, first + count)
  };
  struct Draft {
    plan::NodeKind kind = plan::NodeKind::always;
    std::uint32_t predicate = plan::kNone;
    std::uint32_t members = plan::kNone;
    std::vector<Draft> children;
    double cost = 0;
  };

  static Draft draft(const plan::Arm& arm, std::uint32_t index, const std::vector<CompiledPredicate>& predicates,
                     std::uint32_t implied);
  void place(const Draft& draft, std::uint32_t at);
  [[nodiscard]] bool holds(std::uint32_t at, const std::vector<CompiledPredicate>& predicates, Values& values) const;
  [[nodiscard]] bool some_member(const Node& node, const std::vector<CompiledPredicate>& predicates, Values& values) const;

  std::vector<Node> nodes_;  // the root first
};

}  // namespace vedette::match
