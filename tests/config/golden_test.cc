// What a person reads for each mistake in a configuration: tests/app/golden/<code>_<slug>.yml beside its .txt.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "app/config.h"

namespace vedette::tests {
namespace {

namespace fs = std::filesystem;

const fs::path kGolden = fs::path(VEDETTE_SOURCE_DIR) / "tests/app/golden";

std::string text_of(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

TEST(ConfigGolden, MistakesReadAsExpected) {
  int files = 0;
  for (const auto& entry : fs::directory_iterator(kGolden)) {
    if (entry.path().extension() != ".yml") continue;
    ++files;
    Diagnostics found;
    (void)app::parse_config({entry.path().filename().string(), text_of(entry.path())}, found);
    found.sort();
    std::string said;
    for (const Diagnostic& item : found.items()) said += render_human(item, false) + "\n";
    const fs::path expected = fs::path(entry.path()).replace_extension(".txt");
    if (std::getenv("VEDETTE_UPDATE_DOCS") != nullptr) std::ofstream(expected, std::ios::binary) << said;
    EXPECT_EQ(said, text_of(expected)) << entry.path();
  }
  EXPECT_GE(files, 11);
}

}  // namespace
}  // namespace vedette::tests
