#include "connectors/sources/record_source.h"

#include <ctime>

#ifdef VEDETTE_FAILPOINTS
#include <cstdlib>
#include <fstream>
#endif

namespace vedette::connectors {
namespace {

#ifdef VEDETTE_FAILPOINTS
DurationUs offset(const char* setting) {
  if (setting == nullptr) return 0;
  if (setting[0] != '/') return std::atoll(setting) * kSecondUs;
  std::int64_t seconds = 0;
  std::ifstream(setting) >> seconds;
  return seconds * kSecondUs;
}

DurationUs passed_offset() {
  static const char* const setting = std::getenv("VEDETTE_CLOCK_OFFSET");
  return offset(setting);
}

DurationUs wall_offset() {
  static const char* const setting = std::getenv("VEDETTE_WALL_CLOCK_OFFSET");
  return offset(setting);
}
#else
constexpr DurationUs passed_offset() { return 0; }
constexpr DurationUs wall_offset() { return 0; }
#endif

}  // namespace

TimeUs system_clock_now() {
  const auto since_epoch = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::microseconds>(since_epoch).count() + passed_offset() + wall_offset();
}

TimeUs elapsed_now() {
  timespec now{};
  ::clock_gettime(CLOCK_BOOTTIME, &now);
  return now.tv_sec * kSecondUs + now.tv_nsec / 1000 + passed_offset();
}

}  // namespace vedette::connectors
