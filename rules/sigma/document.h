// Documents of rule files: splitting (with `action: global|reset|repeat`), metadata, and the typed forms of rules,
// correlations and filters before they are linked. Built during one load; value types.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/plan/plan.h"
#include "rules/sigma/correlation_doc.h"
#include "rules/sigma/derived.h"
#include "rules/sigma/detection.h"
#include "rules/sigma/extensions.h"
#include "rules/sigma/reporter.h"
#include "rules/yaml/node.h"

namespace vedette::rules {

struct RuleDoc {
  plan::RuleMeta meta;
  plan::LogSource logsource;
  Location logsource_where;
  Detection detection;
  ZonePtr zone;
  SuppressDoc suppress;
  std::vector<TitlePartDoc> title;
  std::vector<DerivedDoc> derived;
};

struct FilterDoc {
  plan::RuleMeta meta;  // id, name and title
  plan::LogSource logsource;
  Location logsource_where;
  Location where;    // of what `filter` holds
  bool any = false;  // `rules: any`
  std::vector<RuleRef> rules;
  Detection detection;
  ZonePtr zone;
  TimeUs expires = INT64_MAX;
  std::string owner, reason;
};

enum class DocumentKind : std::uint8_t { rule, correlation, filter };

struct Document {
  DocumentKind kind = DocumentKind::rule;
  std::size_t file = 0;  // index of its file
  Location where;        // of the document
  Location id_where, name_where;
  bool good = true;
  RuleDoc rule;                // kind rule
  CorrelationDoc correlation;  // kind correlation
  FilterDoc filter;            // kind filter
  [[nodiscard]] const plan::RuleMeta& meta() const {
    return kind == DocumentKind::rule ? rule.meta : kind == DocumentKind::correlation ? correlation.meta : filter.meta;
  }
};

// The root nodes of a file with global, reset and repeat actions carried out.
[[nodiscard]] std::vector<yaml::Node> apply_actions(std::vector<yaml::Node> roots, Reporter& reporter);

// Classifies and parses one document; nullopt when it is neither a rule nor a correlation.
[[nodiscard]] std::optional<Document> parse_document(const yaml::Node& root, const DetectionContext& context, Reporter& reporter);

[[nodiscard]] plan::RuleMeta parse_meta(const yaml::Node& root, Document& document, Reporter& reporter);
[[nodiscard]] SuppressDoc parse_suppress(const yaml::Node& node, Reporter& reporter);
// rules/sigma/correlation.cc
[[nodiscard]] CorrelationDoc parse_correlation(const yaml::Node& root, plan::Level level, Reporter& reporter);
// rules/sigma/filter.cc: a document with `filter`.
[[nodiscard]] Document parse_filter_document(const yaml::Node& root, const DetectionContext& context, Reporter& reporter);

// The logsource of a rule or filter (`what`), which must give one; `where` is set to the place that names it best.
[[nodiscard]] plan::LogSource parse_logsource(const yaml::Node& root, std::string_view what, Location& where, Reporter& reporter);
// `timezone` of a rule or filter; null is UTC.
[[nodiscard]] ZonePtr parse_timezone(const yaml::Node& root, Reporter& reporter);

// The text of a scalar under `key`, or empty; wrong kinds are reported.
[[nodiscard]] std::string text_of(const yaml::Node& map, std::string_view key, Reporter& reporter);

}  // namespace vedette::rules
