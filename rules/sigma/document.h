// Documents of rule files: splitting (with `action: global|reset|repeat`), metadata, and the typed forms of rules and
// correlations before they are linked. Built during one load; value types.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/plan/plan.h"
#include "rules/sigma/detection.h"
#include "rules/sigma/reporter.h"
#include "rules/yaml/node.h"

namespace vedette::rules {

// `suppress: {by, for}` as written.
struct SuppressDoc {
  bool given = false;
  std::optional<DurationUs> for_us;
  bool by_given = false;
  std::vector<std::pair<std::string, Location>> by;
};

struct RuleDoc {
  plan::RuleMeta meta;
  plan::LogSource logsource;
  Location logsource_where;
  Detection detection;
  ZonePtr zone;
  SuppressDoc suppress;
};

// A name or id in `rules`, and what it was resolved to.
struct RuleRef {
  std::string text;
  Location where;
};

// A group-by entry or counted field: `user|lower`.
struct MemberDoc {
  std::string text;        // whole
  std::string name;        // before the first '|'
  std::string transforms;  // from the first '|' on, or empty
  Location where;
};

struct AliasDoc {
  std::string name;
  Location where;
  std::vector<std::tuple<std::string, std::string, Location>> fields;  // rule, expression, where
};

struct CorrelationDoc {
  plan::RuleMeta meta;
  plan::CorrelationType type = plan::CorrelationType::event_count;
  Location where;
  std::vector<RuleRef> rules;
  std::vector<MemberDoc> group_by;
  std::vector<AliasDoc> aliases;
  DurationUs window = 0;
  std::optional<std::uint64_t> threshold;
  Location threshold_where;
  std::vector<MemberDoc> values;
  SuppressDoc suppress;
  bool generate = false;
  bool across_tenants = false;
};

enum class DocumentKind : std::uint8_t { rule, correlation };

struct Document {
  DocumentKind kind = DocumentKind::rule;
  std::size_t file = 0;  // index of its file
  Location where;        // of the document
  Location id_where, name_where;
  bool good = true;
  RuleDoc rule;                // kind rule
  CorrelationDoc correlation;  // kind correlation
  [[nodiscard]] const plan::RuleMeta& meta() const { return kind == DocumentKind::rule ? rule.meta : correlation.meta; }
  [[nodiscard]] plan::RuleMeta& meta() { return kind == DocumentKind::rule ? rule.meta : correlation.meta; }
};

// The root nodes of a file with global, reset and repeat actions carried out.
[[nodiscard]] std::vector<yaml::Node> apply_actions(std::vector<yaml::Node> roots, Reporter& reporter);

// Classifies and parses one document; nullopt when it is neither a rule nor a correlation.
[[nodiscard]] std::optional<Document> parse_document(const yaml::Node& root, const DetectionContext& context, Reporter& reporter);

[[nodiscard]] plan::RuleMeta parse_meta(const yaml::Node& root, Document& document, Reporter& reporter);
[[nodiscard]] SuppressDoc parse_suppress(const yaml::Node& node, Reporter& reporter);
// rules/sigma/correlation.cc
[[nodiscard]] CorrelationDoc parse_correlation(const yaml::Node& root, Reporter& reporter);

// The text of a scalar under `key`, or empty; wrong kinds are reported.
[[nodiscard]] std::string text_of(const yaml::Node& map, std::string_view key, Reporter& reporter);

}  // namespace vedette::rules
