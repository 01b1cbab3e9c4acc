#include "tests/oracle/gen/rule_set.h"

#include <algorithm>

#include "tests/oracle/gen/random.h"

namespace vedette::oracle {
namespace {

using naive::Correlation;
using naive::kHour;
using naive::kMinute;
using naive::kSecond;
using naive::Micros;
using naive::Type;

const std::vector<Type> kTypes = {Type::event_count, Type::value_count, Type::temporal, Type::temporal_ordered};
const std::vector<std::string> kGroupFields = {"user", "ip", "host"};

std::string uuid(Random& random) {
  const std::string hex = "0123456789abcdef";
  std::string text = "xxxxxxxx-xxxx-4xxx-8xxx-xxxxxxxxxxxx";
  for (char& c : text) {
    if (c == 'x') c = hex[static_cast<std::size_t>(random.between(0, 15))];
  }
  return text;
}

Micros whole(Micros us) { return us / kSecond * kSecond; }

bool sequence_like(Type type) { return type == Type::temporal || type == Type::temporal_ordered; }

// How many windows a case of a type or pair spans, so that some cases fire and some do not; found by trial.
struct Spread {
  double low, high;
};
Spread spread_of(const Kind& kind);

class Builder {
 public:
  Builder(const Kind& kind, std::uint64_t seed) : random_(seed) {
    set_.kind = kind;
    set_.seed = seed;
    set_.window = random_.pick(std::vector<Micros>{10 * kSecond, kMinute, 10 * kMinute, kHour});
  }

  RuleSet build() {
    add_sources();
    add_base_rules();
    if (set_.kind.inner) {
      inner_.push_back(add_correlation(*set_.kind.inner, {}, set_.window));
      if (random_.percent(25)) inner_.push_back(add_correlation(*set_.kind.inner, {}, set_.window));
      const Micros window = random_.pick(std::vector<Micros>{set_.window, set_.window * 2, set_.window / 2, set_.window * 3});
      add_correlation(set_.kind.outer, inner_, window);
    } else {
      add_correlation(set_.kind.outer, {}, set_.window);
    }
    suppress_base_rules();
    const Spread spread = spread_of(set_.kind);
    set_.spread_low = spread.low;
    set_.spread_high = spread.high;
    return std::move(set_);
  }

 private:
  Random random_;
  RuleSet set_;
  std::vector<std::string> inner_;

  void add_sources() {
    const std::vector<Micros> accepts = {6 * kHour, 6 * kHour, set_.window, set_.window / 2, set_.window * 3};
    const std::vector<std::string> sentinels = {"unknown", "-"};
    const bool counts = set_.kind.outer == Type::event_count || set_.kind.inner == Type::event_count;
    if (counts && random_.percent(12)) {
      set_.rules.sources[kTextSource] = {random_.pick(accepts), sentinels};
      return;
    }
    set_.rules.sources["oracle_a"] = {random_.pick(accepts), sentinels};
    if (random_.percent(35)) set_.rules.sources["oracle_b"] = {random_.pick(accepts), {"n/a"}};
  }

  void add_base_rules() {
    const std::int64_t count = random_.between(3, 4);
    for (std::int64_t i = 0; i < count; ++i) {
      const std::string name = "r" + std::to_string(i);
      set_.rules.rules.push_back({name, uuid(random_), {}});
      set_.kinds_of[name] = {"k" + std::to_string(i)};
    }
    if (!random_.percent(40)) return;
    for (const std::string& name : some_rules(2)) set_.kinds_of[name].push_back("both");
  }

  std::vector<std::string> some_rules(std::size_t count) {
    std::vector<std::string> names;
    for (const naive::Rule& rule : set_.rules.rules) names.push_back(rule.name);
    random_.shuffle(names);
    names.resize(std::min(count, names.size()));
    return names;
  }

  const Correlation* find(const std::string& name) const {
    for (const Correlation& correlation : set_.rules.correlations) {
      if (correlation.name == name) return &correlation;
    }
    return nullptr;
  }

