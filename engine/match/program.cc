#include "engine/match/program.h"

#include <utility>

#include "engine/base/fold.h"

namespace vedette::match {
namespace {

Result<CompiledSource> compile_source(const plan::SourceProgram& program) {
  CompiledSource out{{}, {}, CandidateIndex(program), {}};
  out.predicates.reserve(program.predicates.size());
  for (const plan::Predicate& predicate : program.predicates) {
    auto compiled = CompiledPredicate::compile(predicate);
    if (!compiled) return compiled.error();
    out.predicates.push_back(std::move(compiled).value());
  }
  out.bodies.reserve(program.arms.size());
  for (std::size_t arm = 0; arm < program.arms.size(); ++arm) {
    out.bodies.emplace_back(program.arms[arm], out.predicates, out.index.implied()[arm]);
  }
  for (const std::string& sentinel : program.source.sentinels) out.sentinels.push_back(folded(sentinel));
  return out;
}

}  // namespace

MatchProgram::MatchProgram() : impl_(std::make_unique<Impl>()) {}
MatchProgram::~MatchProgram() = default;

const plan::Plan& MatchProgram::plan() const { return *impl_->plan; }

Result<std::shared_ptr<const MatchProgram>> MatchProgram::build(plan::PlanPtr plan) {
  std::shared_ptr<MatchProgram> program(new MatchProgram);
  for (const plan::SourceProgram& source : plan->sources) {
    auto compiled = compile_source(source);
    if (!compiled) return compiled.error();
    program->impl_->sources.push_back(std::move(compiled).value());
  }
  program->impl_->plan = std::move(plan);
  return std::shared_ptr<const MatchProgram>(std::move(program));
}

}  // namespace vedette::match
