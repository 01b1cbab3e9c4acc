// The table of lints: code, what its fix does to the compiled rules, and the function that looks. What a lint looks at
// shows in which of `document`, `selection` and `item` it fills. Texts of codes: engine/base/diagnostic_codes.h.
#include <array>

#include "rules/check/items.h"
#include "rules/check/lint.h"
#include "rules/check/logic.h"
#include "rules/check/metadata.h"

namespace vedette::rules {
namespace {

constexpr auto kLints = std::to_array<Lint>({
    {.code = "V2101", .document = missing_level},
    {.code = "V2102", .document = missing_status},
    {.code = "V2103", .document = experimental},
    {.code = "V2104", .document = missing_description},
    {.code = "V2105", .document = missing_author},
    {.code = "V2106", .effect = Effect::same_alerts, .document = bad_tag},
    {.code = "V2107", .document = no_attack_tag},
    {.code = "V2108", .effect = Effect::same_plan, .document = bad_date},
    {.code = "V2109", .document = modified_before_date},
    {.code = "V2110", .document = missing_falsepositives},
    {.code = "V2111", .effect = Effect::same_alerts, .document = title_style},
    {.code = "V2112", .document = misspelt_key},
    {.code = "V2121", .item = unknown_event_type},
    {.code = "V2122", .item = not_by_event_hook},
    {.code = "V2123", .item = pattern_without_event_type},
    {.code = "V2124", .item = far_field},
    {.code = "V2131", .effect = Effect::same_plan, .item = single_item_list},
    {.code = "V2132", .effect = Effect::same_alerts, .item = duplicate_value},
    {.code = "V2133", .effect = Effect::same_plan, .item = pointless_wildcard},
    {.code = "V2134", .effect = Effect::same_alerts, .item = literal_regex},
    {.code = "V2135", .effect = Effect::same_alerts, .item = regex_dot_star},
    {.code = "V2136", .effect = Effect::same_plan, .item = regex_inline_flag},
    {.code = "V2137", .item = empty_list},
    {.code = "V2138", .item = blank_value},
    {.code = "V2139", .item = address_prefix},
    {.code = "V2140", .effect = Effect::same_plan, .item = wildcard_shape},
    {.code = "V2141", .selection = only_neq},
    {.code = "V2151", .document = contradiction},
    {.code = "V2152", .effect = Effect::same_plan, .document = quantifier_of_one},
    {.code = "V2153", .document = only_negation},
    {.code = "V2161", .document = long_timespan},
    {.code = "V2162", .document = threshold_of_one},
    {.code = "V2163", .document = tumbling_window},
    {.code = "V2164", .document = neq_bound},
    {.code = "V2165", .document = one_group},
    {.code = "V2166", .document = temporal_of_one},
    {.code = "V2167", .document = display_name_group},
    {.code = "V2171", .document = filter_expired},
    {.code = "V2172", .document = filter_expires_soon},
    {.code = "V2173", .document = filter_unowned},
});

}  // namespace

std::span<const Lint> lints() { return kLints; }

}  // namespace vedette::rules
