// Quantiles of the newest values, against sorting them.
#include "app/service/recent.h"

#include <gtest/gtest.h>

#include <deque>

namespace vedette::tests {
namespace {

TEST(Recent, KeepsTheNewestAndOrdersThem) {
  app::Recent<int, 100> recent;
  std::deque<int> expected;
  for (int i = 0; i < 1000; ++i) {
    const int value = i * 7919 % 1009;
    recent.add(value);
    expected.push_back(value);
    if (expected.size() > 100) expected.pop_front();
    std::vector<int> sorted(expected.begin(), expected.end());
    std::sort(sorted.begin(), sorted.end());
    ASSERT_EQ(recent.size(), sorted.size());
    ASSERT_EQ(recent.quantile(0), sorted.front());
    ASSERT_EQ(recent.quantile(1), sorted.back());
  }
  std::sort(expected.begin(), expected.end());
  EXPECT_EQ(recent.median(), expected[50]);
  EXPECT_EQ(recent.quantile(0.99), expected[98]);
  EXPECT_EQ(recent.count_near(500, 100), static_cast<std::size_t>(std::count_if(expected.begin(), expected.end(), [](int value) {
              return value >= 400 && value <= 600;
            })));
}

}  // namespace
}  // namespace vedette::tests
