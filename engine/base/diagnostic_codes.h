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
    {"V7001", "source_invalid", Severity::error, "A source type file is wrong."},
    {"V7101", "list_invalid", Severity::error, "A list file is wrong."},
    {"V7102", "list_empty", Severity::warning, "A list has no values."},
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