  std::string add_correlation(Type type, const std::vector<std::string>& inner, Micros window) {
    Correlation correlation;
    correlation.type = type;
    correlation.window = window;
    std::vector<std::string> inputs = inner;
    if (inner.empty() && set_.kind.inner && random_.percent(10)) {  // a third level
      inputs.push_back(add_deepest());
    }
    add_inputs(correlation, inputs);
    correlation.name = "c" + std::to_string(set_.rules.correlations.size());
    correlation.id = uuid(random_);
    correlation.across_tenants = across_allowed(correlation, random_.percent(15));
    correlation.generate = random_.percent(25);
    add_members(correlation);
    add_condition(correlation);
    add_suppress(correlation);
    set_.rules.correlations.push_back(correlation);
    return correlation.name;
  }

  std::string add_deepest() {
    Correlation correlation;
    correlation.type = random_.pick(kTypes);
    correlation.window = set_.window;
    add_inputs(correlation, {});
    correlation.name = "c" + std::to_string(set_.rules.correlations.size());
    correlation.id = uuid(random_);
    correlation.generate = random_.percent(25);
    add_members(correlation);
    add_condition(correlation);
    correlation.threshold = std::min<std::uint64_t>(correlation.threshold, 2);
    add_suppress(correlation);
    set_.rules.correlations.push_back(correlation);
    return correlation.name;
  }

  // What an inner correlation shares across tenants has no single tenant any more.
  bool across_allowed(const Correlation& correlation, bool wanted) const {
    for (const naive::Input& input : correlation.inputs) {
      if (input.correlation && find(input.name)->across_tenants) return true;
    }
    return wanted;
  }

  void add_inputs(Correlation& correlation, const std::vector<std::string>& inner) {
    for (const std::string& name : inner) correlation.inputs.push_back({name, true});
    std::size_t rules = 0;
    if (sequence_like(correlation.type)) {
      const std::size_t wanted = random_.pick(std::vector<std::size_t>{2, 2, 2, 3, 3, 4});
      rules = wanted > inner.size() ? wanted - inner.size() : random_.percent(30) ? 1 : 0;
    } else {
      rules = inner.empty() ? static_cast<std::size_t>(random_.between(1, 3)) : random_.percent(35) ? 1 : 0;
    }
    for (const std::string& name : some_rules(rules)) correlation.inputs.push_back({name, false});
    random_.shuffle(correlation.inputs);
  }

  naive::FieldRef field_of(const Correlation& correlation, std::size_t input, const std::string& member) {
    if (member != "who") return {member, {}};
    const naive::Input& from = correlation.inputs[input];
    if (!from.correlation) return {random_.percent(50) ? "user" : "account.name", {}};
    for (const naive::Member& inner_member : find(from.name)->group_by) {
      if (inner_member.name == "who") return {"who", {}};
    }
    return {"user", {}};
  }

  void add_members(Correlation& correlation) {
    std::vector<std::string> names;
    const bool chained =
        std::any_of(correlation.inputs.begin(), correlation.inputs.end(), [](const auto& i) { return i.correlation; });
    for (const naive::Input& input : correlation.inputs) {
      if (!input.correlation || !random_.percent(75)) continue;
      for (const naive::Member& member : find(input.name)->group_by) names.push_back(member.name);
    }
    if (names.empty() || random_.percent(20)) names.push_back(random_.percent(20) ? "who" : random_.pick(kGroupFields));
    if (!chained && random_.percent(25)) names.push_back(random_.pick(kGroupFields));
    std::sort(names.begin(), names.end());
    names.erase(std::unique(names.begin(), names.end()), names.end());
    random_.shuffle(names);
    if (names.size() > 1 && random_.percent(30)) names.pop_back();
    if (random_.percent(8)) names.clear();
    for (const std::string& name : names) {
      naive::Member member{name, {}};
      for (std::size_t i = 0; i < correlation.inputs.size(); ++i) member.fields.push_back(field_of(correlation, i, name));
      if (!set_.kind.inner && name != "who" && random_.percent(12)) {
        const std::string transform = random_.pick(std::vector<std::string>{"cased", "lower", "upper"});
        for (naive::FieldRef& field : member.fields) field.transforms.push_back(transform);
      }
      correlation.group_by.push_back(member);
    }
  }

