// Runs the lints over documents as the compiler hands them out. Internal to rules/check; one check, one thread.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "rules/check/check.h"
#include "rules/check/lint.h"

namespace vedette::rules {

// A field that a correlation takes from the events of the rules it reads.
struct FieldUse {
  std::string field;  // with transforms
  Location where;
  std::vector<std::string> of;  // only from these rules; empty: from every one
  bool of_each = false;         // every rule's events need it (group-by); else one rule's are enough
};

// A document as the lints over the whole rule set need it.
struct SeenDocument {
  const yaml::File* file = nullptr;
  Location where;  // of the document: that of its RuleMeta
  Location title;
  plan::LogSource logsource = {};         // of a rule
  std::vector<std::string> derived = {};  // of a rule: the names of its lookups and enrichments
  std::vector<FieldUse> uses = {};        // of a correlation
  std::vector<FieldUse> in_title = {};
};

// What the document takes from events; transforms and aliases resolved. Empty for rules and filters.
[[nodiscard]] std::vector<FieldUse> field_uses(const DocumentView& document);
// The names in the title of its alerts that stand for fields.
[[nodiscard]] std::vector<FieldUse> title_uses(const DocumentView& document);
// The first parts of the fields that `lookup` and `enrich` give.
[[nodiscard]] std::vector<std::string> derived_names(const yaml::Node& root);

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
  void look_at_fields(const plan::Plan& plan);
  void look_at_uses(const plan::Plan& plan, const plan::CorrelationPlan& correlation, const SeenDocument& seen);
  void look_at_title(const SeenDocument& seen, const std::vector<const SeenDocument*>& base);
  [[nodiscard]] bool known(const SeenDocument& rule, std::string_view field) const;
  [[nodiscard]] std::string remedy(const SeenDocument& rule, std::string_view field) const;
  [[nodiscard]] const SeenDocument* seen(const plan::RuleMeta& meta) const;
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
