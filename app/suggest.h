// "did you mean" as the end of a one-line message. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace vedette::app {

// "; did you mean 'replay'?" or nothing.
[[nodiscard]] std::string did_you_mean(std::string_view word, const std::vector<std::string>& names);

}  // namespace vedette::app
