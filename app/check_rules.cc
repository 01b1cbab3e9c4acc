#include "app/check_rules.h"

#include <filesystem>
#include <fstream>
#include <sstream>

namespace vedette::app {

namespace {

namespace fs = std::filesystem;

std::optional<std::string> read_if_there(const std::string& path) {
  std::error_code code;
  if (!fs::is_regular_file(path, code)) return std::nullopt;
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return in ? std::optional<std::string>(text.str()) : std::nullopt;
}

// A new file with the old one's rights takes its place, so that a full disk leaves the old one whole.
Status replace_file(const std::string& path, const std::string& text) {
  std::error_code code;
  const fs::path target = fs::canonical(path, code);
  if (code) return Error{code.message(), path};
  const fs::path made = target.string() + ".vedette-fix";
  std::ofstream out(made, std::ios::binary | std::ios::trunc);
  out << text;
  out.close();
  if (!out) code = std::make_error_code(std::errc::io_error);
  if (!code) fs::permissions(made, fs::status(target, code).permissions(), code);
  if (!code) fs::rename(made, target, code);
  if (!code) return {};
  std::error_code ignored;
  fs::remove(made, ignored);
  return Error{"cannot be written: " + code.message(), path};
}

}  // namespace

Result<CheckedRules> check_rules(const RuleOptions& options, rules::CheckSettings settings, bool fix) {
  CheckedRules out;
  LoadedRules& loaded = out.loaded;
  auto paths = default_rule_paths(options.rules);
  if (!paths) return paths.error();
  RuleOptions located = options;
  located.rules = *paths;
  auto compile = compile_options(located, loaded.diagnostics);
  if (!compile) return compile.error();
  auto files = rules::read_rule_files(*paths, loaded.diagnostics);
  if (!files) return files.error();
  if (settings.lints) settings.read_test = read_if_there;
  out.before = std::move(*files);
  rules::Fixed fixed;
  if (fix) {
    fixed = rules::check_and_fix(out.before, *compile, settings);
  } else {
    fixed.files = out.before;
    fixed.checked = rules::check(fixed.files, *compile, settings);
  }
  out.after = std::move(fixed.files);
  out.applied = std::move(fixed.applied);
  const rules::CompiledRules& compiled = fixed.checked.rules;
  loaded.diagnostics.append(fixed.checked.findings);
  loaded.files = compiled.files;
  loaded.rules = compiled.rules;
  loaded.correlations = compiled.correlations;
  loaded.filters = compiled.filters;
  loaded.skipped = compiled.skipped;
  if (loaded.diagnostics.has_errors()) return out;
  loaded.plan = compiled.plan;
  auto program = match::MatchProgram::build(loaded.plan);
  if (!program) return program.error();
  loaded.program = *program;
  return out;
}

Status write_fixed(const CheckedRules& checked) {
  for (std::size_t i = 0; i < checked.after.size(); ++i) {
    if (checked.after[i].text == checked.before[i].text) continue;
    const Status written = replace_file(checked.after[i].path, checked.after[i].text);
    if (!written) return written;
  }
  return {};
}

}  // namespace vedette::app
