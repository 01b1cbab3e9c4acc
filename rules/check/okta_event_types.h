// Okta's catalogue of event types: names and whether an event hook can deliver them. Constants; any thread.
#pragma once

#include <span>
#include <string_view>

namespace vedette::rules {

struct OktaEventType {
  std::string_view name;
  bool hook;  // event hooks deliver it
};

// All of them, sorted by name.
[[nodiscard]] std::span<const OktaEventType> okta_event_types();
// In any case of letters; nullptr when the catalogue does not have it.
[[nodiscard]] const OktaEventType* find_okta_event_type(std::string_view name);

}  // namespace vedette::rules
