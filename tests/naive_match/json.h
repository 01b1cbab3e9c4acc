// A plain JSON tree for the naive matcher: everything is kept, nothing is clever. Includes nothing of the engine.
// Value type; any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace vedette::naive {

struct Json {
  enum class Kind { null, boolean, number, string, array, object };
  Kind kind = Kind::null;
  std::string text = {};                            // strings unescaped; other scalars as written
  std::string raw = {};                             // strings as written, with quotes
  std::vector<Json> items = {};                     // array
  std::vector<std::pair<Json, Json>> members = {};  // object, in order, duplicates kept; keys are strings

  // The first member of that name, or null.
  [[nodiscard]] const Json* find(std::string_view name) const;
};

// nullopt when malformed.
[[nodiscard]] std::optional<Json> parse_json(std::string_view text);
// No blanks outside strings; strings and numbers as written.
[[nodiscard]] std::string compact(const Json& json);
// A string node and its encoding.
[[nodiscard]] Json make_string(std::string_view text);

}  // namespace vedette::naive
