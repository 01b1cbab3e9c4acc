// Exact numbers: decimals as multiples of 10^-18, and fractions of 128-bit integers for metrics. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tests/oracle/naive/model.h"

namespace vedette::naive {

__extension__ typedef __int128 Wide;

inline constexpr Wide kUnit = 1'000'000'000'000'000'000;  // 1

// A number as docs/semantics.md, "Numbers", takes it; nullopt: skipped.
std::optional<Wide> decimal(const std::string& text);

// The largest usable number among the values of a field.
std::optional<Wide> largest(const std::vector<Value>& values);

struct Fraction {
  Wide above = 0, below = 1;  // below > 0, no common divisor
};
Fraction fraction(Wide above, Wide below);
Fraction plus(const Fraction& a, const Fraction& b);
Fraction minus(const Fraction& a, const Fraction& b);
Fraction times(const Fraction& a, const Fraction& b);
std::optional<Fraction> divided(const Fraction& a, const Fraction& b);  // nullopt: by zero

bool holds(Op op, int order);  // order: of the left side against the right one, < 0, 0, > 0
bool holds(Op op, const Fraction& left, const Fraction& right);
// All bounds hold of sum / count.
bool holds(const std::vector<Bound>& bounds, Wide sum, Wide count = 1);

}  // namespace vedette::naive
