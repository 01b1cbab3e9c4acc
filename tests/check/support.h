// Shared by the tests of rules/check: golden files and checking them as the program would. Test code only.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "rules/check/check.h"
#include "rules/check/fix.h"

namespace vedette::rules::test {

[[nodiscard]] std::string read_text(const std::filesystem::path& path);
// tests/check/golden/*.yml, without test files.
[[nodiscard]] std::vector<std::filesystem::path> golden_files();

// The shipped source types and lists, and an empty list `nobody`.
[[nodiscard]] const CompileOptions& options();
// Lints and portability as of 2026-11-23, tests looked for beside the golden files.
[[nodiscard]] CheckSettings settings(bool portable = false);
[[nodiscard]] Checked check_golden(const std::filesystem::path& path);
[[nodiscard]] Checked check_text(const std::string& text);

// Every compiled predicate and arm of the plan, without names of the rules' files and without hashes.
[[nodiscard]] std::string program_text(const plan::Plan& plan);

}  // namespace vedette::rules::test
