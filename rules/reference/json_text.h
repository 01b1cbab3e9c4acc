// JSON text laid out for people: two blanks a level, short containers on one line. Pure; any thread.
#pragma once

#include <string>
#include <string_view>

namespace vedette::rules::reference {

// `json` is well-formed and without blanks between its tokens other than those of its strings, or with any.
[[nodiscard]] std::string pretty_json(std::string_view json);

}  // namespace vedette::rules::reference
