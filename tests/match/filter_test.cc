// Filters and levels of arms: which matches pass, until when, what is counted; and no allocation once warm.
#include <gtest/gtest.h>

#include "tests/match/allocations.h"
#include "tests/match/fixture.h"

namespace vedette::match {
namespace {

using fixture::FakeEvent;
using fixture::pattern_test;
using plan::NodeKind;

using Arms = std::vector<std::uint32_t>;

// Two rules on field 0 = a: the first with two filters (field 1 is not x; field 1 is not y, until 1000) and two levels
// (field 2 = h: high; field 2 begins with h: medium), the second as it is.
struct Filtered {
  fixture::PlanBuilder builder;
  std::unique_ptr<Matcher> matcher;
  FakeEvent event{3};
  std::vector<std::uint64_t> counts = {0, 0};

  Filtered() {
    for (int i = 0; i < 3; ++i) builder.field();
    builder.predicate(0, {pattern_test("a")});
    builder.predicate(1, {pattern_test("x")});
    builder.predicate(1, {pattern_test("y")});
    builder.predicate(2, {pattern_test("h")});
    builder.predicate(2, {pattern_test("h*")});
    plan::Arm arm;
    for (std::uint32_t i = 0; i < 5; ++i) arm.nodes.push_back({NodeKind::predicate, i, {}});
    arm.nodes.push_back({NodeKind::negation, plan::kNone, {1}});
    arm.nodes.push_back({NodeKind::negation, plan::kNone, {2}});
    arm.root = 0;
    arm.filters = {{0, 5}, {1, 6}};
    arm.levels = {{static_cast<std::uint8_t>(plan::Level::medium), 4}, {static_cast<std::uint8_t>(plan::Level::high), 3}};
    builder.whole_arm(arm);
    builder.arm({0});
    builder.plan().filters.resize(2);
    builder.plan().filters[1].expires = 1000;
    matcher = std::make_unique<Matcher>(builder.build());
    event.set(0, {"a"});
    event.head.t = 10;
  }

  Arms match() {
    Arms arms;
    matcher->match(event, arms, counts);
    std::vector<NodeTrace> nodes;
    for (std::uint32_t arm = 0; arm < 2; ++arm)
      EXPECT_EQ(matcher->trace(event, arm, nodes), std::find(arms.begin(), arms.end(), arm) != arms.end());
    return arms;
  }
  Arms match(const std::string& value, TimeUs t) {
    event.set(1, {value});
    event.head.t = t;
    return match();
  }
};

TEST(Filter, RemovesMatchesOfItsRuleAlone) {
  Filtered f;
  EXPECT_EQ(f.match("z", 10), (Arms{0, 1}));
  EXPECT_EQ(f.counts, (std::vector<std::uint64_t>{0, 0}));
  EXPECT_EQ(f.match("x", 10), (Arms{1}));
  EXPECT_EQ(f.match("y", 10), (Arms{1}));
  EXPECT_EQ(f.counts, (std::vector<std::uint64_t>{1, 1}));
  f.event.set(0, {"b"});
  EXPECT_EQ(f.match("x", 10), (Arms{}));
  EXPECT_EQ(f.counts, (std::vector<std::uint64_t>{1, 1}));
}

TEST(Filter, CountsForEachThatWouldRemove) {
  Filtered f;
  f.event.set(1, {"x", "y"});
  EXPECT_EQ(f.match(), (Arms{1}));
  EXPECT_EQ(f.counts, (std::vector<std::uint64_t>{1, 1}));
}

TEST(Filter, EndsWithItsDay) {
  Filtered f;
  EXPECT_EQ(f.match("y", 999), (Arms{1}));
  EXPECT_EQ(f.match("y", 1000), (Arms{0, 1}));
  EXPECT_EQ(f.match("x", 1000), (Arms{1}));
  EXPECT_EQ(f.counts, (std::vector<std::uint64_t>{1, 1}));
  f.event.head.flags = event::kTimeMissing;
  EXPECT_EQ(f.match("y", 1000), (Arms{1}));
}

TEST(Filter, WithoutCountersItRemovesAllTheSame) {
  Filtered f;
  f.event.set(1, {"x"});
  EXPECT_EQ(fixture::match(*f.matcher, f.event), (Arms{1}));
}

// Arms of one rule exclude each other; a match that is removed does not give way to another.
TEST(Filter, ARemovedMatchDecidesForItsRule) {
  fixture::PlanBuilder builder;
  builder.field();
  builder.predicate(0, {pattern_test("a")});
  plan::Arm arm;
  arm.nodes = {{NodeKind::predicate, 0, {}}, {NodeKind::negation, plan::kNone, {0}}};
  arm.filters = {{0, 1}};
  builder.whole_arm(arm);
  builder.arm({0});
  builder.program().arms[1].rule = 0;
  builder.plan().filters.resize(1);
  Matcher matcher(builder.build());
  FakeEvent event(1);
  event.set(0, {"a"});
  EXPECT_EQ(fixture::match(matcher, event), (Arms{}));
}

TEST(Level, IsTheHighestThatHolds) {
  Filtered f;
  Arena arena;
  EXPECT_EQ(f.matcher->project(f.event, 0, arena).level, std::nullopt);
  f.event.set(2, {"hi"});
  EXPECT_EQ(f.matcher->project(f.event, 0, arena).level, plan::Level::medium);
  f.event.set(2, {"h"});
  EXPECT_EQ(f.matcher->project(f.event, 0, arena).level, plan::Level::high);
  EXPECT_EQ(f.matcher->project(f.event, 1, arena).level, std::nullopt);
}

TEST(Filter, NothingIsAllocatedOnceWarm) {
  Filtered f;
  Arena arena;
  Arms arms;
  const auto once = [&] {
    arms.clear();
    f.event.head.t = 10;
    f.matcher->match(f.event, arms, f.counts);
    for (const std::uint32_t arm : arms) static_cast<void>(f.matcher->project(f.event, arm, arena));
    arena.clear();
  };
  f.event.set(1, {"z"}).set(2, {"h"});
  once();
  once();
  const std::size_t before = fixture::allocations();
  for (int i = 0; i < 100; ++i) once();
  EXPECT_EQ(fixture::allocations() - before, 0U);
}

}  // namespace
}  // namespace vedette::match
