// "did you mean": the nearest of the known names, by edit distance. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace vedette::app {

// Empty when nothing is near.
[[nodiscard]] std::string nearest(std::string_view word, const std::vector<std::string>& names);
// "; did you mean 'replay'?" or nothing.
[[nodiscard]] std::string did_you_mean(std::string_view word, const std::vector<std::string>& names);

}  // namespace vedette::app
