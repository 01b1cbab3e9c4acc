// The shipped rules pass their tests, and the tests notice when a rule is changed.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

#include "rules/sigma/load.h"
#include "rules/source/load.h"
#include "rules/test/runner.h"

namespace vedette::rules {
namespace {

const std::string kPacks = std::string(VEDETTE_SOURCE_DIR) + "/rules/packs";

TestOptions shipped_options() {
  Diagnostics diagnostics;
  TestOptions options;
  options.sources = load_sources(builtin_sources(), diagnostics);
  for (const yaml::File& file : builtin_lists()) parse_list(file, options.lists, diagnostics);
  EXPECT_TRUE(diagnostics.items().empty());
  return options;
}

std::string text_of(const TestReport& report) {
  std::string out = report.path + "\n";
  for (const Diagnostic& item : report.diagnostics.items()) out += render_human(item, false);
  for (const CaseResult& result : report.cases) {
    for (const std::string& failure : result.failures) out += "  " + result.name + ": " + failure + "\n";
    for (const std::string& closest : result.closest) out += "    closest: " + closest + "\n";
  }
  return out;
}

std::string read_whole(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
}

TEST(Packs, EveryTestPassesWithoutADiagnostic) {
  const auto files = read_test_files({kPacks});
  ASSERT_TRUE(files.ok());
  ASSERT_FALSE(files->empty());
  const TestOptions options = shipped_options();
  for (const yaml::File& file : *files) {
    const TestReport report = run_test_file(file, options);
    EXPECT_TRUE(report.ok() && report.diagnostics.items().empty()) << text_of(report);
    EXPECT_FALSE(report.cases.empty()) << file.path;
    for (const CaseResult& result : report.cases) EXPECT_GE(result.runs, 2U) << result.name;
  }
}

TEST(Packs, EveryRuleFileHasATestThatFiresAndOneThatStaysQuiet) {
  const TestOptions options = shipped_options();
  std::size_t rules = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(kPacks)) {
    const std::string path = entry.path().string();
    if (!path.ends_with(".yml") || path.ends_with(".test.yml")) continue;
    const std::string test = path.substr(0, path.size() - 4) + ".test.yml";
    ASSERT_TRUE(std::filesystem::exists(test)) << test;
    const TestReport report = run_test_file({test, read_whole(test)}, options);
    const auto fired =
        std::count_if(report.cases.begin(), report.cases.end(), [](const CaseResult& result) { return result.alerts > 0; });
    EXPECT_GT(fired, 0) << path;
    EXPECT_LT(fired, static_cast<std::ptrdiff_t>(report.cases.size())) << path;
    ++rules;
  }
  EXPECT_EQ(rules, 2U);
}

TEST(Packs, IdsAreUnique) {
  Diagnostics diagnostics;
  const auto files = read_rule_files({kPacks}, diagnostics);
  ASSERT_TRUE(files.ok());
  std::set<std::string> ids;
  for (const yaml::File& file : *files) {
    for (const yaml::Node& document : yaml::parse(file, diagnostics)) {
      ASSERT_NE(document.find("id"), nullptr) << file.path;
      EXPECT_TRUE(ids.insert(document.find("id")->text).second) << document.find("id")->text;
      EXPECT_EQ(document.find("author")->text, "Vedette authors");
      EXPECT_NE(document.find("tags"), nullptr);
    }
  }
  EXPECT_EQ(ids.size(), 5U);
}

struct Change {
  const char* file;
  const char* from;
  const char* to;
};

TEST(Packs, AChangedRuleFailsItsTests) {
  const Change changes[] = {
      {"credential_change_then_sensitive_app", "timespan: 1h", "timespan: 59m"},
      {"credential_change_then_sensitive_app", "timespan: 1h", "timespan: 3601s"},
      {"credential_change_then_sensitive_app", "type: temporal_ordered", "type: temporal"},
      {"credential_change_then_sensitive_app", "- identity.user", "- user.name"},
      {"credential_change_then_sensitive_app", "- identity.user", "- source.ip"},
      {"credential_change_then_sensitive_app", "- mfa_add", "- mfa_added"},
      {"credential_change_then_sensitive_app", "      - password_reset\n", ""},
      {"credential_change_then_sensitive_app", "    event.outcome: success\n", ""},
      {"credential_change_then_sensitive_app", "    app.name|expand: '%sensitive_apps%'\n", ""},
      {"credential_change_then_sensitive_app", "level: high", "level: medium"},
      {"login_failures_across_systems", "gte: 10", "gte: 9"},
      {"login_failures_across_systems", "gte: 10", "gte: 11"},
      {"login_failures_across_systems", "timespan: 15m", "timespan: 901s"},
      {"login_failures_across_systems", "timespan: 15m", "timespan: 899s"},
      {"login_failures_across_systems", "- identity.user", "- user.name"},
      {"login_failures_across_systems", "event.outcome: failure", "event.outcome: '*'"},
      {"login_failures_across_systems", "category: authentication", "product: okta"},
  };
  for (const Change& change : changes) {
    TestOptions options = shipped_options();
    bool changed = false;
    options.read = [&](const std::string& path) -> Result<yaml::File> {
      std::string text = read_whole(path);
      const std::size_t at = text.rfind(change.from);
      changed = at != std::string::npos;
      if (changed) text.replace(at, std::string(change.from).size(), change.to);
      return yaml::File{path, text};
    };
    const std::string test = kPacks + "/founding/" + change.file + ".test.yml";
    const TestReport report = run_test_file({test, read_whole(test)}, options);
    EXPECT_TRUE(changed) << change.from;
    EXPECT_FALSE(report.diagnostics.has_errors()) << text_of(report);
    EXPECT_GT(report.failed(), 0U) << change.file << ": " << change.from << " -> " << change.to;
  }
}

}  // namespace
}  // namespace vedette::rules
