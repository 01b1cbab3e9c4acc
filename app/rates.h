// How many alerts a day each rule would have made over recorded events, and why some never matched. Pure rendering.
#pragma once

#include <string>

#include "app/silence.h"
#include "engine/correlate/correlator.h"
#include "engine/plan/plan.h"
#include "engine/run/sequencer.h"

namespace vedette::app {

// Some rule matched nothing, or some correlation had no complete window.
[[nodiscard]] bool has_silent_rules(const plan::Plan& plan, const correlate::Correlator& correlator);

// A table, loudest first, and below it the silent rules; `observer` (of a second pass) says why, null: unknown.
[[nodiscard]] std::string render_rates(const plan::Plan& plan, const correlate::Correlator& correlator,
                                       const run::SequencerCounters& counters, const SilenceObserver* observer);

}  // namespace vedette::app
