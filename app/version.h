// The program's version; the same as in CMakeLists.txt (a test compares them).
#pragma once

#include <string_view>

namespace vedette::app {

inline constexpr std::string_view kVersion = "0.1.0";

}  // namespace vedette::app
