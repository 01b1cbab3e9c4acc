// The rule reference as Markdown, made from the tables of keys. Pure; any thread.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "rules/reference/key.h"

namespace vedette::rules::reference {

// Rules, correlations, filters, field expressions, rule tests and source types. `further`: sections that follow.
[[nodiscard]] std::string reference_markdown(std::string_view further);

// A table of keys: name, value, meaning, example. Extensions are marked with +.
[[nodiscard]] std::string keys_markdown(const Table& table);
// The same under a heading of its own, with an anchor.
[[nodiscard]] std::string section(const Table& table);
// A table of words and what they mean.
[[nodiscard]] std::string words_markdown(std::span<const Word> words, std::string_view heading);

}  // namespace vedette::rules::reference
