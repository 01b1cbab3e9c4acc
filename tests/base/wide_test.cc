// Wide integers: sums, products and order against 128-bit arithmetic, identities beyond it, and what no longer fits.
#include "engine/base/wide.h"

#include <gtest/gtest.h>

#include <random>

namespace vedette {
namespace {

int order(Int128 a, Int128 b) { return a < b ? -1 : (a > b ? 1 : 0); }

bool equal(const Wide& a, const Wide& b) { return compare(a, b) == 0; }

TEST(Wide, AgreesWithSmallIntegers) {
  std::mt19937_64 random(3);
  const auto number = [&] {
    const Int128 value = static_cast<Int128>(random() >> (random() % 64));
    return random() % 2 == 0 ? value : -value;
  };
  for (int i = 0; i < 20'000; ++i) {
    const Int128 a = number() / 2;
    const Int128 b = random() % 8 == 0 ? a : number() / 2;
    ASSERT_EQ(compare(Wide(a), Wide(b)), order(a, b));
    ASSERT_TRUE(equal(Wide(a) + Wide(b), Wide(a + b)));
    ASSERT_TRUE(equal(Wide(a) * Wide(b), Wide(a * b)));
    ASSERT_TRUE(equal(Wide(a) + Wide(b).negated(), Wide(a - b)));
    ASSERT_EQ((Wide(a) + Wide(-a)).zero(), true);
  }
}

TEST(Wide, ObeysArithmeticWhenLarge) {
  std::mt19937_64 random(5);
  const auto large = [&] {
    Wide value(static_cast<Int128>(random()));
    for (int i = 0; i < 12; ++i) value = value * Wide(static_cast<Int128>(random())) + Wide(-static_cast<Int128>(random() / 2));
    return random() % 2 == 0 ? value : value.negated();
  };
  for (int i = 0; i < 500; ++i) {
    const Wide a = large(), b = large(), c = large();
    ASSERT_TRUE(equal((a + b) * c, a * c + b * c));
    ASSERT_TRUE(equal((a + b) + b.negated(), a));
    ASSERT_EQ(compare(a, b), -compare(b, a));
    ASSERT_EQ(compare(a + Wide(1), a), 1);
    ASSERT_FALSE((a * b * c).lost());
  }
}

TEST(Wide, WhatDoesNotFitIsLost) {
  Wide value(1);
  for (std::size_t bits = 0; bits + 64 < Wide::kMostBits; bits += 64) {
    value = value * Wide(static_cast<Int128>(1) << 63);
    ASSERT_FALSE(value.lost());
  }
  while (!value.lost()) value = value * Wide(static_cast<Int128>(1) << 63);
  EXPECT_TRUE((value + Wide(1)).lost());
  EXPECT_TRUE((Wide(1) + value).lost());
  EXPECT_TRUE((value * Wide(0)).lost());
}

}  // namespace
}  // namespace vedette
