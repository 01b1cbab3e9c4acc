// Writing the events of test cases as records: a YAML map becomes JSON with its time and id filled in, a message becomes
// a syslog line. Internal to rules/test. Pure; any thread.
#pragma once

#include <string>
#include <string_view>

#include "engine/base/time.h"
#include "engine/plan/source_plan.h"
#include "rules/yaml/node.h"

namespace vedette::rules::test {

// Plain true, false, null and JSON numbers keep their JSON type; everything else is a string.
[[nodiscard]] std::string to_json(const yaml::Node& node);
// The value at a nested path, or under the literal dotted key; null when absent.
[[nodiscard]] const yaml::Node* value_at(const yaml::Node& map, const plan::FieldPath& path);
// True when the event is an envelope: it holds one of the source type's unwrap paths. Then nothing is filled in.
[[nodiscard]] bool enveloped(const yaml::Node& event, const plan::SourcePlan& source);
// JSON of the event, its first time and id path filled where the event does not give them.
[[nodiscard]] std::string json_record(const yaml::Node& event, const plan::SourcePlan& source, TimeUs t, const std::string& id);
// "<time> <text>", with a host and sshd as program when the text has no header of its own.
[[nodiscard]] std::string text_record(std::string_view text, TimeUs t);

}  // namespace vedette::rules::test
