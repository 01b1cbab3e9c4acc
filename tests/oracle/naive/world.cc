#include "tests/oracle/naive/world.h"

#include <algorithm>
#include <cstdlib>

#include "tests/oracle/naive/ids.h"
#include "tests/oracle/naive/keys.h"
#include "tests/oracle/naive/patterns.h"
#include "tests/oracle/naive/places.h"
#include "tests/oracle/naive/times.h"

namespace vedette::naive {
namespace {

std::string event_name(const Event& event) { return event.tenant + "\n" + event.source + "\n" + event.id; }

Micros floor_of(Micros t, Micros width) { return t / width - (t % width < 0 ? 1 : 0); }

}  // namespace

bool has_negation(const Correlation& correlation) {
  return std::any_of(correlation.inputs.begin(), correlation.inputs.end(), [](const Input& input) { return input.negated; });
}

bool tumbles(const Correlation& correlation) {
  switch (correlation.type) {
    case Type::value_avg:
    case Type::value_percentile:
    case Type::value_median:
      return true;
    case Type::event_count:
    case Type::value_count:
    case Type::value_sum:
      return std::any_of(correlation.bounds.begin(), correlation.bounds.end(),
                         [](const Bound& bound) { return bound.op != Op::gt && bound.op != Op::gte; });
    default:
      return false;
  }
}

bool waits(const Correlation& correlation) { return tumbles(correlation) || has_negation(correlation) || correlation.settled; }

World::World(const Log& log, const Rules& rules) : log_(log), rules_(rules) {
  std::set<std::string> seen;
  for (const Event& event : log.events) {
    if (!event.late && seen.insert(event_name(event)).second) accepted_.push_back(&event);
  }
}

std::vector<Trigger> World::triggers(const Correlation& correlation, const Moment& moment) {
  std::vector<Trigger> found;
  if (waits(correlation)) {
    for (const Decision& decision : decisions(correlation)) {
      if (decision.deadline <= moment.deadline && decision.position <= moment.position) found.push_back(decision.trigger);
    }
    return found;
  }
  const bool whole = moment == Moment{};
  if (whole && final_.contains(correlation.name)) return final_.at(correlation.name);
  for (const auto& [group, contributions] : groups_of(correlation, moment)) {
    for (const auto& [event, value] : triggers_in(correlation, contributions, rules_.edge)) {
      found.push_back({group, event, value, {}});
    }
  }
  if (whole) final_[correlation.name] = found;
  return found;
}

Alert World::alert_of(const Correlation& correlation, const Trigger& trigger) const {
  Alert alert;
  alert.rule = correlation.id;
  alert.tenant = trigger.group.tenant;
  alert.time = trigger.window ? *trigger.window * correlation.window : trigger.event->t;
  Micros period = correlation.suppress.period.value_or(std::max(correlation.window, kHour));
  for (std::size_t i = 0; i < correlation.group_by.size(); ++i) {
    const auto& by = correlation.suppress.by;
    if (!by || std::count(by->begin(), by->end(), correlation.group_by[i].name) > 0) alert.by.push_back(trigger.group.keys[i]);
  }
  if (correlation.type == Type::new_value) {  // its values are part of the id, its horizon is the period, without phase
    period = correlation.window;
    alert.by.insert(alert.by.end(), trigger.value.begin(), trigger.value.end());
    alert.bucket = std::to_string(floor_of(alert.time, period));
  } else if (trigger.window) {
    alert.bucket = period == 0 ? "@" + std::to_string(*trigger.window) : std::to_string(floor_of(alert.time, period));
  } else {
    alert.bucket = bucket_of(alert.time, trigger.event->id, alert.tenant, correlation.id, period, alert.by);
  }
  alert.id = alert_id(alert.tenant, correlation.id, period, alert.by, alert.bucket);
  return alert;
}

// --- contributions ---

Groups World::groups_of(const Correlation& correlation, const Moment& moment) {
  Groups groups;
  for (std::size_t i = 0; i < correlation.inputs.size(); ++i) {
    const Input& input = correlation.inputs[i];
    if (input.correlation) {
      const Correlation& inner = correlation_named(rules_, input.name);
      for (const Trigger& trigger : triggers(inner, moment)) contribute(groups, correlation, i, *trigger.event, &inner, &trigger);
      continue;
    }
    for (const Event* event : accepted_) {
      if (event->a > moment.deadline || event->position >= moment.position) continue;
      if (event->rules.contains(input.name)) contribute(groups, correlation, i, *event, nullptr, nullptr);
    }
  }
  return groups;
}

void World::contribute(Groups& groups, const Correlation& correlation, std::size_t input, const Event& event,
                       const Correlation* inner, const Trigger* trigger) const {
  Contribution contribution{&event, input, event_name(event), event.repeat};
  if (trigger != nullptr) {
    contribution.counted_as = alert_of(*inner, *trigger).id;
    contribution.weight = 1;
  }
  if (!fill(contribution, correlation, inner, trigger)) return;
  std::vector<Keys> parts;
  for (const Member& member : correlation.group_by) parts.push_back(field_keys(member.fields[input], event, inner, trigger));
  for (Keys& keys : tuples_of(parts)) {
    groups[{correlation.across_tenants ? "*" : event.tenant, std::move(keys)}].push_back(contribution);
  }
}

// What the type needs of an event; false: it does not contribute.
bool World::fill(Contribution& contribution, const Correlation& correlation, const Correlation* inner,
                 const Trigger* trigger) const {
  const Event& event = *contribution.event;
  const Input& input = correlation.inputs[contribution.input];
  const auto has = [](const std::set<Keys>& values) { return !values.empty(); };
  switch (correlation.type) {
    case Type::value_count:
    case Type::new_value:
      contribution.tuples = {field_tuples(correlation.values, event, inner, trigger)};
      return has(contribution.tuples[0]);
    case Type::value_change: {
      auto& tuples = contribution.tuples;
      for (const std::string& field : correlation.values) tuples.push_back(field_tuples({field}, event, inner, trigger));
      return correlation.change_all ? std::all_of(tuples.begin(), tuples.end(), has)
                                    : std::any_of(tuples.begin(), tuples.end(), has);
    }
    case Type::travel:
      contribution.places = places_of(field_values(correlation.values[0], event, inner, trigger));
      return !contribution.places.empty();
    case Type::value_sum:
      if (correlation.risk) {
        const std::optional<std::uint32_t> risk = inner != nullptr ? inner->points : rule_named(rules_, input.name).risk;
        contribution.numbers = {risk ? std::optional<Wide>(*risk * kUnit) : std::nullopt};
        return risk.has_value();
      }
      [[fallthrough]];
    case Type::value_avg:
    case Type::value_percentile:
    case Type::value_median: {
      const std::optional<Wide> number = largest(field_values(correlation.values[0], event, inner, trigger));
      contribution.numbers = {number};
      return number && (*number >= 0 || correlation.type != Type::value_sum);
    }
    case Type::metrics:
      for (const Metric& metric : correlation.metrics) {
        const bool distinct = metric.kind == Metric::distinct, sum = metric.kind == Metric::sum;
        contribution.tuples.push_back(distinct ? field_tuples(metric.fields, event, inner, trigger) : std::set<Keys>{});
        const auto number = sum ? largest(field_values(metric.fields[0], event, inner, trigger)) : std::nullopt;
        contribution.numbers.push_back(number && *number >= 0 ? number : std::nullopt);
      }
      return true;
    default:
      return true;
  }
}

// A derived event carries the inner group and the trigger event's fields.
Keys World::field_keys(const FieldRef& field, const Event& event, const Correlation* inner, const Trigger* trigger) const {
  if (inner != nullptr) {
    for (std::size_t i = 0; i < inner->group_by.size(); ++i) {
      if (inner->group_by[i].name == field.path) return {trigger->group.keys[i]};
    }
  }
  return keys_of(event, field, rules_.sources.at(event.source));
}

std::vector<Value> World::field_values(const std::string& field, const Event& event, const Correlation* inner,
                                       const Trigger* trigger) const {
  if (inner != nullptr) {
    for (std::size_t i = 0; i < inner->group_by.size(); ++i) {
      const std::string& key = trigger->group.keys[i];
      if (inner->group_by[i].name == field) return {{key.starts_with('{') ? ValueKind::object : ValueKind::string, key}};
    }
  }
  const std::vector<Value>* values = event.fields.find(field);
  return values == nullptr ? std::vector<Value>{} : *values;
}

std::set<Keys> World::field_tuples(const std::vector<std::string>& fields, const Event& event, const Correlation* inner,
                                   const Trigger* trigger) const {
  std::vector<Keys> parts;
  for (const std::string& field : fields) parts.push_back(field_keys({field, {}}, event, inner, trigger));
  const std::vector<Keys> tuples = tuples_of(parts);
  return {tuples.begin(), tuples.end()};
}

}  // namespace vedette::naive
