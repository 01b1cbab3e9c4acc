// Words of an alert: its one-sentence reason and the kinds of its entities. Pure functions, any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/base/time.h"
#include "engine/plan/plan.h"

namespace vedette::alert {

using Members = std::vector<std::pair<std::string, std::string>>;  // member -> original value

// "12 events of 3 systems for alice within 15 m (threshold 10)"
[[nodiscard]] std::string count_reason(std::uint64_t count, bool of_alerts, const std::vector<std::string>& sources,
                                       const Members& group, DurationUs window, std::uint64_t threshold);
// "4 distinct client.ipAddress for bob within 10 m (threshold 4)"
[[nodiscard]] std::string distinct_reason(std::uint64_t count, const std::vector<std::string>& fields, const Members& group,
                                          DurationUs window, std::uint64_t threshold);
// "okta_a, okta_b and okta_c for alice within 4 m 12 s"
[[nodiscard]] std::string temporal_reason(const std::vector<std::string>& rules, const Members& group, DurationUs span);
// "okta_a then okta_b for alice within 4 m 12 s"
[[nodiscard]] std::string ordered_reason(const std::vector<std::string>& rules, const Members& group, DurationUs span);
// "median of bytes 7 for bob in a window of 5 m (> 5)"
[[nodiscard]] std::string window_reason(const plan::CorrelationPlan& plan, const std::string& measured, const Members& group);
// What the other types say of what was measured (Window::detail): "sum of bytes is 110.5 over 2 events for bob within 10 m (>
// 100)", "country for the first time in 30 d ...", "asn changed from 1 to 2 for bob within 1 d", "travelled from 48.8,2.3
// to 35.6,139.6, 9712 km in 1 h (9712 km/h) for bob", "attempts 25, users 8 for 10.0.0.1 within 15 m (attempts >= 25 and users >=
// 8)".
[[nodiscard]] std::string type_reason(const plan::CorrelationPlan& plan, std::uint64_t count, const std::string& detail,
                                      const Members& group);
// "... without okta_sso within 30 m"
[[nodiscard]] std::string without_reason(std::string text, const std::vector<std::string>& rules, DurationUs window);
// "okta event matched Okta password changed for alice"
[[nodiscard]] std::string event_reason(std::string_view source, std::string_view rule, const Members& group,
                                       std::uint64_t repeat);

// What a group member names: person, user, ip, session, or the member itself.
[[nodiscard]] std::string entity_type(std::string_view member);

}  // namespace vedette::alert
