// Every rule of the Sigma identity corpus loads unmodified; pipe aggregations are refused with their replacement.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <regex>

#include "rules/source/load.h"
#include "tests/rules/support.h"

namespace vedette::rules::test {
namespace {

namespace fs = std::filesystem;

fs::path corpus() {
  const char* given = std::getenv("VEDETTE_CORPUS");
  return (given != nullptr ? fs::path(given) : fs::path(VEDETTE_SOURCE_DIR) / ".." / "shared" / "corpus") / "sigma-identity";
}

// Any list that a rule of the corpus asks for.
std::map<std::string, std::vector<std::string>> lists_for(const std::vector<yaml::File>& files) {
  std::map<std::string, std::vector<std::string>> lists;
  const std::regex placeholder("%([A-Za-z0-9_.-]+)%");
  for (const yaml::File& file : files) {
    for (std::sregex_iterator at(file.text.begin(), file.text.end(), placeholder), end; at != end; ++at)
      lists[(*at)[1]] = {"value"};
  }
  return lists;
}

TEST(CorpusLoad, EveryRuleLoadsExceptPipeAggregations) {
  if (!fs::exists(corpus())) GTEST_SKIP() << "corpus absent: sigma-identity";
  Diagnostics diagnostics;
  const auto files = read_rule_files({corpus().string()}, diagnostics);
  ASSERT_TRUE(files.ok());
  EXPECT_EQ(files->size(), 333U);
  CompileOptions with;
  with.sources = load_sources(builtin_sources(), diagnostics);
  with.lists = lists_for(*files);
  std::size_t loaded = 0, aggregations = 0;
  for (const yaml::File& file : *files) {
    Diagnostics found;
    const CompiledRules compiled = compile({file}, with, found);
    if (compiled.plan != nullptr && compiled.rules == 1) {
      ++loaded;
      continue;
    }
    ASSERT_EQ(found.error_count(), 1U) << file.path;
    for (const Diagnostic& diagnostic : found.items()) {
      if (diagnostic.severity != Severity::error) continue;
      EXPECT_EQ(diagnostic.code, "V1104") << render_human(diagnostic, false);
      EXPECT_NE(diagnostic.hint.find("correlation:\n  type: "), std::string::npos) << diagnostic.hint;
      ++aggregations;
    }
  }
  EXPECT_EQ(loaded, 324U);
  EXPECT_EQ(aggregations, 9U);
}

// What the hint spells out is itself a valid correlation over the rule as it tells to change it.
TEST(CorpusLoad, ReplacementsOfPipeAggregationsCompile) {
  if (!fs::exists(corpus())) GTEST_SKIP() << "corpus absent: sigma-identity";
  Diagnostics diagnostics;
  const auto files = read_rule_files({corpus().string()}, diagnostics);
  ASSERT_TRUE(files.ok());
  std::size_t replaced = 0;
  for (const yaml::File& file : *files) {
    Diagnostics found;
    static_cast<void>(compile({file}, options(), found));
    for (const Diagnostic& diagnostic : found.items()) {
      if (diagnostic.code != "V1104" || diagnostic.hint.find("type: temporal") != std::string::npos) continue;
      std::smatch match;
      std::string hint = diagnostic.hint;
      ASSERT_TRUE(std::regex_search(hint, match, std::regex("`name: (.*)` into this rule, its condition as `condition: (.*)`")))
          << hint;
      std::string changed = std::regex_replace(file.text, std::regex("\n( *)condition:.*"), "\n$1condition: " + match[2].str());
      changed = "name: " + match[1].str() + "\n" + changed + "\n" + hint.substr(hint.find("---"));
      const Compiled compiled = compile_text(changed);
      EXPECT_EQ(compiled.diagnostics.error_count(), 0U) << changed << compiled.codes();
      EXPECT_EQ(compiled.rules.correlations, 1U);
      ++replaced;
    }
  }
  EXPECT_EQ(replaced, 8U);
}

}  // namespace
}  // namespace vedette::rules::test
