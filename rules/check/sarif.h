// Diagnostics as SARIF 2.1.0, for code scanning and editors. Pure; any thread.
#pragma once

#include <string>
#include <string_view>

#include "engine/base/diagnostic.h"

namespace vedette::rules {

// One run with the codes that occur as its rules, results with regions (columns in characters) and, where there is one,
// a fix (byte offsets). Ends with a newline.
[[nodiscard]] std::string to_sarif(const Diagnostics& diagnostics, std::string_view version);

}  // namespace vedette::rules
