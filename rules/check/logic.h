// Lints over conditions, selections, correlations, filters and test files. Internal to rules/check; one thread.
#pragma once

#include "rules/check/lint.h"

namespace vedette::rules {

// rules/check/logic.cc
void contradiction(const DocumentView& document, Sink& sink);
void quantifier_of_one(const DocumentView& document, Sink& sink);
void only_negation(const DocumentView& document, Sink& sink);
void only_neq(const SelectionView& selection, Sink& sink);

// rules/check/correlations.cc
void long_timespan(const DocumentView& document, Sink& sink);
void threshold_of_one(const DocumentView& document, Sink& sink);
void tumbling_window(const DocumentView& document, Sink& sink);
void neq_bound(const DocumentView& document, Sink& sink);
void one_group(const DocumentView& document, Sink& sink);
void temporal_of_one(const DocumentView& document, Sink& sink);
void display_name_group(const DocumentView& document, Sink& sink);
void filter_expired(const DocumentView& document, Sink& sink);
void filter_expires_soon(const DocumentView& document, Sink& sink);
void filter_unowned(const DocumentView& document, Sink& sink);

}  // namespace vedette::rules
