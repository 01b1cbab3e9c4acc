#include "tests/oracle/naive/number.h"

#include <cctype>
#include <cstdlib>

namespace vedette::naive {
namespace {

bool digit(char c) { return c >= '0' && c <= '9'; }

// A product that must fit: the generator keeps its numbers small.
Wide product(Wide a, Wide b) {
  Wide result = 0;
  if (__builtin_mul_overflow(a, b, &result)) std::abort();
  return result;
}

Wide common_divisor(Wide a, Wide b) {
  if (a < 0) a = -a;
  while (b != 0) {
    const Wide rest = a % b;
    a = b;
    b = rest;
  }
  return a;
}

// The parts of a number in JSON syntax: -12.50e3 has the digits 1250 and ends at 10^1.
struct Parts {
  bool negative = false;
  std::string digits;
  long exponent = 0;
};

std::optional<Parts> parts_of(const std::string& text) {
  Parts parts;
  std::size_t i = 0;
  const auto at = [&](std::size_t k) { return k < text.size() ? text[k] : '\0'; };
  if (at(i) == '-') {
    parts.negative = true;
    ++i;
  }
  if (!digit(at(i)) || (at(i) == '0' && digit(at(i + 1)))) return std::nullopt;
  while (digit(at(i))) parts.digits += text[i++];
  if (at(i) == '.') {
    ++i;
    if (!digit(at(i))) return std::nullopt;
    for (; digit(at(i)); --parts.exponent) parts.digits += text[i++];
  }
  if (at(i) == 'e' || at(i) == 'E') {
    ++i;
    const bool down = at(i) == '-';
    if (at(i) == '-' || at(i) == '+') ++i;
    if (!digit(at(i))) return std::nullopt;
    long power = 0;
    while (digit(at(i))) power = std::min(power * 10 + (text[i++] - '0'), 1000000L);
    parts.exponent += down ? -power : power;
  }
  if (i != text.size()) return std::nullopt;
  return parts;
}

}  // namespace

std::optional<Wide> decimal(const std::string& text) {
  std::optional<Parts> parts = parts_of(text);
  if (!parts) return std::nullopt;
  std::string& digits = parts->digits;
  while (!digits.empty() && digits.front() == '0') digits.erase(0, 1);
  while (!digits.empty() && digits.back() == '0') {
    digits.pop_back();
    ++parts->exponent;
  }
  if (digits.empty()) return 0;
  const long whole = static_cast<long>(digits.size()) + parts->exponent;  // digits before the point
  if (digits.size() > 17 || parts->exponent < -18 || whole > 17) return std::nullopt;
  Wide value = 0;
  for (const char c : digits) value = value * 10 + (c - '0');
  for (long i = -18; i < parts->exponent; ++i) value *= 10;
  return parts->negative ? -value : value;
}

std::optional<Wide> largest(const std::vector<Value>& values) {
  std::optional<Wide> found;
  for (const Value& value : values) {
    if (value.kind != ValueKind::number && value.kind != ValueKind::string) continue;
    const std::optional<Wide> number = decimal(value.text);
    if (number && (!found || *number > *found)) found = number;
  }
  return found;
}

Fraction fraction(Wide above, Wide below) {
  if (below < 0) {
    above = -above;
    below = -below;
  }
  const Wide divisor = common_divisor(above, below);
  return {above / divisor, below / divisor};
}

Fraction plus(const Fraction& a, const Fraction& b) {
  return fraction(product(a.above, b.below) + product(b.above, a.below), product(a.below, b.below));
}
Fraction minus(const Fraction& a, const Fraction& b) { return plus(a, {-b.above, b.below}); }
Fraction times(const Fraction& a, const Fraction& b) { return fraction(product(a.above, b.above), product(a.below, b.below)); }
std::optional<Fraction> divided(const Fraction& a, const Fraction& b) {
  if (b.above == 0) return std::nullopt;
  return fraction(product(a.above, b.below), product(a.below, b.above));
}

bool holds(Op op, int order) {
  switch (op) {
    case Op::gt:
      return order > 0;
    case Op::gte:
      return order >= 0;
    case Op::lt:
      return order < 0;
    case Op::lte:
      return order <= 0;
    case Op::eq:
      return order == 0;
    case Op::neq:
      return order != 0;
  }
  return false;
}

bool holds(Op op, const Fraction& left, const Fraction& right) {
  const Fraction difference = minus(left, right);
  return holds(op, difference.above < 0 ? -1 : difference.above > 0 ? 1 : 0);
}

bool holds(const std::vector<Bound>& bounds, Wide sum, Wide count) {
  for (const Bound& bound : bounds) {
    const Wide limit = product(decimal(bound.number).value(), count);
    if (!holds(bound.op, sum < limit ? -1 : sum > limit ? 1 : 0)) return false;
  }
  return true;
}

}  // namespace vedette::naive
