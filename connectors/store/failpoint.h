// Places where a test can end the process: VEDETTE_FAILPOINT="name:count" kills it (SIGKILL, no clean-up) at the count-th
// passing of the point. Only in builds with VEDETTE_FAILPOINTS (the tests' program); elsewhere a point is nothing at all.
// Any thread. Names say the step and the side: commit_before_write, sink_after_deliver.
#pragma once

namespace vedette::connectors {

#ifdef VEDETTE_FAILPOINTS
void failpoint(const char* name);
#else
inline void failpoint(const char*) {}
#endif

}  // namespace vedette::connectors
