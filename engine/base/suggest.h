// "Did you mean": the candidate nearest to a mistyped word. Pure; any thread.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace vedette {

// The nearest candidate by edits (case counts little), or empty when none is near enough. Ties: the first.
[[nodiscard]] std::string_view nearest(std::string_view word, std::span<const std::string_view> candidates);
[[nodiscard]] std::string_view nearest(std::string_view word, const std::vector<std::string>& candidates);
// "did you mean `x`?" or the fallback.
[[nodiscard]] std::string did_you_mean(std::string_view word, std::span<const std::string_view> candidates, std::string fallback);
[[nodiscard]] std::string did_you_mean(std::string_view word, const std::vector<std::string>& candidates, std::string fallback);

}  // namespace vedette
