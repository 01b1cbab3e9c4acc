// value_sum, value_change, travel and metrics against a naive evaluation of their definitions: random rules and events, in
// several orders of arrival, with copies, and with a short acceptance so that old hits are dropped. Failures name the seed.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <numbers>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "scenario.h"

namespace vedette::test {
namespace {

using Type = plan::CorrelationType;
using Kind = plan::MetricKind;
using Class = plan::DecisionClass;

constexpr double kAccept = 40;

// An event, or a trigger of the inner correlation, as a group sees it.
struct Item {
  const Event* event = nullptr;
  std::int64_t alert = -1;  // bucket of the inner alert
  [[nodiscard]] bool inner() const { return alert >= 0; }
  [[nodiscard]] double t() const { return event->t; }
  // What counts once.
  [[nodiscard]] std::string counted() const { return inner() ? "alert " + std::to_string(alert) : "event " + event->id; }
};

bool matches(const Item& item, const std::string& rule) {
  if (rule == "inner" || item.inner()) return item.inner() && rule == "inner";
  return std::find(item.event->rules.begin(), item.event->rules.end(), rule) != item.event->rules.end();
}

bool matches_any(const Item& item, const Values& rules) {
  return std::any_of(rules.begin(), rules.end(), [&](const std::string& rule) { return matches(item, rule); });
}

// In tenths; -1 for none.
long largest(const Values& values) {
  long out = -1;
  for (const std::string& value : values) {
    if (value.find_first_not_of("-.0123456789") != std::string::npos) continue;
    out = std::max(out, std::lround(std::stod(value) * 10));
  }
  return out;
}

std::string lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(c));
  return text;
}

std::set<std::string> lowered(const Values& values) {
  std::set<std::string> out;
  for (const std::string& value : values) out.insert(lower(value));
  return out;
}

using Items = std::vector<Item>;

bool within(const Corr& c, const Item& item, const Item& h) { return item.t() <= h.t() && item.t() >= h.t() - c.window; }

bool sum_trigger(const Corr& c, const Items& items, const Item& h, const std::map<std::string, std::uint32_t>& risk) {
  std::map<std::string, long> numbers;
  const auto count = [&](const std::string& key, long number) {
    if (number >= 0) numbers[key] = std::max(numbers[key], number);
  };
  bool contributes = false;
  for (const Item& item : items) {
    if (!within(c, item, h)) continue;
    const std::size_t before = numbers.size();
    for (const std::string& rule : c.rules) {
      if (!matches(item, rule)) continue;
      if (!c.sum_risk) {
        count(item.counted(), largest(item.event->value));
      } else if (const auto known = risk.find(rule); known != risk.end()) {
        count(rule + item.counted(), 10 * static_cast<long>(known->second));
      }
    }
    if (&item == &h) contributes = c.sum_risk ? numbers.size() > before || !numbers.empty() : largest(h.event->value) >= 0;
  }
  if (c.sum_risk) {
    contributes =
        std::any_of(c.rules.begin(), c.rules.end(), [&](const std::string& r) { return matches(h, r) && risk.contains(r); });
  }
  long sum = 0;
  for (const auto& [key, number] : numbers) sum += number;
  const long bound = std::lround(std::stod(c.bounds.front().number) * 10);
  return contributes && (c.bounds.front().op == plan::CompareOp::gt ? sum > bound : sum >= bound);
}

bool differ(const Values& a, const Values& b) {
  const std::set<std::string> left = lowered(a), right = lowered(b);
  if (left.empty() || right.empty()) return false;
  return std::none_of(left.begin(), left.end(), [&](const std::string& value) { return right.contains(value); });
}

bool change_trigger(const Corr& c, const Items& items, const Item& h) {
  const auto contributes = [&](const Item& item) {
    const int present = (item.event->value.empty() ? 0 : 1) + (item.event->ip.empty() ? 0 : 1);
    return present >= (c.change_all ? 2 : 1);
  };
  return contributes(h) && std::any_of(items.begin(), items.end(), [&](const Item& item) {
           if (item.event->id == h.event->id || !within(c, item, h) || !contributes(item)) return false;
           const bool value = differ(item.event->value, h.event->value), ip = differ(item.event->ip, h.event->ip);
           return c.change_all ? value && ip : value || ip;
         });
}

double kilometres(const std::string& a, const std::string& b) {
  const auto angle = [](const std::string& text, bool longitude) {
    const std::size_t comma = text.find(',');
    return std::stod(longitude ? text.substr(comma + 1) : text) * std::numbers::pi / 180;
  };
  const double y = std::sin((angle(b, false) - angle(a, false)) / 2), x = std::sin((angle(b, true) - angle(a, true)) / 2);
  const double h = y * y + std::cos(angle(a, false)) * std::cos(angle(b, false)) * x * x;
  return 2 * 6371.0088 * std::atan2(std::sqrt(h), std::sqrt(1 - h));
}

