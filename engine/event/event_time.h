// The instants that a source type's time fields name. Pure functions, any thread.
#pragma once

#include <optional>

#include "engine/event/event.h"
#include "engine/event/syslog.h"
#include "engine/plan/source_plan.h"

namespace vedette::event {

// nullopt when the value is absent, of the wrong kind, or does not parse.
[[nodiscard]] std::optional<TimeUs> parse_time(const Value& value, plan::TimeFormat format, const SyslogReference& reference);

}  // namespace vedette::event