  void add_condition(Correlation& correlation) {
    const bool chained =
        std::any_of(correlation.inputs.begin(), correlation.inputs.end(), [](const auto& i) { return i.correlation; });
    switch (correlation.type) {
      case Type::event_count:
        correlation.threshold =
            static_cast<std::uint64_t>(chained || set_.kind.inner ? random_.between(2, 3) : random_.between(2, 5));
        break;
      case Type::value_count:
        correlation.threshold = static_cast<std::uint64_t>(random_.between(2, chained || set_.kind.inner ? 2 : 4));
        correlation.values = {"val"};
        if (random_.percent(20)) correlation.values.push_back("other");
        if (chained && random_.percent(30)) correlation.values = {random_.pick(kGroupFields)};
        break;
      case Type::temporal:
        correlation.threshold = correlation.inputs.size();
        if (correlation.inputs.size() == 3 && random_.percent(30)) correlation.threshold = 2;
        break;
      case Type::temporal_ordered:
        break;
    }
  }

  void add_suppress(Correlation& correlation) {
    const bool by = correlation.group_by.size() >= 2 && random_.percent(40);
    if (by) correlation.suppress.by = {correlation.group_by[static_cast<std::size_t>(random_.between(0, 1))].name};
    if (random_.percent(25)) return;
    const Micros w = correlation.window;
    const std::vector<Micros> periods = {
        0,         0,         whole(w / 2), w, w, 2 * w, 3 * w, whole(w * 3 / 2), whole(w * 5 / 2), whole(w / 3) + kSecond,
        6 * kHour, 24 * kHour};
    correlation.suppress.period = random_.pick(periods);
  }