bool travel_trigger(const Corr& c, const Items& items, const Item& h) {
  const double fastest = std::stod(c.speed_kmh.front().number), farthest = std::stod(c.distance_km.front().number);
  for (const Item& item : items) {
    if (item.event->id == h.event->id || !within(c, item, h)) continue;
    for (const std::string& from : item.event->value) {
      for (const std::string& to : h.event->value) {
        const double distance = kilometres(from, to);
        if (from == to || distance < farthest) continue;
        if (item.t() == h.t() || distance / ((h.t() - item.t()) / 3600) >= fastest) return true;
      }
    }
  }
  return false;
}

struct Measured {
  long all = 0, of_g = 0, values = 0, pairs = 0, bytes = 0;  // bytes in tenths
  double span = 0;
};

struct Condition {
  std::string postfix;
  Class decision;
  std::function<bool(const Measured&)> holds;
};

const std::vector<Condition> kConditions = {
    {"all 3 >=", Class::monotone, [](const Measured& m) { return m.all >= 3; }},
    {"all 12 >= values 4 >= or", Class::monotone, [](const Measured& m) { return m.all >= 12 || m.values >= 4; }},
    {"of_g 2 > pairs 3 >= and", Class::monotone, [](const Measured& m) { return m.of_g > 2 && m.pairs >= 3; }},
    {"all 4 >= values 2 <= and", Class::refutable, [](const Measured& m) { return m.all >= 4 && m.values <= 2; }},
    {"all values / 2.5 ==", Class::refutable, [](const Measured& m) { return m.values > 0 && 2 * m.all == 5 * m.values; }},
    {"all values / 2 > not", Class::refutable, [](const Measured& m) { return m.values == 0 || m.all <= 2 * m.values; }},
    {"bytes all 3 * - 0 >", Class::refutable, [](const Measured& m) { return m.bytes > 30 * m.all; }},
    {"bytes of_g / pairs values + 1 + >=", Class::refutable,
     [](const Measured& m) { return m.of_g > 0 && m.bytes >= 10 * m.of_g * (m.pairs + m.values + 1); }},
    {"span 10 <= all 3 >= and", Class::refutable, [](const Measured& m) { return m.span <= 10 && m.all >= 3; }},
};

bool metrics_trigger(const Corr& c, const Items& items, const Item& h, const Condition& condition) {
  double cut = h.t() - c.window - 1;
  for (const Item& item : items) {
    if (matches_any(item, c.until) && item.t() <= h.t()) cut = std::max(cut, item.t());
  }
  if (!matches_any(h, c.rules)) return false;
  Measured m;
  std::map<std::string, long> events, of_g, bytes;
  std::set<std::string> values, pairs;
  double first = h.t();
  for (const Item& item : items) {
    if (!within(c, item, h) || item.t() <= cut || !matches_any(item, c.rules)) continue;
    const long weight = item.inner() ? 1 : static_cast<long>(item.event->repeat);
    events[item.counted()] = weight;
    if (matches(item, "g")) of_g[item.counted()] = weight;
    first = std::min(first, item.t());
    const long number = largest(item.event->value);
    if (number >= 0) bytes[item.counted()] = std::max(bytes[item.counted()], number);
    for (const std::string& value : lowered(item.event->value)) {
      values.insert(value);
      for (const std::string& ip : lowered(item.event->ip)) pairs.insert(value + "/" + ip);
    }
  }
  for (const auto& [key, weight] : events) m.all += weight;
  for (const auto& [key, weight] : of_g) m.of_g += weight;
  for (const auto& [key, number] : bytes) m.bytes += number;
  m.values = static_cast<long>(values.size());
  m.pairs = static_cast<long>(pairs.size());
  m.span = h.t() - first;
  return cut < h.t() && condition.holds(m);
}

struct Case {
  PlanSpec spec;
  Condition condition;
  [[nodiscard]] const Corr& outer() const { return spec.correlations.back(); }
  [[nodiscard]] bool chained() const { return spec.correlations.size() > 1; }
};

bool is_trigger(const Case& c, const Items& items, const Item& h) {
  switch (c.outer().type) {
    case Type::value_sum:
      return matches_any(h, c.outer().rules) && sum_trigger(c.outer(), items, h, c.spec.risk);
    case Type::value_change:
      return change_trigger(c.outer(), items, h);
    case Type::travel:
      return travel_trigger(c.outer(), items, h);
    default:
      return metrics_trigger(c.outer(), items, h, c.condition);
  }
}

