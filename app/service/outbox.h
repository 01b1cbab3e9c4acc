// From an alert to what lies in the outbox. Pure, any thread.
#pragma once

#include "connectors/sinks/sink.h"
#include "engine/alert/alert.h"

namespace vedette::app {

// `committed`: wall clock, microseconds.
[[nodiscard]] connectors::OutboxAlert outbox_alert(const alert::Alert& alert, TimeUs committed);

}  // namespace vedette::app
