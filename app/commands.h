// The commands: what each is told, and its entry point, which returns the exit code. Options are filled by app/cli.cc
// and are plain values; every command runs on the main thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/time.h"
#include "engine/plan/plan.h"

namespace vedette::app {

enum class Format : std::uint8_t { automatic, human, json, jsonl };

// What every command that loads rules takes.
struct RuleOptions {
  std::vector<std::string> rules;         // files or directories
  std::vector<std::string> lists;         // directories; none: the folder `lists` beside the rules
  std::vector<std::string> source_types;  // directories or files of further source types
  std::vector<std::string> logsources;    // product=azure,service=signinlogs: what the generic json source serves
  std::vector<std::string> identities;    // CSV files: person,system,account
  std::vector<std::string> domains;
  std::vector<std::string> databases;  // MaxMind DB files for `enrich`
  bool skip_broken = false;
  bool may_skip_broken = false;  // the command has that option
};

struct ReplayOptions {
  RuleOptions rules;
  std::vector<std::string> events;
  std::string source;    // forced source type; empty or auto = recognise
  std::string timezone;  // of zone-less syslog times
  std::string tenant = "default";
  bool as_arrived = false;
  bool sort = false;
  bool no_drain = false;
  bool quiet = false;
  bool rates = false;  // no alerts, but how many of each rule a day
  std::optional<TimeUs> from, to, now;
  int year = 0;
  unsigned threads = 0;  // 0 = the number of cores
  std::optional<plan::Level> fail_on;
  std::string rejects;
  Format format = Format::automatic;
};

enum class CheckFormat : std::uint8_t { human, json, jsonl, sarif };

struct CheckOptions {
  RuleOptions rules;
  std::vector<std::string> paths;  // further rules
  std::string config;
  bool connect = false;  // with config: reach out to what it names
  bool strict = false;
  bool fix = false;
  bool dry_run = false;             // with fix: show, change nothing
  bool portable = false;            // what goes beyond Sigma, instead of lints
  std::optional<TimeUs> now;        // for the ends of filters
  std::vector<std::string> events;  // expected alerts per day over these
  std::string source;               // forced source type of the events
  CheckFormat format = CheckFormat::human;
};

struct TestOptions {
  RuleOptions rules;
  std::vector<std::string> paths;
  std::string pattern;
  std::string junit;
};

struct ExplainOptions {
  RuleOptions rules;
  std::string rule;
  std::vector<std::string> events;
  std::string source;
  std::string timezone;
  int year = 0;
};

struct RulesOptions {
  RuleOptions rules;
  std::string show;  // empty: list
  Format format = Format::human;
};

struct FieldsOptions {
  RuleOptions rules;
  std::string source;
  std::vector<std::string> events;
  bool types = false;  // list the event types, not the fields
  std::string timezone;
  int year = 0;
  Format format = Format::human;
};

enum class CoverageFormat : std::uint8_t { human, json, navigator };

struct CoverageOptions {
  RuleOptions rules;
  CoverageFormat format = CoverageFormat::human;
};

struct InitOptions {
  std::string directory = ".";
};

struct RunOptions {
  std::string config = "vedette.yml";
  unsigned threads = 0;
  bool accept_data_loss = false;
};

enum class StoreAction : std::uint8_t { info, verify, backup, restore, rejects };

struct StoreCommandOptions {
  StoreAction action = StoreAction::info;
  std::string path;
  std::string target;  // of backup and restore
  Format format = Format::human;
};

[[nodiscard]] int run_replay(const ReplayOptions& options);
[[nodiscard]] int run_check(const CheckOptions& options);
[[nodiscard]] int run_test(const TestOptions& options);
[[nodiscard]] int run_explain(const ExplainOptions& options);
[[nodiscard]] int run_rules(const RulesOptions& options);
[[nodiscard]] int run_fields(const FieldsOptions& options);
[[nodiscard]] int run_coverage(const CoverageOptions& options);
[[nodiscard]] int run_reference();
[[nodiscard]] int run_init(const InitOptions& options);
[[nodiscard]] int run_service(const RunOptions& options);
[[nodiscard]] int run_store(const StoreCommandOptions& options);
[[nodiscard]] int run_version(bool json);
// vedette 0.1.0 (gcc 12.2.0)
[[nodiscard]] std::string version_line();
[[nodiscard]] int run_schema(const std::string& kind);

}  // namespace vedette::app
