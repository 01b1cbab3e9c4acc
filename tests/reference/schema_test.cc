// The JSON Schemas: the shipped files are current, everything that the program loads is valid, broken documents are not.
#include "rules/reference/schema.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "app/config_schema.h"
#include "app/init_files.h"
#include "rules/sigma/load.h"
#include "rules/source/load.h"
#include "tests/reference/files.h"
#include "tests/reference/validator.h"

namespace vedette::tests {
namespace {

using rules::reference::rule_schema;
using rules::reference::source_schema;
using rules::reference::test_schema;

std::string problems(const Validator& validator, const std::string& name, const std::string& text) {
  std::string out;
  for (const yaml::Node& document : documents_of(name, text)) {
    for (const std::string& error : validator.check(document))
      out += fmt::format("{}:{}: {}\n", name, document.where.line, error);
  }
  return out;
}

bool is_test(const fs::path& path) { return path.string().ends_with(".test.yml"); }

TEST(Schema, ShippedFilesAreCurrent) {
  expect_current(kRoot / "rules/schema/rule.json", rule_schema());
  expect_current(kRoot / "rules/schema/test.json", test_schema());
  expect_current(kRoot / "rules/schema/source.json", source_schema());
  expect_current(kRoot / "rules/schema/config.json", app::config_schema());
}

TEST(Schema, ShippedRulesAndTestsAreValid) {
  const Validator rule(rule_schema()), test(test_schema());
  int checked = 0;
  for (const char* folder : {"rules/packs", "bench/rules", "tests/app/data/rules"}) {
    for (const fs::path& path : files_below(kRoot / folder, ".yml")) {
      EXPECT_EQ(problems(is_test(path) ? test : rule, path.string(), read(path)), "");
      ++checked;
    }
  }
  EXPECT_GE(checked, 6);
}

TEST(Schema, SourceTypesAreValid) {
  const Validator source(source_schema());
  for (const yaml::File& file : rules::builtin_sources()) EXPECT_EQ(problems(source, file.path, file.text), "");
  EXPECT_GE(rules::builtin_sources().size(), 4U);
}

TEST(Schema, FirstFilesAreValid) {
  const Validator rule(rule_schema()), test(test_schema()), config(app::config_schema());
  for (const app::InitFile& file : app::kInitFiles) {
    const std::string name(file.path), text(file.text);
    if (!name.ends_with(".yml")) continue;
    const Validator& validator = name == "vedette.yml" ? config : is_test(name) ? test : rule;
    EXPECT_EQ(problems(validator, name, text), "");
  }
}

// What the compiler accepts, the schema accepts; over real rules that nobody here wrote.
TEST(Schema, EveryLoadableRuleOfTheCorpusIsValid) {
  const fs::path folder = corpus() / "sigma-identity";
  if (!fs::exists(folder)) GTEST_SKIP() << "corpus absent: sigma-identity";
  const Validator validator(rule_schema());
  rules::CompileOptions options;
  Diagnostics ignored;
  options.sources = rules::load_sources(rules::builtin_sources(), ignored);
  int loaded = 0;
  for (const fs::path& path : files_below(folder, ".yml")) {
    const std::string text = read(path);
    Diagnostics found;
    (void)rules::compile({{path.string(), text}}, options, found);
    bool loads = true;
    for (const Diagnostic& item : found.items()) loads = loads && (item.severity != Severity::error || item.code == "V1014");
    if (!loads) continue;
    ++loaded;
    EXPECT_EQ(problems(validator, path.string(), text), "");
  }
  EXPECT_EQ(loaded, 324);
}

// Goldens of mistakes that a schema can see are invalid; those of warnings are valid but for a few that it sees, too.
TEST(Schema, GoldenMistakesAreNotValid) {
  const Validator rule(rule_schema()), test(test_schema()), source(source_schema()), config(app::config_schema());
  const std::pair<const char*, const Validator*> cases[] = {{"V1001_not_a_rule", &rule},
                                                            {"V1003_wrong_type", &rule},
                                                            {"V1004_unknown_modifier", &rule},
                                                            {"V1010_empty_detection", &rule},
                                                            {"V1011_unknown_level", &rule},
                                                            {"V1015_bad_suppress", &rule},
                                                            {"V1016_bad_action", &rule},
                                                            {"V1201_correlation_type", &rule},
                                                            {"V1202_correlation_key", &rule},
                                                            {"V1205_bad_timespan", &rule},
                                                            {"V1206_missing_condition", &rule},
                                                            {"V1208_missing_value_field", &rule},
                                                            {"V1209_ordered_condition", &rule},
                                                            {"V1252_bad_risk", &rule},
                                                            {"V1253_bad_level_when", &rule},
                                                            {"V7001_source_unknown_key", &source},
                                                            {"V7002_source_missing_key", &source},
                                                            {"V7005_source_bad_duration", &source},
                                                            {"V7007_source_time_format", &source},
                                                            {"V7011_source_normalised_name", &source},
                                                            {"V8001_test_unknown_key", &test},
                                                            {"V8002_test_missing_key", &test},
                                                            {"V8004_test_bad_time", &test},
                                                            {"V9001_key", &config},
                                                            {"V9002_needed", &config},
                                                            {"V9003_shape", &config},
                                                            {"V9004_value", &config},
                                                            {"V9004_size", &config},
                                                            {"V9007_secret", &config}};
  for (const auto& [name, validator] : cases) {
    const fs::path path = kRoot / (name[1] == '9' ? "tests/app/golden" : "tests/rules/golden") / (std::string(name) + ".yml");
    ASSERT_TRUE(fs::exists(path)) << path;
    EXPECT_NE(problems(*validator, name, read(path)), "") << path;
  }
}

struct Broken {
  const char* what;
  const char* text;
};

TEST(Schema, BrokenCorrelationsAreNotValid) {
  const Validator validator(rule_schema());
  const std::string start = "title: x\ncorrelation:\n  rules: [a]\n  group-by: [u]\n";
  for (const auto& [what, text] : {
           Broken{"unknown key", "  type: event_count\n  timespan: 5m\n  condition: {gte: 2}\n  groupby: [u]\n"},
           Broken{"unknown operator", "  type: event_count\n  timespan: 5m\n  condition: {atleast: 2}\n"},
           Broken{"bound that is no number", "  type: event_count\n  timespan: 5m\n  condition: {gte: many}\n"},
           Broken{"text where bounds belong", "  type: event_count\n  timespan: 5m\n  condition: a and b\n"},
           Broken{"no field", "  type: value_count\n  timespan: 5m\n  condition: {gte: 2}\n"},
           Broken{"no values", "  type: metrics\n  timespan: 5m\n  condition: a >= 2\n"},
           Broken{"unknown metric", "  type: metrics\n  timespan: 5m\n  values: {a: {average: x}}\n  condition: a >= 2\n"},
           Broken{"no speed", "  type: travel\n  field: geo\n  condition: {distance_km: {gte: 300}}\n"},
           Broken{"unknown choice", "  type: new_value\n  timespan: 5d\n  condition: {field: x}\n  decide: later\n"},
           Broken{"no timespan", "  type: temporal\n"},
       }) {
    EXPECT_NE(problems(validator, what, start + text), "") << what;
  }
  EXPECT_EQ(problems(validator, "good", start + "  type: event_count\n  timespan: 5m\n  condition: {gte: 2}\n"), "");
}

}  // namespace
}  // namespace vedette::tests
