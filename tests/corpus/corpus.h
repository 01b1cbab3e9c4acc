// Where the corpus lies and what is in it: VEDETTE_CORPUS, else ../shared/corpus beside the repository. Tests that need
// it are skipped by name when it is absent. One thread.
#pragma once

#include <string>
#include <vector>

namespace vedette::corpus {

// "" when absent.
[[nodiscard]] std::string root();
[[nodiscard]] std::string read_file(const std::string& path);
[[nodiscard]] std::vector<std::string> read_lines(const std::string& path);
// Files below a folder whose name ends so, sorted.
[[nodiscard]] std::vector<std::string> files_below(const std::string& folder, const std::string& ending);

}  // namespace vedette::corpus

#define VEDETTE_NEEDS_CORPUS()         \
  if (vedette::corpus::root().empty()) \
  GTEST_SKIP() << "corpus absent: " << ::testing::UnitTest::GetInstance()->current_test_info()->name()
