// Events made from a rule: a small event that the naive matcher says fires it, and its one-term mutations. Works from the
// naive tree only. Pure functions of the seed; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tests/naive_match/match.h"

namespace vedette::corpus {

// `flat`: every field as a literal dotted top-level key, else nested objects. nullopt when no event was found.
[[nodiscard]] std::optional<naive::Json> firing_event(const naive::Rule& rule, bool flat, std::uint64_t seed);
// The event with one thing changed: a field dropped, null, empty, another text, kind, case or array shape.
[[nodiscard]] std::vector<naive::Json> mutations(const naive::Json& event);

}  // namespace vedette::corpus
