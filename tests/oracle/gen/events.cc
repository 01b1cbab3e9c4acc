#include "tests/oracle/gen/events.h"

#include <algorithm>
#include <cstdio>

#include "tests/oracle/gen/random.h"
#include "tests/oracle/naive/times.h"

namespace vedette::oracle {
namespace {

using naive::kHour;
using naive::kSecond;
using naive::Micros;
using naive::Value;
using naive::ValueKind;

constexpr Micros kDay = 24 * kHour;
constexpr Micros kFarthest = 900'000'000'000'000'000;  // the year 30489, and as far back

Value text(std::string value) { return {ValueKind::string, std::move(value)}; }
Value number(std::string value) { return {ValueKind::number, std::move(value)}; }

// Spellings that are one key.
using Spellings = std::vector<Value>;

const std::vector<Spellings> kPeople = {
    {text("alice"), text("Alice"), text("ALICE")},
    {text("bob"), text("BOB"), text("bob")},
    {text("\u00C9lise"), text("\u00E9lise"), text("\u00C9LISE")},
    {text("\u03A3\u0391\u03A3"), text("\u03C3\u03B1\u03C2"), text("\u03C3\u03B1\u03C3")},
    {number("4625"), text("4625")},
    {text("\u212Aim"), text("kim"), text("KIM")},
    {{ValueKind::boolean, "true"}, text("true"), text("TRUE")},
    {text("a\"b\\c"), text("A\"B\\C")},
};
const std::vector<Spellings> kAddresses = {{text("10.0.0.1")}, {text("10.0.0.2")}, {text("2001:DB8::1"), text("2001:db8::1")}};
const std::vector<Spellings> kHosts = {{text("web1"), text("WEB1")}, {text("db1"), text("Db1")}};
const std::vector<Spellings> kDevices = {{text("d1"), text("D1")}, {text("d2")}};
const std::vector<Spellings> kCounted = {
    {text("v0"), text("V0")},
    {text("v1"), text("V1")},
    {number("1"), text("1")},
    {number("1.0"), text("1.0")},
    {{ValueKind::object, R"({"b":"X","a":1})"}},
};
// Numbers, and what is none; few, so that sums meet their bounds.
const std::vector<Spellings> kNumbers = {
    {number("1"), text("1"), number("1.0")},
    {number("2.50"), text("2.5")},
    {number("5"), text("5")},
    {text("0.1"), number("1e-1")},
    {number("10"), number("1e1")},
    {number("-3"), text("-3")},
    {number("4"), text("4.000")},
};
const std::vector<Spellings> kJunk = {
    {text("ten"), text(" 4"), text("1,5"), text("+5"), text("05"), text(".5"), text("5."), text("0x10"), text("NaN")},
    {{ValueKind::boolean, "true"}, {ValueKind::null, ""}},
    {number("123456789012345678"), text("1e17"), number("0.0000000000000000001")},  // too many digits, too large, too small
    {number("1e-18"), text("-0"), number("0.00"), number("12345678901234567e-15")},
    {{ValueKind::object, R"({"b":"X","a":1})"}},
};
const std::vector<Spellings> kGrades = {
    {number("1"), text("1")}, {text("2"), number("2")}, {number("3.5")}, {text("7")}, {number("-4")}, {text("x")}};

Value place(std::string json) { return {ValueKind::object, std::move(json)}; }
const std::vector<Spellings> kPlaces = {
    {place(R"({"lat":48.8566,"lon":2.3522})"), text("48.8566,2.3522"), place(R"({"latitude":48.8566,"longitude":2.3522})")},
    {place(R"({"lat":48.8049,"lon":2.1204})"), text("48.8049,2.1204")},  // Versailles
    {place(R"({"city":"Tokyo","lat":35.6762,"lon":139.6503})"), text("35.6762,139.6503")},
    {place(R"({"lat":40.7128,"lon":-74.006})"), text("40.7128,-74.0060")},
    {place(R"({"lat":-33.8688,"lon":151.2093})"), text("-33.8688,151.2093")},
    {place(R"({"lat":51.5072,"lon":-0.1276})")},
    {text("52.52,13.405")},
    {place(R"({"lat":64.1466,"lon":-21.9426})")},
    {text("-17.7134,178.065")},
    {text("-13.8507,-171.7514")},  // the other side of the date line
    {place(R"({"lat":90,"lon":0})"), text("90,0")},
    {text("1.3521,103.8198")},
};
const std::vector<Spellings> kNoPlaces = {
    {place(R"({"lat":48.8566})"), place(R"({"lat":null,"lon":2})"), place(R"({"lat":91,"lon":2})"), text("48.8566,181")},
    {text("Paris"), text("48.8566"), number("48.8566"), text("1,2,3")},
};

std::string json_string(const std::string& value) {
  std::string out = "\"";
  for (const char c : value) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + "\"";
}

std::string json_value(const Value& value) {
  switch (value.kind) {
    case ValueKind::null:
      return "null";
    case ValueKind::string:
      return json_string(value.text);
    case ValueKind::object: {  // blanks that the compact form does not have
      std::string out;
      for (const char c : value.text) out += c == ',' || c == ':' ? std::string(1, c) + " " : std::string(1, c);
      return out;
    }
    default:
      return value.text;
  }
}

std::string iso8601(Micros t) {
  Micros days = t / kDay;
  Micros rest = t % kDay;
  if (rest < 0) {
    rest += kDay;
    --days;
  }
  std::int64_t year = 1970;
  const auto leap = [](std::int64_t y) { return y % 4 == 0 && (y % 100 != 0 || y % 400 == 0); };
  for (; days < 0; days += leap(year) ? 366 : 365) --year;
  for (; days >= (leap(year) ? 366 : 365); ++year) days -= leap(year) ? 366 : 365;
  int month = 1;
  for (; month < 12; ++month) {
    const std::int64_t length = month == 2                                              ? (leap(year) ? 29 : 28)
                                : month == 4 || month == 6 || month == 9 || month == 11 ? 30
                                                                                        : 31;
    if (days < length) break;
    days -= length;
  }
  char buffer[64];
  std::snprintf(buffer, sizeof buffer, "%04d-%02d-%02dT%02d:%02d:%02d.%06dZ", static_cast<int>(year), month,
                static_cast<int>(days + 1), static_cast<int>(rest / kHour), static_cast<int>(rest / naive::kMinute % 60),
                static_cast<int>(rest / kSecond % 60), static_cast<int>(rest % kSecond));
  return buffer;
}

class Generator {
 public:
  Generator(const RuleSet& set, std::uint64_t seed, std::int64_t scale) : set_(set), random_(seed ^ 0xabcdef), scale_(scale) {
    case_.seed = seed;
    crowded_ = random_.percent(15);
    people_ = kPeople;
    random_.shuffle(people_);
    people_.resize(static_cast<std::size_t>(random_.between(1, crowded_ ? 1 : 3)));
    favourite_ = crowded_ ? random_.pick(std::vector<int>{0, 70, 90, 95}) : random_.pick(std::vector<int>{0, 0, 0, 40});
    for (const naive::Correlation& correlation : set.rules.correlations) {
      const auto reads = [&](const std::string& field) {
        const auto sums = [&](const naive::Metric& metric) {
          return std::count(metric.fields.begin(), metric.fields.end(), field) > 0;
        };
        return std::count(correlation.values.begin(), correlation.values.end(), field) > 0 ||
               std::any_of(correlation.metrics.begin(), correlation.metrics.end(), sums);
      };
      numbers_ = numbers_ || reads("num") || reads("grade");
      placed_ = placed_ || reads("place");
    }
    places_ = kPlaces;
    random_.shuffle(places_);
    places_.resize(static_cast<std::size_t>(random_.between(2, 12)));
    odd_ = random_.pick(std::vector<int>{0, 10, 25});
    missing_ = random_.pick(std::vector<int>{0, 5, crowded_ ? 5 : 25});
    array_ = random_.pick(std::vector<int>{0, 0, 10, 25});
    tenants_ =
        crowded_ || random_.percent(45) ? std::vector<std::string>{"default"} : std::vector<std::string>{"default", "acme"};
    for (const auto& [name, source] : set.rules.sources) sources_.push_back(name);
    for (const auto& [name, kinds] : set.kinds_of) kinds_.insert(kinds_.end(), kinds.begin(), kinds.end());
    kinds_.push_back("noise");
    roles_ = random_.pick(std::vector<int>{5, 5, 40});
    text_ = set.rules.sources.contains(kTextSource);
    // Events of two tenants or source types may bear one id, but not where an alert's id is made of it alone.
    const auto per_trigger = [](const naive::Correlation& c) { return c.suppress.period == 0; };
    shared_ids_ = random_.percent(50) && std::none_of(set.rules.correlations.begin(), set.rules.correlations.end(), per_trigger);
    choose_times();
    // Equal lines are counted for a day at least, so events that are told apart by their count stay within half a day.
    without_id_ = random_.percent(20) && !case_.far_apart && span_ < 12 * kHour ? 10 : 0;
  }

