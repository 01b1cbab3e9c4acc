// Exact decimal numbers over their source text: no doubles, so 9007199254740993 and 9007199254740992 differ.
// A Decimal is a view of the text it was parsed from and must not outlive it. Pure functions, any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace vedette::match {

struct Decimal {
  bool negative = false;
  std::string_view whole, fraction;  // digits before and after the point
  std::size_t first = 0, last = 0;   // significant digits: [first, last) of whole + fraction, no outer zeros
  std::int64_t magnitude = 0;        // decimal point, counted from the first significant digit

  [[nodiscard]] bool zero() const { return first == last; }
  [[nodiscard]] char digit(std::size_t i) const { return i < whole.size() ? whole[i] : fraction[i - whole.size()]; }
};

// A number as JSON writes it, nothing else around it: no plus sign, no leading zeros. Exponents saturate at 10^15.
[[nodiscard]] std::optional<Decimal> parse_decimal(std::string_view text);
// < 0, 0, > 0.
[[nodiscard]] int compare(const Decimal& a, const Decimal& b);
// Appends the one text that all spellings of the number share: 0, 4625e4, -15e1 (= -1.5).
void append_normal_form(std::string& out, const Decimal& number);

}  // namespace vedette::match
