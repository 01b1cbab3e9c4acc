// What a MatchProgram holds: per source type the compiled predicates, arm bodies and the candidate index. Immutable,
// shared by all workers.
#pragma once

#include <string>
#include <vector>

#include "engine/match/body.h"
#include "engine/match/candidate_index.h"
#include "engine/match/matcher.h"
#include "engine/match/predicate.h"

namespace vedette::match {

// What an event whose arm matches must pass, and the levels it may have.
struct FilterBody {
  std::uint32_t filter = 0;  // into Plan::filters
  Body body;
};
struct LevelBody {
  plan::Level level = plan::Level::medium;
  Body body;
};

struct CompiledSource {
  std::vector<CompiledPredicate> predicates;
  std::vector<Body> bodies;                      // one per arm
  std::vector<std::vector<FilterBody>> filters;  // per arm; empty when no arm has any
  std::vector<std::vector<LevelBody>> levels;    // per arm, highest first; empty when no arm has any
  CandidateIndex index;
  std::vector<std::string> sentinels;  // folded
};

class MatchProgram::Impl {
 public:
  plan::PlanPtr plan;
  std::vector<CompiledSource> sources;
};

}  // namespace vedette::match