  Case build() {
    const std::int64_t count = random_.between(20, 54) * scale_;
    for (std::int64_t i = 0; i < count; ++i) add_event();
    return std::move(case_);
  }

 private:
  const RuleSet& set_;
  Random random_;
  std::int64_t scale_;
  Case case_;
  bool crowded_ = false;  // one group, few windows: many hits in every storage slice
  std::vector<Spellings> people_, places_;
  int missing_ = 0, array_ = 0, odd_ = 0, without_id_ = 0, roles_ = 0, favourite_ = 0;
  bool numbers_ = false, placed_ = false;  // some correlation reads them
  bool text_ = false, shared_ids_ = false;
  std::vector<std::string> tenants_, sources_, kinds_;
  std::map<std::string, int> next_id_;
  Micros base_ = 0, span_ = 0, grid_ = 1;
  bool jitter_ = false, iso_ = true;
  std::vector<Micros> pool_;

  void choose_times() {
    const Micros w = set_.window;
    const double spread = crowded_ && set_.spread > 1 ? random_.log_uniform(1, std::min(set_.spread, 8.0))
                                                      : random_.log_uniform(set_.spread / 1.6, set_.spread * 1.6);
    span_ = static_cast<Micros>(spread * static_cast<double>(w * scale_));
    if (text_) span_ = std::min(span_, 12 * kHour);
    const int style = static_cast<int>(random_.between(0, 99));
    if (style < 85) grid_ = w / random_.pick(std::vector<Micros>{1, 1, 1, 1, 2, 2, 4});
    jitter_ = style < 25;
    const Micros period = std::max(w, kHour);
    const std::vector<Micros> bases = {0,
                                       -span_ / 2 / grid_ * grid_,
                                       -period * 5,
                                       period * 472222,
                                       period * 472222 - span_ / 2,
                                       -62135596800 * kSecond,
                                       253402300799 * kSecond - span_,
                                       kFarthest / w * w,
                                       -kFarthest / w * w,
                                       1'700'000'000'123'457};
    base_ = random_.pick(bases);
    if (text_ && std::abs(base_) > kFarthest - w) base_ = 0;  // no date for it
    iso_ = base_ >= -62135596800 * kSecond && base_ <= 253402300799 * kSecond - span_;
    case_.far_apart = random_.percent(10) && iso_ && !text_ && base_ > -period * 6 && base_ < 250000000000 * kSecond;
    if (style >= 70 && style < 80) {
      for (int i = 0; i < 8; ++i) pool_.push_back(plain_time());
    }
  }

  Micros plain_time() {
    const Micros offset = random_.between(0, span_) / grid_ * grid_;
    return base_ + offset;
  }

  Micros time() {
    Micros t = pool_.empty() ? plain_time() : random_.pick(pool_);
    if (jitter_ && random_.percent(30)) t += random_.percent(50) ? 1 : -1;
    if (case_.far_apart && random_.percent(25)) t += 10 * kDay;
    return std::max(t, iso_ ? -62135596800 * kSecond : t);
  }

  void add_event() {
    CaseEvent event;
    naive::Record& record = event.record;
    record.tenant = random_.pick(tenants_);
    record.source = random_.pick(sources_);
    record.t = time();
    if (text_) return add_line(event);
    if (!random_.percent(without_id_)) {
      record.id = "e" + std::to_string(next_id_[shared_ids_ ? record.tenant + record.source : ""]++);
      event.id = ",\"id\":" + json_string(record.id);
    }
    event.time =
        iso_ && random_.percent(50) ? ",\"time\":\"" + iso8601(*record.t) + "\"" : ",\"us\":" + std::to_string(*record.t);
    add_kind(event);
    add_field(event, "user", people_, true);
    add_field(event, "account.name", people_, true);
    add_field(event, "ip", kAddresses, true);
    add_field(event, "host", kHosts, true);
    add_field(event, "val", kCounted, true);
    add_field(event, "other", kHosts, true);
    add_field(event, "device", kDevices, false);
    if (numbers_) add_field(event, "num", random_.percent(odd_) ? kJunk : kNumbers, true);
    if (numbers_) add_field(event, "grade", kGrades, true);
    if (placed_) add_field(event, "place", random_.percent(odd_) ? kNoPlaces : places_, true);
    case_.events.push_back(event);
  }

  void add_kind(CaseEvent& event) {
    std::vector<std::string> kinds = {random_.pick(kinds_)};
    if (random_.percent(roles_)) kinds.push_back(random_.pick(kinds_));
    event.body += ",\"kind\":[";
    for (std::size_t i = 0; i < kinds.size(); ++i) event.body += (i == 0 ? "" : ",") + json_string(kinds[i]);
    event.body += "]";
    match(event.record, kinds);
  }

  void match(naive::Record& record, const std::vector<std::string>& kinds) {
    for (const auto& [rule, matched] : set_.kinds_of) {
      const auto hit = [&](const std::string& kind) { return std::count(kinds.begin(), kinds.end(), kind) > 0; };
      const std::string& source = naive::rule_named(set_.rules, rule).source;
      if (!source.empty() && source != record.source) continue;
      if (std::any_of(matched.begin(), matched.end(), hit)) record.rules.insert(rule);
    }
  }

  // A text line: every value is a string, none has a blank, and some stand for several.
  void add_line(CaseEvent& event) {
    const std::string kind = random_.pick(kinds_);
    match(event.record, {kind});
    event.body = "kind=" + kind;
    const std::vector<std::pair<std::string, const std::vector<Spellings>*>> fields = {{"user", &people_}, {"ip", &kAddresses},
                                                                                       {"host", &kHosts},  {"val", &kCounted},
                                                                                       {"other", &kHosts}, {"device", &kDevices}};
    for (const auto& [name, items] : fields) {
      Value value = random_.percent(missing_) ? text(random_.pick(std::vector<std::string>{"", "-", "Unknown"})) : one_of(*items);
      value.kind = ValueKind::string;
      event.body += " " + name + "=" + value.text;
      event.record.fields.set(name, {value});
    }
    if (random_.percent(25)) {
      event.record.repeat = static_cast<std::uint64_t>(random_.between(1, 4));
      event.body = "message repeated " + std::to_string(event.record.repeat) + " times: [ " + event.body + "]";
    }
    event.time = iso8601(*event.record.t);
    case_.events.push_back(event);
  }

  Value one_of(const std::vector<Spellings>& items) {
    return random_.pick(random_.percent(favourite_) ? items.front() : random_.pick(items));
  }

  void add_field(CaseEvent& event, const std::string& name, const std::vector<Spellings>& items, bool arrays) {
    std::vector<Value> values;
    bool array = false;
    if (random_.percent(missing_)) {
      const std::int64_t how = random_.between(0, 6);
      if (how == 0) return;  // absent
      if (how == 1) values = {text("")};
      if (how == 2) values = {text("unknown")};
      if (how == 3) values = {text("-")};
      if (how == 4) values = {text("N/A")};
      if (how == 5) values = {Value{}};
      array = how == 6 && arrays;  // an empty array
      if (how == 6 && !arrays) values = {Value{}};
    } else {
      values = {one_of(items)};
      if (arrays && random_.percent(array_)) {
        array = true;
        for (std::int64_t more = random_.between(0, 2); more > 0; --more)
          values.push_back(random_.percent(15) ? Value{} : one_of(items));
        if (random_.percent(5) && name != "num" && name != "grade" && name != "place") add_crowd(values);
      }
    }
    event.record.fields.set(name, values);
    render(event, name, values, array);
  }

  // 62 to 65 other values before or after, around the fan-out limit.
  void add_crowd(std::vector<Value>& values) {
    std::vector<Value> crowd;
    const std::int64_t size = random_.between(62, 65);
    for (std::int64_t i = 0; i < size; ++i) crowd.push_back(text("crowd" + std::to_string(i)));
    values.insert(random_.percent(70) ? values.begin() : values.end(), crowd.begin(), crowd.end());
  }

  void render(CaseEvent& event, const std::string& name, const std::vector<Value>& values, bool array) {
    const std::size_t dot = name.find('.');
    const bool nested = dot != std::string::npos && !random_.percent(20);
    std::string list;
    for (const Value& value : values) {
      if (!list.empty()) list += ",";
      list += array && nested ? "{" + json_string(name.substr(dot + 1)) + ":" + json_value(value) + "}" : json_value(value);
    }
    if (array) list = "[" + list + "]";
    if (!nested) {
      event.body += "," + json_string(name) + ":" + list;
    } else if (array) {
      event.body += "," + json_string(name.substr(0, dot)) + ":" + list;
    } else {
      event.body += "," + json_string(name.substr(0, dot)) + ":{" + json_string(name.substr(dot + 1)) + ":" + list + "}";
    }
  }
};

}  // namespace

Case make_case(const RuleSet& set, std::uint64_t seed, std::int64_t scale) { return Generator(set, seed, scale).build(); }

std::string to_line(const CaseEvent& event, const std::optional<Micros>& seen, bool timed) {
  if (event.record.source == kTextSource) return (timed ? event.time + " host1 oracle[17]: " : "") + event.body;
  return "{\"oracle\":1" + event.id + (timed ? event.time : "") + (seen ? ",\"seen\":" + std::to_string(*seen) : "") +
         event.body + "}";
}

}  // namespace vedette::oracle
