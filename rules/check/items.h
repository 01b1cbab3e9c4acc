// Lints over one detection item: a field, its modifiers and values. Internal to rules/check; one thread.
#pragma once

#include "rules/check/lint.h"

namespace vedette::rules {

void unknown_event_type(const ItemView& item, Sink& sink);
void not_by_event_hook(const ItemView& item, Sink& sink);
void pattern_without_event_type(const ItemView& item, Sink& sink);
void far_field(const ItemView& item, Sink& sink);

void single_item_list(const ItemView& item, Sink& sink);
void duplicate_value(const ItemView& item, Sink& sink);
void pointless_wildcard(const ItemView& item, Sink& sink);
void literal_regex(const ItemView& item, Sink& sink);
void regex_dot_star(const ItemView& item, Sink& sink);
void regex_inline_flag(const ItemView& item, Sink& sink);
void empty_list(const ItemView& item, Sink& sink);
void blank_value(const ItemView& item, Sink& sink);
void address_prefix(const ItemView& item, Sink& sink);
void wildcard_shape(const ItemView& item, Sink& sink);

}  // namespace vedette::rules
