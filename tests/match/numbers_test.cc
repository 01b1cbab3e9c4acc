#include <arpa/inet.h>
#include <gtest/gtest.h>

#include <cstring>
#include <ctime>
#include <random>

#include "engine/match/address.h"
#include "engine/match/decimal.h"
#include "engine/match/time_part.h"

namespace vedette::match {
namespace {

int order(const std::string& a, const std::string& b) {
  const auto x = parse_decimal(a);
  const auto y = parse_decimal(b);
  EXPECT_TRUE(x && y) << a << " " << b;
  return compare(*x, *y);
}

std::string normal(const std::string& text) {
  std::string out;
  append_normal_form(out, *parse_decimal(text));
  return out;
}

TEST(Decimal, OrdersExactly) {
  EXPECT_LT(order("9007199254740992", "9007199254740993"), 0);
  EXPECT_GT(order("0.1", "0.09999999999999999999999999"), 0);
  EXPECT_EQ(order("1", "1.0"), 0);
  EXPECT_EQ(order("100", "1e2"), 0);
  EXPECT_EQ(order("0.001", "1E-3"), 0);
  EXPECT_EQ(order("-0", "0.000e9"), 0);
  EXPECT_LT(order("-2", "-1"), 0);
  EXPECT_GT(order("-1e-9", "-1"), 0);
  EXPECT_LT(order("-1", "0"), 0);
  EXPECT_LT(order("0", "1e-300000"), 0);
  EXPECT_LT(order("9e300000", "1e300001"), 0);
  EXPECT_LT(order("12", "12.5"), 0);
  EXPECT_GT(order("7.50", "7.49"), 0);
}

TEST(Decimal, AgreesWithIntegersAndSharesNormalForms) {
  std::mt19937_64 random(7);
  std::uniform_int_distribution<int> number(-1200, 1200), zeros(0, 2);
  for (int i = 0; i < 20000; ++i) {
    const int a = number(random), b = number(random);
    // The same number in another spelling: a * 10^k e-k.
    const int shift = a == 0 ? 0 : zeros(random);  // JSON has no 00
    std::string spelling = std::to_string(a) + std::string(static_cast<std::size_t>(shift), '0') + "e-" + std::to_string(shift);
    const int want = a < b ? -1 : a > b ? 1 : 0;
    ASSERT_EQ(order(spelling, std::to_string(b)), want) << spelling << " " << b;
    ASSERT_EQ(normal(spelling) == normal(std::to_string(b) + ".00"), a == b);
  }
}

TEST(Decimal, RefusesWhatIsNoNumber) {
  for (const char* text : {"", "-", "+", ".5", "5.", "1e", "1e+", "0x17", " 1", "1 ", "1,5", "NaN", "--1", "1e5.0", "+6", "-+6",
                           "007", "-01", "00"}) {
    EXPECT_FALSE(parse_decimal(text)) << text;
  }
}

TEST(Address, AgreesWithTheSystem) {
  std::mt19937_64 random(11);
  const std::string seeds[] = {"10.0.0.1",        "255.255.255.255", "::1", "fe80::1:2", "1:2:3:4:5:6:7:8",
                               "::ffff:10.0.0.1", "2001:db8::",      "::",  "1::8"};
  const std::string letters = "0123456789abcdefF:.:.g";
  std::size_t valid = 0, total = 0;
  for (int i = 0; i < 60000; ++i) {
    std::string text = seeds[random() % std::size(seeds)];
    for (std::uint64_t edits = random() % 3; edits > 0; --edits) {
      const std::size_t at = random() % (text.size() + 1);
      if (random() % 2 == 0 && at < text.size()) {
        text.erase(at, 1);
      } else {
        text.insert(at, 1, letters[random() % letters.size()]);
      }
    }
    unsigned char want[16];
    const bool v6 = inet_pton(AF_INET6, text.c_str(), want) == 1;
    bool ok = v6;
    if (!v6) {
      std::memcpy(want, "\0\0\0\0\0\0\0\0\0\0\xff\xff", 12);
      ok = inet_pton(AF_INET, text.c_str(), want + 12) == 1;
    }
    const auto got = parse_address(text);
    ASSERT_EQ(got.has_value(), ok) << text;
    if (ok) {
      ASSERT_EQ(std::memcmp(got->data(), want, 16), 0) << text;
    }
    valid += ok ? 1 : 0;
    ++total;
  }
  EXPECT_GT(valid, total / 4);
  EXPECT_LT(valid, total * 3 / 4 + total / 8);
  EXPECT_TRUE(parse_address("fe80::1%eth0"));
}

plan::Cidr network(const std::string& address, int prefix) {
  plan::Cidr out;
  const Address bytes = *parse_address(address);
  std::copy(bytes.begin(), bytes.end(), out.address);
  out.prefix = prefix;
  return out;
}

TEST(Address, Networks) {
  const auto holds = [](const plan::Cidr& cidr, const char* text) { return contains(cidr, *parse_address(text)); };
  EXPECT_TRUE(holds(network("10.0.0.0", 104), "10.255.0.1"));
  EXPECT_FALSE(holds(network("10.0.0.0", 104), "11.0.0.1"));
  EXPECT_TRUE(holds(network("10.0.0.0", 104), "::ffff:10.1.2.3"));
  EXPECT_TRUE(holds(network("192.168.1.128", 121), "192.168.1.200"));
  EXPECT_FALSE(holds(network("192.168.1.128", 121), "192.168.1.127"));
  EXPECT_TRUE(holds(network("0.0.0.0", 96), "8.8.8.8"));
  EXPECT_FALSE(holds(network("0.0.0.0", 96), "2001:db8::1"));
  EXPECT_FALSE(holds(network("::", 0), "8.8.8.8"));
  EXPECT_TRUE(holds(network("::", 0), "2001:db8::1"));
  EXPECT_TRUE(holds(network("2001:db8::", 33), "2001:db8:7fff::1"));
  EXPECT_FALSE(holds(network("2001:db8::", 33), "2001:db8:8000::1"));
  EXPECT_TRUE(holds(network("::1", 128), "::1"));
}

TEST(TimePart, EveryDayAgreesWithTheSystem) {
  for (std::int64_t day = -2000; day < 50000; ++day) {
    const std::time_t t = day * 86400 + 3723;
    std::tm tm{};
    gmtime_r(&t, &tm);
    char week[8];
    std::strftime(week, sizeof week, "%V", &tm);
    const TimeUs us = t * kSecondUs;
    ASSERT_EQ(time_part(us, plan::TimePart::week, nullptr), std::atoi(week)) << day;
    ASSERT_EQ(time_part(us, plan::TimePart::year, nullptr), tm.tm_year + 1900);
    ASSERT_EQ(time_part(us, plan::TimePart::month, nullptr), tm.tm_mon + 1);
    ASSERT_EQ(time_part(us, plan::TimePart::day, nullptr), tm.tm_mday);
    ASSERT_EQ(time_part(us, plan::TimePart::hour, nullptr), 1);
    ASSERT_EQ(time_part(us, plan::TimePart::minute, nullptr), 2);
  }
}

TEST(TimePart, ZonesShiftTheParts) {
  auto zone = std::make_shared<ZoneTable>();
  zone->first_offset_s = 3600;
  zone->transitions = {{from_civil({2026, 3, 29, 1, 0, 0, 0}), 7200}};
  const TimeUs before = from_civil({2026, 3, 29, 0, 59, 0, 0});
  EXPECT_EQ(time_part(before, plan::TimePart::hour, zone), 1);
  EXPECT_EQ(time_part(before + kMinuteUs, plan::TimePart::hour, zone), 3);
  const TimeUs year_end = from_civil({2025, 12, 31, 23, 30, 0, 0});
  EXPECT_EQ(time_part(year_end, plan::TimePart::year, zone), 2026);
  EXPECT_EQ(time_part(year_end, plan::TimePart::week, zone), 1);
}

TEST(TimePart, ReadsTextAndEpochs) {
  const TimeUs t = from_civil({2026, 1, 5, 8, 0, 0, 0});
  const auto read = [](const char* text, event::ValueKind kind) { return parse_point(text, kind); };
  EXPECT_EQ(read("2026-01-05T08:00:00.000Z", event::ValueKind::string), t);
  EXPECT_EQ(read("2026-01-05T10:00:00+02:00", event::ValueKind::string), t);
  EXPECT_EQ(read("1767600000", event::ValueKind::number), t);
  EXPECT_EQ(read("1767600000", event::ValueKind::string), t);
  EXPECT_EQ(read("1767600000000", event::ValueKind::number), t);
  EXPECT_EQ(read("soon", event::ValueKind::string), std::nullopt);
  EXPECT_EQ(read("true", event::ValueKind::boolean), std::nullopt);
}

}  // namespace
}  // namespace vedette::match
