#include "tests/oracle/gen/rule_set.h"

#include <algorithm>

#include "tests/oracle/gen/conditions.h"
#include "tests/oracle/gen/random.h"
#include "tests/oracle/naive/times.h"

namespace vedette::oracle {
namespace {

using naive::Correlation;
using naive::kHour;
using naive::kMinute;
using naive::kSecond;
using naive::Micros;
using naive::Type;

using Strings = std::vector<std::string>;

const std::vector<Flavour> kFlavours = {Flavour::event_count, Flavour::value_count,  Flavour::temporal, Flavour::temporal_ordered,
                                        Flavour::value_sum,   Flavour::value_change, Flavour::travel,   Flavour::new_value,
                                        Flavour::metrics,     Flavour::windows,      Flavour::averages, Flavour::temporal_not,
                                        Flavour::ordered_not};
const Strings kGroupFields = {"user", "ip", "host"};

// Some are so long that other types' buckets would have a phase.
const std::vector<Micros> kHorizons = {5 * kHour, 6 * kHour, 24 * kHour, 30 * 24 * kHour};

std::string uuid(Random& random) {
  const std::string hex = "0123456789abcdef";
  std::string text = "xxxxxxxx-xxxx-4xxx-8xxx-xxxxxxxxxxxx";
  for (char& c : text) {
    if (c == 'x') c = hex[static_cast<std::size_t>(random.between(0, 15))];
  }
  return text;
}

Micros whole(Micros us) { return us / kSecond * kSecond; }

bool sequence_like(Flavour flavour) {
  return flavour == Flavour::temporal || flavour == Flavour::temporal_ordered || flavour == Flavour::temporal_not ||
         flavour == Flavour::ordered_not;
}
bool waiting(Flavour flavour) {
  return flavour == Flavour::windows || flavour == Flavour::averages || flavour == Flavour::temporal_not ||
         flavour == Flavour::ordered_not;
}
bool numeric(Flavour flavour) {
  return flavour == Flavour::value_sum || flavour == Flavour::averages || flavour == Flavour::travel;
}
bool counting(Flavour flavour) {
  return flavour == Flavour::event_count || flavour == Flavour::windows || flavour == Flavour::metrics;
}

class Builder {
 public:
  Builder(const Kind& kind, std::uint64_t seed, std::uint64_t attempt) : random_(seed ^ (attempt << 40)) {
    set_.kind = kind;
    set_.seed = seed;
    set_.window = random_.pick(std::vector<Micros>{10 * kSecond, kMinute, 10 * kMinute, kHour});
  }

  RuleSet build() {
    settled_ = random_.percent(35) && (!set_.kind.inner || !can_be_refuted(*set_.kind.inner) || random_.percent(50));
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
    return std::move(set_);
  }

 private:
  Random random_;
  RuleSet set_;
  Strings inner_;
  bool settled_ = false;  // what can be refuted decides settled
  bool text_ = false;

  static bool can_be_refuted(Flavour flavour) { return flavour == Flavour::new_value || flavour == Flavour::metrics; }
  [[nodiscard]] bool waits_above(bool inner) const { return inner && waiting(set_.kind.outer); }

  void add_sources() {
    const Kind& kind = set_.kind;
    const bool patient = waiting(kind.outer) || (kind.inner && waiting(*kind.inner)) || settled_;
    std::vector<Micros> accepts = {6 * kHour, 6 * kHour, set_.window, set_.window / 2, set_.window * 3};
    if (patient) accepts = {6 * kHour, kHour, kHour, 30 * kMinute, std::max(set_.window * 3, 20 * kMinute)};
    const std::vector<Micros> settles = {10 * kSecond, 30 * kSecond, kMinute, 5 * kMinute};
    const Strings sentinels = {"unknown", "-"};
    const bool counts = counting(kind.outer) || (kind.inner && counting(*kind.inner));
    const bool numbers = numeric(kind.outer) || (kind.inner && numeric(*kind.inner));
    text_ = counts && !numbers && random_.percent(12);
    if (text_) {
      set_.rules.sources[kTextSource] = {random_.pick(accepts), sentinels, random_.pick(settles)};
      return;
    }
    set_.rules.sources["oracle_a"] = {random_.pick(accepts), sentinels, random_.pick(settles)};
    if (random_.percent(35)) set_.rules.sources["oracle_b"] = {random_.pick(accepts), {"n/a"}, random_.pick(settles)};
  }

