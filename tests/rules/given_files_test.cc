// Rule and test files as they are given on a command line: a shell makes rules/* of both.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "rules/sigma/load.h"
#include "rules/test/runner.h"

namespace vedette::rules::test {
namespace {

namespace fs = std::filesystem;

class GivenFiles : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::temp_directory_path() / ("vedette_given_" + std::to_string(::getpid()));
    fs::create_directories(folder_);
    for (const char* name : {"a.yml", "a.test.yml", "b.yaml", "b.test.yaml", "c.yml"}) std::ofstream(folder_ / name) << "x: y\n";
  }
  void TearDown() override { fs::remove_all(folder_); }

  [[nodiscard]] std::string path(const std::string& name) const { return (folder_ / name).string(); }
  [[nodiscard]] std::string names(const Result<std::vector<yaml::File>>& files) const {
    if (!files) return files.error().to_string();
    std::string out;
    for (const yaml::File& file : *files) out += (out.empty() ? "" : " ") + fs::path(file.path).filename().string();
    return out;
  }

  fs::path folder_;
};

TEST_F(GivenFiles, TestsAreNoRules) {
  Diagnostics found;
  EXPECT_EQ(names(read_rule_files({path("a.yml"), path("a.test.yml"), path("b.yaml"), path("b.test.yaml")}, found)),
            "a.yml b.yaml");
  EXPECT_EQ(names(read_rule_files({folder_.string()}, found)), "a.yml b.yaml c.yml");
}

TEST_F(GivenFiles, ARuleStandsForItsTest) {
  EXPECT_EQ(names(read_test_files({path("a.yml"), path("a.test.yml"), path("b.yaml")})), "a.test.yml b.test.yaml");
  EXPECT_EQ(names(read_test_files({path("c.yml")})), "c.yml") << "it has none; reading it says what a test file is";
}

}  // namespace
}  // namespace vedette::rules::test
