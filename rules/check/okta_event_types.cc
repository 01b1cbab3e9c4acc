#include "rules/check/okta_event_types.h"

#include <array>
#include <string>
#include <unordered_map>

#include "engine/base/fold.h"

namespace vedette::rules {
namespace {

constexpr auto kTypes = std::to_array<OktaEventType>({
#include "rules/check/okta_event_types.inc"
});

}  // namespace

std::span<const OktaEventType> okta_event_types() { return kTypes; }

const OktaEventType* find_okta_event_type(std::string_view name) {
  static const std::unordered_map<std::string, const OktaEventType*> by_name = [] {
    std::unordered_map<std::string, const OktaEventType*> map;
    for (const OktaEventType& type : kTypes) map.emplace(folded(type.name), &type);
    return map;
  }();
  const auto found = by_name.find(folded(name));
  return found == by_name.end() ? nullptr : found->second;
}

}  // namespace vedette::rules