  void add_base_rules() {
    const std::int64_t count = random_.between(3, 4);
    const bool apart = set_.rules.sources.size() > 1 && random_.percent(35);
    for (std::int64_t i = 0; i < count; ++i) {
      const std::string name = "r" + std::to_string(i);
      naive::Rule rule{name, uuid(random_), {}, "", {}};
      if (apart && random_.percent(40)) rule.source = random_.percent(50) ? "oracle_a" : "oracle_b";
      if (random_.percent(75)) rule.risk = random_.pick(std::vector<std::uint32_t>{1, 3, 5, 10});
      set_.rules.rules.push_back(rule);
      set_.kinds_of[name] = {"k" + std::to_string(i)};
    }
    if (!random_.percent(40)) return;
    for (const std::string& name : some_rules(2)) set_.kinds_of[name].push_back("both");
  }

  Strings some_rules(std::size_t count) {
    Strings names;
    for (const naive::Rule& rule : set_.rules.rules) names.push_back(rule.name);
    random_.shuffle(names);
    names.resize(std::min(count, names.size()));
    return names;
  }

  const Correlation& find(const std::string& name) const { return naive::correlation_named(set_.rules, name); }

  std::string add_correlation(Flavour flavour, const Strings& inner, Micros window) {
    const bool is_inner = set_.kind.inner && inner.empty();
    Correlation correlation;
    correlation.type = type_of(flavour, text_, !text_, random_);
    correlation.window = window;
    if (correlation.type == Type::new_value && random_.percent(20)) correlation.window = random_.pick(kHorizons);
    Strings inputs = inner;
    if (is_inner && random_.percent(10)) inputs.push_back(add_deepest());  // a third level
    add_inputs(correlation, flavour, inputs);
    correlation.name = "c" + std::to_string(set_.rules.correlations.size());
    correlation.id = uuid(random_);
    if (random_.percent(75)) correlation.points = random_.pick(std::vector<std::uint32_t>{2, 4, 10});
    correlation.across_tenants = across_allowed(correlation, random_.percent(15));
    correlation.generate = random_.percent(25);
    add_members(correlation);
    add_condition(correlation, flavour, fields(), set_.kind.inner.has_value(), random_);
    decide(correlation, is_inner);
    if (correlation.type != Type::new_value) add_suppress(correlation);
    set_.rules.correlations.push_back(correlation);
    return correlation.name;
  }

  std::string add_deepest() {
    Correlation correlation;
    const Flavour flavour = random_.pick(
        std::vector<Flavour>{Flavour::event_count, Flavour::value_count, Flavour::temporal, Flavour::temporal_ordered});
    correlation.type = type_of(flavour, text_, !text_, random_);
    correlation.window = set_.window;
    add_inputs(correlation, flavour, {});
    correlation.name = "c" + std::to_string(set_.rules.correlations.size());
    correlation.id = uuid(random_);
    correlation.generate = random_.percent(25);
    add_members(correlation);
    add_condition(correlation, flavour, fields(), true, random_);
    if (!correlation.bounds.empty()) correlation.bounds = {{naive::Op::gte, "2"}};
    add_suppress(correlation);
    set_.rules.correlations.push_back(correlation);
    return correlation.name;
  }

  // What an inner correlation shares across tenants has no single tenant any more.
  bool across_allowed(const Correlation& correlation, bool wanted) const {
    for (const naive::Input& input : correlation.inputs) {
      if (input.correlation && find(input.name).across_tenants) return true;
    }
    return wanted;
  }

  void add_inputs(Correlation& correlation, Flavour flavour, const Strings& inner) {
    for (const std::string& name : inner) correlation.inputs.push_back({name, true});
    std::size_t rules = 0;
    if (sequence_like(flavour)) {
      const std::size_t wanted = random_.pick(std::vector<std::size_t>{2, 2, 2, 3, 3, 4});
      rules = wanted > inner.size() ? wanted - inner.size() : random_.percent(30) ? 1 : 0;
      if (waiting(flavour) && inner.size() + rules < 2) rules = 1;
    } else {
      rules = inner.empty() ? static_cast<std::size_t>(random_.between(1, 3)) : random_.percent(35) ? 1 : 0;
    }
    const Strings names = some_rules(4);
    rules = std::min(rules, names.size());
    for (std::size_t i = 0; i < rules; ++i) correlation.inputs.push_back({names[i], false});
    random_.shuffle(correlation.inputs);
    if (flavour != Flavour::metrics || !random_.percent(45) || rules == names.size()) return;
    correlation.inputs.push_back({names[rules], false, false, true});
  }

