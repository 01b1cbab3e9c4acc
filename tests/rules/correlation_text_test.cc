// What `vedette rules list` and `rules show` say a correlation looks for.
#include <gtest/gtest.h>

#include "engine/plan/print.h"
#include "tests/rules/support.h"

namespace vedette::rules::test {
namespace {

std::string text(const std::string& type, const std::string& rest) {
  const Compiled compiled = with_bases("  type: " + type + "\n  rules: [a, b]\n  group-by: [actor.id]\n  timespan: 10m\n" + rest);
  return compiled.rules.plan ? plan::condition_text(compiled.plan().correlations.back()) : compiled.codes();
}

TEST(ConditionText, Bounds) {
  EXPECT_EQ(text("event_count", "  condition: {gte: 5}\n"), "event_count >= 5");
  EXPECT_EQ(text("event_count", "  condition: {gte: 5, lt: 9}\n"), "event_count >= 5 and < 9");
  EXPECT_EQ(text("value_count", "  condition: {field: x, gt: 4}\n"), "value_count >= 5");
  EXPECT_EQ(text("value_sum", "  condition: {field: x, gt: 4}\n"), "value_sum > 4");
  EXPECT_EQ(text("value_median", "  condition: {field: x, gt: 4}\n"), "value_median > 4");
  EXPECT_EQ(text("value_percentile", "  condition: {field: x, percentile: 95, gt: 4}\n"), "value_percentile 95 > 4");
  EXPECT_EQ(text("travel", "  field: x\n  condition: {speed_kmh: {gte: 900}, distance_km: {gt: 300}}\n"),
            "travel speed_kmh >= 900, distance_km > 300");
}

TEST(ConditionText, NamesAndMetrics) {
  EXPECT_EQ(text("temporal", "  condition: {gte: 2}\n"), "temporal >= 2");
  EXPECT_EQ(text("temporal", "  condition: a or b\n"), "temporal: a or b");
  EXPECT_EQ(text("temporal_ordered", ""), "temporal_ordered");
  EXPECT_EQ(text("new_value", "  field: x\n"), "new_value");
  EXPECT_EQ(text("metrics", "  values: {n: count}\n  condition: |-\n    n >= 3 and\n    span < 60\n"),
            "metrics: n >= 3 and span < 60");
}

}  // namespace
}  // namespace vedette::rules::test
