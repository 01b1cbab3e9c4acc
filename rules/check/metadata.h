// Lints over what a document says about itself. Internal to rules/check; one thread.
#pragma once

#include "rules/check/lint.h"

namespace vedette::rules {

void missing_level(const DocumentView& document, Sink& sink);
void missing_status(const DocumentView& document, Sink& sink);
void experimental(const DocumentView& document, Sink& sink);
void missing_description(const DocumentView& document, Sink& sink);
void missing_author(const DocumentView& document, Sink& sink);
void bad_tag(const DocumentView& document, Sink& sink);
void no_attack_tag(const DocumentView& document, Sink& sink);
void bad_date(const DocumentView& document, Sink& sink);
void modified_before_date(const DocumentView& document, Sink& sink);
void missing_falsepositives(const DocumentView& document, Sink& sink);
void title_style(const DocumentView& document, Sink& sink);
void misspelt_key(const DocumentView& document, Sink& sink);

}  // namespace vedette::rules
