// Rule tests (x.test.yml beside x.yml): events on a virtual clock through the real compiler, decoder, matcher and
// correlator, and what must fire. Every case runs in order, with arrival shuffled, with events delivered twice and with
// four workers: the same alert ids each time (spec: rules §4, formats "Rule tests"). Stateless; any thread.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "engine/base/diagnostic.h"
#include "engine/base/result.h"
#include "engine/plan/identity.h"
#include "engine/plan/source_plan.h"
#include "engine/plan/value_table.h"
#include "rules/yaml/node.h"

namespace vedette::rules {

// What rules are compiled with; a test file's own `identities` and `lists` are added to it.
struct TestOptions {
  std::vector<plan::SourcePlan> sources;
  std::map<std::string, std::vector<std::string>> lists;
  std::map<std::string, yaml::File> tables;
  plan::ValueTablePtr addresses;
  std::vector<plan::LogSource> json_logsources;
  std::vector<std::string> identity_domains;
  std::vector<plan::Alias> identity_aliases;
  std::string filter;  // only cases whose name holds it; empty: all
  // Reads a rule file by path (relative ones are already joined to the test file's folder). Empty: from disk.
  std::function<Result<yaml::File>(const std::string& path)> read;
};

struct CaseResult {
  std::string name;
  Location where;
  std::size_t events = 0;
  std::size_t alerts = 0;             // in the in-order run
  std::size_t runs = 0;               // orders and worker counts that were tried
  std::vector<std::string> failures;  // one sentence each; empty = passed
  std::vector<std::string> closest;   // for expectations that nothing met: how near the rule came
  [[nodiscard]] bool passed() const { return failures.empty(); }
};

struct TestReport {
  std::string path;
  Diagnostics diagnostics;  // of the test file and of its rule files
  std::vector<CaseResult> cases;
  [[nodiscard]] std::size_t failed() const;
  [[nodiscard]] bool ok() const { return !diagnostics.has_errors() && failed() == 0; }
};

[[nodiscard]] TestReport run_test_file(const yaml::File& file, const TestOptions& options);

// Reads test files: each path a test file, a rule file with a test beside it, or a directory (recursively *.test.yml,
// *.test.yaml); sorted by path, each once.
[[nodiscard]] Result<std::vector<yaml::File>> read_test_files(const std::vector<std::string>& paths);

}  // namespace vedette::rules
