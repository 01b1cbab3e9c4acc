// Every lint as a person meets it: tests/check/golden/<code>_<slug>.yml, what is said about it (.txt) and, where a fix is
// offered, the file after it (.fixed). VEDETTE_UPDATE_GOLDEN=1 rewrites the expected texts.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>

#include "engine/base/diagnostic_codes.h"
#include "rules/check/lint.h"
#include "tests/check/support.h"

namespace vedette::rules::test {
namespace {

namespace fs = std::filesystem;

std::string code_of(const fs::path& path) { return path.filename().string().substr(0, 5); }

// What is said of its own code.
std::string rendered(const fs::path& path) {
  std::string out;
  const Checked checked = check_golden(path);
  for (const Diagnostic& diagnostic : checked.findings.items()) {
    if (diagnostic.code == code_of(path)) out += render_human(diagnostic, false) + "\n";
  }
  return out;
}

void compare(const fs::path& expected, const std::string& actual) {
  if (std::getenv("VEDETTE_UPDATE_GOLDEN") != nullptr) std::ofstream(expected, std::ios::binary) << actual;
  EXPECT_EQ(actual, read_text(expected)) << expected;
}

bool has_fix(const Checked& checked, const std::string& code) {
  const auto& items = checked.findings.items();
  return std::any_of(items.begin(), items.end(), [&](const Diagnostic& d) { return d.fix && d.code == code; });
}

// With the fixes of its own code alone.
std::string fixed(const fs::path& path) {
  yaml::File file{path.filename().string(), read_text(path)};
  std::vector<Diagnostic> own;
  const Checked checked = check_golden(path);
  for (const Diagnostic& diagnostic : checked.findings.items()) {
    if (diagnostic.code == code_of(path)) own.push_back(diagnostic);
  }
  EXPECT_EQ(apply_fixes(file, own).size(), static_cast<std::size_t>(std::count_if(
                                               own.begin(), own.end(), [](const Diagnostic& d) { return d.fix.has_value(); })))
      << path;
  return file.text;
}

TEST(CheckGolden, FindingsReadAsExpected) {
  ASSERT_GE(golden_files().size(), 45U);
  for (const fs::path& path : golden_files()) {
    const std::string text = rendered(path);
    EXPECT_FALSE(text.empty()) << path << " does not show its own code";
    compare(fs::path(path).replace_extension(".txt"), text);
    EXPECT_FALSE(check_golden(path).findings.has_errors()) << path;
  }
}

TEST(CheckGolden, FindingsHaveAPlaceAndAHint) {
  for (const fs::path& path : golden_files()) {
    const Checked checked = check_golden(path);
    for (const Diagnostic& diagnostic : checked.findings.items()) {
      EXPECT_GT(diagnostic.where.line, 0) << path << " " << diagnostic.code;
      EXPECT_GT(diagnostic.where.column, 0) << path << " " << diagnostic.code;
      EXPECT_FALSE(diagnostic.hint.empty()) << path << " " << diagnostic.code;
      EXPECT_FALSE(diagnostic.line_text.empty()) << path << " " << diagnostic.code;
    }
  }
}

TEST(CheckGolden, FixedFilesReadAsExpected) {
  std::size_t with_fix = 0;
  for (const fs::path& path : golden_files()) {
    const fs::path expected = fs::path(path).replace_extension(".fixed");
    if (!has_fix(check_golden(path), code_of(path))) {
      EXPECT_FALSE(fs::exists(expected)) << path << " offers no fix any more";
      continue;
    }
    ++with_fix;
    compare(expected, fixed(path));
  }
  EXPECT_GE(with_fix, 10U);
}

// The lint of the table, or of the compiler (V2003, V2008): what its fix may do.
Effect effect_of(const std::string& code) {
  if (code == "V2003" || code == "V2008") return Effect::same_plan;
  for (const Lint& lint : lints()) {
    if (lint.code == code) return lint.effect;
  }
  return Effect::none;
}

TEST(CheckGolden, FixesKeepThePlanThatTheyPromiseToKeep) {
  std::size_t same = 0;
  for (const fs::path& path : golden_files()) {
    const Checked before = check_golden(path);
    const Effect effect = effect_of(code_of(path));
    const bool numbered = path.stem().string().ends_with("_2");
    EXPECT_TRUE(numbered || (effect != Effect::none) == has_fix(before, code_of(path))) << path;
    EXPECT_TRUE(effect != Effect::none || !has_fix(before, code_of(path))) << path;
    if (effect != Effect::same_plan) continue;
    ++same;
    const Checked after = check({{path.filename().string(), fixed(path)}}, options(), settings());
    ASSERT_TRUE(before.rules.plan && after.rules.plan) << path;
    EXPECT_EQ(program_text(*before.rules.plan), program_text(*after.rules.plan)) << path;
  }
  EXPECT_GE(same, 7U);
}

TEST(CheckGolden, AfterAllFixesNothingIsLeftToFix) {
  for (const fs::path& path : golden_files()) {
    const Fixed once = check_and_fix({{path.filename().string(), read_text(path)}}, options(), settings());
    for (const Diagnostic& diagnostic : once.checked.findings.items())
      EXPECT_FALSE(diagnostic.fix) << path << " " << diagnostic.code;
    const Fixed twice = check_and_fix(once.files, options(), settings());
    EXPECT_EQ(once.files.front().text, twice.files.front().text) << path;
    EXPECT_TRUE(twice.applied.empty()) << path;
  }
}

TEST(CheckGolden, TheTableIsOrderedAndEveryLintHasAGolden) {
  std::string_view last;
  const std::vector<fs::path> files = golden_files();
  for (const Lint& lint : lints()) {
    EXPECT_LT(last, lint.code);
    last = lint.code;
    const DiagnosticCode* code = find_diagnostic_code(lint.code);
    ASSERT_NE(code, nullptr) << lint.code;
    EXPECT_NE(code->severity, Severity::error) << lint.code;
    const std::string name = std::string(lint.code) + "_" + std::string(code->slug);
    EXPECT_TRUE(std::any_of(files.begin(), files.end(), [&](const fs::path& path) { return path.stem().string() == name; }))
        << name;
  }
}

}  // namespace
}  // namespace vedette::rules::test
