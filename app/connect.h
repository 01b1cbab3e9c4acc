// `vedette check -c FILE --connect`: whether what a configuration names can be reached and written, now and from here. Binds
// the ports for a moment, asks brokers for their topics, connects to webhooks without sending anything, looks at files and
// folders; changes nothing. Blocks, a few seconds for each place that does not answer. Main thread.
#pragma once

#include <functional>
#include <string>

#include "app/config.h"
#include "engine/base/diagnostic.h"

namespace vedette::app {

// What cannot be reached becomes a diagnostic (V9012, V9013); `tell` hears of each place before it is tried.
void check_connections(const Config& config, const std::function<void(const std::string& place)>& tell, Diagnostics& findings);

}  // namespace vedette::app
