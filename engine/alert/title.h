// The text of `alert.title`: literal parts and values (docs/semantics.md, 10). Pure functions, any thread.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "engine/alert/alert.h"
#include "engine/plan/plan.h"

namespace vedette::alert {

// Appends the values of a part that the alert itself does not know; none when it has no value.
using TitleLookup = std::function<void(const plan::TitlePart& part, std::vector<std::string>& values)>;

// Values of one part are joined by ", "; none is "?". Count, level and rule are the alert's.
[[nodiscard]] std::string title_text(const plan::Title& title, const Alert& alert, const TitleLookup& lookup);

}  // namespace vedette::alert
