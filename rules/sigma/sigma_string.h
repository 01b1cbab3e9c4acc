// Sigma value strings: wildcards, escapes, placeholders, dash permutations and encodings. Pure; any thread.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"
#include "engine/plan/pattern.h"

namespace vedette::rules {

// Pieces of a value: literals, '?' and '*'. Adjacent literals are merged, adjacent '*' collapsed.
using SigmaString = std::vector<plan::Piece>;

// `\*`, `\?` and `\\` are escapes; every other backslash is itself.
[[nodiscard]] SigmaString parse_sigma_string(std::string_view text);
// Appends `tail`, keeping the normal form.
void append_pieces(SigmaString& out, const SigmaString& tail);
[[nodiscard]] bool has_wildcards(const SigmaString& text);
// The only literal, or empty; for strings without wildcards.
[[nodiscard]] std::string_view literal_of(const SigmaString& text);
// -?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?
[[nodiscard]] bool is_canonical_number(std::string_view text);
// Decimal text for comparisons (leading zeros and a plus sign dropped), or an error.
[[nodiscard]] Result<std::string> decimal_text(std::string_view text);

// A value after `expand`: one string per combination of list values.
using ListLookup = std::function<const std::vector<std::string>*(std::string_view name)>;
struct Expansion {
  std::vector<SigmaString> strings;
  bool any_placeholder = false;
  std::string unknown_list;  // non-empty: this name is not a list
  std::size_t offset = 0;    // of its placeholder in the text
};
[[nodiscard]] Expansion expand_placeholders(std::string_view text, const ListLookup& lists);

// All permutations of - / – — ― where one begins a word. Error: too many.
[[nodiscard]] Result<std::vector<SigmaString>> dash_permutations(const SigmaString& text);

[[nodiscard]] std::string base64(std::string_view bytes);
// The three forms that the bytes take inside longer base64 text.
[[nodiscard]] std::vector<std::string> base64_offsets(std::string_view bytes);
[[nodiscard]] std::string utf16_bytes(std::string_view utf8, bool big_endian, bool mark);

}  // namespace vedette::rules
