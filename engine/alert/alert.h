// An alert: what fired, for whom, when, why, and on which events. Self-contained value; JSON encodings in alert/json.h.
// Field meanings and the order of JSON keys: spec formats, "Alert JSON". Times are microseconds UTC.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/time.h"
#include "engine/plan/plan.h"

namespace vedette::alert {

struct EvidenceRef {
  TimeUs t = 0;
  std::string source;  // source type name
  std::string id;
};

struct Alert {
  std::string alert_id;
  std::shared_ptr<const plan::RuleMeta> rule;  // aliases into the plan; keeps it alive
  std::string author;                          // the rule's own, then its base rules', joined by "; "
  plan::Level level = plan::Level::medium;
  TimeUs time = 0;
  std::vector<std::pair<std::string, std::string>> group;  // member -> the trigger event's original scalar
  std::uint64_t count = 0;
  std::vector<EvidenceRef> events;  // by (t, id), the latest 100
  std::uint64_t elided = 0;
  std::string reason;
  std::string title;  // of `alert.title`; empty: the rule's
  std::string tenant;
  std::vector<std::string> sources;  // sorted source type names
  TimeUs first_time = 0, last_time = 0, fired_at = 0;
  std::string episode_id;
  bool continuation = false;
  std::uint32_t revision = 1;
  bool withdrawn = false;
  bool incomplete = false;
  std::vector<std::string> flags;
  std::vector<std::pair<std::string, std::string>> entities;  // type, value
  // Ordering of alerts of one record, and suppression detail; not part of the JSON.
  int chain_level = 0;
  std::string key_text;
  std::int64_t bucket = 0;
  std::string bucket_text;  // "@" and the trigger event's id when there is one alert per trigger
};

// One line without a newline.
void append_json(std::string& out, const Alert& alert);

// The ids of spec formats, "Ids and keys". by_keys: key texts of the by-values.
[[nodiscard]] std::string correlation_alert_id(std::string_view tenant, std::string_view rule, DurationUs period,
                                               const std::vector<std::string_view>& by_keys, std::string_view bucket);
[[nodiscard]] std::string event_alert_id(std::string_view tenant, std::string_view rule, std::string_view source_type,
                                         std::string_view event_id);

}  // namespace vedette::alert
