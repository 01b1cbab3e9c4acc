// Key texts: folding, sentinels, transforms, fan-out over arrays (formats, "Ids and keys"). Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tests/oracle/naive/model.h"

namespace vedette::naive {

inline constexpr std::size_t kFanOut = 64;

// Simple case folding of ASCII and of the handful of other letters that the generator uses.
std::string fold(const std::string& text);

// Distinct keys of a field in document order, at most 64; missing values are left out.
std::vector<std::string> keys_of(const Event& event, const FieldRef& field, const SourceType& source);

// Cross product in document order, at most 64 tuples; no tuples when any part has no keys.
std::vector<std::vector<std::string>> tuples_of(const std::vector<std::vector<std::string>>& parts);

}  // namespace vedette::naive
