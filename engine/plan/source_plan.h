// A source type compiled from rules/sources/<name>.yml: how its records are recognised, unwrapped, identified, timed and
// normalised (spec: formats, "Source types"). Immutable after load; shared by all threads.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/time.h"
#include "engine/base/zone.h"
#include "engine/plan/field_expr.h"
#include "engine/plan/field_path.h"

namespace vedette::plan {

// Empty member = not given. A rule's logsource is served by a source's when every member the rule gives is equal
// (folded) there.
struct LogSource {
  std::string category, product, service;
  friend bool operator==(const LogSource&, const LogSource&) = default;
};

enum class TimeFormat : std::uint8_t { iso8601, epoch_s, epoch_ms, epoch_us, epoch_ns, syslog };

struct TimeField {
  FieldPath path;
  TimeFormat format = TimeFormat::iso8601;
};

// Paths that must / at least one of which must / must not be present (key present, null included).
struct Recognise {
  std::vector<FieldPath> all, any, none;
};

// Another spelling of a path that rules see under `to`, and/or an upper-casing of its values.
struct Canonical {
  std::optional<FieldPath> from;  // absent: only `upper` applies to `to`
  FieldPath to;
  bool upper = false;
};

// Text sources: the first pattern whose regex matches the message wins. Named groups become fields of that name.
struct TextPattern {
  std::string name;
  std::string regex;         // RE2, anchored as written
  std::string repeat_group;  // named group holding the declared repeat count, or empty
  std::string inner_group;   // named group holding the repeated message, matched again by all patterns; or empty
};

struct WhenTerm {
  FieldPath path;
  std::vector<std::string> values;  // Sigma strings, folded; any of them
};

struct NormalisedField {
  std::string name;  // event.outcome
  FieldExpr expr;
};

// Events satisfying every `when` term belong to `category` and have the `set` fields. The first satisfied entry of a
// category wins.
struct Normalise {
  std::vector<WhenTerm> when;
  std::string category;
  std::vector<NormalisedField> set;
};

struct SourcePlan {
  std::string name;
  std::vector<LogSource> logsources;
  bool text = false;  // syslog text lines instead of JSON
  Recognise recognise;
  std::vector<FieldPath> unwrap;  // tried in order
  std::vector<FieldPath> id;      // the first present one
  std::vector<TimeField> time;    // the first that parses
  std::optional<TimeField> arrival;
  DurationUs accept = 6 * kHourUs;
  DurationUs settle = 5 * kMinuteUs;
  std::vector<std::string> sentinels;  // folded comparison; missing as keys and counted values
  std::vector<Canonical> canonical;
  std::vector<FieldPath> fields;   // known paths, canonical case
  std::vector<FieldPath> encoded;  // known paths whose strings hold JSON or {k=v} text
  std::vector<Normalise> normalise;
  std::vector<TextPattern> patterns;
  ZonePtr zone;              // for zone-less times; null = UTC
  std::optional<int> year;   // year of the first zone-less text time in a replay
  std::string content_hash;  // 16 hex of the file's digest
};

}  // namespace vedette::plan
