#include "engine/base/wire.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace vedette {
namespace {

TEST(Wire, NumbersAndTextsReadAsWritten) {
  const std::vector<std::uint64_t> numbers = {0, 1, 127, 128, 16383, 16384, std::uint64_t{1} << 63, UINT64_MAX};
  const std::vector<std::int64_t> signed_numbers = {0, -1, 1, INT64_MIN, INT64_MAX, -1700000000000000};
  std::string bytes;
  WireWriter writer(bytes);
  for (const std::uint64_t number : numbers) writer.number(number);
  for (const std::int64_t number : signed_numbers) writer.signed_number(number);
  writer.text("");
  writer.text(std::string("a\0b", 3));
  writer.byte(0xff);
  WireReader reader(bytes);
  for (const std::uint64_t number : numbers) EXPECT_EQ(reader.number(), number);
  for (const std::int64_t number : signed_numbers) EXPECT_EQ(reader.signed_number(), number);
  EXPECT_EQ(reader.text(), "");
  EXPECT_EQ(reader.text(), std::string_view("a\0b", 3));
  EXPECT_EQ(reader.byte(), 0xff);
  EXPECT_TRUE(reader.ok());
  EXPECT_TRUE(reader.at_end());
}

TEST(Wire, DamagedBytesAreNoticedAndNeverReadBeyondTheEnd) {
  EXPECT_EQ(WireReader("").number(), 0U);
  for (const std::string& bytes : {std::string(), std::string(9, '\x80'), std::string(10, '\xff'), std::string(11, '\x80')}) {
    WireReader reader(bytes);
    (void)reader.number();
    EXPECT_FALSE(reader.ok()) << bytes.size();
    EXPECT_EQ(reader.text(), "");
    EXPECT_EQ(reader.byte(), 0);
  }
  WireReader text(
      std::string_view("\x05"
                       "abc",
                       4));
  EXPECT_EQ(text.text(), "");
  EXPECT_FALSE(text.ok());
  WireReader count(
      std::string_view("\x04"
                       "abc",
                       4));
  EXPECT_EQ(count.count(1), 0U);
  EXPECT_FALSE(count.ok());
}

}  // namespace
}  // namespace vedette
