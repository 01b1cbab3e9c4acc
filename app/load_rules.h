// From options to a running rule set: source types, lists, identities and rules, compiled to a plan and its match
// program. Shared by every command. Main thread.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "app/commands.h"
#include "engine/base/diagnostic.h"
#include "engine/base/result.h"
#include "engine/match/matcher.h"
#include "engine/plan/plan.h"
#include "rules/sigma/load.h"

namespace vedette::app {

struct LoadedRules {
  plan::PlanPtr plan;  // null when rules are broken
  std::shared_ptr<const match::MatchProgram> program;
  Diagnostics diagnostics;
  std::size_t files = 0, rules = 0, correlations = 0, filters = 0, skipped = 0;
};

// The places that are used when none is given: rules/packs, else rules.
[[nodiscard]] Result<std::vector<std::string>> default_rule_paths(const std::vector<std::string>& given);

// The folders of lists: those given, else `lists` beside the rules.
[[nodiscard]] std::vector<std::string> list_folders(const RuleOptions& options);

// Everything that rules are compiled against.
[[nodiscard]] Result<rules::CompileOptions> compile_options(const RuleOptions& options, Diagnostics& diagnostics);

// An Error is a missing or unreadable path; broken rules are in `diagnostics`, with a null plan.
[[nodiscard]] Result<LoadedRules> load_rules(const RuleOptions& options);

// For commands that cannot go on without a plan: prints what is wrong. Null after printing.
[[nodiscard]] std::unique_ptr<LoadedRules> load_rules_or_report(const RuleOptions& options);

// Index into plan.sources by name; "" and "auto" give kNone. An Error names the known ones.
[[nodiscard]] Result<std::uint32_t> find_source(const plan::Plan& plan, const std::string& name);

// Index of a rule or correlation by id, name, title or key.
struct RuleRef {
  bool correlation = false;
  std::uint32_t index = 0;
};
[[nodiscard]] Result<RuleRef> find_rule(const plan::Plan& plan, const std::string& wanted);

}  // namespace vedette::app