std::int64_t bucket_of(double t, double period) { return static_cast<std::int64_t>(std::floor(t / period)); }

// The inner correlation's triggers: an event with enough of its rule's events in the window.
Items inner_items(const Corr& inner, const std::vector<Event>& events, const std::string& user) {
  Items matching, out;
  std::set<std::string> seen;
  for (const Event& event : events) {
    const Item item{&event};
    if (event.user.front() == user && matches_any(item, inner.rules) && seen.insert(event.id).second) matching.push_back(item);
  }
  for (const Item& h : matching) {
    std::uint64_t count = 0;
    for (const Item& item : matching) count += within(inner, item, h) ? item.event->repeat : 0;
    if (count >= inner.threshold) out.push_back({h.event, bucket_of(h.t(), inner.period)});
  }
  return out;
}

std::set<std::string> expected(const Case& c, const std::vector<Event>& events) {
  std::set<std::string> out;
  for (const std::string user : {"ann", "bob"}) {
    Items items = c.chained() ? inner_items(c.spec.correlations.front(), events, user) : Items{};
    std::set<std::string> seen;
    Values rules = c.outer().rules;
    rules.insert(rules.end(), c.outer().until.begin(), c.outer().until.end());
    for (const Event& event : events) {
      if (event.user.front() == user && matches_any({&event}, rules) && seen.insert(event.id).second) items.push_back({&event});
    }
    for (const Item& h : items) {
      if (!is_trigger(c, items, h)) continue;
      out.insert(user + (c.outer().period == 0 ? "@" + h.event->id : "#" + std::to_string(bucket_of(h.t(), c.outer().period))));
    }
  }
  return out;
}

std::set<std::string> actual(const Replay& replay, const std::string& rule) {
  std::set<std::string> out;
  std::map<std::string, bool> standing;
  for (const alert::Alert& alert : replay.alerts_of(rule)) {
    const std::string key = alert.key_text.substr(0, alert.key_text.size() - 1);
    const std::string id = key + (alert.bucket_text.front() == '@' ? alert.bucket_text : "#" + alert.bucket_text);
    EXPECT_NE(standing[id], !alert.withdrawn) << id << " told twice";
    standing[id] = !alert.withdrawn;
  }
  for (const auto& [id, stands] : standing) {
    if (stands) out.insert(id);
  }
  return out;
}

class Random {
 public:
  explicit Random(std::uint64_t seed) : engine_(seed) {}
  std::size_t below(std::size_t n) { return static_cast<std::size_t>(engine_() % n); }
  bool one_in(std::size_t n) { return below(n) == 0; }
  template <typename T>
  const T& of(const std::vector<T>& choices) {
    return choices[below(choices.size())];
  }
  std::mt19937_64& engine() { return engine_; }

 private:
  std::mt19937_64 engine_;
};

const Values kPlaces = {"48.85,2.35", "48.86,2.35", "45.76,4.83", "35.67,139.65", "-33.86,151.2", "51.5,-0.12",
                        "52.52,13.4", "40.71,-74",  "41.9,12.49", "59.33,18.06",  "55.75,37.61",  "19.43,-99.13"};

Corr random_outer(Random& random, Type type, Case& out) {
  Corr c{.name = "outer", .type = type, .rules = {"f", "g"}, .window = static_cast<double>(5 + random.below(60))};
  c.accept = kAccept;
  c.period = static_cast<double>(random.below(4) * 17);
  c.values = {"value"};
  switch (type) {
    case Type::value_sum:
      c.bounds = {random.one_in(2) ? gt(std::to_string(random.below(60))) : gte(std::to_string(random.below(60)) + ".5")};
      c.sum_risk = random.one_in(3);
      if (c.sum_risk) out.spec.risk = {{"f", 3}, {"g", random.one_in(2) ? 3 : 5}};
      break;
    case Type::value_change:
      c.values = {"value", "ip"};
      c.change_all = random.one_in(2);
      break;
    case Type::travel:
      c.speed_kmh = {gte(std::to_string(1 + random.below(4'000'000)))};
      c.distance_km = {gte(std::to_string(random.below(600)))};
      break;
    default:
      out.condition = random.of(kConditions);
      c.values.clear();
      c.metrics = {{"all"},
                   {"of_g", Kind::count, {}, {"g"}},
                   {"values", Kind::distinct, {"value"}},
                   {"pairs", Kind::distinct, {"value", "ip"}},
                   {"bytes", Kind::sum, {"value"}}};
      c.condition = out.condition.postfix;
      c.decision = out.condition.decision;
      if (c.decision == Class::refutable && random.one_in(2)) c.until = {"s"};
  }
  return c;
}

