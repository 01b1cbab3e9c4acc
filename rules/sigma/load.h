// Sigma rules and correlations -> Plan. The one entry point of the rule language: reading files, parsing, diagnosing and
// compiling against source types. Stateless; any thread.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "engine/base/diagnostic.h"
#include "engine/base/result.h"
#include "engine/plan/plan.h"
#include "rules/yaml/node.h"

namespace vedette::rules {

struct CompileOptions {
  std::vector<plan::SourcePlan> sources;
  std::map<std::string, std::vector<std::string>> lists;  // name -> Sigma strings
  std::map<std::string, yaml::File> tables;               // CSV files that `lookup` may name: admins.csv -> its text
  plan::ValueTablePtr addresses;                          // what `enrich` reads (rules/enrich/address_table.h); may be null
  std::vector<plan::LogSource> json_logsources;           // what the generic `json` source serves
  std::vector<std::string> identity_domains;
  std::vector<plan::Alias> identity_aliases;
  bool skip_broken = false;  // leave broken documents (and what refers to them) out instead of failing
  bool partial = false;      // some of the rule files only: filters may name rules of others
  // Sees every document that parsed without errors, `action`s carried out, in the order of files.
  std::function<void(const yaml::File& file, const yaml::Node& root)> look = {};
};

struct CompiledRules {
  plan::PlanPtr plan;  // null when there were errors and skip_broken is off
  std::size_t files = 0, rules = 0, correlations = 0, filters = 0, skipped = 0;
};

// Compiles the documents of all files. Every error of every file is reported.
[[nodiscard]] CompiledRules compile(const std::vector<yaml::File>& files, const CompileOptions& options,
                                    Diagnostics& diagnostics);

// Reads rule files: each path a file or a directory (recursively *.yml, *.yaml, not *.test.yml), sorted by path. A missing path
// is an Error; an over-large file a diagnostic.
[[nodiscard]] Result<std::vector<yaml::File>> read_rule_files(const std::vector<std::string>& paths, Diagnostics& diagnostics);

// Reads *.txt, *.yml, *.csv of a directory as lists (spec formats, "Lists") into `lists`, replacing equal names.
[[nodiscard]] Status read_lists(const std::string& directory, std::map<std::string, std::vector<std::string>>& lists,
                                Diagnostics& diagnostics);
// Reads *.csv of a directory as tables, replacing equal names.
[[nodiscard]] Status read_tables(const std::string& directory, std::map<std::string, yaml::File>& tables);
// The same from one file held in memory; the name is the stem of its path.
void parse_list(const yaml::File& file, std::map<std::string, std::vector<std::string>>& lists, Diagnostics& diagnostics);

// Field expressions as in group-by, aliases and set: actor.alternateId|lower, target[type=User].id|person.
[[nodiscard]] Result<plan::FieldExpr> parse_field_expr(std::string_view text);

}  // namespace vedette::rules
