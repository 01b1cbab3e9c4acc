// What a document uses beyond Sigma 2.1 (`vedette check --portable`): codes V219x. Internal to rules/check; one thread.
#pragma once

#include "rules/check/lint.h"

namespace vedette::rules {

void look_for_extensions(const DocumentView& document, Sink& sink);

}  // namespace vedette::rules
