// Every value of a JSON event with its path: keys joined by dots, arrays looked through. Reads what it can and stops at
// what is malformed. Pure; any thread.
#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace vedette::app {

// Strings are unescaped; null is "". Objects and arrays are visited before what they hold, with "" as value.
using FieldVisitor = std::function<void(const std::string& path, std::string_view value, bool container)>;

void each_field(std::string_view json, const FieldVisitor& visit);

}  // namespace vedette::app
