// Every event of some files, one after the other, as a visitor sees it: for commands that look at events themselves.
// Main thread.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "app/inputs.h"
#include "engine/run/worker.h"

namespace vedette::app {

struct EventReading {
  plan::PlanPtr plan;
  std::shared_ptr<const match::MatchProgram> program;
  std::uint32_t source = plan::kNone;  // forced source type
  ZonePtr zone;                        // of zone-less times
  int year = 0;                        // of the first syslog line; 0: that of the file
  std::string name;                    // of the command
};

// Refused records are warned about. An Error is an input that cannot be read on.
[[nodiscard]] Status read_events(const EventReading& reading, const std::vector<InputFile>& files,
                                 const run::EventObserver& visit);

}  // namespace vedette::app
