// The index and the cheap-first order against plain evaluation, on random programs; and no allocation once warm.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "engine/match/matcher.h"
#include "tests/match/allocations.h"
#include "tests/match/fixture.h"

namespace vedette::match {
namespace {

using fixture::FakeEvent;
using fixture::kind_test;
using fixture::pattern_test;
using fixture::PlanBuilder;

constexpr std::uint32_t kFields = 4;
const char* const kTexts[] = {"a",
                              "A",
                              "b",
                              "c",
                              "1",
                              "1.0",
                              "10",
                              "1e1",
                              "ab",
                              "*a*",
                              "?b",
                              "*",
                              "Kelvin",
                              ("\xE2\x84\xAA"
                               "elvin")};

class RandomProgram {
 public:
  explicit RandomProgram(std::uint64_t seed) : random_(seed) {
    for (std::uint32_t i = 0; i < kFields; ++i) builder_.field();
    const std::size_t arms = 1 + pick(12);
    for (std::size_t i = 0; i < arms; ++i) {
      plan::Arm arm;
      arm.root = node(arm, 3);
      builder_.whole_arm(std::move(arm));
    }
    // Some rules have several arms.
    auto& made = builder_.program().arms;
    for (std::size_t i = 1; i < made.size(); ++i) {
      if (pick(4) == 0) made[i].rule = made[i - 1].rule;
    }
  }
  PlanBuilder& builder() { return builder_; }

  FakeEvent event() {
    FakeEvent out(kFields);
    for (std::uint32_t slot = 0; slot < kFields; ++slot) {
      std::vector<std::string> values;
      for (std::size_t n = pick(3); n > 0; --n) values.push_back(pick(8) == 0 ? "null" : kTexts[pick(std::size(kTexts))]);
      out.set(slot, values);
    }
    return out;
  }

 private:
  std::size_t pick(std::size_t n) { return random_() % n; }

  std::uint32_t node(plan::Arm& arm, int depth) {
    plan::Node made;
    const std::size_t kind = depth == 0 ? 0 : pick(6);
    if (kind <= 2) {
      std::vector<plan::ValueTest> tests;
      for (std::size_t n = 1 + pick(3); n > 0; --n) {
        tests.push_back(pick(12) == 0 ? kind_test(plan::TestKind::null)
                                      : pattern_test(kTexts[pick(std::size(kTexts))], pick(4) == 0));
      }
      made.kind = plan::NodeKind::predicate;
      made.predicate =
          builder_.predicate(static_cast<std::uint32_t>(pick(kFields)), std::move(tests), pick(4) == 0, pick(8) == 0);
    } else {
      made.kind = kind == 5 ? plan::NodeKind::negation : kind == 4 ? plan::NodeKind::any_of : plan::NodeKind::all_of;
      for (std::size_t n = kind == 5 ? 1 : 1 + pick(3); n > 0; --n) made.children.push_back(node(arm, depth - 1));
    }
    arm.nodes.push_back(std::move(made));
    return static_cast<std::uint32_t>(arm.nodes.size() - 1);
  }

  std::mt19937_64 random_;
  PlanBuilder builder_;
};

TEST(Index, AgreesWithPlainEvaluation) {
  std::size_t matched = 0, evaluated = 0;
  for (std::uint64_t seed = 1; seed <= 1500; ++seed) {
    RandomProgram program(seed);
    Matcher matcher(program.builder().build());
    const auto& arms = program.builder().program().arms;
    for (int i = 0; i < 30; ++i) {
      const FakeEvent event = program.event();
      std::vector<std::uint32_t> want;
      std::vector<NodeTrace> nodes;
      for (std::uint32_t arm = 0; arm < arms.size(); ++arm) {
        const bool again = !want.empty() && arms[want.back()].rule == arms[arm].rule;
        if (!again && matcher.trace(event, arm, nodes)) want.push_back(arm);
      }
      ASSERT_EQ(fixture::match(matcher, event), want) << "seed " << seed;
      matched += want.size();
      evaluated += arms.size();
    }
  }
  EXPECT_GT(matched, evaluated / 10);
  EXPECT_LT(matched, evaluated * 9 / 10);
}

TEST(Index, TextsOfEveryLengthObjectsAndNumbers) {
  PlanBuilder builder;
  const auto field = builder.field();
  std::vector<std::string> texts;
  for (std::size_t length = 1; length <= 140; ++length) texts.push_back(std::string(length, 'x'));
  texts.push_back("{\"a\":1}");
  texts.push_back("12");
  for (const std::string& text : texts) builder.arm({builder.predicate(field, {pattern_test(text)})});
  Matcher matcher(builder.build());
  FakeEvent event(1);
  for (std::uint32_t i = 0; i < texts.size(); ++i) {
    std::string upper = texts[i];
    std::replace(upper.begin(), upper.end(), 'x', 'X');
    EXPECT_EQ(fixture::match(matcher, event.set(field, {upper})), std::vector<std::uint32_t>{i});
  }
  EXPECT_EQ(fixture::match(matcher, event.set(field, {"1.2e1"})), std::vector<std::uint32_t>{141});
  EXPECT_EQ(fixture::match(matcher, event.set(field, {"{\"a\":2}", "null"})), std::vector<std::uint32_t>{});
}

TEST(Index, NothingIsAllocatedOnceWarm) {
  RandomProgram program(42);
  PlanBuilder& builder = program.builder();
  plan::ValueTest regex = kind_test(plan::TestKind::regex);
  regex.regex = "[a-c]+x";
  builder.arm({builder.predicate(0, {regex})});
  builder.arm({builder.predicate(plan::kNone, {pattern_test("*kelvin*"), pattern_test("*zz*")}, true)});
  builder.plan().rules.back().columns = {{"c", false}};
  Matcher matcher(builder.build());
  std::vector<FakeEvent> events;
  for (int i = 0; i < 50; ++i) events.push_back(program.event());
  std::vector<std::uint32_t> arms;
  const auto run = [&] {
    for (const FakeEvent& event : events) {
      arms.clear();
      matcher.match(event, arms);
    }
  };
  run();
  run();
  const std::size_t before = fixture::allocations();
  for (int i = 0; i < 100; ++i) run();
  EXPECT_EQ(fixture::allocations() - before, 0u);
}

}  // namespace
}  // namespace vedette::match
