// Which field names the sources of a logsource know. Built once per check; one thread.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "engine/plan/source_plan.h"

namespace vedette::rules {

class KnownFields {
 public:
  explicit KnownFields(const std::vector<plan::SourcePlan>& sources);

  enum class Answer { known, near, unknown };
  // unknown: some source that lists its fields serves the logsource, and none that serves it knows the field or one
  // like it. near: spelt almost like a known one.
  [[nodiscard]] Answer ask(const plan::LogSource& logsource, std::string_view field, std::string& source) const;

  // The known field, or normalised name of the category, that the field is nearest to; empty when none is near.
  [[nodiscard]] std::string nearest_to(const plan::LogSource& logsource, std::string_view field) const;

  // `name` is a normalised name that some source sets for the category.
  [[nodiscard]] bool normalised(std::string_view category, std::string_view name) const;
  // A category that has the normalised name, of a source that serves the logsource where there is one; empty when none has.
  [[nodiscard]] std::string category_with(const plan::LogSource& logsource, std::string_view name) const;
  // The category is given by `normalise` entries, not by logsources.
  [[nodiscard]] bool is_category(std::string_view category) const { return categories_.contains(category); }

 private:
  struct Source {
    const plan::SourcePlan* plan = nullptr;
    std::set<std::string, std::less<>> inner, leaves;  // folded paths
    std::vector<std::string> names, written;           // folded; and as the source writes them
  };
  [[nodiscard]] static Answer ask(const Source& source, const std::string& folded_name);
  [[nodiscard]] bool serves(const Source& source, const plan::LogSource& wanted) const;

  std::vector<Source> sources_;
  std::map<std::string, std::set<std::string, std::less<>>, std::less<>> categories_;  // category -> normalised names
};

}  // namespace vedette::rules
