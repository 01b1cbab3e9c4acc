// The generated documentation is current: the reference, and one page for every diagnostic code.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <regex>
#include <set>

#include "app/config_schema.h"
#include "engine/base/diagnostic_codes.h"
#include "rules/reference/diagnostic_page.h"
#include "rules/reference/markdown.h"
#include "rules/reference/remedies.h"
#include "tests/reference/files.h"

namespace vedette::tests {
namespace {

using namespace rules::reference;

const fs::path kPages = kRoot / "docs/diagnostics";

// The code's first golden input in any area, and what is said about it.
DiagnosticExample example_of(std::string_view code) {
  fs::path found;
  for (const auto& area : fs::directory_iterator(kRoot / "tests")) {
    for (const fs::path& path : files_below(area.path() / "golden", ".yml")) {
      if (!path.filename().string().starts_with(code) || !fs::exists(fs::path(path).replace_extension(".txt"))) continue;
      const auto order = [](const fs::path& p) { return std::pair(p.filename().string().size(), p.string()); };
      if (found.empty() || order(path) < order(found)) found = path;
    }
  }
  if (found.empty()) return {};
  // `#@ append N TEXT` stands for N copies of the text.
  static const std::regex kCopies("#@ append ([0-9]+) (.*)");
  const std::string input = std::regex_replace(read(found), kCopies, "# ... and so on: $1 times `$2`");
  return {input, read(found.replace_extension(".txt"))};
}

TEST(Docs, TheReferenceIsCurrent) { expect_current(kRoot / "docs/reference.md", reference_markdown(app::config_reference())); }

TEST(Docs, EveryCodeHasACurrentPage) {
  std::set<std::string> wanted = {"README.md"};
  for (const DiagnosticCode& code : kDiagnosticCodes) {
    const std::string name = std::string(code.code) + ".md";
    wanted.insert(name);
    const DiagnosticExample example = example_of(code.code);
    if (example.rendered.find(fmt::format("[{}]", code.code)) == std::string::npos) {
      ADD_FAILURE() << code.code << " has no golden example";
      continue;
    }
    expect_current(kPages / name, diagnostic_page(code, example));
  }
  expect_current(kPages / "README.md", diagnostic_index());
  for (const auto& entry : fs::directory_iterator(kPages))
    EXPECT_TRUE(wanted.contains(entry.path().filename().string())) << entry.path();
}

TEST(Docs, EveryCodeSaysHowItIsMended) {
  for (const DiagnosticCode& code : kDiagnosticCodes) EXPECT_FALSE(remedy_of(code.code).empty()) << code.code;
  for (const Remedy& remedy : kRemedies) EXPECT_NE(find_diagnostic_code(remedy.code), nullptr) << remedy.code;
}

TEST(Docs, PagesAreBuiltIn) {
  for (const DiagnosticCode& code : kDiagnosticCodes)
    EXPECT_TRUE(find_page(code.code) == read(kPages / (std::string(code.code) + ".md"))) << code.code << ": build again";
  EXPECT_EQ(find_page("V0000"), "");
}

}  // namespace
}  // namespace vedette::tests
