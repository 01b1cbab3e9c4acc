// Exit codes of every command (README, "Exit codes"). Plain constants; any thread.
#pragma once

namespace vedette::app {

inline constexpr int kExitOk = 0;
inline constexpr int kExitFindings = 1;       // failed tests, lint errors, --fail-on hit
inline constexpr int kExitUsage = 2;          // command line, configuration, broken rules, missing input
inline constexpr int kExitRuntime = 4;        // reading, writing, a port in use
inline constexpr int kExitInterrupted = 130;  // ^C

}  // namespace vedette::app
