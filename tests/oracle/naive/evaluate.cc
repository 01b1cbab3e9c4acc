#include "tests/oracle/naive/evaluate.h"

#include <algorithm>
#include <tuple>

#include "tests/oracle/naive/ids.h"
#include "tests/oracle/naive/keys.h"
#include "tests/oracle/naive/world.h"

namespace vedette::naive {
namespace {

class Evaluation {
 public:
  Evaluation(const Log& log, const Rules& rules) : log_(log), rules_(rules), world_(log, rules) {}

  std::map<std::string, Alert> run() {
    for (const Rule& rule : rules_.rules) single_event_alerts(rule);
    for (const Correlation& correlation : rules_.correlations) {
      if (!emits(correlation.name)) continue;
      if (waits(correlation)) {
        for (const Decision& decision : world_.decisions(correlation)) add(correlation, decision);
      } else {
        for (const Trigger& trigger : world_.triggers(correlation, {})) add(world_.alert_of(correlation, trigger));
      }
    }
    return alerts_;
  }

 private:
  const Log& log_;
  const Rules& rules_;
  World world_;
  std::map<std::string, Alert> alerts_;

  // A rule that a correlation refers to is silent unless one of them says `generate: true`.
  [[nodiscard]] bool emits(const std::string& name) const {
    bool referred = false;
    for (const Correlation& correlation : rules_.correlations) {
      for (const Input& input : correlation.inputs) {
        if (input.name != name) continue;
        if (correlation.generate) return true;
        referred = true;
      }
    }
    return !referred;
  }

  void add(Alert alert) {
    const auto [place, fresh] = alerts_.emplace(alert.id, alert);
    if (!fresh && alert.time < place->second.time) place->second = std::move(alert);
  }

  // The first decision of a bucket makes its alert.
  void add(const Correlation& correlation, const Decision& decision) {
    Alert alert = world_.alert_of(correlation, decision.trigger);
    alert.decided = true;
    alert.incomplete = decision.incomplete;
    alert.at_end = decision.at_end;
    alert.deadline = decision.deadline;
    alert.position = decision.position;
    const auto order = [](const Alert& a) { return std::tie(a.position, a.deadline, a.time); };
    const auto [place, fresh] = alerts_.emplace(alert.id, alert);
    if (!fresh && order(alert) < order(place->second)) place->second = std::move(alert);
  }

  // Late events too, and every copy: the ids are equal.
  void single_event_alerts(const Rule& rule) {
    if (!emits(rule.name)) return;
    for (const Event& event : log_.events) {
      if (!event.rules.contains(rule.name)) continue;
      Alert alert;
      alert.rule = rule.id;
      alert.tenant = event.tenant;
      alert.time = event.t;
      if (!rule.suppress.period) {
        alert.id = event_alert_id(event.tenant, rule.id, event.source, event.id);
      } else {
        for (const std::string& field : rule.suppress.by.value_or(Keys{})) {
          const Keys keys = keys_of(event, {field, {}}, rules_.sources.at(event.source));
          alert.by.push_back(keys.empty() ? "" : keys.front());  // null: the one text that no value has
        }
        alert.bucket = bucket_of(event.t, event.id, event.tenant, rule.id, *rule.suppress.period, alert.by);
        alert.id = alert_id(event.tenant, rule.id, *rule.suppress.period, alert.by, alert.bucket);
      }
      add(alert);
    }
  }
};

}  // namespace

std::map<std::string, Alert> evaluate(const Log& log, const Rules& rules) { return Evaluation(log, rules).run(); }

bool log_time_falls(const Log& log, const Rules& rules) { return World(log, rules).log_time_falls(); }

}  // namespace vedette::naive
