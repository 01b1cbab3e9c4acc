// A time zone as a table of transitions, so that engine/ needs no zone database: rules/ and app/ fill it from IANA data
// through cctz. Immutable after load; any thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "engine/base/time.h"

namespace vedette {

struct ZoneTable {
  struct Transition {
    TimeUs from = 0;            // first instant (UTC) at which the offset holds
    std::int32_t offset_s = 0;  // seconds east of UTC
  };
  std::string name;                     // IANA name
  std::int32_t first_offset_s = 0;      // before the first transition
  std::vector<Transition> transitions;  // ascending

  [[nodiscard]] std::int32_t offset_at(TimeUs utc) const;
  // Local wall time (as if it were UTC) -> UTC. An ambiguous time takes the earlier reading unless that lies before
  // `previous` and the later one does not; a nonexistent one shifts forward by the gap.
  [[nodiscard]] TimeUs to_utc(TimeUs local, TimeUs previous = INT64_MIN) const;
};

using ZonePtr = std::shared_ptr<const ZoneTable>;  // null = UTC

}  // namespace vedette
