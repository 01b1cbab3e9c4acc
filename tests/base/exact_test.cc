#include "engine/base/exact.h"

#include <gtest/gtest.h>

namespace vedette {
namespace {

TEST(Exact, ReadsJsonNumbersOfOrdinarySize) {
  EXPECT_EQ(parse_exact("12"), 12 * kExactOne);
  EXPECT_EQ(parse_exact("-0.5"), -kExactOne / 2);
  EXPECT_EQ(parse_exact("1.50e1"), 15 * kExactOne);
  EXPECT_EQ(parse_exact("0"), Exact{0});
  EXPECT_EQ(parse_exact("-0.000"), Exact{0});
  EXPECT_EQ(parse_exact("12345678901234567"), Exact{12345678901234567} * kExactOne);
  EXPECT_EQ(parse_exact("0.000000000000000001"), Exact{1});
  EXPECT_EQ(parse_exact("1e16"), Exact{10'000'000'000'000'000} * kExactOne);
}

TEST(Exact, RefusesWhatItCannotHoldExactly) {
  for (const char* text : {"123456789012345678", "1e17", "0.0000000000000000001", "1e-19", "1e999999999999"}) {
    EXPECT_FALSE(parse_exact(text)) << text;
  }
}

TEST(Exact, RefusesWhatIsNoNumber) {
  for (const char* text : {"", "-", "+1", "01", ".5", "1.", "1e", " 1", "1 ", "0x1", "NaN", "1,5"}) {
    EXPECT_FALSE(parse_exact(text)) << text;
  }
}

TEST(Exact, PacksWithoutLoss) {
  for (const char* text :
       {"0", "1", "-1", "99999999999999999", "-99999999999999999", "0.000000000000000001", "-12345.678", "1e16", "100"}) {
    const Exact value = *parse_exact(text);
    EXPECT_EQ(unpack_exact(pack_exact(value)), value) << text;
  }
  EXPECT_EQ(pack_exact(*parse_exact("1.50")), pack_exact(*parse_exact("15e-1")));
}

TEST(Exact, PrintsShort) {
  EXPECT_EQ(exact_text(*parse_exact("-0.50")), "-0.5");
  EXPECT_EQ(exact_text(*parse_exact("1200")), "1200");
  EXPECT_EQ(exact_text(0), "0");
}

TEST(Exact, SumsSaturate) {
  const Exact most = add_saturating(parse_exact("99999999999999999").value(), 0);
  Exact sum = 0;
  for (int i = 0; i < 5000; ++i) sum = add_saturating(sum, most);
  EXPECT_GT(sum, most);
  EXPECT_EQ(add_saturating(sum, most), sum);
}

}  // namespace
}  // namespace vedette
