// Conditions in text, for the naive evaluator: names, numbers, durations, arithmetic, comparisons, and, or, not. Pure.
#pragma once

#include <string>

#include "tests/oracle/naive/model.h"

namespace vedette::conformance {

// Throws std::runtime_error when the text is not understood.
naive::Expr parse_condition(const std::string& text);

}  // namespace vedette::conformance
