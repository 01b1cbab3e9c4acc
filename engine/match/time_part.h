// Parts of a point in time written as text (spec: rules §1.8). Pure functions, any thread.
#pragma once

#include <optional>
#include <string_view>

#include "engine/base/zone.h"
#include "engine/event/event.h"
#include "engine/plan/pattern.h"

namespace vedette::match {

// ISO 8601 text, or a count of seconds or (from 10^11 on) milliseconds since the epoch, as a number or as digits.
[[nodiscard]] std::optional<TimeUs> parse_point(std::string_view text, event::ValueKind kind);
// minute 0-59, hour 0-23, day 1-31, week = ISO 8601 week 1-53, month 1-12, year; in the zone (null = UTC).
[[nodiscard]] int time_part(TimeUs t, plan::TimePart part, const ZonePtr& zone);

}  // namespace vedette::match
