// Random small logs against a direct reading of the definitions: every trigger of the whole set, no state, no order.
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <map>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "scenario.h"

namespace vedette::test {
namespace {

using Type = plan::CorrelationType;

// A contributing event or a trigger of an inner correlation, in one group.
struct Item {
  std::int64_t t = 0;
  std::string id;     // of the source event
  std::string alert;  // inner alert, or empty
  std::set<std::size_t> inputs;
  std::set<std::string> values;
  std::uint64_t repeat = 1;
  const Event* event = nullptr;
};

std::int64_t us(double seconds) { return static_cast<std::int64_t>(seconds * 1e6); }
std::string lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(c));
  return text;
}

// Whether positions [0, position] can be filled by items not used yet, the item of the last position being given.
bool fill(const std::vector<Item>& items, std::size_t position, std::int64_t latest, std::int64_t earliest,
          std::set<std::string>& used) {
  for (const Item& item : items) {
    if (item.t > latest || item.t < earliest || !item.inputs.contains(position) || used.contains(item.id)) continue;
    if (position == 0) return true;
    used.insert(item.id);
    if (fill(items, position - 1, item.t, earliest, used)) return true;
    used.erase(item.id);
  }
  return false;
}

bool is_trigger(const Corr& c, const std::vector<Item>& items, const Item& h) {
  const std::int64_t begin = h.t - us(c.window);
  if (c.type == Type::temporal_ordered) {
    const std::size_t last = c.rules.size() - 1;
    if (!h.inputs.contains(last)) return false;
    if (last == 0) return true;
    std::set<std::string> used = {h.id};
    return fill(items, last - 1, h.t, begin, used);
  }
  std::set<std::string> counted;
  std::uint64_t sum = 0;
  for (const Item& item : items) {
    if (item.t < begin || item.t > h.t) continue;
    if (c.type == Type::event_count) {
      if (counted.insert(item.alert.empty() ? "event " + item.id : "alert " + item.alert).second) sum += item.repeat;
    } else if (c.type == Type::value_count) {
      for (const std::string& value : item.values) sum += counted.insert(value).second ? 1U : 0U;
    } else {
      for (const std::size_t input : item.inputs) sum += counted.insert(std::to_string(input)).second ? 1U : 0U;
    }
  }
  return sum >= c.threshold;
}

std::string alert_of(const Corr& c, const std::string& key, const Item& trigger) {
  if (c.period == 0) return key + "@" + trigger.id;
  const std::int64_t period = us(c.period);
  std::int64_t bucket = trigger.t / period;
  if (trigger.t % period < 0) --bucket;
  return key + "#" + std::to_string(bucket);
}

using Grouped = std::map<std::string, std::vector<Item>>;

void put(const Corr& c, Grouped& groups, const Item& item, const std::string& key) {
  if (c.type == Type::value_count && item.values.empty()) return;
  for (Item& known : groups[key]) {
    if (known.id != item.id || known.alert != item.alert || known.event != item.event) continue;
    if (!item.alert.empty() && known.inputs != item.inputs) continue;
    known.inputs.insert(item.inputs.begin(), item.inputs.end());
    return;
  }
  groups[key].push_back(item);
}

Values keys_of(const Corr& c, const Event& event) {
  Values keys;
  for (const std::string& key : c.members.front() == "user" ? event.user : event.ip) {
    if (std::find(keys.begin(), keys.end(), lower(key)) == keys.end()) keys.push_back(lower(key));
  }
  return keys;
}

std::string tag(const Event& event, const std::string& key) { return event.tenant + "/" + key; }

Item item_of(const Event& event, std::size_t input) {
  Item item{us(event.t), event.id, "", {input}, {}, event.repeat, &event};
  for (const std::string& value : event.value) item.values.insert(lower(value));
  return item;
}

// Triggers of a correlation per group, inner ones first; all members are one field.
std::vector<std::pair<std::string, Item>> triggers(const std::vector<Corr>& all, std::size_t index,
                                                   const std::vector<Event>& events) {
  const Corr& c = all[index];
  Grouped groups;
  for (std::size_t input = 0; input < c.rules.size(); ++input) {
    const auto inner = std::find_if(all.begin(), all.end(), [&](const Corr& other) { return other.name == c.rules[input]; });
    if (inner == all.end()) {
      for (const Event& event : events) {
        if (std::find(event.rules.begin(), event.rules.end(), c.rules[input]) == event.rules.end()) continue;
        for (const std::string& key : keys_of(c, event)) put(c, groups, item_of(event, input), tag(event, key));
      }
      continue;
    }
    for (const auto& [group, trigger] : triggers(all, static_cast<std::size_t>(inner - all.begin()), events)) {
      Item item = item_of(*trigger.event, input);
      item.repeat = 1;
      item.alert = alert_of(*inner, group, trigger);
      const bool same = c.members == inner->members;
      const Values keys = same ? Values{group.substr(group.find('/') + 1)} : keys_of(c, *trigger.event);
      for (const std::string& key : keys) put(c, groups, item, tag(*trigger.event, key));
    }
  }
  std::vector<std::pair<std::string, Item>> out;
  for (const auto& [key, items] : groups) {
    for (const Item& item : items) {
      if (is_trigger(c, items, item)) out.emplace_back(key, item);
    }
  }
  return out;
}

