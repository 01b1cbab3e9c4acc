#include "tests/check/support.h"

#include <algorithm>
#include <fstream>
#include <iterator>

#include "rules/source/load.h"

namespace vedette::rules::test {

namespace fs = std::filesystem;

namespace {
const fs::path kGolden = fs::path(VEDETTE_SOURCE_DIR) / "tests" / "check" / "golden";
}  // namespace

std::string read_text(const fs::path& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
}

std::vector<fs::path> golden_files() {
  std::vector<fs::path> out;
  for (const auto& entry : fs::directory_iterator(kGolden)) {
    const std::string name = entry.path().filename().string();
    if (name.ends_with(".yml") && !name.ends_with(".test.yml")) out.push_back(entry.path());
  }
  std::sort(out.begin(), out.end());
  return out;
}

const CompileOptions& options() {
  static const CompileOptions made = [] {
    CompileOptions out;
    Diagnostics ignored;
    out.sources = load_sources(builtin_sources(), ignored);
    for (const yaml::File& file : builtin_lists()) parse_list(file, out.lists, ignored);
    out.lists["nobody"] = {};
    out.tables["people.csv"] = {"people.csv", "account,team\nann,sales\n"};
    return out;
  }();
  return made;
}

CheckSettings settings(bool portable) {
  CheckSettings out;
  out.lints = !portable;
  out.portable = portable;
  out.now = parse_iso8601("2026-11-23T12:00:00Z");
  out.read_test = [](const std::string& path) -> std::optional<std::string> {
    if (!fs::exists(kGolden / path)) return std::nullopt;
    return read_text(kGolden / path);
  };
  return out;
}

Checked check_golden(const fs::path& path) {
  const std::string name = path.filename().string();
  return check({{name, read_text(path)}}, options(), settings(name >= "V2191"));
}

Checked check_text(const std::string& text) {
  CheckSettings with = settings();
  with.read_test = {};
  return check({{"rule.yml", text}}, options(), with);
}

std::string program_text(const plan::Plan& plan) {
  std::string out;
  for (const plan::SourceProgram& program : plan.sources) {
    for (const plan::Arm& arm : program.arms) {
      out += program.source.name + ": " + plan::print_arm(program, arm) + "\n";
      for (const plan::Selection& selection : arm.selections) out += "  " + selection.name + "\n";
    }
    for (const plan::Predicate& predicate : program.predicates) out += plan::print_predicate(program, predicate) + "\n";
  }
  return out;
}

}  // namespace vedette::rules::test
