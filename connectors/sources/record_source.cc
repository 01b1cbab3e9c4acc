#include "connectors/sources/record_source.h"

namespace vedette::connectors {

TimeUs system_clock_now() {
  const auto since_epoch = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::microseconds>(since_epoch).count();
}

}  // namespace vedette::connectors