Case random_case(Random& random, Type type) {
  Case out;
  Corr outer = random_outer(random, type, out);
  const bool may_chain = (type == Type::value_sum && !outer.sum_risk) || type == Type::metrics;
  if (may_chain && random.one_in(3)) {
    Corr inner{.name = "inner", .type = Type::event_count, .rules = {"i"}, .window = static_cast<double>(5 + random.below(20))};
    inner.threshold = 2;
    inner.accept = kAccept;
    inner.period = static_cast<double>(10 + random.below(60));
    (outer.until.empty() || random.one_in(2) ? outer.rules : outer.until).push_back("inner");
    out.spec.correlations.push_back(inner);
  }
  out.spec.correlations.push_back(outer);
  return out;
}

std::vector<Event> random_events(Random& random, Type type) {
  static const Values kSome = {"1", "2.5", "7", "-4", "x", "X", "0.1"};
  static const Values kIps = {"p", "q", "Q"};
  static const Values kRules = {"f", "g", "s", "i"};
  const std::size_t many = random.one_in(4) ? 260 : 20 + random.below(60);
  const std::size_t span = 30 + random.below(300);
  const bool calm = random.one_in(2);  // values rarely change
  const std::size_t places = calm ? 2 : kPlaces.size();
  std::vector<Event> events;
  for (std::size_t i = 0; i < many; ++i) {
    Event event;
    event.t = static_cast<double>(random.below(span * 2)) / 2;
    event.id = "e" + std::to_string(random.below(1000) * 1000 + i);
    event.rules = {random.one_in(12) ? "s" : random.of(kRules)};
    if (random.one_in(4)) event.rules.push_back(random.of(kRules));
    if (event.rules.size() == 2 && event.rules[0] == event.rules[1]) event.rules.pop_back();
    event.user = {random.one_in(3) ? "bob" : "ann"};
    for (std::size_t v = random.one_in(10) ? 2 : 1; v > 0; --v) {
      event.value.push_back(type == Type::travel                 ? kPlaces[random.below(places)]
                            : calm && type == Type::value_change ? (random.one_in(60) ? "y" : "x")
                                                                 : random.of(kSome));
    }
    if (random.one_in(8)) event.value.clear();
    if (!random.one_in(6)) event.ip = {calm && !random.one_in(60) ? "p" : random.of(kIps)};
    if (random.one_in(10)) event.repeat = 2;
    events.push_back(event);
  }
  return events;
}

// Arrival within what is accepted, stamps rising.
std::vector<Event> arranged(std::vector<Event> events, Random& random, double disorder) {
  for (Event& event : events) event.a = event.t + (disorder == 0 ? 0 : static_cast<double>(random.below(1000)) / 1000 * disorder);
  std::stable_sort(events.begin(), events.end(), [](const Event& a, const Event& b) { return a.a < b.a; });
  return events;
}

void compare(const Case& c, const std::vector<Event>& events, Random& random, std::size_t& fired) {
  const plan::PlanPtr plan = make_plan(c.spec);
  const std::set<std::string> wanted = expected(c, events);
  fired += wanted.empty() ? 0 : 1;
  for (const double disorder : {0.0, 3.0, 20.0, kAccept - 1}) {
    Replay replay(plan);
    std::vector<Event> order = arranged(events, random, disorder);
    for (std::size_t i = 0; i < order.size(); ++i) {
      replay.feed(order[i]);
      if (disorder == 0 || !random.one_in(8)) continue;
      Event copy = order[i - random.below(std::min<std::size_t>(i + 1, 3))];
      copy.a = order[i].a;
      replay.feed(copy);
    }
    ASSERT_EQ(actual(replay, c.outer().name), wanted) << "disorder " << disorder;
  }
}

void run(Type type, std::uint64_t seeds) {
  std::size_t fired = 0;
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Random random(seed * 100 + static_cast<std::uint64_t>(type));
    const Case c = random_case(random, type);
    compare(c, random_events(random, type), random, fired);
    if (testing::Test::HasFailure()) return;
  }
  EXPECT_GT(fired, seeds / 3);
  EXPECT_LT(fired, seeds * 99 / 100);
}

TEST(BruteValues, Sum) { run(Type::value_sum, 300); }
TEST(BruteValues, Change) { run(Type::value_change, 300); }
TEST(BruteValues, Travel) { run(Type::travel, 300); }
TEST(BruteValues, Metrics) { run(Type::metrics, 500); }

}  // namespace
}  // namespace vedette::test
