// How much one comparison of metrics may hold: as much as exact fractions have room for.
#include <gtest/gtest.h>

#include "tests/rules/support.h"

namespace vedette::rules::test {
namespace {

std::string codes_of_product(std::size_t factors) {
  std::string condition = "n";
  for (std::size_t i = 1; i < factors; ++i) condition += " * n";
  return with_bases("  type: metrics\n  rules: [a, b]\n  timespan: 10m\n  values: {n: count}\n  condition: '" + condition +
                    " >= 5 and n > 1'\n")
      .codes();
}

TEST(CorrelationSize, ComparedValues) {
  EXPECT_EQ(codes_of_product(19), "");
  EXPECT_EQ(codes_of_product(20), "V1222");
}

}  // namespace
}  // namespace vedette::rules::test