std::set<std::string> expected(const std::vector<Corr>& all, const std::vector<Event>& events) {
  std::set<std::string> out;
  for (const auto& [key, trigger] : triggers(all, all.size() - 1, events)) out.insert(alert_of(all.back(), key, trigger));
  return out;
}

std::set<std::string> actual(const Replay& replay, const std::string& rule) {
  std::set<std::string> out;
  for (const alert::Alert& alert : replay.alerts_of(rule)) {
    const std::string key = alert.tenant + "/" + alert.key_text.substr(0, alert.key_text.size() - 1);
    const std::string id = alert.bucket_text.front() == '@' ? key + alert.bucket_text : key + "#" + alert.bucket_text;
    EXPECT_TRUE(out.insert(id).second) << "repeated " << id;
  }
  return out;
}

class Random {
 public:
  explicit Random(std::uint64_t seed) : engine_(seed) {}
  std::size_t below(std::size_t n) { return static_cast<std::size_t>(engine_() % n); }
  bool one_in(std::size_t n) { return below(n) == 0; }
  std::mt19937_64& engine() { return engine_; }

 private:
  std::mt19937_64 engine_;
};

Corr random_correlation(Random& random, const std::string& name, Values rules, double window) {
  static constexpr double kPeriods[] = {0, 3, 10, 20, 47};
  Corr c{.name = name, .type = static_cast<Type>(random.below(4)), .rules = std::move(rules), .window = window};
  c.threshold = c.type == Type::temporal ? c.rules.size() : 2 + random.below(3);
  if (c.type == Type::value_count) c.values = {"value"};
  c.period = kPeriods[random.below(std::size(kPeriods))];
  if (random.one_in(4)) c.members = {"ip"};
  return c;
}

std::vector<Event> random_events(Random& random, std::size_t span) {
  static const Values kUsers = {"ann", "Ann", "bob"};
  static const Values kSomeValues = {"x", "X", "y", "z", "w"};
  static const Values kIps = {"1", "2"};
  static const Values kRules = {"A", "B", "C"};
  std::vector<Event> events;
  for (std::size_t i = 0, n = 15 + random.below(45); i < n; ++i) {
    Event event;
    event.t = static_cast<double>(random.below(span)) - 20;
    event.id = "e" + std::to_string(random.below(1000) * 100 + i);
    for (const std::string& rule : kRules) {
      if (random.one_in(2)) event.rules.push_back(rule);
    }
    if (event.rules.empty()) event.rules.push_back("A");
    event.user = {kUsers[random.below(3)]};
    if (random.one_in(8)) event.user.push_back(kUsers[random.below(3)]);
    if (random.one_in(15)) event.user.clear();
    for (std::size_t v = random.below(10) / 4; v > 0; --v) event.value.push_back(kSomeValues[random.below(5)]);
    event.ip = {kIps[random.below(2)]};
    if (random.one_in(10)) event.tenant = "other";
    if (random.one_in(10)) event.repeat = 2;
    events.push_back(event);
  }
  return events;
}

void compare(const std::vector<Corr>& all, std::vector<Event> events, Random& random, std::size_t& fired) {
  const plan::PlanPtr plan = make_plan({.correlations = all});
  const std::set<std::string> wanted = expected(all, events);
  fired += wanted.empty() ? 0 : 1;
  std::stable_sort(events.begin(), events.end(), [](const Event& a, const Event& b) { return a.t < b.t; });
  for (int order = 0; order < 3; ++order) {
    Replay replay(plan);
    for (const Event& event : events) {
      replay.feed(event);
      if (order > 0 && random.one_in(8)) replay.feed(events[random.below(events.size())]);  // again, or ahead of its time
    }
    ASSERT_EQ(actual(replay, all.back().name), wanted) << "order " << order;
    std::shuffle(events.begin(), events.end(), random.engine());
  }
}

TEST(Brute, OneLevel) {
  std::size_t fired = 0;
  for (std::uint64_t seed = 1; seed <= 600; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Random random(seed);
    const Values rules = random.one_in(2) ? Values{"A", "B"} : Values{"A", "B", "C"};
    const Corr c = random_correlation(random, "c", rules, static_cast<double>(5 + random.below(30)));
    compare({c}, random_events(random, 20 + random.below(200)), random, fired);
    if (testing::Test::HasFailure()) return;
  }
  EXPECT_GT(fired, 200U);
  EXPECT_LT(fired, 560U);
}

TEST(Brute, TwoLevels) {
  std::size_t fired = 0;
  for (std::uint64_t seed = 1; seed <= 600; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Random random(seed);
    const Corr inner = random_correlation(random, "inner", {"A", "B"}, static_cast<double>(5 + random.below(20)));
    const Corr outer = random_correlation(random, "outer", random.one_in(3) ? Values{"inner", "B"} : Values{"C", "inner"},
                                          static_cast<double>(5 + random.below(30)));
    compare({inner, outer}, random_events(random, 20 + random.below(300)), random, fired);
    if (testing::Test::HasFailure()) return;
  }
  EXPECT_GT(fired, 160U);
  EXPECT_LT(fired, 560U);
}

}  // namespace
}  // namespace vedette::test
