// The shape of SARIF output: every property that the standard requires is there, and places and fixes agree with the
// diagnostics.
#include "rules/check/sarif.h"

#include <gtest/gtest.h>
#include <yaml-cpp/yaml.h>

#include <set>

#include "tests/check/support.h"

namespace vedette::rules::test {
namespace {

// JSON is YAML.
YAML::Node parsed(const Diagnostics& diagnostics) { return YAML::Load(to_sarif(diagnostics, "1.2.3")); }

Diagnostics all_findings() {
  Diagnostics out;
  for (const auto& path : golden_files()) out.append(check_golden(path).findings);
  return out;
}

TEST(Sarif, HasWhatTheStandardRequires) {
  const YAML::Node log = parsed(all_findings());
  EXPECT_EQ(log["version"].as<std::string>(), "2.1.0");
  EXPECT_TRUE(log["$schema"].IsScalar());
  ASSERT_EQ(log["runs"].size(), 1U);
  const YAML::Node run = log["runs"][0];
  const YAML::Node driver = run["tool"]["driver"];
  EXPECT_EQ(driver["name"].as<std::string>(), "vedette");
  EXPECT_EQ(driver["version"].as<std::string>(), "1.2.3");
  EXPECT_EQ(run["columnKind"].as<std::string>(), "unicodeCodePoints");
  std::set<std::string> ids;
  for (const YAML::Node& rule : driver["rules"]) {
    EXPECT_TRUE(ids.insert(rule["id"].as<std::string>()).second);
    EXPECT_FALSE(rule["shortDescription"]["text"].as<std::string>().empty());
    EXPECT_FALSE(rule["help"]["text"].as<std::string>().empty());
    const std::string level = rule["defaultConfiguration"]["level"].as<std::string>();
    EXPECT_TRUE(level == "error" || level == "warning" || level == "note") << level;
  }
  const Diagnostics findings = all_findings();
  ASSERT_EQ(run["results"].size(), findings.items().size());
  for (std::size_t i = 0; i < findings.items().size(); ++i) {
    const YAML::Node result = run["results"][i];
    const Diagnostic& diagnostic = findings.items()[i];
    EXPECT_EQ(result["ruleId"].as<std::string>(), diagnostic.code);
    EXPECT_EQ(driver["rules"][result["ruleIndex"].as<int>()]["id"].as<std::string>(), diagnostic.code);
    EXPECT_FALSE(result["message"]["text"].as<std::string>().empty());
    const YAML::Node place = result["locations"][0]["physicalLocation"];
    EXPECT_EQ(place["artifactLocation"]["uri"].as<std::string>(), diagnostic.where.file);
    EXPECT_EQ(place["region"]["startLine"].as<int>(), diagnostic.where.line);
    EXPECT_EQ(place["region"]["startColumn"].as<int>(), diagnostic.where.column);
    EXPECT_EQ(place["region"]["endColumn"].as<int>(), diagnostic.where.column + diagnostic.where.length);
    ASSERT_EQ(diagnostic.fix.has_value(), result["fixes"].IsDefined()) << diagnostic.code;
    if (!diagnostic.fix) continue;
    const YAML::Node change = result["fixes"][0]["artifactChanges"][0];
    EXPECT_FALSE(result["fixes"][0]["description"]["text"].as<std::string>().empty());
    EXPECT_EQ(change["artifactLocation"]["uri"].as<std::string>(), diagnostic.where.file);
    ASSERT_EQ(change["replacements"].size(), diagnostic.fix->edits.size());
    for (std::size_t j = 0; j < diagnostic.fix->edits.size(); ++j) {
      const Edit& edit = diagnostic.fix->edits[j];
      EXPECT_EQ(change["replacements"][j]["deletedRegion"]["byteOffset"].as<std::size_t>(), edit.begin);
      EXPECT_EQ(change["replacements"][j]["deletedRegion"]["byteLength"].as<std::size_t>(), edit.end - edit.begin);
      EXPECT_EQ(change["replacements"][j]["insertedContent"]["text"].as<std::string>(""), edit.text);
    }
  }
}

TEST(Sarif, WithoutFindingsIsAWholeLog) {
  const YAML::Node log = parsed({});
  EXPECT_EQ(log["runs"][0]["results"].size(), 0U);
  EXPECT_TRUE(log["runs"][0]["results"].IsSequence());
}

TEST(Sarif, PathsAreUris) {
  Diagnostics one;
  Diagnostic diagnostic;
  diagnostic.code = "V9001";
  diagnostic.message = "m";
  diagnostic.where.file = "a dir/r\xC3\xA4.yml";
  one.add(diagnostic);
  diagnostic.where.file = "/etc/r.yml";
  one.add(diagnostic);
  const YAML::Node results = parsed(one)["runs"][0]["results"];
  const auto uri = [&](int i) {
    return results[i]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"].as<std::string>();
  };
  EXPECT_EQ(uri(0), "a%20dir/r%C3%A4.yml");
  EXPECT_EQ(uri(1), "file:///etc/r.yml");
  EXPECT_FALSE(results[0]["locations"][0]["physicalLocation"]["region"].IsDefined()) << "the line is unknown";
}

}  // namespace
}  // namespace vedette::rules::test
