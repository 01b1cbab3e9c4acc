// The text of JSON scalars and objects: unescaping, grammar of numbers, compact form, and the place of an error.
// Pure functions, any thread.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "engine/base/arena.h"

namespace vedette::event {

// Unescapes the inside of a JSON string into `out`, which holds at least text.size() bytes. A lone surrogate becomes
// U+FFFD. nullopt on an escape that JSON does not know.
[[nodiscard]] std::optional<std::size_t> unescape(std::string_view text, char* out);

// -?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?
[[nodiscard]] bool json_number(std::string_view text);

// Whether JSON text holds whitespace outside its strings, and a copy without it: `out` holds at least text.size() bytes.
[[nodiscard]] bool has_loose_blanks(std::string_view json);
std::size_t compact(std::string_view json, char* out);

// ASCII letters upper-cased, in the arena when that changes anything.
[[nodiscard]] std::string_view upper_ascii(std::string_view text, Arena& arena);

// Where and why a text fails the checks of simdjson's first stage: encoding, control characters, open string.
struct Flaw {
  std::string_view reason;
  std::string_view what;
  std::size_t at = 0;
};
[[nodiscard]] Flaw find_flaw(std::string_view json);
// Offset of the first malformed UTF-8 byte, or text.size().
[[nodiscard]] std::size_t first_bad_utf8(std::string_view text);

}  // namespace vedette::event
