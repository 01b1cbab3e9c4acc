// `vedette test`: runs *.test.yml and reports, for people and as JUnit.
#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <memory>

#include "app/commands.h"
#include "app/exit_code.h"
#include "app/interrupt.h"
#include "app/junit.h"
#include "app/load_rules.h"
#include "app/terminal.h"
#include "rules/test/runner.h"

namespace vedette::app {

namespace {

std::string counted(std::size_t count, std::string_view noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

std::string render_report(const rules::TestReport& report, double seconds, bool colour) {
  const std::string verdict = report.ok() ? paint("PASS", Colour::green, colour) : paint("FAIL", Colour::red, colour);
  std::string out = fmt::format("{}  {}  {}, {:.0f} ms\n", verdict, printable(report.path), counted(report.cases.size(), "case"),
                                seconds * 1000);
  for (const Diagnostic& item : report.diagnostics.items()) {
    if (item.severity == Severity::error) out += render_human(item, colour);
  }
  for (const rules::CaseResult& result : report.cases) {
    if (result.passed()) continue;
    out += fmt::format("  {}  {} ({}:{})\n", paint("FAIL", Colour::red, colour), printable(result.name), result.where.file,
                       result.where.line);
    for (const std::string& failure : result.failures) out += fmt::format("        {}\n", printable(failure));
    for (const std::string& closest : result.closest)
      out += fmt::format("        {} {}\n", paint("closest:", Colour::dim, colour), printable(closest));
  }
  return out;
}

Status write_junit(const std::string& path, const std::string& text) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "we"), &std::fclose);
  if (!file || !write_all(file.get(), text)) return Error{"the JUnit report cannot be written", path};
  return {};
}

struct Tally {
  std::size_t files = 0, cases = 0, failed = 0, broken = 0;
};

int conclude(const Tally& tally, const TestOptions& options) {
  if (interrupted()) return kExitInterrupted;
  const bool failed = tally.failed > 0 || tally.broken > 0;
  const bool colour = use_colour(stderr);
  std::string text = fmt::format("{} {} in {}", paint(failed ? "FAILED" : "ok", failed ? Colour::red : Colour::green, colour),
                                 counted(tally.cases, "case"), counted(tally.files, "file"));
  if (tally.failed > 0) text += fmt::format(", {} failed", tally.failed);
  if (tally.broken > 0) text += fmt::format(", {} cannot be run", counted(tally.broken, "file"));
  (void)write_all(stderr, text + "\n");
  if (tally.cases == 0 && !failed) {
    print_error(options.pattern.empty() ? "no test case was found" : "no test case has '" + options.pattern + "' in its name");
    return kExitUsage;
  }
  return failed ? kExitFindings : kExitOk;
}

Result<rules::TestOptions> runner_options(const TestOptions& options, const std::vector<std::string>& paths) {
  Diagnostics diagnostics;
  RuleOptions material = options.rules;
  material.rules = paths;
  auto compile = compile_options(material, diagnostics);
  if (!compile) return compile.error();
  print_diagnostics(diagnostics);
  if (diagnostics.has_errors()) return Error{"the lists or source types are broken"};
  rules::TestOptions runner;
  runner.sources = std::move(compile->sources);
  runner.lists = std::move(compile->lists);
  runner.tables = std::move(compile->tables);
  runner.addresses = std::move(compile->addresses);
  runner.json_logsources = std::move(compile->json_logsources);
  runner.identity_domains = std::move(compile->identity_domains);
  runner.identity_aliases = std::move(compile->identity_aliases);
  runner.filter = options.pattern;
  return runner;
}

int usage(const Error& error) {
  print_error(error.to_string());
  return kExitUsage;
}

}  // namespace

int run_test(const TestOptions& options) {
  const auto paths = default_rule_paths(options.paths);
  if (!paths) return usage(paths.error());
  const auto runner = runner_options(options, *paths);
  if (!runner) return usage(runner.error());
  const auto files = rules::read_test_files(*paths);
  if (!files) return usage(files.error());
  Tally tally;
  JunitReport junit;
  for (const yaml::File& file : *files) {
    if (interrupted()) break;
    const auto start = std::chrono::steady_clock::now();
    const rules::TestReport report = rules::run_test_file(file, *runner);
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    if (report.cases.empty() && !report.diagnostics.has_errors()) continue;
    ++tally.files;
    tally.cases += report.cases.size();
    tally.failed += report.failed();
    if (report.diagnostics.has_errors()) ++tally.broken;
    junit.add(report, took.count());
    if (!write_all(stdout, render_report(report, took.count(), use_colour(stdout)))) {
      print_error("output cannot be written");
      return kExitRuntime;
    }
  }
  if (!options.junit.empty()) {
    const Status written = write_junit(options.junit, junit.text());
    if (!written) {
      print_error(written.error().to_string());
      return kExitRuntime;
    }
  }
  return conclude(tally, options);
}

}  // namespace vedette::app
