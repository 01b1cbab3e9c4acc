// Value tests of detection items, after all Sigma modifiers are applied (spec: rules §1). One representation for
// equality, contains, startswith, endswith and wildcards: a Pattern of pieces; the matcher picks the fast form.
// Immutable; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace vedette::plan {

enum class PieceKind : std::uint8_t { literal, any_one, any_many };  // text, '?', '*'

struct Piece {
  PieceKind kind = PieceKind::literal;
  std::string text = {};  // literal only; original case
  friend bool operator==(const Piece&, const Piece&) = default;
};

// No pieces = the empty string. Adjacent literals are merged, adjacent any_many collapsed. any_one is one code point.
struct Pattern {
  std::vector<Piece> pieces;
  bool cased = false;  // compare without folding
  // The whole pattern is one unmodified literal that is a canonical JSON number (-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?):
  // JSON numbers in events then compare as exact decimals.
  bool numeric = false;
  friend bool operator==(const Pattern&, const Pattern&) = default;
};

enum class TestKind : std::uint8_t {
  pattern,  // any alternative matches the value's text (strings unescaped, numbers by source text, objects compact)
  null,     // field absent, or null, or an empty array
  regex,    // RE2 search on the text, unanchored
  cidr,     // text is an address inside the network (IPv4-mapped IPv6 counts as IPv4)
  compare,  // exact decimal comparison; JSON numbers and numeric strings; others never match
  field,    // compared with another field of the event, as text, folded unless cased; missing either side: no match
  exists,   // key present (even when null) == expected
};

enum class CompareOp : std::uint8_t { lt, lte, gt, gte, eq };
// comparison: below, equal to or above 0, as of a three-way comparison.
[[nodiscard]] constexpr bool meets(CompareOp op, int comparison) {
  switch (op) {
    case CompareOp::lt:
      return comparison < 0;
    case CompareOp::lte:
      return comparison <= 0;
    case CompareOp::gt:
      return comparison > 0;
    case CompareOp::gte:
      return comparison >= 0;
    case CompareOp::eq:
      break;
  }
  return comparison == 0;
}
enum class FieldOp : std::uint8_t { equals, contains, startswith, endswith };
enum class TimePart : std::uint8_t { none, minute, hour, day, week, month, year };

struct Cidr {
  std::uint8_t address[16] = {};  // network byte order; IPv4 as IPv4-mapped
  int prefix = 128;               // in the 128-bit form (IPv4 /8 = 104)
  std::string text = {};
};

struct ValueTest {
  TestKind kind = TestKind::pattern;
  std::vector<Pattern> alternatives = {};  // pattern: OR (windash, base64offset expansions stay OR inside `all`)
  std::string regex = {};                  // RE2 source with the i, m, s sub-modifiers as (?ims) prefix
  Cidr cidr = {};
  CompareOp compare = CompareOp::eq;
  std::string number = {};        // compare: canonical decimal text
  std::uint32_t other_field = 0;  // field: index into SourceProgram::fields
  FieldOp field_op = FieldOp::equals;
  bool cased = false;    // field
  bool expected = true;  // exists
};

}  // namespace vedette::plan
