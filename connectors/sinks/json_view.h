// Looks into the JSON that we wrote ourselves (an alert's line): finds members and tells values as text. For small documents;
// it scans from the front each time. Bounds-checked: what is no JSON gives nothing, never a wrong place. Pure, any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace vedette::connectors {

// The raw text of a member's value of the object; nullopt when there is none, or it is no object.
[[nodiscard]] std::optional<std::string_view> json_member(std::string_view object, std::string_view name);

// A value as people read it: a string without quotes and escapes, elements joined by ", ", members as name=value, null as
// nothing. Empty when the value is malformed.
[[nodiscard]] std::string json_as_text(std::string_view value);

}  // namespace vedette::connectors