  [[nodiscard]] bool has_member(const naive::Input& input, const std::string& name) const {
    const auto& members = find(input.name).group_by;
    return std::any_of(members.begin(), members.end(), [&](const naive::Member& member) { return member.name == name; });
  }

  [[nodiscard]] Fields fields() const {
    return {{"val", "other", "host"}, text_ ? Strings{} : Strings{"num", "grade"}, {"place"}};
  }

  naive::FieldRef field_of(const Correlation& correlation, std::size_t input, const std::string& member) {
    if (member != "who") return {member, {}};
    const naive::Input& from = correlation.inputs[input];
    if (!from.correlation) return {random_.percent(50) ? "user" : "account.name", {}};
    return {has_member(from, "who") ? "who" : "user", {}};
  }

  void add_members(Correlation& correlation) {
    Strings names;
    const bool chained = reads_correlations(correlation);
    for (const naive::Input& input : correlation.inputs) {
      if (!input.correlation || !random_.percent(75)) continue;
      for (const naive::Member& member : find(input.name).group_by) names.push_back(member.name);
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
        const std::string transform = random_.pick(Strings{"cased", "lower", "upper"});
        for (naive::FieldRef& field : member.fields) field.transforms.push_back(transform);
      }
      correlation.group_by.push_back(member);
    }
  }

  static bool reads_correlations(const Correlation& correlation) {
    return std::any_of(correlation.inputs.begin(), correlation.inputs.end(), [](const auto& input) { return input.correlation; });
  }

  // Waiting decisions: `decide: settled`, `settle`, `max_hold`, so that settle + max_hold is at most accept.
  void decide(Correlation& correlation, bool is_inner) {
    correlation.settled = refutable(correlation) && (settled_ || waits_above(is_inner)) && !over_eager(correlation);
    if (!naive::waits(correlation)) return;
    const Micros accept = naive::accept_of(set_.rules, correlation);
    if (!correlation.settled && random_.percent(30)) {
      correlation.settle = random_.pick(std::vector<Micros>{0, 5 * kSecond, 30 * kSecond, 2 * kMinute});
    }
    const Micros settle = correlation.settled ? 0 : longest_settle(correlation);
    const bool ordinary = settle + kHour <= accept && random_.percent(30);
    if (ordinary) return;
    const std::vector<Micros> holds = {0, kSecond, set_.window, 5 * kMinute, kHour};
    correlation.max_hold = std::max<Micros>(std::min(random_.pick(holds), accept - std::min(accept, settle)), 0);
  }

  // Without what inner rules wait.
  Micros longest_settle(const Correlation& correlation) const {
    if (correlation.settle) return *correlation.settle;
    Micros settle = 0;
    for (const auto& [name, source] : set_.rules.sources) settle = std::max(settle, source.settle);
    return settle;
  }

  bool over_eager(const Correlation& correlation) const {
    return std::any_of(correlation.inputs.begin(), correlation.inputs.end(), [&](const naive::Input& input) {
      return input.correlation && !naive::waits(find(input.name)) &&
             (refutable(find(input.name)) || over_eager(find(input.name)));
    });
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

}  // namespace

const std::vector<Kind>& all_kinds() {
  static const std::vector<Kind> kinds = [] {
    std::vector<Kind> list;
    for (const Flavour flavour : kFlavours) list.push_back({flavour, {}});
    for (const Flavour outer : kFlavours) {
      for (const Flavour inner : kFlavours) list.push_back({outer, inner});
    }
    return list;
  }();
  return kinds;
}

std::string name_of(Flavour flavour) {
  const Strings names = {"event_count", "value_count", "temporal", "temporal_ordered", "value_sum",    "value_change", "travel",
                         "new_value",   "metrics",     "windows",  "averages",         "temporal_not", "ordered_not"};
  return names[static_cast<std::size_t>(flavour)];
}

std::string name_of(const Kind& kind) { return name_of(kind.outer) + (kind.inner ? "_over_" + name_of(*kind.inner) : ""); }

RuleSet make_rule_set(const Kind& kind, std::uint64_t seed, std::uint64_t attempt) {
  return Builder(kind, seed, attempt).build();
}

bool any_waits(const RuleSet& set) {
  return std::any_of(set.rules.correlations.begin(), set.rules.correlations.end(),
                     [](const Correlation& correlation) { return naive::waits(correlation); });
}

}  // namespace vedette::oracle
