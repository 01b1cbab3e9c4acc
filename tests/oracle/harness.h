// The engine as the oracle drives it: real rule YAML through the compiler, real JSON through decoder, matcher, sequencer
// (or merger) and correlator. A Pipeline serves one rule set and keeps its workers between runs. One thread calls it;
// inside a run it uses as many as the run asks for.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/plan/plan.h"
#include "tests/oracle/gen/runs.h"

namespace vedette::oracle {

struct EngineAlert {
  std::string id, rule, tenant;
  naive::Micros time = 0;
  std::uint32_t revision = 1;
  bool withdrawn = false, incomplete = false, at_end = false, late_resolution = false;
  naive::Micros fired_at = 0;
};

struct Outcome {
  std::vector<EngineAlert> alerts;  // every revision, in order
  std::string problem;              // rejected events, failed merge; empty when all went well
};

class Pipeline {
 public:
  // Empty on load errors, which `problem` then tells.
  static std::unique_ptr<Pipeline> load(const std::string& yaml, const naive::SourceTypes& sources, std::string& problem);
  virtual ~Pipeline() = default;
  virtual Outcome run(const Run& run) = 0;
};

}  // namespace vedette::oracle
