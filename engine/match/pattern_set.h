// Sigma string patterns compiled for speed: equalities in a hash set, the other forms as prefix, suffix, contains or
// general wildcard. A set matches when any of its patterns does. Immutable after finish(); any thread.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <boost/unordered/unordered_flat_set.hpp>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/match/values.h"
#include "engine/plan/pattern.h"

namespace vedette::match {

struct TextHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
};

struct TextEqual {
  using is_transparent = void;
  bool operator()(std::string_view a, std::string_view b) const { return a == b; }
};

using TextSet = boost::unordered_flat_set<std::string, TextHash, TextEqual>;
template <typename T>
using TextMap = boost::unordered_flat_map<std::string, T, TextHash, TextEqual>;

// What a pattern asks of a text.
enum class Form : std::uint8_t { equal, any, prefix, suffix, contains, wildcard };
[[nodiscard]] Form form_of(const plan::Pattern& pattern);
// The text of an `equal` pattern, folded unless it is cased.
[[nodiscard]] std::string equal_text(const plan::Pattern& pattern);
// The spelling shared by all numbers equal to a numeric pattern.
[[nodiscard]] std::string numeric_key(const plan::Pattern& pattern);
// The whole text against all pieces; literals as they are (folded by the caller if that is wanted).
[[nodiscard]] bool wildcard_match(const std::vector<plan::Piece>& pieces, std::string_view text);

class PatternSet {
 public:
  void add(const plan::Pattern& pattern);
  // Orders the patterns, cheapest first. Call once, after the last add().
  void finish();
  // The cell is not null.
  [[nodiscard]] bool matches(Values& values, Cell& cell) const;
  // Relative cost of matches(); 1 = one equality.
  [[nodiscard]] double cost() const;

 private:
  struct Item {
    Form form = Form::equal;
    bool cased = false;
    std::string literal;              // all forms but any and wildcard
    std::vector<plan::Piece> pieces;  // wildcard
  };

  static double cost_of(Form form);
  static bool matches_item(const Item& item, std::string_view text);
  [[nodiscard]] bool equals_any(Values& values, Cell& cell) const;

  std::vector<std::string> equal_;  // folded; moved to equal_set_ when there are many
  TextSet equal_set_;
  TextSet numbers_;
  std::vector<Item> items_;
};

}  // namespace vedette::match
