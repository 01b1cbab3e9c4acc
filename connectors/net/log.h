// How connectors report what happens to them: one callback, given by the composition root. Called from any thread, so it
// must be thread-safe. `component` is the config name of the source or sink. Messages never hold payloads or secrets.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

namespace vedette::connectors {

enum class LogLevel : std::uint8_t { debug, info, warning, error };

using Log = std::function<void(LogLevel, std::string_view component, std::string_view message)>;

}  // namespace vedette::connectors
