// The time `vedette check` takes over as many rules as SigmaHQ has: the corpus's, under new ids, names and titles, in a
// folder of their own.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>

#include "rules/check/check.h"
#include "rules/source/load.h"
#include "tests/corpus/corpus.h"

namespace vedette::corpus {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kRules = 3780;
constexpr double kSecondsPerThousand = 1.0;

rules::CompileOptions options() {
  rules::CompileOptions out;
  Diagnostics ignored;
  out.sources = rules::load_sources(rules::builtin_sources(), ignored);
  for (const yaml::File& file : rules::builtin_lists()) rules::parse_list(file, out.lists, ignored);
  return out;
}

// Files whose rules load, each alone.
std::vector<std::string> loadable(const rules::CompileOptions& with) {
  std::vector<std::string> out;
  for (const std::string& path : files_below(root() + "/sigma-identity", ".yml")) {
    Diagnostics ignored;
    std::string text = read_file(path);
    if (rules::compile({{path, text}}, with, ignored).rules == 1) out.push_back(std::move(text));
  }
  return out;
}

// The text with another id, and another title and name where it has them.
std::string renamed(const std::string& text, std::size_t number) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    const std::string line = text.substr(at, end - at);
    if (line.starts_with("id: ")) {
      out += fmt::format("id: 00000000-0000-4000-8000-{:012}", number);
    } else if (line.starts_with("title: ") || line.starts_with("name: ")) {
      out += fmt::format("{} {}", line, number);
    } else {
      out += line;
    }
    out += '\n';
    at = end + 1;
  }
  return out;
}

class Folder {
 public:
  Folder() {
    std::string name = (fs::temp_directory_path() / "vedette-check-XXXXXX").string();
    path_ = mkdtemp(name.data());
  }
  ~Folder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  [[nodiscard]] const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

double processor_seconds() { return static_cast<double>(std::clock()) / static_cast<double>(CLOCKS_PER_SEC); }

TEST(CheckSpeed, AThousandRulesASecond) {
  VEDETTE_NEEDS_CORPUS();
  const rules::CompileOptions with = options();
  const std::vector<std::string> texts = loadable(with);
  ASSERT_GT(texts.size(), 300U);
  const Folder folder;
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < kRules; ++i) {
    const std::string text = renamed(texts[i % texts.size()], i);
    std::ofstream(folder.path() / fmt::format("rule_{}.yml", i), std::ios::binary) << text;
    bytes += text.size();
  }
  const double start = processor_seconds();
  Diagnostics found;
  const auto files = rules::read_rule_files({folder.path().string()}, found);
  ASSERT_TRUE(files);
  rules::CheckSettings settings;
  settings.now = 0;
  settings.read_test = [](const std::string& path) -> std::optional<std::string> {
    return fs::exists(path) ? std::optional<std::string>(read_file(path)) : std::nullopt;
  };
  const rules::Checked checked = rules::check(*files, with, settings);
  const double took = processor_seconds() - start;
  EXPECT_EQ(checked.rules.rules, kRules);
  EXPECT_FALSE(checked.findings.has_errors());
  const double each = took / static_cast<double>(kRules) * 1000.0;
  fmt::print("check: {} rules, {:.1f} MB, {} findings in {:.2f} s of processor time: {:.3f} s per thousand\n", kRules,
             static_cast<double>(bytes) / 1e6, checked.findings.items().size(), took, each);
  EXPECT_LT(each, kSecondsPerThousand);
}

}  // namespace
}  // namespace vedette::corpus
