// Completion scripts of shells, made from the command line's own description, so they cannot differ from it. Pure.
#pragma once

#include <string>

#include "engine/base/result.h"

namespace CLI {
class App;
}

namespace vedette::app {

// shell: bash, zsh or fish; another one is an Error that names these.
[[nodiscard]] Result<std::string> completion_script(const CLI::App& root, const std::string& shell);

}  // namespace vedette::app
