// One value of a detection item, after its modifiers, as a test on one event value. Strings become regular expressions:
// folding is RE2's (?i), wildcards are . and .*. Includes nothing of the engine.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace vedette::naive {

// An event value: how it is spelt and what it was in JSON.
struct Value {
  enum class Kind { null, boolean, number, string, object };
  Kind kind = Kind::null;
  std::string text;
};

struct Test {
  // Tests of the whole field.
  bool is_null = false;
  bool is_exists = false;
  bool expected = true;     // exists
  std::string other_field;  // fieldref
  // A test of one value that is not null. For fieldref: of the value against one value of the other field.
  std::function<bool(const Value&)> value;
  std::function<bool(const Value&, const Value&)> pair;
};

// A value as written (`is_null`: YAML null) with modifiers left to right. `keyword`: substring search.
// Throws std::runtime_error for what is not understood.
[[nodiscard]] Test make_test(const std::string& text, bool is_null, const std::vector<std::string>& modifiers, bool keyword);

// a < b, a == b, a > b of decimal texts as -1, 0, 1; 2 when either is no number.
[[nodiscard]] int compare_numbers(const std::string& a, const std::string& b);

}  // namespace vedette::naive
