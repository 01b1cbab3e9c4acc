#include "engine/base/exact.h"

#include <algorithm>
#include <array>
#include <cstdlib>

namespace vedette {
namespace {

constexpr std::int64_t kDecimals = 18;
constexpr std::size_t kMostDigits = 17;
constexpr std::size_t kLongest = 400;  // characters of a number worth reading
constexpr int kDecimalBits = 5;
__extension__ typedef unsigned __int128 UInt128;
constexpr Exact kMax = static_cast<Exact>(~UInt128{0} >> 1);

constexpr std::array<std::int64_t, kDecimals + 1> kPowers = [] {
  std::array<std::int64_t, kDecimals + 1> powers{};
  powers[0] = 1;
  for (std::size_t i = 1; i < powers.size(); ++i) powers[i] = powers[i - 1] * 10;
  return powers;
}();

// The parts of a JSON number.
struct Parts {
  bool negative = false;
  std::string_view whole, fraction;
  std::int64_t exponent = 0;
};

class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  std::optional<Parts> read() {
    Parts parts;
    parts.negative = take('-');
    parts.whole = digits();
    if (parts.whole.empty() || (parts.whole.size() > 1 && parts.whole.front() == '0')) return std::nullopt;
    if (take('.')) {
      parts.fraction = digits();
      if (parts.fraction.empty()) return std::nullopt;
    }
    if (take('e') || take('E')) {
      const bool negative = take('-');
      if (!negative) (void)take('+');
      const std::string_view power = digits();
      if (power.empty()) return std::nullopt;
      for (const char c : power) parts.exponent = std::min<std::int64_t>(parts.exponent * 10 + (c - '0'), 1'000'000);
      if (negative) parts.exponent = -parts.exponent;
    }
    if (at_ != text_.size()) return std::nullopt;
    return parts;
  }

 private:
  bool take(char c) {
    if (at_ == text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  std::string_view digits() {
    const std::size_t begin = at_;
    while (at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9') ++at_;
    return text_.substr(begin, at_ - begin);
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace

std::optional<Exact> parse_exact(std::string_view text) {
  if (text.size() > kLongest) return std::nullopt;
  const std::optional<Parts> parts = Reader(text).read();
  if (!parts) return std::nullopt;
  std::string digits(parts->whole);
  digits += parts->fraction;
  std::int64_t exponent = parts->exponent - static_cast<std::int64_t>(parts->fraction.size());
  const std::size_t last = digits.find_last_not_of('0');
  if (last == std::string::npos) return Exact{0};
  exponent += static_cast<std::int64_t>(digits.size() - 1 - last);
  digits.resize(last + 1);
  digits.erase(0, digits.find_first_not_of('0'));
  if (digits.size() > kMostDigits || exponent < -kDecimals) return std::nullopt;
  if (static_cast<std::int64_t>(digits.size()) + exponent > static_cast<std::int64_t>(kMostDigits)) return std::nullopt;
  Exact value = std::strtoll(digits.c_str(), nullptr, 10);
  for (std::int64_t i = 0; i < exponent + kDecimals; ++i) value *= 10;
  return parts->negative ? -value : value;
}

Exact add_saturating(Exact a, Exact b) {
  Exact sum = 0;
  if (!__builtin_add_overflow(a, b, &sum)) return sum;
  return a > 0 ? kMax : -kMax;
}

std::string exact_text(Exact value) {
  UInt128 left = value < 0 ? static_cast<UInt128>(-(value + 1)) + 1 : static_cast<UInt128>(value);
  std::string digits;
  for (; left > 0; left /= 10) digits.insert(digits.begin(), static_cast<char>('0' + static_cast<int>(left % 10)));
  if (digits.size() < kDecimals + 1) digits.insert(0, kDecimals + 1 - digits.size(), '0');
  std::string out = value < 0 ? "-" : "";
  out += digits.substr(0, digits.size() - kDecimals);
  std::string fraction = digits.substr(digits.size() - kDecimals);
  fraction.erase(fraction.find_last_not_of('0') + 1);
  return fraction.empty() ? out : out + "." + fraction;
}

std::uint64_t pack_exact(Exact value) {
  std::uint64_t decimals = kDecimals;
  while (decimals > 0 && value % 10 == 0) {
    value /= 10;
    --decimals;
  }
  return static_cast<std::uint64_t>(static_cast<std::int64_t>(value)) << kDecimalBits | decimals;
}

Exact unpack_exact(std::uint64_t packed) {
  const auto digits = static_cast<std::int64_t>(packed) >> kDecimalBits;
  const auto decimals = static_cast<std::size_t>(packed & ((1U << kDecimalBits) - 1));
  return static_cast<Exact>(digits) * kPowers[static_cast<std::size_t>(kDecimals) - decimals];
}

}  // namespace vedette
