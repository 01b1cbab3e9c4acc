// What the naive evaluator knows of events and rules: plain values, copied freely, sharing nothing with the engine.
// Written from the specification alone (semantics, formats). One thread.
#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace vedette::naive {

using Micros = std::int64_t;

inline constexpr Micros kSecond = 1'000'000;
inline constexpr Micros kMinute = 60 * kSecond;
inline constexpr Micros kHour = 60 * kMinute;
inline constexpr Micros kForever = std::numeric_limits<Micros>::max();

enum class ValueKind { null, boolean, number, string, object };

// text: strings unescaped, numbers and booleans by source text, objects as compact JSON, null empty.
struct Value {
  ValueKind kind = ValueKind::null;
  std::string text = {};
};

// The fields of an event; copies share them. An absent field has no entry.
class Fields {
 public:
  void set(const std::string& name, std::vector<Value> values) {
    auto copy = std::make_shared<Map>(*map_);
    (*copy)[name] = std::move(values);
    map_ = std::move(copy);
  }
  // nullptr: absent
  [[nodiscard]] const std::vector<Value>* find(const std::string& name) const {
    const auto found = map_->find(name);
    return found == map_->end() ? nullptr : &found->second;
  }

 private:
  using Map = std::map<std::string, std::vector<Value>>;
  std::shared_ptr<const Map> map_ = std::make_shared<Map>();
};

// What a log entry is: an event, or what happened to a source type or a stream.
enum class Entry { event, down, up, tick };

// One entry of the log, in log order. down, up: only `source`. tick: `stream`, `source` and `arrival`.
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
  Entry entry = Entry::event;
};

struct SourceType {
  Micros accept = 6 * kHour;
  std::vector<std::string> sentinels;
  Micros settle = 5 * kMinute;
};
using SourceTypes = std::map<std::string, SourceType>;

// A record once sequenced: final time, stamp, id; `late` ones take no part in correlations.
struct Event {
  std::string tenant, source, id;
  Micros t = 0;
  Micros a = 0;
  std::size_t position = 0;  // in the log
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
  std::string source = {};  // serves this source type only; empty: all
  std::optional<std::uint32_t> risk = {};
};

enum class Type {
  event_count,
  value_count,
  temporal,
  temporal_ordered,
  value_sum,
  value_avg,
  value_percentile,
  value_median,
  new_value,
  value_change,
  travel,
  metrics,
};

struct Input {
  std::string name;
  bool correlation = false;
  bool negated = false;  // temporal types
  bool until = false;    // metrics; stands after the listed ones
};

struct Member {
  std::string name;
  std::vector<FieldRef> fields;  // one per input
};

enum class Op { gt, gte, lt, lte, eq, neq };
struct Bound {
  Op op = Op::gte;
  std::string number;
};

// A condition over names: rules (temporal types) or values (metrics).
struct Expr {
  enum Kind { name, number, duration, add, subtract, multiply, divide, compare, all, any, negation };
  Kind kind = name;
  std::string text = {};  // the name, or the number (duration: its seconds)
  Op op = Op::gte;        // compare
  std::vector<Expr> children = {};
};

struct Metric {
  enum Kind { count, distinct, sum };
  std::string name;
  Kind kind = count;
  std::vector<std::string> rules = {};  // of which inputs; empty: all listed ones
  std::vector<std::string> fields = {};
};

struct Correlation {
  std::string name, id;
  Type type = Type::event_count;
  std::vector<Input> inputs;
  std::vector<Member> group_by;
  Micros window = 0;
  std::vector<Bound> bounds = {};        // numeric conditions; none for temporal types: all of its rules
  std::vector<std::string> values = {};  // counted, summed or compared fields, the place of travel
  Suppress suppress = {};
  bool generate = false;
  bool across_tenants = false;
  std::optional<Expr> condition = {};        // temporal types with a text condition, metrics
  std::string percentile = {};               // value_percentile
  bool risk = false;                         // value_sum of risk
  std::optional<std::uint32_t> points = {};  // `risk` of the correlation itself
  bool change_all = false;                   // value_change
  std::vector<Bound> speed = {}, distance = {};
  Micros learn = 0;  // new_value
  bool fire_first = false;
  std::vector<Metric> metrics = {};
  bool settled = false;  // decide: settled
  std::optional<Micros> settle = {}, max_hold = {};
};

struct Rules {
  SourceTypes sources;
  std::vector<Rule> rules;
  std::vector<Correlation> correlations;  // inner ones before the outer ones that read them
  Micros edge = 0;                        // statistics only: how much the far edges of windows and the deadlines are moved
};

struct Alert {
  std::string id;
  std::string rule;             // rule id
  std::string tenant;           // * across tenants
  std::vector<std::string> by;  // key texts
  std::string bucket;
  Micros time = 0;  // the earliest trigger of the bucket
  // Decisions of waiting rules: how the first of the bucket was made.
  bool decided = false, incomplete = false, at_end = false;
  Micros deadline = 0;
  std::size_t position = 0;
};

// What kind of windows a correlation has and whether it waits by itself (not because of its inputs).
bool tumbles(const Correlation& correlation);
bool has_negation(const Correlation& correlation);
bool waits(const Correlation& correlation);

}  // namespace vedette::naive
