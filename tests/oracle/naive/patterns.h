// Which events of one group are triggers, by looking at every window of every event (docs/semantics.md, 2-8); and the
// negated patterns of temporal types. Nothing incremental; ordered sequences try every choice. Pure.
#pragma once

#include <utility>
#include <vector>

#include "tests/oracle/naive/parts.h"

namespace vedette::naive {

// Whether the contributions of one window satisfy a counting type's bounds, a temporal type's condition, an average's bounds.
bool satisfied(const Correlation& correlation, const Window& window);

// The closed window [t - W, t].
Window window_of(const Correlation& correlation, const Contributions& contributions, Micros t, Micros edge);

// Triggers of everything that does not wait; `edge` as in Rules. With the value for new_value.
std::vector<std::pair<const Event*, Keys>> triggers_in(const Correlation& correlation, const Contributions& contributions,
                                                       Micros edge);

// metrics: whether the condition is true at t, with what is left after the latest `until`.
bool metrics_hold(const Correlation& correlation, const Contributions& contributions, Micros t, Micros edge);

// new_value: whether (event, value) is new.
bool is_new(const Correlation& correlation, const Contributions& contributions, const Event& event, const Keys& value,
            Micros edge);

// --- temporal types, `not` ---

// Contributions that may be the trigger h: of the last positive position, or of any positive rule.
bool ends_pattern(const Correlation& correlation, const Contribution& contribution);
// The positive part is complete for h; with `cancelling` in some way that no negated rule cancels.
bool pattern_ends_at(const Correlation& correlation, const Contributions& contributions, const Contribution& h, bool cancelling,
                     Micros edge);
// Where a negated name stands: the deadline without settle, for a trigger at t.
Micros deadline_of(const Correlation& correlation, std::size_t negated, Micros t);

}  // namespace vedette::naive
