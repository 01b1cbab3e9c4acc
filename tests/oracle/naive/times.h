// What a rule listens to, and how long it accepts, settles and holds (docs/semantics.md, 1 and 4). Pure.
#pragma once

#include <set>
#include <string>

#include "tests/oracle/naive/model.h"

namespace vedette::naive {

const Correlation& correlation_named(const Rules& rules, const std::string& name);
const Rule& rule_named(const Rules& rules, const std::string& name);

// Source types, directly or through inner rules.
std::set<std::string> sources_of(const Rules& rules, const Correlation& correlation);

// The largest among them.
Micros accept_of(const Rules& rules, const Correlation& correlation);

// How long a decision waits for an input: the largest of its sources; of an inner rule that waits it is longer by its
// window, and by what it accepts when it is settled.
Micros settle_of(const Rules& rules, const Input& input);
// What a tumbling window allows: its own `settle`, else the largest of its inputs.
Micros settle_of(const Rules& rules, const Correlation& correlation);
// What a decision that settles waits after its event: what is accepted, and what the slowest waiting rule below waits.
Micros settled_wait(const Rules& rules, const Correlation& correlation);
// What a negation allows: its own `settle`, else the largest of its negated names.
Micros negation_settle(const Rules& rules, const Correlation& correlation);
// The deadline of a negation for a trigger at t: the latest place of its negated names, and what it allows.
Micros negation_deadline(const Rules& rules, const Correlation& correlation, Micros t);

// Its own, and at least that of the waiting rules below.
Micros max_hold_of(const Rules& rules, const Correlation& correlation);

}  // namespace vedette::naive
