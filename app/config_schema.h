// The JSON Schema of the configuration, and its part of the reference. Pure; any thread.
#pragma once

#include <string>

namespace vedette::app {

[[nodiscard]] std::string config_schema();
// Markdown: the tables of the configuration's keys.
[[nodiscard]] std::string config_reference();

}  // namespace vedette::app
