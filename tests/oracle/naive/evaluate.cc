#include "tests/oracle/naive/evaluate.h"

#include <algorithm>
#include <set>
#include <tuple>

#include "tests/oracle/naive/ids.h"
#include "tests/oracle/naive/keys.h"

namespace vedette::naive {
namespace {

using Keys = std::vector<std::string>;

// An event, or a derived event, in one group of a correlation.
struct Contribution {
  const Event* event = nullptr;  // the source event
  std::size_t input = 0;
  std::string counted_as;  // what event_count counts: the event, or the inner alert id
  std::uint64_t weight = 1;
  std::set<Keys> values;  // value_count
};

struct Group {
  std::string tenant;  // * across tenants
  Keys keys;
  friend auto operator<=>(const Group&, const Group&) = default;
};

// A group's window was satisfied at this event.
struct Trigger {
  Group group;
  const Event* event = nullptr;
};

std::string event_name(const Event& event) { return event.tenant + "\n" + event.source + "\n" + event.id; }

class Evaluation {
 public:
  Evaluation(const std::vector<Event>& events, const Rules& rules) : all_(events), rules_(rules) {
    std::set<std::string> seen;
    for (const Event& event : events) {
      if (!event.late && seen.insert(event_name(event)).second) accepted_.push_back(&event);
    }
  }

  std::map<std::string, Alert> run() {
    for (const Rule& rule : rules_.rules) single_event_alerts(rule);
    for (const Correlation& correlation : rules_.correlations) {
      for (const auto& [group, contributions] : groups_of(correlation)) {
        for (const Event* event : triggers_in(correlation, contributions)) {
          triggers_[correlation.name].push_back({group, event});
        }
      }
      if (!emits(correlation.name)) continue;
      for (const Trigger& trigger : triggers_[correlation.name]) add(alert_of(correlation, trigger));
    }
    return alerts_;
  }

 private:
  const std::vector<Event>& all_;
  const Rules& rules_;
  std::vector<const Event*> accepted_;  // distinct, not late
  std::map<std::string, std::vector<Trigger>> triggers_;
  std::map<std::string, Alert> alerts_;

  const SourceType& source_of(const Event& event) const { return rules_.sources.at(event.source); }

  const Correlation& correlation_named(const std::string& name) const {
    return *std::find_if(rules_.correlations.begin(), rules_.correlations.end(),
                         [&](const Correlation& c) { return c.name == name; });
  }

