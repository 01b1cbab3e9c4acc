// One event against one rule, as a tree of terms with what the event held. Pure rendering.
#pragma once

#include <string>
#include <vector>

#include "engine/event/decoder.h"
#include "engine/match/matcher.h"
#include "engine/plan/plan.h"

namespace vedette::app {

struct TreeStyle {
  bool colour = false;
  bool symbols = false;  // check marks instead of yes and no
};

// All arms of the rule that the event's source type has; `matched` tells the outcome. Empty when there is none.
[[nodiscard]] std::string explain_event(const plan::Plan& plan, std::uint32_t rule, const event::EventView& event,
                                        match::Matcher& matcher, const TreeStyle& style, bool& matched);

// The filters of an arm and when its alert has which level; one indented line each.
[[nodiscard]] std::string filter_and_level_lines(const plan::Plan& plan, const plan::SourceProgram& program,
                                                 const plan::Arm& arm);

}  // namespace vedette::app
