#include "app/service/outbox.h"

#include <algorithm>

namespace vedette::app {

connectors::OutboxAlert outbox_alert(const alert::Alert& alert, TimeUs committed) {
  connectors::OutboxAlert out;
  out.alert_id = alert.alert_id;
  out.revision = alert.revision;
  out.withdrawn = alert.withdrawn;
  out.continuation = alert.continuation;
  out.episode_id = alert.episode_id;
  out.level = alert.level;
  out.rule_id = alert.rule->id;
  out.rule = alert.rule->label();
  out.tags = alert.rule->tags;
  out.sources = alert.sources;
  out.tenant = alert.tenant;
  out.group_key = alert.tenant;
  for (const auto& [member, value] : alert.group) out.group_key += "/" + value;
  std::replace_if(
      out.group_key.begin(), out.group_key.end(), [](char c) { return static_cast<unsigned char>(c) < ' '; }, ' ');
  out.time = alert.time;
  out.committed = committed;
  alert::append_json(out.json, alert);
  return out;
}

}  // namespace vedette::app
