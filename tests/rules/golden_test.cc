// Golden files: what a person reads for each diagnostic code. tests/<area>/golden/<code>_<slug>[_n].yml beside its .txt.
// This program runs those of tests/rules; other areas run their own, but all are counted here.
// VEDETTE_UPDATE_GOLDEN=1 rewrites the expected texts.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <sstream>

#include "engine/base/diagnostic_codes.h"
#include "rules/source/load.h"
#include "rules/test/runner.h"
#include "tests/rules/support.h"

namespace vedette::rules::test {
namespace {

namespace fs = std::filesystem;

std::string read(const fs::path& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
}

std::vector<fs::path> goldens(const fs::path& area) {
  std::vector<fs::path> out;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(area / "golden", error)) {
    if (entry.path().extension() == ".yml") out.push_back(entry.path());
  }
  std::sort(out.begin(), out.end());
  return out;
}

// A line `#@ append N TEXT` stands for N copies of the text, so that large inputs stay small files.
std::string input_of(const fs::path& path) {
  std::string text = read(path);
  const std::size_t at = text.rfind("#@ append ");
  if (at == std::string::npos) return text;
  std::istringstream directive(text.substr(at + 10));
  std::size_t copies = 0;
  std::string piece;
  directive >> copies;
  directive.get();
  std::getline(directive, piece);
  const std::string tail = text.substr(std::min(text.find('\n', at), text.size()));
  text.resize(at);
  for (std::size_t i = 0; i < copies; ++i) text += piece;
  return text + tail;
}

// What the program that reads such a file would say: rules, source types (V70xx), lists (V71xx), rule tests (V80xx).
Diagnostics diagnose(const fs::path& path) {
  const std::string name = path.filename().string();
  const yaml::File file{name, input_of(path)};
  Diagnostics out;
  if (name.starts_with("V70")) {
    static_cast<void>(load_sources({file}, out));
  } else if (name.starts_with("V71")) {
    std::map<std::string, std::vector<std::string>> lists;
    parse_list(file, lists, out);
  } else if (name.starts_with("V80")) {
    TestOptions with;
    with.sources = options().sources;
    with.read = [](const std::string& wanted) -> Result<yaml::File> {
      if (fs::path(wanted).filename() != "rule.yml") return Error{"no such file"};
      return yaml::File{wanted,
                        rule("  selection:\n    eventType: user.session.start\n  condition: selection\n", "name: okta_login\n")};
    };
    out.append(run_test_file(file, with).diagnostics);
  } else {
    CompileOptions with = options();
    with.skip_broken = name.starts_with("V2011");
    static_cast<void>(compile({file}, with, out));
  }
  return out;
}

std::string rendered(const fs::path& path) {
  const Diagnostics found = diagnose(path);
  std::string out;
  for (const Diagnostic& diagnostic : found.items()) out += render_human(diagnostic, false) + "\n";
  return out;
}

const fs::path kTests = fs::path(VEDETTE_SOURCE_DIR) / "tests";

TEST(Golden, DiagnosticsReadAsExpected) {
  const bool update = std::getenv("VEDETTE_UPDATE_GOLDEN") != nullptr;
  const std::vector<fs::path> files = goldens(kTests / "rules");
  ASSERT_FALSE(files.empty());
  for (const fs::path& file : files) {
    const std::string actual = rendered(file);
    const fs::path expected = fs::path(file).replace_extension(".txt");
    if (update) std::ofstream(expected, std::ios::binary) << actual;
    EXPECT_EQ(actual, read(expected)) << file;
    EXPECT_NE(actual.find("[" + file.filename().string().substr(0, 5) + "]"), std::string::npos)
        << file << " does not show its own code";
  }
}

// Every golden diagnostic is complete: place, source line, caret run and remedy.
TEST(Golden, EveryDiagnosticHasPlaceCaretAndHelp) {
  for (const fs::path& file : goldens(kTests / "rules")) {
    const Diagnostics diagnostics = diagnose(file);
    for (const Diagnostic& diagnostic : diagnostics.items()) {
      EXPECT_GT(diagnostic.where.line, 0) << file;
      EXPECT_GT(diagnostic.where.column, 0) << file;
      const bool of_rules = diagnostic.code < "V70";
      EXPECT_TRUE(!of_rules || !diagnostic.hint.empty()) << file << " " << diagnostic.code;
      EXPECT_NE(find_diagnostic_code(diagnostic.code), nullptr) << diagnostic.code;
    }
  }
}

TEST(Golden, EveryCodeHasOneToFour) {
  std::map<std::string, int> count;
  for (const auto& area : fs::directory_iterator(kTests)) {
    for (const fs::path& file : goldens(area.path())) {
      const std::string name = file.stem().string();
      ++count[name.substr(0, 5)];
      const DiagnosticCode* entry = find_diagnostic_code(name.substr(0, 5));
      ASSERT_NE(entry, nullptr) << file;
      const bool named = area.path().filename() != "rules" || name.substr(6).starts_with(entry->slug);
      EXPECT_TRUE(named) << file << " should be called " << entry->slug;
    }
  }
  std::size_t codes = 0;
  for (const DiagnosticCode& entry : kDiagnosticCodes) {
    ++codes;
    const int files = count[std::string(entry.code)];
    EXPECT_GE(files, 1) << entry.code << " " << entry.slug << " has no golden file";
    EXPECT_LE(files, 4) << entry.code << " " << entry.slug;
  }
  EXPECT_GE(codes, 40U);
}

TEST(Golden, CodesAreUniqueAndOrdered) {
  std::string_view last;
  for (const DiagnosticCode& entry : kDiagnosticCodes) {
    EXPECT_LT(last, entry.code);
    EXPECT_EQ(entry.code.size(), 5U);
    EXPECT_FALSE(entry.explanation.empty());
    last = entry.code;
  }
}

TEST(Golden, AllErrorsOfAFileAreReported) {
  const Compiled compiled = compile_text(
      "title: T\nlevel: hgh\nlogsource: {product: okta}\ndetection:\n  s:\n    a|nope: x\n    b|re: '('\n  condition: s and "
      "t\n---\nfoo: 1\n");
  EXPECT_EQ(compiled.codes(), "V1011 V1004 V1007 V1102 V1001");
}

}  // namespace
}  // namespace vedette::rules::test
