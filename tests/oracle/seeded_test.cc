// The engine against the naive evaluator on seeded cases, for every flavour of correlation and all chained pairs.
// One case again, with its files: VEDETTE_ORACLE_SEED=<n> [VEDETTE_ORACLE_DUMP=<folder>]; the seed tells the kind.
// More of them: VEDETTE_ORACLE_CASES=<per kind>.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

#include "tests/oracle/compare.h"

namespace vedette::oracle {
namespace {

std::string environment(const char* name) {
  const char* text = std::getenv(name);
  return text == nullptr ? "" : text;
}

class Seeded : public testing::TestWithParam<std::size_t> {};

TEST_P(Seeded, AgreesWithTheNaiveEvaluator) {
  const Kind& kind = all_kinds()[GetParam()];
  const std::string only = environment("VEDETTE_ORACLE_SEED");
  Plan plan{kind, first_seed_of(GetParam()), cases_of(kind)};
  plan.dump_folder = environment("VEDETTE_ORACLE_DUMP");
  if (!only.empty()) {
    plan.first_seed = std::strtoull(only.c_str(), nullptr, 10);
    plan.cases = 1;
    if (plan.first_seed / kSeedsPerKind != GetParam() + 1) GTEST_SKIP() << "the seed is of another kind";
  }
  const Tally tally = compare(plan);
  const auto share = [&](std::uint64_t part) { return 100.0 * static_cast<double>(part) / static_cast<double>(tally.cases); };
  fmt::print(
      "{:<40} seeds {}+{}: {} rule sets, {} runs, fire {:.1f} %, boundary {:.1f} %, late {:.1f} %, alerts {}, agree {}/{}, "
      "excepted {}\n",
      name_of(kind), plan.first_seed, tally.cases, tally.rule_sets, tally.runs, share(tally.fired), share(tally.boundary),
      share(tally.late), tally.alerts, tally.cases - tally.disagreements, tally.cases, tally.excepted);
  EXPECT_EQ(tally.disagreements, 0u) << name_of(kind) << " seed " << tally.first_bad_seed << ", " << tally.first_bad;
  EXPECT_LE(tally.excepted, tally.cases / 100 + 1) << name_of(kind);
  if (!only.empty() || tally.cases < 300) return;
  EXPECT_GE(tally.rule_sets, 37u);
  EXPECT_GE(share(tally.fired), 20.0);
  EXPECT_LE(share(tally.fired), 80.0);
  EXPECT_GE(share(tally.boundary), 10.0);
  EXPECT_GE(share(tally.late), 10.0);
}

// Long logs, where state is dropped while it grows: twelve times the events over twelve times the span.
TEST_P(Seeded, AgreesOnLongLogs) {
  const Kind& kind = all_kinds()[GetParam()];
  Plan plan{kind, first_seed_of(GetParam()), std::max<std::uint64_t>(cases_of(kind) / 200, 1)};
  plan.scale = 12;
  plan.statistics = false;
  plan.dump_folder = environment("VEDETTE_ORACLE_DUMP");
  const Tally tally = compare(plan);
  EXPECT_EQ(tally.disagreements, 0u) << name_of(kind) << " seed " << tally.first_bad_seed << ", " << tally.first_bad;
}

INSTANTIATE_TEST_SUITE_P(Oracle, Seeded, testing::Range(std::size_t{0}, all_kinds().size()),
                         [](const auto& kind) { return name_of(all_kinds()[kind.param]); });

}  // namespace
}  // namespace vedette::oracle
