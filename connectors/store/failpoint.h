// Places where a test can end the process: VEDETTE_FAILPOINT="name:count" kills it (SIGKILL, no clean-up) at the count-th
// passing of the point. Only in builds with VEDETTE_FAILPOINTS (the tests' program); elsewhere a point is nothing at all.
// VEDETTE_CRASHPOINT="marker" aborts at a record that holds the marker. Any thread. Names say the step and the side:
// commit_before_write, sink_after_deliver.
#pragma once

#include <string_view>

namespace vedette::connectors {

#ifdef VEDETTE_FAILPOINTS
void failpoint(const char* name);
void crashpoint(std::string_view record);
#else
inline void failpoint(const char*) {}
inline void crashpoint(std::string_view) {}
#endif

}  // namespace vedette::connectors
