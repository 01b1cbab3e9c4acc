#include "engine/match/program.h"

#include <utility>

#include "engine/base/fold.h"

namespace vedette::match {
namespace {

constexpr double kLookUpCost = 20;  // a row of a table, a walk through a tree of addresses

void add_filters_and_levels(const plan::SourceProgram& program, CompiledSource& out) {
  const auto size = program.arms.size();
  for (std::size_t i = 0; i < size; ++i) {
    const plan::Arm& arm = program.arms[i];
    if (!arm.filters.empty()) out.filters.resize(size);
    if (!arm.levels.empty()) out.levels.resize(size);
    for (const plan::ArmFilter& filter : arm.filters)
      out.filters[i].push_back({filter.filter, Body(arm, filter.node, out.predicates, plan::kNone)});
    for (auto level = arm.levels.rbegin(); level != arm.levels.rend(); ++level)
      out.levels[i].push_back({static_cast<plan::Level>(level->level), Body(arm, level->node, out.predicates, plan::kNone)});
  }
}

Result<CompiledSource> compile_source(const plan::SourceProgram& program) {
  CompiledSource out{{}, {}, {}, {}, CandidateIndex(program), {}};
  out.predicates.reserve(program.predicates.size());
  for (const plan::Predicate& predicate : program.predicates) {
    auto compiled = CompiledPredicate::compile(predicate);
    if (!compiled) return compiled.error();
    out.predicates.push_back(std::move(compiled).value());
    if (predicate.field != plan::kNone && program.fields[predicate.field].expr.derived)
      out.predicates.back().add_cost(kLookUpCost);
  }
  out.bodies.reserve(program.arms.size());
  for (std::size_t arm = 0; arm < program.arms.size(); ++arm) {
    out.bodies.emplace_back(program.arms[arm], program.arms[arm].root, out.predicates, out.index.implied()[arm]);
  }
  add_filters_and_levels(program, out);
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
