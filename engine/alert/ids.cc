#include <fmt/format.h>

#include <vector>

#include "engine/alert/alert.h"
#include "engine/base/digest.h"

namespace vedette::alert {

std::string correlation_alert_id(std::string_view tenant, std::string_view rule, DurationUs period,
                                 const std::vector<std::string_view>& by_keys, std::string_view bucket) {
  const std::string period_text = fmt::format("{}", period);
  std::vector<std::string_view> parts{"vedette.alert.v1", tenant, rule, period_text};
  parts.insert(parts.end(), by_keys.begin(), by_keys.end());
  parts.push_back(bucket);
  return to_hex(digest_parts(parts));
}

std::string event_alert_id(std::string_view tenant, std::string_view rule, std::string_view source_type,
                           std::string_view event_id) {
  return to_hex(digest_parts({"vedette.event-alert.v1", tenant, rule, source_type, event_id}));
}

}  // namespace vedette::alert
