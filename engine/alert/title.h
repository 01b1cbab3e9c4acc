// The text of `alert.title`: literal parts and values (docs/semantics.md, 10). Pure functions, any thread.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "engine/plan/plan.h"

namespace vedette::alert {

// Appends the values of a part that is no text; none when it has no value.
using TitleLookup = std::function<void(const plan::TitlePart& part, std::vector<std::string>& values)>;

// Values of one part are joined by ", "; none is "?".
[[nodiscard]] std::string title_text(const plan::Title& title, const TitleLookup& lookup);

}  // namespace vedette::alert
