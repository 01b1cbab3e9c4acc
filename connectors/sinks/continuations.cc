#include "connectors/sinks/continuations.h"

namespace vedette::connectors {

template <typename Value>
void Continuations::Memory<Value>::put(const std::string& key, Value value, std::size_t most) {
  const auto [place, fresh] = values.insert_or_assign(key, value);
  if (!fresh) return;
  order.push_back(key);
  if (order.size() <= most) return;
  values.erase(order.front());
  order.pop_front();
}

bool Continuations::sends(const OutboxAlert& alert) {
  if (alert.revision > 1 || alert.withdrawn) return !dropped_.values.contains(alert.alert_id);
  const std::string& episode = alert.episode_id.empty() ? alert.alert_id : alert.episode_id;
  const auto last = last_sent_.values.find(episode);
  if (alert.continuation && last != last_sent_.values.end() && alert.committed - last->second < repeat_interval_) {
    dropped_.put(alert.alert_id, true, most_);
    return false;
  }
  last_sent_.put(episode, alert.committed, most_);
  return true;
}

}  // namespace vedette::connectors
