// The test of the test: every deliberate defect of engine/base/mutation.h must be noticed by the seeded comparison, within
// the seeds and runs that the comparison itself uses. Prints the first seed that caught each.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "engine/base/mutation.h"
#include "tests/oracle/compare.h"

namespace vedette::oracle {
namespace {

struct Switch {
  Mutation mutation;
  const char* name;
};

constexpr Switch kSwitches[] = {
    {Mutation::window_edge_open, "window_edge_open"},
    {Mutation::no_dedup, "no_dedup"},
    {Mutation::prune_keeps_one_less, "prune_keeps_one_less"},
    {Mutation::bucket_off_by_one, "bucket_off_by_one"},
    {Mutation::floor_toward_zero, "floor_toward_zero"},
    {Mutation::threshold_exclusive, "threshold_exclusive"},
    {Mutation::recheck_own_window_only, "recheck_own_window_only"},
    {Mutation::arrival_order, "arrival_order"},
    {Mutation::whole_seconds, "whole_seconds"},
    {Mutation::ordered_unchecked, "ordered_unchecked"},
    {Mutation::ordered_reuses_event, "ordered_reuses_event"},
    {Mutation::ordered_ties_forbidden, "ordered_ties_forbidden"},
    {Mutation::missing_key_shared, "missing_key_shared"},
    {Mutation::tenants_merged, "tenants_merged"},
    {Mutation::late_accepted, "late_accepted"},
    {Mutation::prune_time_early, "prune_time_early"},
    {Mutation::inner_suppressed, "inner_suppressed"},
    {Mutation::inner_counts_triggers, "inner_counts_triggers"},
    {Mutation::values_cased, "values_cased"},
    {Mutation::null_counted, "null_counted"},
    {Mutation::deadline_inclusive, "deadline_inclusive"},
    {Mutation::stamps_ignored, "stamps_ignored"},
    {Mutation::tumbling_edge_closed, "tumbling_edge_closed"},
    {Mutation::until_tie_late, "until_tie_late"},
    {Mutation::learn_ignored, "learn_ignored"},
    {Mutation::first_always_fires, "first_always_fires"},
    {Mutation::withdrawal_lost, "withdrawal_lost"},
    {Mutation::change_any_for_all, "change_any_for_all"},
    {Mutation::rank_rounded_down, "rank_rounded_down"},
    {Mutation::negation_open_edge, "negation_open_edge"},
    {Mutation::settle_ignored, "settle_ignored"},
    {Mutation::hold_ignored, "hold_ignored"},
};

constexpr std::uint64_t kMostCases = 400;  // of every kind

class Mutated : public testing::TestWithParam<std::size_t> {
 protected:
  void TearDown() override { active_mutation = Mutation::none; }
};

TEST(Mutations, NoneDiffersWithoutADefect) {
  for (std::size_t kind = 0; kind < all_kinds().size(); ++kind) {
    const Tally tally = compare({all_kinds()[kind], first_seed_of(kind), 40, true, false});
    EXPECT_EQ(tally.disagreements, 0u) << name_of(all_kinds()[kind]) << " seed " << tally.first_bad_seed << ", "
                                       << tally.first_bad;
  }
}

TEST(Mutations, EverySwitchIsTried) {
  EXPECT_EQ(std::size(kSwitches) + 1, static_cast<std::size_t>(Mutation::count_));
  for (std::size_t i = 0; i < std::size(kSwitches); ++i) EXPECT_EQ(static_cast<std::size_t>(kSwitches[i].mutation), i + 1);
}

// Kinds in turns, so that a defect of one type is met early.
TEST_P(Mutated, IsNoticed) {
  active_mutation = kSwitches[GetParam()].mutation;
  constexpr std::uint64_t kTurn = 5 * kCasesPerRuleSet;
  for (std::uint64_t done = 0; done < kMostCases; done += kTurn) {
    for (std::size_t kind = 0; kind < all_kinds().size(); ++kind) {
      const Tally tally = compare({all_kinds()[kind], first_seed_of(kind) + done, kTurn, true, false});
      if (tally.disagreements == 0) continue;
      fmt::print("{:<24} caught by {} seed {} after {} cases per kind, run {}\n", kSwitches[GetParam()].name,
                 name_of(all_kinds()[kind]), tally.first_bad_seed, done + kTurn,
                 tally.first_bad.substr(0, tally.first_bad.find('\n')));
      return;
    }
  }
  FAIL() << kSwitches[GetParam()].name << " was not noticed by " << kMostCases << " cases of every kind";
}

INSTANTIATE_TEST_SUITE_P(Oracle, Mutated, testing::Range(std::size_t{0}, std::size(kSwitches)),
                         [](const auto& number) { return std::string(kSwitches[number.param].name); });

}  // namespace
}  // namespace vedette::oracle
