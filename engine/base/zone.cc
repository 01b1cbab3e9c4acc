#include "engine/base/zone.h"

#include <algorithm>

namespace vedette {

std::int32_t ZoneTable::offset_at(TimeUs utc) const {
  const auto after = std::upper_bound(transitions.begin(), transitions.end(), utc,
                                      [](TimeUs t, const Transition& transition) { return t < transition.from; });
  return after == transitions.begin() ? first_offset_s : std::prev(after)->offset_s;
}

TimeUs ZoneTable::to_utc(TimeUs local, TimeUs previous) const {
  // Candidate offsets are those in force a day around; a reading is valid when its own offset gives it.
  const std::int32_t before = offset_at(local - kDayUs);
  const std::int32_t after = offset_at(local + kDayUs);
  const TimeUs with_before = local - before * kSecondUs;
  const TimeUs with_after = local - after * kSecondUs;
  const bool before_holds = offset_at(with_before) == before;
  const bool after_holds = offset_at(with_after) == after;
  if (before_holds && after_holds) {
    const TimeUs early = std::min(with_before, with_after);
    const TimeUs late = std::max(with_before, with_after);
    return early < previous && late >= previous ? late : early;
  }
  if (before_holds) return with_before;
  if (after_holds) return with_after;
  // Nonexistent: shifting by the gap is what the offset before the change gives.
  return with_before;
}

}  // namespace vedette