  void suppress_base_rules() {
    for (naive::Rule& rule : set_.rules.rules) {
      if (!random_.percent(15)) continue;
      rule.suppress.period = random_.pick(std::vector<Micros>{set_.window, kHour, 24 * kHour});
      rule.suppress.by = {"device"};
    }
  }
};

Spread spread_of(const Kind& kind) {
  if (!kind.inner) {
    switch (kind.outer) {
      case Type::event_count:
        return {2, 40};
      case Type::value_count:
        return {2, 40};
      case Type::temporal:
        return {6, 150};
      case Type::temporal_ordered:
        return {4, 80};
    }
  }
  if (kind.outer == Type::event_count) return {1, 30};
  if (kind.outer == Type::value_count) return {1.5, 60};
  if (kind.outer == Type::temporal) return {3, 100};
  return {1, 35};
}

// --- YAML ---

std::string duration(Micros us) {
  if (us % kHour == 0 && us != 0) return std::to_string(us / kHour) + "h";
  if (us % kMinute == 0 && us != 0) return std::to_string(us / kMinute) + "m";
  return std::to_string(us / kSecond) + "s";
}

std::string text_of(const naive::FieldRef& field) {
  std::string text = field.path;
  for (const std::string& transform : field.transforms) text += "|" + transform;
  return text;
}

std::string list_of(const std::vector<std::string>& items) {
  std::string text = "[";
  for (std::size_t i = 0; i < items.size(); ++i) text += (i == 0 ? "'" : ", '") + items[i] + "'";
  return text + "]";
}

std::string suppress_yaml(const naive::Suppress& suppress) {
  std::string text;
  if (suppress.period) text = "for: " + duration(*suppress.period);
  if (suppress.by) text += (text.empty() ? "by: " : ", by: ") + list_of(*suppress.by);
  return text.empty() ? "" : "suppress: {" + text + "}\n";
}

std::string rule_yaml(const naive::Rule& rule, const std::vector<std::string>& kinds) {
  return "title: " + rule.name + "\nid: " + rule.id + "\nname: " + rule.name +
         "\nstatus: test\nlevel: low\nlogsource: {product: oracle}\ndetection:\n  selection:\n    kind: " + list_of(kinds) +
         "\n  condition: selection\n" + suppress_yaml(rule.suppress);
}

std::string condition_yaml(const Correlation& correlation) {
  if (correlation.type == Type::temporal_ordered) return "";
  if (correlation.type == Type::temporal && correlation.threshold == correlation.inputs.size()) return "";
  std::string text = "  condition: {";
  if (!correlation.values.empty()) {
    text += "field: " + (correlation.values.size() == 1 ? correlation.values[0] : list_of(correlation.values)) + ", ";
  }
  const bool exclusive = correlation.id[0] % 2 == 0;
  return text + (exclusive ? "gt: " : "gte: ") + std::to_string(correlation.threshold - (exclusive ? 1 : 0)) + "}\n";
}

// group-by and, where an input has another name for a member, aliases.
std::string members_yaml(const Correlation& correlation) {
  if (correlation.group_by.empty()) return "";
  std::vector<std::string> names;
  std::string aliases;
  for (const naive::Member& member : correlation.group_by) {
    if (member.name != "who") {
      names.push_back(text_of(member.fields[0]));
      continue;
    }
    names.push_back(member.name);
    aliases += "    " + member.name + ":\n";
    for (std::size_t i = 0; i < correlation.inputs.size(); ++i) {
      aliases += "      " + correlation.inputs[i].name + ": '" + text_of(member.fields[i]) + "'\n";
    }
  }
  return "  group-by: " + list_of(names) + "\n" + (aliases.empty() ? "" : "  aliases:\n" + aliases);
}

std::string correlation_yaml(const Correlation& correlation) {
  std::vector<std::string> names;
  for (const naive::Input& input : correlation.inputs) names.push_back(input.name);
  return "title: " + correlation.name + "\nid: " + correlation.id + "\nname: " + correlation.name +
         "\nlevel: high\ncorrelation:\n  type: " + name_of(correlation.type) + "\n  rules: " + list_of(names) + "\n" +
         members_yaml(correlation) + "  timespan: " + duration(correlation.window) + "\n" + condition_yaml(correlation) +
         (correlation.generate ? "  generate: true\n" : "") + (correlation.across_tenants ? "  across: tenants\n" : "") +
         suppress_yaml(correlation.suppress);
}

}  // namespace

const std::vector<Kind>& all_kinds() {
  static const std::vector<Kind> kinds = [] {
    std::vector<Kind> list;
    for (const Type type : kTypes) list.push_back({type, {}});
    for (const Type outer : kTypes) {
      for (const Type inner : kTypes) list.push_back({outer, inner});
    }
    return list;
  }();
  return kinds;
}

std::string name_of(Type type) {
  switch (type) {
    case Type::event_count:
      return "event_count";
    case Type::value_count:
      return "value_count";
    case Type::temporal:
      return "temporal";
    case Type::temporal_ordered:
      return "temporal_ordered";
  }
  return "";
}

std::string name_of(const Kind& kind) { return name_of(kind.outer) + (kind.inner ? "_over_" + name_of(*kind.inner) : ""); }

RuleSet make_rule_set(const Kind& kind, std::uint64_t seed) { return Builder(kind, seed).build(); }

std::string to_yaml(const RuleSet& set) {
  std::string yaml;
  for (const naive::Rule& rule : set.rules.rules)
    yaml += (yaml.empty() ? "" : "---\n") + rule_yaml(rule, set.kinds_of.at(rule.name));
  for (const Correlation& correlation : set.rules.correlations) yaml += "---\n" + correlation_yaml(correlation);
  return yaml;
}

}  // namespace vedette::oracle
