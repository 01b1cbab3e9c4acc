#include "engine/match/decimal.h"

#include <algorithm>

namespace vedette::match {
namespace {

constexpr std::int64_t kExponentLimit = 1'000'000'000'000'000;

std::string_view take_digits(std::string_view& text) {
  std::size_t n = 0;
  while (n < text.size() && text[n] >= '0' && text[n] <= '9') ++n;
  const std::string_view digits = text.substr(0, n);
  text.remove_prefix(n);
  return digits;
}

// The character, if it is there, is removed from the text.
bool take(std::string_view& text, char c) {
  if (text.empty() || text[0] != c) return false;
  text.remove_prefix(1);
  return true;
}

std::optional<std::int64_t> take_exponent(std::string_view& text) {
  if (text.empty()) return 0;
  if (text[0] != 'e' && text[0] != 'E') return std::nullopt;
  text.remove_prefix(1);
  const bool negative = take(text, '-');
  if (!negative) (void)take(text, '+');
  const std::string_view digits = take_digits(text);
  if (digits.empty() || !text.empty()) return std::nullopt;
  std::int64_t exponent = 0;
  for (const char c : digits) exponent = std::min(exponent * 10 + (c - '0'), kExponentLimit);
  return negative ? -exponent : exponent;
}

}  // namespace

std::optional<Decimal> parse_decimal(std::string_view text) {
  Decimal number;
  number.negative = take(text, '-');
  number.whole = take_digits(text);
  if (number.whole.empty() || (number.whole.size() > 1 && number.whole[0] == '0')) return std::nullopt;
  if (take(text, '.')) {
    number.fraction = take_digits(text);
    if (number.fraction.empty()) return std::nullopt;
  }
  const auto exponent = take_exponent(text);
  if (!exponent) return std::nullopt;
  number.last = number.whole.size() + number.fraction.size();
  while (number.first < number.last && number.digit(number.first) == '0') ++number.first;
  while (number.last > number.first && number.digit(number.last - 1) == '0') --number.last;
  if (number.zero()) {
    number.negative = false;
    return number;
  }
  number.magnitude = static_cast<std::int64_t>(number.whole.size()) - static_cast<std::int64_t>(number.first) + *exponent;
  return number;
}

int compare(const Decimal& a, const Decimal& b) {
  const int sign_a = a.zero() ? 0 : (a.negative ? -1 : 1);
  const int sign_b = b.zero() ? 0 : (b.negative ? -1 : 1);
  if (sign_a != sign_b) return sign_a < sign_b ? -1 : 1;
  if (sign_a == 0) return 0;
  if (a.magnitude != b.magnitude) return (a.magnitude < b.magnitude ? -1 : 1) * sign_a;
  const std::size_t length_a = a.last - a.first;
  const std::size_t length_b = b.last - b.first;
  for (std::size_t i = 0; i < std::min(length_a, length_b); ++i) {
    const char da = a.digit(a.first + i);
    const char db = b.digit(b.first + i);
    if (da != db) return (da < db ? -1 : 1) * sign_a;
  }
  if (length_a == length_b) return 0;
  return (length_a < length_b ? -1 : 1) * sign_a;
}

void append_normal_form(std::string& out, const Decimal& number) {
  if (number.zero()) {
    out += '0';
    return;
  }
  if (number.negative) out += '-';
  for (std::size_t i = number.first; i < number.last; ++i) out += number.digit(i);
  out += 'e';
  char digits[24];
  std::size_t n = 0;
  const bool negative = number.magnitude < 0;
  std::uint64_t rest = static_cast<std::uint64_t>(negative ? -number.magnitude : number.magnitude);
  do {
    digits[n++] = static_cast<char>('0' + rest % 10);
    rest /= 10;
  } while (rest != 0);
  if (negative) out += '-';
  while (n > 0) out += digits[--n];
}

}  // namespace vedette::match
