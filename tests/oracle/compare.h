// One seeded case, compared: every run of it through the engine against the naive evaluator. Prints what differs and
// can write the case's files for a person to look at. One thread.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "tests/oracle/gen/rule_set.h"
#include "tests/oracle/harness.h"
#include "tests/oracle/naive/model.h"

namespace vedette::oracle {

struct Tally {
  std::uint64_t cases = 0, runs = 0, rule_sets = 0, fired = 0, boundary = 0, late = 0, disagreements = 0, alerts = 0;
  std::uint64_t excepted = 0;  // cases that differ only where docs/semantics.md, 1, allows it
  std::uint64_t first_bad_seed = 0;
  std::string first_bad;  // what differed, and in which run
};

inline constexpr std::uint64_t kCasesPerRuleSet = 8;

// Seeds first, first + 1, ... of a kind. Stops at the first disagreement when asked to.
struct Plan {
  Kind kind;
  std::uint64_t first_seed = 0;
  std::uint64_t cases = 0;
  bool stop_early = false;
  bool statistics = true;        // fire and boundary rates cost two more naive evaluations
  std::int64_t scale = 1;        // events per case: 20-54 times this
  std::string dump_folder = {};  // where a disagreeing case is written; empty: nowhere
};

Tally compare(const Plan& plan);

// What differs between the engine's alerts of a run and the expected ones; empty when nothing does. late: some events of the
// run were late.
std::string difference(const naive::Rules& rules, const Run& run, const std::map<std::string, naive::Alert>& expected,
                       const Outcome& outcome, bool late);

// The first seed of a kind; kinds do not share seeds.
inline constexpr std::uint64_t kSeedsPerKind = 10'000'000;
std::uint64_t first_seed_of(std::size_t kind);

// From the environment: VEDETTE_ORACLE_CASES (per single type, default 2000; pairs have 15 % of it).
std::uint64_t cases_of(const Kind& kind);

}  // namespace vedette::oracle
