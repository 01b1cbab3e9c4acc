// What the naive evaluator knows of events and rules: plain values, copied freely, sharing nothing with the engine.
// Written from the specification alone (semantics, formats). One thread.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace vedette::naive {

using Micros = std::int64_t;

inline constexpr Micros kSecond = 1'000'000;
inline constexpr Micros kMinute = 60 * kSecond;
inline constexpr Micros kHour = 60 * kMinute;

enum class ValueKind { null, boolean, number, string, object };

// text: strings unescaped, numbers and booleans by source text, objects as compact JSON, null empty.
struct Value {
  ValueKind kind = ValueKind::null;
  std::string text = {};
};

using Fields = std::map<std::string, std::vector<Value>>;  // an absent field has no entry

// One record of the log, in log order.
struct Record {
  std::string tenant;
  std::string source;  // source type
  std::string stream;  // source name; it has one partition, so it is also the clock
  std::string id;      // empty: made from the bytes
  std::string bytes;
  std::optional<Micros> t;        // nullopt: missing or unparsable
  std::optional<Micros> arrival;  // given by the transport or recorded
  std::uint64_t repeat = 1;
  Fields fields;
  std::set<std::string> rules;  // names of the base rules whose detection it satisfies
};

struct SourceType {
  Micros accept = 6 * kHour;
  std::vector<std::string> sentinels;
};
using SourceTypes = std::map<std::string, SourceType>;

// A record once sequenced: final time, stamp, id; `late` ones take no part in correlations.
struct Event {
  std::string tenant, source, id;
  Micros t = 0;
  Micros a = 0;
  bool late = false;
  bool clamped = false;
  std::uint64_t repeat = 1;
  Fields fields;
  std::set<std::string> rules;
};

// A field with transforms: path|lower|local. Transforms known here: lower, upper, local, domain, cased.
struct FieldRef {
  std::string path;
  std::vector<std::string> transforms = {};
  friend bool operator==(const FieldRef&, const FieldRef&) = default;
};

// suppress: {by, for}. by: names of group members (correlations) or fields (single events).
struct Suppress {
  std::optional<Micros> period = {};
  std::optional<std::vector<std::string>> by = {};
};

struct Rule {
  std::string name, id;
  Suppress suppress;
};

enum class Type { event_count, value_count, temporal, temporal_ordered };

struct Input {
  std::string name;
  bool correlation = false;
};

struct Member {
  std::string name;
  std::vector<FieldRef> fields;  // one per input
};

struct Correlation {
  std::string name, id;
  Type type = Type::event_count;
  std::vector<Input> inputs;
  std::vector<Member> group_by;
  Micros window = 0;
  std::uint64_t threshold = 0;      // fires at >= threshold; temporal_ordered has none
  std::vector<std::string> values;  // value_count: counted fields
  Suppress suppress;
  bool generate = false;
  bool across_tenants = false;
};

struct Rules {
  SourceTypes sources;
  std::vector<Rule> rules;
  std::vector<Correlation> correlations;  // inner ones before the outer ones that read them
};

struct Alert {
  std::string id;
  std::string rule;             // rule id
  std::string tenant;           // * across tenants
  std::vector<std::string> by;  // key texts
  std::string bucket;
  Micros time = 0;  // the earliest trigger of the bucket
};

}  // namespace vedette::naive
