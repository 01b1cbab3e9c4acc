// Carries out the fixes of diagnostics on texts held in memory. Pure; any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "rules/check/check.h"

namespace vedette::rules {

// A fix that was carried out.
struct AppliedFix {
  std::string code;
  Location where;  // at the time; a later round may have moved the line
  std::string title;
};

// The fixes of one file's diagnostics that do not touch each other, first come first served. The text is changed.
[[nodiscard]] std::vector<AppliedFix> apply_fixes(yaml::File& file, const std::vector<Diagnostic>& diagnostics);

struct Fixed {
  std::vector<yaml::File> files;    // all that were given, some with other texts
  std::vector<AppliedFix> applied;  // in the order of files
  Checked checked;                  // of the new texts
};

// Checks and fixes, round by round, until nothing is left to fix. A file that would have more errors than before keeps its
// text.
[[nodiscard]] Fixed check_and_fix(std::vector<yaml::File> files, const CompileOptions& options, const CheckSettings& settings);

// The changes of a text as a unified diff with three lines around each; empty when there is none.
[[nodiscard]] std::string unified_diff(const std::string& path, std::string_view before, std::string_view after);

}  // namespace vedette::rules