  // A rule that a correlation refers to is silent unless one of them says `generate: true`.
  bool emits(const std::string& name) const {
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

  // Late events too, and every copy: the ids are equal.
  void single_event_alerts(const Rule& rule) {
    if (!emits(rule.name)) return;
    for (const Event& event : all_) {
      if (!event.rules.contains(rule.name)) continue;
      Alert alert{"", rule.id, event.tenant, {}, "", event.t};
      if (!rule.suppress.period) {
        alert.id = event_alert_id(event.tenant, rule.id, event.source, event.id);
      } else {
        for (const std::string& field : rule.suppress.by.value_or(Keys{})) {
          const Keys keys = keys_of(event, {field, {}}, source_of(event));
          alert.by.push_back(keys.empty() ? "" : keys.front());  // null: the one text that no value has
        }
        alert.bucket = bucket_of(event.t, event.id, event.tenant, rule.id, *rule.suppress.period, alert.by);
        alert.id = alert_id(event.tenant, rule.id, *rule.suppress.period, alert.by, alert.bucket);
      }
      add(alert);
    }
  }

  Alert alert_of(const Correlation& correlation, const Trigger& trigger) const {
    const Micros period = correlation.suppress.period.value_or(std::max(correlation.window, kHour));
    Alert alert{"", correlation.id, trigger.group.tenant, {}, "", trigger.event->t};
    for (std::size_t i = 0; i < correlation.group_by.size(); ++i) {
      const auto& by = correlation.suppress.by;
      if (!by || std::count(by->begin(), by->end(), correlation.group_by[i].name) > 0) alert.by.push_back(trigger.group.keys[i]);
    }
    alert.bucket = bucket_of(alert.time, trigger.event->id, alert.tenant, correlation.id, period, alert.by);
    alert.id = alert_id(alert.tenant, correlation.id, period, alert.by, alert.bucket);
    return alert;
  }

  // --- contributions ---

  using Groups = std::map<Group, std::vector<Contribution>>;

  Groups groups_of(const Correlation& correlation) const {
    Groups groups;
    for (std::size_t i = 0; i < correlation.inputs.size(); ++i) {
      const Input& input = correlation.inputs[i];
      if (input.correlation) {
        const Correlation& inner = correlation_named(input.name);
        for (const Trigger& trigger : triggers_.contains(inner.name) ? triggers_.at(inner.name) : std::vector<Trigger>{}) {
          contribute(groups, correlation, i, *trigger.event, &inner, &trigger);
        }
      } else {
        for (const Event* event : accepted_) {
          if (event->rules.contains(input.name)) contribute(groups, correlation, i, *event, nullptr, nullptr);
        }
      }
    }
    return groups;
  }

  void contribute(Groups& groups, const Correlation& correlation, std::size_t input, const Event& event, const Correlation* inner,
                  const Trigger* trigger) const {
    Contribution contribution{&event, input, event_name(event), event.repeat, {}};
    if (trigger != nullptr) {
      contribution.counted_as = alert_of(*inner, *trigger).id;
      contribution.weight = 1;
    }
    if (correlation.type == Type::value_count) {
      std::vector<Keys> parts;
      for (const std::string& field : correlation.values) parts.push_back(field_keys({field, {}}, event, inner, trigger));
      const std::vector<Keys> tuples = tuples_of(parts);
      contribution.values = std::set<Keys>(tuples.begin(), tuples.end());
      if (contribution.values.empty()) return;
    }
    std::vector<Keys> parts;
    for (const Member& member : correlation.group_by) parts.push_back(field_keys(member.fields[input], event, inner, trigger));
    for (Keys& keys : tuples_of(parts)) {
      groups[{correlation.across_tenants ? "*" : event.tenant, std::move(keys)}].push_back(contribution);
    }
  }

  // A derived event carries the inner group and the trigger event's fields.
  Keys field_keys(const FieldRef& field, const Event& event, const Correlation* inner, const Trigger* trigger) const {
    if (inner != nullptr) {
      for (std::size_t i = 0; i < inner->group_by.size(); ++i) {
        if (inner->group_by[i].name == field.path) return {trigger->group.keys[i]};
      }
    }
    return keys_of(event, field, source_of(event));
  }

  // --- triggers of one group ---

  static std::set<const Event*> triggers_in(const Correlation& correlation, const std::vector<Contribution>& contributions) {
    std::set<const Event*> triggers;
    for (const Contribution& last : contributions) {
      if (triggers.contains(last.event)) continue;
      const bool satisfied =
          correlation.type == Type::temporal_ordered
              ? ordered(correlation, contributions, last)
              : measure(correlation.type, in_window(correlation, contributions, last)) >= correlation.threshold;
      if (satisfied) triggers.insert(last.event);
    }
    return triggers;
  }

  // The closed window [t - W, t] of an event.
  static std::vector<const Contribution*> in_window(const Correlation& correlation,
                                                    const std::vector<Contribution>& contributions, const Contribution& last) {
    std::vector<const Contribution*> inside;
    for (const Contribution& other : contributions) {
      if (other.event->t <= last.event->t && other.event->t >= last.event->t - correlation.window) inside.push_back(&other);
    }
    return inside;
  }

  static std::uint64_t measure(Type type, const std::vector<const Contribution*>& window) {
    std::map<std::string, std::uint64_t> counted;
    std::set<Keys> values;
    std::set<std::size_t> inputs;
    for (const Contribution* contribution : window) {
      counted[contribution->counted_as] = contribution->weight;
      values.insert(contribution->values.begin(), contribution->values.end());
      inputs.insert(contribution->input);
    }
    if (type == Type::value_count) return values.size();
    if (type == Type::temporal) return inputs.size();
    std::uint64_t sum = 0;
    for (const auto& [name, weight] : counted) sum += weight;
    return sum;
  }

  static bool ordered(const Correlation& correlation, const std::vector<Contribution>& contributions, const Contribution& last) {
    if (last.input + 1 != correlation.inputs.size()) return false;
    std::vector<const Event*> chosen = {last.event};  // from the last position backwards
    return fill(correlation, contributions, chosen);
  }

  static bool fill(const Correlation& correlation, const std::vector<Contribution>& contributions,
                   std::vector<const Event*>& chosen) {
    if (chosen.size() == correlation.inputs.size()) return true;
    const std::size_t position = correlation.inputs.size() - 1 - chosen.size();
    for (const Contribution& candidate : contributions) {
      const Event* event = candidate.event;
      if (candidate.input != position || event->t > chosen.back()->t || event->t < chosen.front()->t - correlation.window)
        continue;
      if (std::find(chosen.begin(), chosen.end(), event) != chosen.end()) continue;
      chosen.push_back(event);
      if (fill(correlation, contributions, chosen)) return true;
      chosen.pop_back();
    }
    return false;
  }
};

}  // namespace

std::map<std::string, Alert> evaluate(const std::vector<Event>& events, const Rules& rules) {
  return Evaluation(events, rules).run();
}

}  // namespace vedette::naive
