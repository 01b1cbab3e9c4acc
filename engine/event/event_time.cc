#include "engine/event/event_time.h"

namespace vedette::event {

std::optional<TimeUs> parse_time(const Value& value, plan::TimeFormat format, const SyslogReference& reference) {
  if (value.kind != ValueKind::string && value.kind != ValueKind::number) return std::nullopt;
  switch (format) {
    case plan::TimeFormat::iso8601:
      return parse_iso8601(value.text);
    case plan::TimeFormat::epoch_s:
      return parse_epoch(value.text, kSecondUs);
    case plan::TimeFormat::epoch_ms:
      return parse_epoch(value.text, 1000);
    case plan::TimeFormat::epoch_us:
      return parse_epoch(value.text, 1);
    case plan::TimeFormat::epoch_ns:
      return parse_epoch(value.text, 0);
    case plan::TimeFormat::syslog:
      return parse_syslog_time(value.text, reference);
  }
  return std::nullopt;
}

}  // namespace vedette::event
