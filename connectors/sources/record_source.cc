#include "connectors/sources/record_source.h"

#ifdef VEDETTE_FAILPOINTS
#include <cstdlib>
#include <fstream>
#endif

namespace vedette::connectors {
namespace {

#ifdef VEDETTE_FAILPOINTS
DurationUs clock_offset() {
  static const char* const setting = std::getenv("VEDETTE_CLOCK_OFFSET");
  if (setting == nullptr) return 0;
  if (setting[0] != '/') return std::atoll(setting) * kSecondUs;
  std::int64_t seconds = 0;
  std::ifstream(setting) >> seconds;
  return seconds * kSecondUs;
}
#else
constexpr DurationUs clock_offset() { return 0; }
#endif

}  // namespace

TimeUs system_clock_now() {
  const auto since_epoch = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::microseconds>(since_epoch).count() + clock_offset();
}

}  // namespace vedette::connectors
