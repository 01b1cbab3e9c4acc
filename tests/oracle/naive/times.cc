#include "tests/oracle/naive/times.h"

#include <algorithm>

#include "tests/oracle/naive/patterns.h"

namespace vedette::naive {
namespace {

template <typename Item>
const Item& find(const std::vector<Item>& items, const std::string& name) {
  return *std::find_if(items.begin(), items.end(), [&](const Item& item) { return item.name == name; });
}

std::set<std::string> sources_of(const Rules& rules, const Input& input) {
  if (input.correlation) return sources_of(rules, correlation_named(rules, input.name));
  const Rule& rule = rule_named(rules, input.name);
  if (!rule.source.empty()) return {rule.source};
  std::set<std::string> all;
  for (const auto& [name, source] : rules.sources) all.insert(name);
  return all;
}

}  // namespace

const Correlation& correlation_named(const Rules& rules, const std::string& name) { return find(rules.correlations, name); }
const Rule& rule_named(const Rules& rules, const std::string& name) { return find(rules.rules, name); }

std::set<std::string> sources_of(const Rules& rules, const Correlation& correlation) {
  std::set<std::string> sources;
  for (const Input& input : correlation.inputs) sources.merge(sources_of(rules, input));
  return sources;
}

Micros accept_of(const Rules& rules, const Correlation& correlation) {
  Micros accept = 0;
  for (const std::string& source : sources_of(rules, correlation)) accept = std::max(accept, rules.sources.at(source).accept);
  return accept;
}

Micros settle_of(const Rules& rules, const Input& input) {
  Micros settle = 0;
  if (!input.correlation) {
    for (const std::string& source : sources_of(rules, input)) settle = std::max(settle, rules.sources.at(source).settle);
    return settle;
  }
  const Correlation& inner = correlation_named(rules, input.name);
  for (const Input& below : inner.inputs) settle = std::max(settle, settle_of(rules, below));
  return settle + (waits(inner) ? inner.window : 0) + (inner.settled ? accept_of(rules, inner) : 0);
}

Micros settle_of(const Rules& rules, const Correlation& correlation) {
  if (correlation.settle) return *correlation.settle;
  Micros settle = 0;
  for (const Input& input : correlation.inputs) settle = std::max(settle, settle_of(rules, input));
  return settle;
}

Micros settled_wait(const Rules& rules, const Correlation& correlation) {
  Micros below = 0;
  std::vector<const Correlation*> open = {&correlation};
  while (!open.empty()) {
    const Correlation* outer = open.back();
    open.pop_back();
    for (const Input& input : outer->inputs) {
      if (!input.correlation) continue;
      const Correlation& inner = correlation_named(rules, input.name);
      open.push_back(&inner);
      if (inner.settled) below = std::max(below, settled_wait(rules, inner));
      if (tumbles(inner)) below = std::max(below, inner.window + settle_of(rules, inner));
      if (has_negation(inner)) below = std::max(below, inner.window + negation_settle(rules, inner));
    }
  }
  return accept_of(rules, correlation) + below;
}

Micros negation_settle(const Rules& rules, const Correlation& correlation) {
  Micros settle = 0;
  for (const Input& input : correlation.inputs) {
    if (input.negated) settle = std::max(settle, settle_of(rules, input));
  }
  return correlation.settle.value_or(settle);
}

Micros negation_deadline(const Rules& rules, const Correlation& correlation, Micros t) {
  Micros latest = t;
  for (std::size_t i = 0; i < correlation.inputs.size(); ++i) {
    if (correlation.inputs[i].negated) latest = std::max(latest, deadline_of(correlation, i, t));
  }
  return latest + negation_settle(rules, correlation);
}

Micros max_hold_of(const Rules& rules, const Correlation& correlation) {
  Micros hold = waits(correlation) ? correlation.max_hold.value_or(kHour) : 0;
  for (const Input& input : correlation.inputs) {
    if (input.correlation) hold = std::max(hold, max_hold_of(rules, correlation_named(rules, input.name)));
  }
  return hold;
}

}  // namespace vedette::naive
