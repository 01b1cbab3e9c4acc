// What a string holds when a path goes on into it: JSON, or {k=v, k=v} text as an object of strings. For the naive matcher.
// Includes nothing of the engine. Pure; any thread.
#pragma once

#include <optional>
#include <string>

#include "tests/naive_match/json.h"

namespace vedette::naive {

[[nodiscard]] std::optional<Json> inside(const std::string& text);

}  // namespace vedette::naive
