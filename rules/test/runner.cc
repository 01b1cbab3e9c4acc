#include "rules/test/runner.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

#include "engine/base/diagnostic_codes.h"
#include "engine/base/suggest.h"
#include "rules/sigma/load.h"
#include "rules/test/explain.h"
#include "rules/test/run.h"
#include "rules/test/test_file.h"

namespace vedette::rules {
namespace {

namespace fs = std::filesystem;
using test::Expectation;
using test::TestCase;

constexpr std::uint64_t kShuffles = 3;
constexpr std::size_t kWorkers = 4;

Result<std::string> read_text(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  if (!stream) return Error{"cannot be opened", path};
  std::string text{std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
  if (stream.bad()) return Error{"cannot be read", path};
  return text;
}

Result<yaml::File> read_from_disk(const std::string& path) {
  auto text = read_text(path);
  if (!text) return text.error();
  return yaml::File{path, std::move(*text)};
}

std::string group_text(const std::vector<std::pair<std::string, std::string>>& group) {
  std::string out;
  for (const auto& [member, value] : group) out += fmt::format("{}{}={}", out.empty() ? "" : " ", member, value);
  return out;
}

std::string describe(const alert::Alert& alert, TimeUs start) {
  return fmt::format("`{}` at {}, count {}, level {}{}{}", alert.rule->label(), test::offset_text(alert.time, start), alert.count,
                     plan::level_name(alert.level), alert.group.empty() ? "" : ", group ", group_text(alert.group));
}

bool is_rule(const plan::RuleMeta& meta, const std::string& name) {
  return meta.label() == name || meta.id == name || meta.title == name;
}

// What of the expectation the alert does not meet; empty = all met.
std::string differences(const Expectation& wanted, const alert::Alert& alert, TimeUs start) {
  std::vector<std::string> out;
  if (wanted.at && *wanted.at != alert.time)
    out.push_back(fmt::format("at {}, not {}", test::offset_text(alert.time, start), test::offset_text(*wanted.at, start)));
  if (wanted.count && *wanted.count != alert.count) out.push_back(fmt::format("count {}, not {}", alert.count, *wanted.count));
  if (wanted.level && *wanted.level != alert.level)
    out.push_back(fmt::format("level {}, not {}", plan::level_name(alert.level), plan::level_name(*wanted.level)));
  for (const auto& member : wanted.group) {
    if (std::find(alert.group.begin(), alert.group.end(), member) == alert.group.end()) {
      out.push_back(fmt::format("group {}, not {}={}", group_text(alert.group), member.first, member.second));
    }
  }
  return fmt::format("{}", fmt::join(out, "; "));
}

// Ids of a run's alerts, with a description of each.
std::map<std::string, std::string> ids_of(const std::vector<alert::Alert>& alerts, TimeUs start) {
  std::map<std::string, std::string> out;
  for (const alert::Alert& alert : alerts) out.emplace(alert.alert_id, describe(alert, start));
  return out;
}

// Two different events under one id: which of them counts depends on arrival, so orders cannot be compared.
bool conflicting_ids(const TestCase& test) {
  std::map<std::pair<std::uint32_t, std::string>, const std::string*> records;
  return std::any_of(test.events.begin(), test.events.end(), [&](const test::TestEvent& event) {
    if (event.id.empty()) return false;
    const auto [at, fresh] = records.emplace(std::pair(event.source, event.id), &event.record);
    return !fresh && *at->second != event.record;
  });
}

class CaseRunner {
 public:
  CaseRunner(test::Runner& runner, const TestCase& test) : runner_(runner), test_(test) {
    result_.name = test.name;
    result_.where = test.where;
    result_.events = test.events.size();
  }

  CaseResult run() {
    first_ = runner_.run(test_, test::in_order(test_), 1, true);
    result_.alerts = first_.alerts.size();
    result_.runs = 1;
    for (const std::string& reject : first_.rejects) result_.failures.push_back("an event was refused: " + reject);
    check_expectations();
    check_variations();
    return std::move(result_);
  }

 private:
  void check_expectations() {
    std::vector<bool> met(first_.alerts.size(), false);
    std::vector<const Expectation*> open;
    for (const Expectation& wanted : test_.expect) {
      if (!take(wanted, met)) open.push_back(&wanted);
    }
    for (const Expectation* wanted : open) report_unmet(*wanted, met);
    for (std::size_t i = 0; i < met.size(); ++i) {
      if (!met[i]) result_.failures.push_back("unexpected alert: " + describe(first_.alerts[i], test_.start));
    }
  }

  // Marks the first open alert that meets the expectation.
  bool take(const Expectation& wanted, std::vector<bool>& met) {
    for (std::size_t i = 0; i < met.size(); ++i) {
      const alert::Alert& alert = first_.alerts[i];
      if (met[i] || !is_rule(*alert.rule, wanted.rule) || !differences(wanted, alert, test_.start).empty()) continue;
      met[i] = true;
      return true;
    }
    return false;
  }

  void report_unmet(const Expectation& wanted, std::vector<bool>& met) {
    for (std::size_t i = 0; i < met.size(); ++i) {
      const alert::Alert& alert = first_.alerts[i];
      if (met[i] || !is_rule(*alert.rule, wanted.rule)) continue;
      met[i] = true;
      result_.failures.push_back(fmt::format("`{}` fired otherwise: {}", wanted.rule, differences(wanted, alert, test_.start)));
      return;
    }
    result_.failures.push_back(
        fmt::format("`{}` did not fire{}", wanted.rule, wanted.at ? " at " + test::offset_text(*wanted.at, test_.start) : ""));
    const test::RuleRef rule = test::find_rule(runner_.plan(), wanted.rule);
    if (rule.found) result_.closest.push_back(test::closest_miss(runner_.plan(), test_, first_, rule));
  }

  void check_variations() {
    compare(fmt::format("with {} workers", kWorkers), test::in_order(test_), kWorkers);
    if (conflicting_ids(test_)) return;
    for (std::uint64_t seed = 1; seed <= kShuffles; ++seed) {
      compare(fmt::format("with arrival shuffled (seed {})", seed), test::shuffled(test_, runner_.plan(), seed, false), 1);
    }
    compare("with every event delivered twice", test::shuffled(test_, runner_.plan(), kShuffles + 1, true), 1);
    compare(fmt::format("shuffled, twice, with {} workers", kWorkers), test::shuffled(test_, runner_.plan(), kShuffles + 2, true),
            kWorkers);
  }

  void compare(const std::string& how, const std::vector<test::Delivery>& order, std::size_t workers) {
    ++result_.runs;
    const auto wanted = ids_of(first_.alerts, test_.start);
    const auto found = ids_of(runner_.run(test_, order, workers, false).alerts, test_.start);
    for (const auto& [id, text] : wanted) {
      if (!found.contains(id)) result_.failures.push_back(fmt::format("{}: missing {}", how, text));
    }
    for (const auto& [id, text] : found) {
      if (!wanted.contains(id)) result_.failures.push_back(fmt::format("{}: additional {}", how, text));
    }
  }

  test::Runner& runner_;
  const TestCase& test_;
  test::Run first_;
  CaseResult result_;
};

std::vector<yaml::File> read_rules(const yaml::File& file, const test::TestFile& parsed, const TestOptions& options,
                                   Diagnostics& diagnostics) {
  std::vector<yaml::File> out;
  for (const auto& [path, where] : parsed.rules) {
    auto read = options.read ? options.read(path) : read_from_disk(path);
    if (read) {
      out.push_back(std::move(*read));
    } else {
      diagnostics.add(make_diagnostic("V8008", where, fmt::format("rule file `{}`: {}", path, read.error().message),
                                      "paths in `rules:` start from the folder of the test file",
                                      yaml::line_of(file, where.line)));
    }
  }
  return out;
}

CompileOptions compile_options(const test::TestFile& parsed, const TestOptions& options) {
  CompileOptions out;
  out.partial = true;
  out.sources = options.sources;
  out.lists = options.lists;
  out.tables = options.tables;
  out.addresses = options.addresses;
  out.json_logsources = options.json_logsources;
  out.identity_domains = options.identity_domains;
  out.identity_aliases = options.identity_aliases;
  for (const auto& [name, values] : parsed.lists) out.lists[name] = values;
  out.identity_domains.insert(out.identity_domains.end(), parsed.identity_domains.begin(), parsed.identity_domains.end());
  out.identity_aliases.insert(out.identity_aliases.end(), parsed.identity_aliases.begin(), parsed.identity_aliases.end());
  return out;
}

// Events name their source by its place in the options; from here on by its place in the plan. False: not in the plan.
bool resolve_sources(test::TestFile& parsed, const TestOptions& options, const plan::Plan& plan) {
  for (TestCase& test : parsed.cases) {
    for (test::TestEvent& event : test.events) {
      const std::string& name = options.sources[event.source].name;
      const auto at = std::find_if(plan.sources.begin(), plan.sources.end(),
                                   [&](const plan::SourceProgram& program) { return program.source.name == name; });
      if (at == plan.sources.end()) return false;
      event.source = static_cast<std::uint32_t>(at - plan.sources.begin());
    }
  }
  return true;
}

void check_rule_names(const yaml::File& file, const test::TestFile& parsed, const plan::Plan& plan, Diagnostics& diagnostics) {
  std::vector<std::string> names;
  for (const plan::RulePlan& rule : plan.rules) names.push_back(rule.meta.label());
  for (const plan::CorrelationPlan& correlation : plan.correlations) names.push_back(correlation.meta.label());
  for (const TestCase& test : parsed.cases) {
    for (const Expectation& wanted : test.expect) {
      if (wanted.rule.empty() || test::find_rule(plan, wanted.rule).found) continue;
      diagnostics.add(make_diagnostic("V8006", wanted.where, fmt::format("no rule is called `{}`", wanted.rule),
                                      did_you_mean(wanted.rule, names, fmt::format("the rules are {}", fmt::join(names, ", "))),
                                      yaml::line_of(file, wanted.where.line)));
    }
  }
}

bool is_test_file(const fs::path& path) {
  const std::string name = path.filename().string();
  return name.ends_with(".test.yml") || name.ends_with(".test.yaml");
}

// A test file; or that beside a rule file, x.test.yml of x.yml, where there is one.
std::string test_file_of(const std::string& given) {
  const fs::path path(given);
  if (is_test_file(path)) return given;
  const std::string beside = (path.parent_path() / path.stem()).string() + ".test" + path.extension().string();
  std::error_code error;
  return fs::is_regular_file(beside, error) ? beside : given;
}

}  // namespace

std::size_t TestReport::failed() const {
  return static_cast<std::size_t>(
      std::count_if(cases.begin(), cases.end(), [](const CaseResult& result) { return !result.passed(); }));
}

TestReport run_test_file(const yaml::File& file, const TestOptions& options) {
  TestReport report;
  report.path = file.path;
  test::TestFile parsed = test::parse_test_file(file, options.sources, report.diagnostics);
  if (report.diagnostics.has_errors()) return report;
  const std::vector<yaml::File> rules = read_rules(file, parsed, options, report.diagnostics);
  if (report.diagnostics.has_errors()) return report;
  const CompiledRules compiled = compile(rules, compile_options(parsed, options), report.diagnostics);
  if (compiled.plan == nullptr) return report;
  check_rule_names(file, parsed, *compiled.plan, report.diagnostics);
  if (report.diagnostics.has_errors()) return report;
  auto runner = test::Runner::make(compiled.plan);
  if (!runner || !resolve_sources(parsed, options, *compiled.plan)) {
    const std::string reason = runner ? "the plan lacks a source type" : runner.error().to_string();
    report.diagnostics.add(make_diagnostic("V8008", {file.path, 1, 1, 1}, reason));
    return report;
  }
  for (const TestCase& test : parsed.cases) {
    if (options.filter.empty() || test.name.find(options.filter) != std::string::npos)
      report.cases.push_back(CaseRunner(*runner, test).run());
  }
  return report;
}

Result<std::vector<yaml::File>> read_test_files(const std::vector<std::string>& paths) {
  std::set<std::string> found;
  for (const std::string& path : paths) {
    std::error_code error;
    if (!fs::exists(path, error)) return Error{"no such file or directory", path};
    if (!fs::is_directory(path, error)) {
      found.insert(test_file_of(path));
      continue;
    }
    for (fs::recursive_directory_iterator walk(path, fs::directory_options::skip_permission_denied, error), end;
         !error && walk != end; walk.increment(error)) {
      std::error_code ignored;
      if (walk->is_regular_file(ignored) && is_test_file(walk->path())) found.insert(walk->path().string());
    }
    if (error) return Error{error.message(), path};
  }
  std::vector<yaml::File> files;
  for (const std::string& path : found) {
    auto file = read_from_disk(path);
    if (!file) return file.error();
    files.push_back(std::move(*file));
  }
  return files;
}

}  // namespace vedette::rules
