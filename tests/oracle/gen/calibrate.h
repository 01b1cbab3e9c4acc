// How many windows the cases of a rule set should span, so that some fire and some do not: a few sample cases of every
// spread are tried with the naive evaluator. One thread.
#pragma once

#include "tests/oracle/gen/rule_set.h"

namespace vedette::oracle {

// False when at every spread all samples fire or none does.
bool calibrate(RuleSet& set);

}  // namespace vedette::oracle
