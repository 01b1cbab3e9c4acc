// Runs the lints over documents as the compiler hands them out. Internal to rules/check; one check, one thread.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "rules/check/check.h"
#include "rules/check/lint.h"

namespace vedette::rules {

// A document as the lints over the whole rule set need it.
struct SeenDocument {
  const yaml::File* file = nullptr;
  Location where;  // of the document: that of its RuleMeta
  Location title;
};

class Checker {
 public:
  Checker(const CompileOptions& options, const CheckSettings& settings);

  // One document. The file must outlive the checker.
  void look(const yaml::File& file, const yaml::Node& root);
  // Lints that need the compiled rules (rules/check/rule_set.cc).
  void look_at_plan(const plan::Plan& plan);
  [[nodiscard]] const Diagnostics& findings() const { return findings_; }

 private:
  Reporter& reporter(const yaml::File& file);
  void look_at_selections(const DocumentView& document, Sink& sink);
  void look_at_map(const DocumentView& document, const yaml::Node& map, const std::string& prefix, Sink& sink);
  void look_at_item(const DocumentView& document, const yaml::Node& map, const std::pair<yaml::Node, yaml::Node>& entry,
                    const std::string& prefix, Sink& sink);
  void look_at_tests(const yaml::File& file, const std::vector<std::pair<const plan::RuleMeta*, bool>>& rules);

  const CompileOptions& options_;
  const CheckSettings& settings_;
  KnownFields fields_;
  CheckContext context_;
  Diagnostics findings_;
  std::map<const yaml::File*, std::unique_ptr<Reporter>> reporters_;
  std::map<std::pair<std::string, int>, SeenDocument> seen_;  // by file and line
};

}  // namespace vedette::rules
