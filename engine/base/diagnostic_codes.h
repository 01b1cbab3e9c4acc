// The one table of diagnostic codes: code, slug, severity and a one-line explanation. Codes are stable: they are never
// reused or renumbered. Every code has golden files under tests/rules/golden (V9xxx, the application's: tests/app).
// V00xx YAML, V10xx rules, V11xx conditions, V12xx correlations, V13xx not yet supported, V20xx warnings,
// V70xx source types and lists, V80xx rule tests, V9xxx application. Constants; any thread.
#pragma once

#include <string>
#include <string_view>

#include "engine/base/diagnostic.h"

namespace vedette {

struct DiagnosticCode {
  std::string_view code;
  std::string_view slug;
  Severity severity;
  std::string_view explanation;
};

inline constexpr DiagnosticCode kDiagnosticCodes[] = {
    {"V0001", "yaml_syntax", Severity::error, "The file is not well-formed YAML."},
    {"V0002", "yaml_alias", Severity::error, "Anchors and aliases are not allowed in rule files."},
    {"V0003", "yaml_merge_key", Severity::error, "Merge keys (<<) are not allowed in rule files."},
    {"V0004", "yaml_duplicate_key", Severity::error, "A key appears twice in one map."},
    {"V0005", "yaml_tag", Severity::error, "YAML tags are not allowed in rule files."},
    {"V0006", "yaml_control_character", Severity::error, "The file holds a control character."},
    {"V0007", "yaml_invalid_utf8", Severity::error, "The file is not valid UTF-8."},
    {"V0008", "yaml_too_large", Severity::error, "The file is larger than 256 KiB."},
    {"V0009", "yaml_too_deep", Severity::error, "The document nests deeper than 32 levels."},
    {"V0010", "yaml_too_many_nodes", Severity::error, "The file holds more than 100,000 nodes."},
    {"V0011", "yaml_unclosed_quote", Severity::error, "A quoted value is never closed."},
    {"V0012", "yaml_key_not_scalar", Severity::error, "A map key is empty, a list or a map."},
    {"V7001", "source_unknown_key", Severity::error, "A source type holds a key that is not known."},
    {"V7002", "source_missing_key", Severity::error, "A source type lacks something that it needs."},
    {"V7003", "source_wrong_type", Severity::error, "A value of a source type has the wrong shape."},
    {"V7004", "source_bad_path", Severity::error, "A field path or expression of a source type cannot be read."},
    {"V7005", "source_bad_duration", Severity::error, "A length of time of a source type cannot be read."},
    {"V7006", "source_bad_name", Severity::error, "The name of a source type holds other than lower-case letters, digits and _."},
    {"V7007", "source_time_format", Severity::error, "The time format of a source type is not known."},
    {"V7008", "source_time_zone", Severity::error, "The time zone of a source type is not known."},
    {"V7009", "source_year", Severity::error, "The year of a source type is not a year from 1970 to 2099."},
    {"V7010", "source_canonical", Severity::error, "A canonical path of a source type uses a transform other than upper."},
    {"V7011", "source_normalised_name", Severity::error, "A source type sets a name that is not a normalised name."},
    {"V7012", "source_regex", Severity::error, "A pattern of a source type is not a valid regex, or too long."},
    {"V7013", "source_regex_group", Severity::error, "A pattern of a source type names a group that its regex does not have."},
    {"V7101", "list_invalid", Severity::error, "A list file is wrong."},
    {"V7102", "list_empty", Severity::warning, "A list has no values."},
    {"V8001", "test_unknown_key", Severity::error, "A rule test holds a key that is not known."},
    {"V8002", "test_missing_key", Severity::error, "A rule test lacks something that it needs."},
    {"V8003", "test_wrong_type", Severity::error, "A value of a rule test has the wrong shape."},
    {"V8004", "test_bad_time", Severity::error, "A time or length of time of a rule test cannot be read."},
    {"V8005", "test_unknown_source", Severity::error, "An event of a rule test names a source type that is not known."},
    {"V8006", "test_unknown_rule", Severity::error, "A rule test expects a rule that its rule files do not hold."},
    {"V8007", "test_event_form", Severity::error, "An event of a rule test has both or neither of event and text, or the wrong one."},
    {"V8008", "test_rules_unreadable", Severity::error, "A rule file of a rule test cannot be read."},
};

// The entry of a code; nullptr when it is not in the table.
[[nodiscard]] constexpr const DiagnosticCode* find_diagnostic_code(std::string_view code) {
  for (const DiagnosticCode& entry : kDiagnosticCodes) {
    if (entry.code == code) return &entry;
  }
  return nullptr;
}

// A diagnostic with the severity that the table gives its code.
[[nodiscard]] Diagnostic make_diagnostic(std::string_view code, Location where, std::string message, std::string hint = {},
                                         std::string_view line_text = {});

}  // namespace vedette
