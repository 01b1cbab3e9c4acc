// The examples of the documentation: every rule compiles, is valid by its schema, and every test passes. A block says in its
// info string which file it is: ```yaml rules/x.yml needs rules/y.yml, ```csv lists/x.csv. In README.md and semantics.md the
// blocks have no names; their form is checked by the schemas.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <sstream>

#include "app/config_schema.h"
#include "rules/reference/schema.h"
#include "rules/sigma/load.h"
#include "rules/source/load.h"
#include "rules/test/runner.h"
#include "tests/reference/files.h"
#include "tests/reference/no_addresses.h"
#include "tests/reference/validator.h"

namespace vedette::tests {
namespace {

struct Block {
  std::string language, path, text;
  std::vector<std::string> needs;
  int line = 0;
};

std::vector<Block> blocks_of(const std::string& document) {
  std::vector<Block> out;
  std::istringstream stream(read(kRoot / document));
  std::string line;
  bool inside = false;
  for (int number = 1; std::getline(stream, line); ++number) {
    if (!line.starts_with("```")) {
      if (inside) out.back().text += line + "\n";
      continue;
    }
    inside = !inside;
    if (!inside) continue;
    Block block;
    block.line = number;
    std::istringstream words(line.substr(3));
    words >> block.language >> block.path;
    for (std::string word; words >> word;) {
      if (word != "needs") block.needs.push_back(word);
    }
    out.push_back(std::move(block));
  }
  EXPECT_FALSE(inside) << document << " ends inside a block";
  return out;
}

class Tutorial : public ::testing::Test {
 protected:
  Tutorial() : blocks_(blocks_of("docs/rules.md")) {
    Diagnostics diagnostics;
    options_.sources = rules::load_sources(rules::builtin_sources(), diagnostics);
    options_.addresses = std::make_shared<const NoAddresses>();
    for (const Block& block : blocks_) {
      files_[block.path] = {block.path, block.text};
      if (block.language == "text" && !block.path.empty()) rules::parse_list(files_[block.path], options_.lists, diagnostics);
      if (block.language == "csv") options_.tables[fs::path(block.path).filename().string()] = files_[block.path];
    }
    EXPECT_FALSE(diagnostics.has_errors());
  }

