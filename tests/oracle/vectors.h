// Vectors: small rule sets and events written by hand, through the naive evaluator and through the engine in several
// arrival orders. Times are seconds; the group is one user unless a vector says otherwise. One thread.
#pragma once

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "tests/oracle/gen/rule_set.h"
#include "tests/oracle/harness.h"

namespace vedette::oracle {

inline const std::string kVectorId = "11111111-1111-4111-8111-11111111111";

// Base rules A, B, C ... on `kind`, read by one correlation of name c: W = P = 600 s, at least `threshold` (0: no bounds).
RuleSet rules_for(naive::Type type, std::size_t inputs, std::uint64_t threshold);
naive::Correlation& top(RuleSet& set);
std::vector<naive::Bound> at_least(std::uint64_t count);
naive::Micros micros(double seconds);

struct Given {
  std::string id;
  double at = 0;
  std::string kind = "A";
  std::string value = "\"v\"";  // JSON of `val`; "" = absent
  std::string user = "\"alice\"";
  std::string tenant = "default";
  std::optional<double> arrival = {};
  std::string other = {};  // JSON of `other`
  naive::Entry entry = naive::Entry::event;
  std::string source = "oracle_a";
};

// JSON scalars, flat objects and arrays of scalars, as the vectors use them.
std::vector<naive::Value> values_of(const std::string& json);
naive::Record record_of(const RuleSet& set, const Given& given, bool recorded);

// "x@0 y@12.5": names and times; "x@0/7": with the arrival stamp 7. `letter` says what the name is.
enum class Letter { id, value, number, rule };
std::vector<Given> parse(const std::string& text, Letter letter);

// Buckets of the naive alerts of a rule.
std::set<std::string> buckets_of(const std::map<std::string, naive::Alert>& alerts, const std::string& rule);

class Checker {
 public:
  explicit Checker(const RuleSet& set);

  // In the given order, in event-time order, reversed and in up to forty other orders, in small and large batches.
  void in_every_order(const std::vector<Given>& events, const std::set<std::string>& expected);
  void one(const std::vector<Given>& events, naive::Clock clock, std::size_t batch, const std::set<std::string>& expected);
  // The buckets of the last correlation; all alerts of the engine equal those of the naive evaluator.
  Outcome check(const Run& run, const std::set<std::string>& expected);

 private:
  const RuleSet& set_;
  std::unique_ptr<Pipeline> pipeline_;
};

// A vector of events without stamps in every order.
void vector_of(const RuleSet& set, const std::string& events, Letter letter, const std::set<std::string>& expected);
// A live log: in the given order, each event with its stamp (its time when it has none); "up@" and "down@" are controls.
// The engine's alerts.
Outcome log_of(const RuleSet& set, const std::string& events, Letter letter, const std::set<std::string>& expected);

}  // namespace vedette::oracle
