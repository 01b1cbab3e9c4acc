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
    {"V1001", "not_a_rule", Severity::error, "A document is neither a rule nor a correlation."},
    {"V1002", "missing_key", Severity::error, "A mandatory key is missing."},
    {"V1003", "wrong_type", Severity::error, "A key holds a value of the wrong kind."},
    {"V1004", "unknown_modifier", Severity::error, "A modifier is not one of Sigma's."},
    {"V1005", "modifier_chain", Severity::error, "Modifiers are combined in a way that has no meaning."},
    {"V1006", "modifier_value", Severity::error, "A value does not fit the modifiers of its field."},
    {"V1007", "bad_regex", Severity::error, "A regular expression cannot be compiled."},
    {"V1008", "bad_network", Severity::error, "A network is not CIDR notation."},
    {"V1009", "bad_field", Severity::error, "A field name or field expression is malformed."},
    {"V1010", "empty_detection", Severity::error, "A selection or a list of values is empty."},
    {"V1011", "unknown_level", Severity::error, "A level is not one of Sigma's."},
    {"V1012", "duplicate_id", Severity::error, "Two documents have the same id."},
    {"V1013", "duplicate_name", Severity::error, "Two documents have the same name."},
    {"V1014", "unknown_list", Severity::error, "A placeholder names a list that is not loaded."},
    {"V1015", "bad_suppress", Severity::error, "`suppress` is malformed."},
    {"V1016", "bad_action", Severity::error, "`action` of a multi-document file is wrong."},
    {"V1017", "unknown_time_zone", Severity::error, "`timezone` is not a known IANA zone."},
    {"V1101", "condition_syntax", Severity::error, "A condition cannot be parsed."},
    {"V1102", "undefined_identifier", Severity::error, "A condition names an identifier that `detection` does not define."},
    {"V1103", "pattern_without_match", Severity::error, "A pattern of a condition matches no identifier."},
    {"V1104", "pipe_aggregation", Severity::error, "Pipe aggregations were replaced by correlation documents."},
    {"V1105", "condition_parentheses", Severity::error, "Parentheses of a condition do not match."},
    {"V1106", "condition_quantifier", Severity::error, "Only `1 of`, `any of` and `all of` exist."},
    {"V1107", "condition_too_deep", Severity::error, "A condition nests deeper than 64 levels."},
    {"V1201", "correlation_type", Severity::error, "A correlation type is missing or unknown."},
    {"V1202", "correlation_key", Severity::error, "A key inside `correlation` is unknown."},
    {"V1203", "undefined_rule", Severity::error, "A correlation refers to a rule that is not loaded."},
    {"V1204", "duplicate_rule", Severity::error, "A correlation lists a rule twice."},
    {"V1205", "bad_timespan", Severity::error, "A timespan is not a number and one of s m h d w."},
    {"V1206", "missing_condition", Severity::error, "A counting correlation has no condition."},
    {"V1207", "correlation_condition", Severity::error, "A correlation condition is malformed or can never or always hold."},
    {"V1208", "missing_value_field", Severity::error, "A correlation that reads a field names none."},
    {"V1209", "ordered_condition", Severity::error, "temporal_ordered takes no numeric condition."},
    {"V1210", "alias_incomplete", Severity::error, "An alias is missing for one of the rules."},
    {"V1211", "bad_alias", Severity::error, "An alias is malformed or names a rule that is not listed."},
    {"V1212", "bad_group_by", Severity::error, "`group-by` is malformed or names a member twice."},
    {"V1213", "suppress_not_member", Severity::error, "`suppress.by` of a correlation names something outside its group."},
    {"V1214", "correlation_cycle", Severity::error, "Correlations refer to each other in a circle."},
    {"V1215", "correlation_depth", Severity::error, "Correlations are chained deeper than 4."},
    {"V1219", "tag_reference", Severity::error, "A reference by tag is malformed or finds no rule."},
    {"V1220", "key_of_other_type", Severity::error, "A key inside `correlation` has no meaning for its type."},
    {"V1221", "bad_percentile", Severity::error, "`percentile` is missing or not a number above 0, at most 100."},
    {"V1222", "expression_syntax", Severity::error, "A condition over rules or values cannot be parsed."},
    {"V1223", "expression_name", Severity::error, "A condition names a rule or value that is not there."},
    {"V1224", "expression_kinds", Severity::error, "A condition joins numbers, or computes with conditions."},
    {"V1225", "condition_rules", Severity::error, "A temporal condition does not name every rule of `rules` exactly once."},
    {"V1226", "bad_negation", Severity::error, "`not` stands inside a temporal condition, or nothing else is left."},
    {"V1227", "ordered_or", Severity::error, "The condition of temporal_ordered holds `or`."},
    {"V1228", "bad_values", Severity::error, "`values` of metrics is malformed."},
    {"V1229", "bad_until", Severity::error, "`until` is malformed or names a rule of `rules`."},
    {"V1230", "bad_export", Severity::error, "`export` is malformed or stands on a correlation that cannot export."},
    {"V1231", "bad_learn", Severity::error, "`learn` or `first` of new_value is malformed."},
    {"V1232", "bad_decide", Severity::error, "`decide` is malformed or has no meaning for the correlation."},
    {"V1233", "bad_settle", Severity::error,
     "`settle` or `max_hold` is malformed, has no meaning, or is longer than events are accepted."},
    {"V1234", "waiting_over_refutable", Severity::error, "A waiting correlation reads one whose alerts can be withdrawn."},
    {"V1235", "bad_travel", Severity::error, "A speed or distance of travel is missing or malformed."},
    {"V1251", "bad_alert_title", Severity::error, "`alert` or its title is malformed."},
    {"V1252", "bad_risk", Severity::error, "`risk` is not a whole number from 0 to 1,000,000."},
    {"V1253", "bad_level_when", Severity::error, "`level-when` is malformed."},
    {"V1254", "bad_filter", Severity::error, "`rules` of a filter is missing or malformed."},
    {"V1255", "bad_expiry", Severity::error, "`expires` of a filter is not a date."},
    {"V1256", "filter_undefined_rule", Severity::error, "A filter names a rule that is not loaded."},
    {"V1257", "filter_of_correlation", Severity::error, "A filter names a correlation or another filter."},
    {"V1401", "member_block", Severity::error, "A block of array members, `target[any]`, is malformed."},
    {"V1402", "member_quantifier", Severity::error, "The only quantifier of array members is `[any]`."},
    {"V1403", "member_block_nested", Severity::error, "A block of array members stands inside another."},
    {"V1410", "bad_lookup", Severity::error, "`lookup` is malformed."},
    {"V1411", "unknown_table", Severity::error, "`lookup` names a table that is not loaded."},
    {"V1412", "unknown_column", Severity::error, "A looked-up field is none that its table holds."},
    {"V1413", "lookup_as_key", Severity::error, "A field of `lookup` stands where only values of the event may."},
    {"V1414", "table_malformed", Severity::error, "A table for `lookup` is not CSV with a header row."},
    {"V1420", "bad_enrich", Severity::error, "`enrich` is malformed."},
    {"V1421", "database_missing", Severity::error, "`enrich` needs a database of addresses that is not loaded."},
    {"V2001", "missing_id", Severity::warning, "A document has no id; alerts are keyed by a hash of its name or title."},
    {"V2002", "id_not_uuid", Severity::warning, "An id is not a UUID."},
    {"V2003", "field_case", Severity::warning, "A field is written in another case than its source writes it."},
    {"V2004", "null_in_list", Severity::warning, "A list of values holds null."},
    {"V2005", "network_host_bits", Severity::warning, "A network has bits set behind its prefix."},
    {"V2006", "timeframe_unused", Severity::warning, "`detection.timeframe` has no effect."},
    {"V2007", "no_source", Severity::warning, "No source type serves the rule's logsource."},
    {"V2008", "all_single_value", Severity::warning, "`all` on a single value has no effect."},
    {"V2009", "unknown_status", Severity::warning, "A status is not one of Sigma's."},
    {"V2010", "unused_selection", Severity::warning, "A selection is never used by the condition."},
    {"V2011", "left_out", Severity::warning, "A correlation is left out because a rule it refers to is broken."},
    {"V2012", "no_placeholder", Severity::warning, "`expand` is given but no value holds a placeholder."},
    {"V2013", "missing_title", Severity::warning, "A document has no title."},
    {"V2014", "unknown_field", Severity::warning, "A field is unknown to its source and close to a known one."},
    {"V2015", "filter_without_not", Severity::warning, "The condition of a filter holds no `not`."},
    {"V2016", "filter_without_effect", Severity::warning, "A filter applies to none of the rules it names."},
    {"V2017", "level_without_effect", Severity::warning, "`level-when` gives a level that is not above the rule's own."},
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
    {"V8007", "test_event_form", Severity::error,
     "An event of a rule test has both or neither of event and text, or the wrong one."},
    {"V8008", "test_rules_unreadable", Severity::error, "A rule file of a rule test cannot be read."},
    {"V9001", "config_unknown_key", Severity::error, "The configuration holds a key that is not known."},
    {"V9002", "config_missing_key", Severity::error, "The configuration lacks something that it needs."},
    {"V9003", "config_wrong_type", Severity::error, "A value of the configuration has the wrong shape."},
    {"V9004", "config_bad_value", Severity::error, "A value of the configuration is none of those allowed."},
    {"V9005", "config_not_yet", Severity::error, "The configuration asks for something that does not exist yet."},
    {"V9006", "config_duplicate_name", Severity::error, "Two sources or two sinks have the same name."},
    {"V9007", "config_plain_secret", Severity::error, "A secret stands in the configuration instead of a reference to it."},
    {"V9008", "config_secret_missing", Severity::error, "A referenced secret is unset, empty or unreadable."},
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
