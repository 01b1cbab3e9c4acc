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

struct CompiledSource {
  std::vector<CompiledPredicate> predicates;
  std::vector<Body> bodies;  // one per arm
  CandidateIndex index;
  std::vector<std::string> sentinels;  // folded
};

class MatchProgram::Impl {
 public:
  plan::PlanPtr plan;
  std::vector<CompiledSource> sources;
};

}  // namespace vedette::match
