// The command line: options of every command, their help, and the mapping of usage errors to exit code 2. CLI11 stays in
// cli.cc. Main thread.
#pragma once

namespace vedette::app {

// Parses, runs the command, returns the exit code.
[[nodiscard]] int run_command_line(int argc, char** argv);

}  // namespace vedette::app
