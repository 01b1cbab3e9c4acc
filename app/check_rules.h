// Rules loaded for `vedette check`: linted, fixed when asked, compiled. Main thread.
#pragma once

#include <string>
#include <vector>

#include "app/load_rules.h"
#include "rules/check/fix.h"

namespace vedette::app {

struct CheckedRules {
  LoadedRules loaded;
  std::vector<yaml::File> before, after;  // the rule files; equal without fixes
  std::vector<rules::AppliedFix> applied;
};

// An Error is a missing or unreadable path. Nothing is written.
[[nodiscard]] Result<CheckedRules> check_rules(const RuleOptions& options, rules::CheckSettings settings, bool fix);

// Writes the files that fixes changed, each in one go.
[[nodiscard]] Status write_fixed(const CheckedRules& checked);

}  // namespace vedette::app
