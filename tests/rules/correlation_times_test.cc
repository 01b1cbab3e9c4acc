// When correlations speak: decision classes through chains, `decide`, `settle`, `max_hold`, retention, and what the semantic
// hash covers.
#include <gtest/gtest.h>

#include <set>

#include "engine/plan/print.h"
#include "tests/rules/support.h"

namespace vedette::rules::test {
namespace {

const std::string kCount = "  type: event_count\n  timespan: 10m\n  condition: {gte: 3}\n";
const std::string kNew = "  type: new_value\n  timespan: 10m\n  field: x\n";
const std::string kFew = "  type: event_count\n  timespan: 10m\n  condition: {lt: 3}\n";
const std::string kNot = "  type: temporal\n  timespan: 10m\n";

// `outer` over rule b and correlation `inner`, which reads rule a: a and b are of okta (settle 5m, accept 6h).
Compiled chain(const std::string& inner, const std::string& outer, const std::string& rules = "[inner, b]") {
  return compile_text(base_rule("a", 1) + base_rule("b", 2) + correlation_rule("inner", 2, inner + "  rules: [a]\n") +
                      correlation_rule("outer", 3, outer + "  rules: " + rules + "\n"));
}

std::string class_of(const Compiled& compiled) {
  if (compiled.rules.plan == nullptr) return compiled.codes();
  const plan::CorrelationPlan& plan = compiled.plan().correlations.back();
  return std::string(plan::class_name(plan.decision)) + (plan.settled ? " settled" : "");
}

TEST(CorrelationTimes, ClassesThroughChains) {
  const std::string settled = "  decide: settled\n";
  EXPECT_EQ(class_of(chain(kCount, kCount)), "monotone");
  EXPECT_EQ(class_of(chain(kNew, kCount)), "refutable");
  EXPECT_EQ(class_of(chain(kNew, kCount + settled)), "waiting settled");
  EXPECT_EQ(class_of(chain(kNew + settled, kCount)), "monotone");
  EXPECT_EQ(class_of(chain(kFew, kCount)), "monotone");
  EXPECT_EQ(class_of(chain(kFew, kNew)), "refutable");
  EXPECT_EQ(class_of(chain(kNew, kFew)), "V1234");
  EXPECT_EQ(class_of(chain(kNew + settled, kFew)), "waiting");
  EXPECT_EQ(class_of(chain(kNew, kNot + "  condition: b and not inner\n")), "V1234");
  EXPECT_EQ(class_of(chain(kCount, kNot + "  condition: b and not inner\n")), "waiting");
  const Compiled three =
      compile_text(base_rule("a", 1) + correlation_rule("x", 1, kNew + "  rules: [a]\n") +
                   correlation_rule("y", 2, kCount + "  rules: [x]\n") + correlation_rule("z", 3, kCount + "  rules: [y]\n"));
  EXPECT_EQ(class_of(three), "refutable");
}

TEST(CorrelationTimes, Decide) {
  EXPECT_EQ(class_of(chain(kCount, kNew + "  decide: eager\n")), "refutable");
  EXPECT_EQ(class_of(chain(kCount, kNew + "  decide: settled\n")), "waiting settled");
  EXPECT_EQ(class_of(chain(kCount, kCount + "  decide: eager\n")), "monotone");
  EXPECT_EQ(class_of(chain(kCount, kCount + "  decide: settled\n")), "V1232");
  EXPECT_EQ(class_of(chain(kCount, kFew + "  decide: eager\n")), "V1232");
  EXPECT_EQ(class_of(chain(kCount, kFew + "  decide: settled\n")), "V1232");
  EXPECT_EQ(class_of(chain(kCount, kNew + "  decide: [settled]\n")), "V1232");
}

struct Times {
  DurationUs settle = 0, max_hold = 0;
  friend bool operator==(const Times&, const Times&) = default;
};
Times times_of(const Compiled& compiled) {
  if (compiled.rules.plan == nullptr) return {-1, -1};
  const plan::CorrelationPlan& plan = compiled.plan().correlations.back();
  return {plan.settle, plan.max_hold};
}

TEST(CorrelationTimes, SettleOfSourcesAndInnerCorrelations) {
  EXPECT_EQ(times_of(chain(kCount, kFew)), (Times{5 * kMinuteUs, kHourUs}));
  EXPECT_EQ(times_of(chain(kFew, kFew)), (Times{15 * kMinuteUs, kHourUs}));
  EXPECT_EQ(times_of(chain(kFew, kNot + "  condition: b and not inner\n")), (Times{15 * kMinuteUs, kHourUs}));
  EXPECT_EQ(times_of(chain(kFew, kNot + "  condition: inner and not b\n")), (Times{5 * kMinuteUs, kHourUs}));
  EXPECT_EQ(times_of(chain(kCount, kNew + "  decide: settled\n")), (Times{0, kHourUs}));
  EXPECT_EQ(times_of(chain(kFew, kNew + "  decide: settled\n")), (Times{15 * kMinuteUs, kHourUs}));  // besides accept
  EXPECT_EQ(times_of(chain(kNew + "  decide: settled\n", kFew)), (Times{6 * kHourUs + 15 * kMinuteUs, kHourUs}));
  EXPECT_EQ(times_of(chain(kCount, kFew + "  settle: 90s\n  max_hold: 2h\n")), (Times{90 * kSecondUs, 2 * kHourUs}));
  EXPECT_EQ(times_of(chain(kCount, kFew + "  settle: 0\n  max_hold: 0\n")), (Times{0, 0}));
  EXPECT_EQ(times_of(chain(kFew + "  max_hold: 2h\n", kFew + "  max_hold: 0\n")), (Times{15 * kMinuteUs, 2 * kHourUs}));
}

TEST(CorrelationTimes, WaitingFitsIntoAcceptance) {
  EXPECT_EQ(times_of(chain(kCount, kFew + "  settle: 5h30m\n")), (Times{-1, -1}));  // one number, one unit
  EXPECT_EQ(times_of(chain(kCount, kFew + "  settle: 330m\n")), (Times{330 * kMinuteUs, 30 * kMinuteUs}));
  EXPECT_EQ(times_of(chain(kCount, kFew + "  settle: 6h\n")), (Times{6 * kHourUs, 0}));
  EXPECT_EQ(chain(kCount, kFew + "  settle: 361m\n").codes(), "V1233");
  EXPECT_EQ(times_of(chain(kCount, kFew + "  max_hold: 355m\n")), (Times{5 * kMinuteUs, 355 * kMinuteUs}));
  EXPECT_EQ(chain(kCount, kFew + "  max_hold: 356m\n").codes(), "V1233");
  EXPECT_EQ(chain(kCount, kNew + "  decide: settled\n  max_hold: 7h\n").codes(), "V1233");
  EXPECT_EQ(chain(kCount, kCount + "  settle: 5m\n").codes(), "V1233");
  EXPECT_EQ(chain(kCount, kNew + "  max_hold: 5m\n").codes(), "V1233");
  EXPECT_EQ(chain(kCount, kNew + "  decide: settled\n  settle: 5m\n").codes(), "V1233");
  EXPECT_EQ(chain(kCount, kFew + "  settle: -1m\n").codes(), "V1233");
  // What an inner correlation waits is no matter of the sources.
  const std::string day = "  type: event_count\n  timespan: 1d\n  condition: {lt: 3}\n";
  EXPECT_EQ(times_of(chain(day, kFew)), (Times{kDayUs + 5 * kMinuteUs, kHourUs}));
}

TEST(CorrelationTimes, Retention) {
  const auto kept = [](const std::string& inner, const std::string& outer) {
    const Compiled compiled = chain(inner, outer);
    return compiled.rules.plan == nullptr ? -1 : compiled.plan().correlations.back().retention;
  };
  const DurationUs base = 10 * kMinuteUs + 6 * kHourUs;  // W + accept
  EXPECT_EQ(kept(kCount, kCount), base + kHourUs + base);
  EXPECT_EQ(kept(kCount, kFew), base + kHourUs + 65 * kMinuteUs + base);
  EXPECT_EQ(kept(kFew, kCount), base + kHourUs + base + 65 * kMinuteUs);
  EXPECT_EQ(kept(kCount, kNot + "  condition: b and not inner\n"), base + kHourUs + 65 * kMinuteUs + 20 * kMinuteUs + base);
  EXPECT_EQ(kept(kCount, kNew + "  learn: 1d\n"), base + 10 * kMinuteUs + kDayUs + base);
  EXPECT_EQ(kept(kCount, kNew + "  decide: settled\n"), base + 10 * kMinuteUs + kHourUs + 6 * kHourUs + base);
}

TEST(CorrelationTimes, LongTimesAreRefused) {
  EXPECT_EQ(meaning_of("new_value", "  field: x\n  learn: 3660d\n"),
            "refutable; learn 316224000000000 us, first ignored; by values");
  EXPECT_EQ(meaning_of("new_value", "  field: x\n  learn: 3661d\n"), "V1231");
  EXPECT_EQ(with_bases("  type: temporal\n  rules: [a, b]\n  timespan: 600w\n").codes(), "V1205");
}

// Every one of these differs from all others in its semantic hash.
TEST(CorrelationTimes, TheSemanticHashCoversEverything) {
  const std::string metrics = "  values: {n: count, u: {distinct: x}}\n";
  const std::vector<std::pair<std::string, std::string>> all = {
      {"event_count", "  condition: {gte: 3}\n"},
      {"event_count", "  condition: {eq: 3}\n"},
      {"event_count", "  condition: {neq: 3}\n"},
      {"event_count", "  condition: {lt: 3}\n"},
      {"event_count", "  condition: {lt: 4}\n"},
      {"event_count", "  condition: {lt: 3}\n  settle: 1m\n"},
      {"event_count", "  condition: {lt: 3}\n  max_hold: 1m\n"},
      {"event_count", "  condition: {gte: 3}\n  export: {u: {distinct: x}}\n"},
      {"event_count", "  condition: {gte: 3}\n  export: {v: {distinct: x}}\n"},
      {"event_count", "  condition: {gte: 3}\n  export: {u: {distinct: y}}\n"},
      {"value_sum", "  condition: {field: x, gte: 3}\n"},
      {"value_sum", "  condition: {field: x, gte: 4}\n"},
      {"value_sum", "  condition: {field: risk, gte: 3}\n"},
      {"value_avg", "  condition: {field: x, gte: 3}\n"},
      {"value_percentile", "  condition: {field: x, percentile: 90, gte: 3}\n"},
      {"value_percentile", "  condition: {field: x, percentile: 91, gte: 3}\n"},
      {"value_median", "  condition: {field: x, gte: 3}\n"},
      {"temporal", ""},
      {"temporal", "  condition: a or b\n"},
      {"temporal", "  condition: a and not b\n"},
      {"temporal", "  condition: b and not a\n"},
      {"temporal_ordered", "  condition: a and not b\n"},
      {"temporal_ordered", "  condition: b and not a\n"},
      {"new_value", "  condition: {field: x}\n"},
      {"new_value", "  condition: {field: x}\n  learn: 1d\n"},
      {"new_value", "  condition: {field: x}\n  first: fire\n"},
      {"new_value", "  condition: {field: x}\n  decide: settled\n"},
      {"value_change", "  condition: {field: [x, y]}\n"},
      {"value_change", "  condition: {field: [x, y], all: true}\n"},
      {"travel", "  field: x\n  condition: {speed_kmh: {gte: 3}}\n"},
      {"travel", "  field: x\n  condition: {speed_kmh: {gt: 3}}\n"},
      {"travel", "  field: x\n  condition: {speed_kmh: {gte: 3}, distance_km: {gte: 3}}\n"},
      {"metrics", metrics + "  condition: n >= 3\n"},
      {"metrics", metrics + "  condition: u >= 3\n"},
      {"metrics", metrics + "  condition: n >= 3 and u >= 3\n"},
      {"metrics", metrics + "  condition: n >= 3\n  until: [s]\n"},
      {"metrics", metrics + "  condition: n >= 3\n  level-when: [{high: n >= 4}]\n"},
      {"metrics", "  values: {n: {count: a}, u: {distinct: x}}\n  condition: n >= 3\n"},
      {"metrics", "  values: {n: count, u: {distinct: x, of: b}}\n  condition: n >= 3\n"},
      {"metrics", "  values: {n: count, u: {sum: x}}\n  condition: n >= 3\n"},
  };
  std::set<std::string> hashes;
  for (const auto& [type, rest] : all) {
    const Compiled compiled = with_bases("  type: " + type + "\n  rules: [a, b]\n  timespan: 10m\n" + rest);
    ASSERT_NE(compiled.rules.plan, nullptr) << type << "\n" << rest << compiled.codes();
    EXPECT_TRUE(hashes.insert(compiled.plan().correlations[0].meta.semantic_hash).second) << type << "\n" << rest;
  }
}

TEST(CorrelationTimes, TheSemanticHashCoversTheRiskItAdds) {
  const auto hash = [](const std::string& risk) {
    const Compiled compiled = compile_text(
        base_rule("a", 1) + correlation_rule("inner", 2, kCount + "  rules: [a]\n", risk) +
        correlation_rule("c", 3, "  type: value_sum\n  rules: [inner]\n  timespan: 1d\n  field: risk\n  condition: {gte: 9}\n"));
    return compiled.plan().correlations.at(1).meta.semantic_hash;
  };
  EXPECT_NE(hash("risk: 3\n"), hash("risk: 4\n"));
}

}  // namespace
}  // namespace vedette::rules::test