  std::vector<Block> blocks_;
  std::map<std::string, yaml::File> files_;
  rules::CompileOptions options_;
};

bool is_test(const Block& block) { return block.path.ends_with(".test.yml"); }
bool is_source(const Block& block) { return block.path.starts_with("sources/"); }

TEST_F(Tutorial, EveryRuleCompilesWithoutAWarning) {
  int compiled = 0;
  for (const Block& block : blocks_) {
    if (block.language != "yaml" || is_test(block) || is_source(block)) continue;
    ASSERT_TRUE(block.path.starts_with("rules/")) << "docs/rules.md:" << block.line << ": a block without a name";
    std::vector<yaml::File> files;
    for (const std::string& needed : block.needs) {
      ASSERT_TRUE(files_.contains(needed)) << needed;
      files.push_back(files_[needed]);
    }
    files.push_back(files_[block.path]);
    Diagnostics found;
    (void)rules::compile(files, options_, found);
    for (const Diagnostic& item : found.items())
      ADD_FAILURE() << "docs/rules.md:" << block.line << "\n" << render_human(item, false);
    ++compiled;
  }
  EXPECT_EQ(compiled, 23);
}

TEST_F(Tutorial, EverySourceTypeLoads) {
  int loaded = 0;
  for (const Block& block : blocks_) {
    if (!is_source(block)) continue;
    Diagnostics found;
    const auto sources = rules::load_sources({files_[block.path]}, found);
    const std::string name = fs::path(block.path).stem().string();
    loaded += static_cast<int>(
        std::count_if(sources.begin(), sources.end(), [&](const plan::SourcePlan& source) { return source.name == name; }));
    for (const Diagnostic& item : found.items())
      ADD_FAILURE() << "docs/rules.md:" << block.line << "\n" << render_human(item, false);
  }
  EXPECT_EQ(loaded, 1);
}

// The table of `event.action` lists what the built-in source types set, category by category.
TEST_F(Tutorial, NamesEveryAction) {
  std::map<std::string, std::string> row_of;
  std::istringstream stream(read(kRoot / "docs/rules.md"));
  for (std::string line; std::getline(stream, line);) {
    if (line.starts_with("| `")) row_of[line.substr(3, line.find('`', 3) - 3)] = line;
  }
  int actions = 0;
  const auto expect_named = [&](const plan::Normalise& entry, const std::string& action) {
    ++actions;
    EXPECT_NE(row_of[entry.category].find("`" + action + "`"), std::string::npos) << entry.category << ": " << action;
  };
  for (const plan::SourcePlan& source : options_.sources) {
    for (const plan::Normalise& entry : source.normalise) {
      for (const plan::NormalisedField& field : entry.set) {
        if (field.name != "event.action") continue;
        if (field.expr.constant) expect_named(entry, *field.expr.constant);
        if (field.expr.map_else) expect_named(entry, *field.expr.map_else);
        for (const auto& [from, action] : field.expr.map) expect_named(entry, action);
      }
    }
  }
  EXPECT_GE(actions, 50);
}

TEST_F(Tutorial, EveryTestPasses) {
  rules::TestOptions with;
  with.sources = options_.sources;
  with.lists = options_.lists;
  with.tables = options_.tables;
  with.addresses = options_.addresses;
  with.read = [this](const std::string& path) -> Result<yaml::File> {
    const auto found = files_.find(path);
    if (found == files_.end()) return Error{"no such file", path};
    return found->second;
  };
  int cases = 0;
  for (const Block& block : blocks_) {
    if (!is_test(block)) continue;
    const rules::TestReport report = rules::run_test_file(files_[block.path], with);
    for (const Diagnostic& item : report.diagnostics.items()) {
      if (item.severity == Severity::error) ADD_FAILURE() << render_human(item, false);
    }
    for (const rules::CaseResult& result : report.cases) {
      ++cases;
      EXPECT_TRUE(result.passed()) << "docs/rules.md:" << block.line << ": " << result.name << "\n"
                                   << fmt::format("{}\n{}", fmt::join(result.failures, "\n"), fmt::join(result.closest, "\n"));
    }
  }
  EXPECT_GE(cases, 22);
}

TEST_F(Tutorial, EveryTypeHasAnExample) {
  std::string all;
  for (const Block& block : blocks_) all += block.text;
  for (const char* type : {"event_count", "value_count", "temporal", "temporal_ordered", "value_sum", "value_avg",
                           "value_percentile", "new_value", "value_change", "travel", "metrics"})
    EXPECT_TRUE(all.find(fmt::format("type: {}\n", type)) != std::string::npos ||
                all.find(fmt::format("type: {} ", type)) != std::string::npos)
        << type;
}

TEST(Examples, AllAreValidByTheirSchemas) {
  const Validator rule(rules::reference::rule_schema()), test(rules::reference::test_schema()), config(app::config_schema()),
      source(rules::reference::source_schema());
  int checked = 0;
  for (const char* document : {"docs/rules.md", "docs/semantics.md", "README.md"}) {
    for (const Block& block : blocks_of(document)) {
      if (block.language != "yaml") continue;
      const bool of_config = block.text.find("\nsources:") != std::string::npos;
      const Validator& validator = of_config ? config : is_test(block) ? test : is_source(block) ? source : rule;
      for (const yaml::Node& node : documents_of(document, block.text)) {
        EXPECT_EQ(fmt::format("{}", fmt::join(validator.check(node), "\n")), "") << document << ":" << block.line;
      }
      ++checked;
    }
  }
  EXPECT_GE(checked, 41);
}

}  // namespace
}  // namespace vedette::tests
