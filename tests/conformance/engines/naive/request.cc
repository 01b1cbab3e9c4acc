#include "tests/conformance/engines/naive/request.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <map>
#include <set>

#include "tests/conformance/engines/naive/condition.h"
#include "tests/oracle/naive/keys.h"

namespace vedette::conformance {
namespace {

using naive::Correlation;
using naive::Json;
using naive::Micros;
using naive::Type;

const std::map<std::string, Type> kTypes = {{"event_count", Type::event_count},
                                            {"value_count", Type::value_count},
                                            {"temporal", Type::temporal},
                                            {"value_sum", Type::value_sum},
                                            {"value_avg", Type::value_avg},
                                            {"temporal_ordered", Type::temporal_ordered},
                                            {"new_value", Type::new_value},
                                            {"value_change", Type::value_change},
                                            {"value_percentile", Type::value_percentile},
                                            {"value_median", Type::value_median},
                                            {"travel", Type::travel},
                                            {"metrics", Type::metrics}};
const std::map<std::string, naive::Op> kOperators = {{"gt", naive::Op::gt},   {"gte", naive::Op::gte}, {"lt", naive::Op::lt},
                                                     {"lte", naive::Op::lte}, {"eq", naive::Op::eq},   {"neq", naive::Op::neq}};

const Json& need(const Json& from, const std::string& key) {
  const Json* found = from.find(key);
  if (found == nullptr) throw std::runtime_error("`" + key + "` is missing");
  return *found;
}

std::string text_of(const Json* json, const std::string& otherwise = "") { return json == nullptr ? otherwise : json->text; }
bool is_true(const Json* json) { return json != nullptr && json->text == "true"; }

std::vector<std::string> texts_of(const Json* json) {
  if (json == nullptr) return {};
  if (json->kind != Json::Kind::array) return {json->text};
  std::vector<std::string> texts;
  for (const Json& item : json->items) texts.push_back(item.text);
  return texts;
}

Micros duration(const std::string& text) {
  const std::map<char, Micros> units = {
      {'s', naive::kSecond}, {'m', naive::kMinute}, {'h', naive::kHour}, {'d', 24 * naive::kHour}, {'w', 168 * naive::kHour}};
  return std::stoll(text) * units.at(text.back());
}

// --- rules ---

std::vector<naive::Bound> bounds_of(const Json* map) {
  std::vector<naive::Bound> bounds;
  if (map == nullptr) return bounds;
  for (const auto& [key, value] : map->members) {
    const auto op = kOperators.find(key.text);
    if (op != kOperators.end()) bounds.push_back({op->second, value.text});
  }
  return bounds;
}

bool is_correlation(const Json& request, const std::string& name) {
  for (const Json& document : need(request, "documents").items) {
    if (text_of(document.find("name")) == name) return document.find("correlation") != nullptr;
  }
  throw std::runtime_error("no rule is called " + name);
}

std::set<std::string> negated_names(const std::optional<naive::Expr>& condition) {
  std::set<std::string> names;
  if (!condition || condition->kind != naive::Expr::all) return names;
  for (const naive::Expr& part : condition->children) {
    if (part.kind == naive::Expr::negation) names.insert(part.children[0].text);
  }
  return names;
}

void add_inputs(Correlation& out, const Json& body, const Json& request) {
  const bool temporal = out.type == Type::temporal || out.type == Type::temporal_ordered;
  const std::set<std::string> negated = temporal ? negated_names(out.condition) : std::set<std::string>{};
  for (const std::string& name : texts_of(body.find("rules"))) {
    out.inputs.push_back({name, is_correlation(request, name), negated.contains(name), false});
  }
  for (const std::string& name : texts_of(body.find("until"))) {
    out.inputs.push_back({name, is_correlation(request, name), false, true});
  }
}

void add_members(Correlation& out, const Json& body) {
  const Json* aliases = body.find("aliases");
  for (const std::string& name : texts_of(body.find("group-by"))) {
    naive::Member member{name, {}};
    const Json* fields = aliases == nullptr ? nullptr : aliases->find(name);
    for (const naive::Input& input : out.inputs) {
      member.fields.push_back({text_of(fields == nullptr ? nullptr : fields->find(input.name), name), {}});
    }
    out.group_by.push_back(member);
  }
}

void add_condition(Correlation& out, const Json& body) {
  const Json* condition = body.find("condition");
  out.values = texts_of(body.find("field"));
  if (condition == nullptr) return;
  if (condition->kind == Json::Kind::string) {
    out.condition = parse_condition(condition->text);
    return;
  }
  out.bounds = bounds_of(condition);
  if (condition->find("field") != nullptr) out.values = texts_of(condition->find("field"));
  out.percentile = text_of(condition->find("percentile"));
  out.change_all = is_true(condition->find("all"));
  out.speed = bounds_of(condition->find("speed_kmh"));
  out.distance = bounds_of(condition->find("distance_km"));
}

void add_metrics(Correlation& out, const Json& body) {
  const Json* values = body.find("values");
  if (values == nullptr) return;
  for (const auto& [name, value] : values->members) {
    naive::Metric metric;
    metric.name = name.text;
    metric.rules = texts_of(value.find("of"));
    if (value.find("count") != nullptr) metric.rules = texts_of(value.find("count"));
    for (const auto& [key, kind] : {std::pair{"distinct", naive::Metric::distinct}, std::pair{"sum", naive::Metric::sum}}) {
      if (value.find(key) == nullptr) continue;
      metric.kind = kind;
      metric.fields = texts_of(value.find(key));
    }
    out.metrics.push_back(metric);
  }
}

naive::Suppress suppress_of(const Json& document) {
  naive::Suppress out;
  const Json* given = document.find("suppress");
  if (given == nullptr) return out;
  if (given->find("by") != nullptr) out.by = texts_of(given->find("by"));
  if (given->find("for") != nullptr) out.period = duration(given->find("for")->text);
  return out;
}

Correlation read_correlation(const Json& document, const Json& request) {
  const Json& body = need(document, "correlation");
  for (const char* key : {"export", "across"}) {
    if (body.find(key) != nullptr) throw Unsupported(key);
  }
  Correlation out;
  out.name = out.id = need(document, "name").text;
  const auto type = kTypes.find(need(body, "type").text);
  if (type == kTypes.end()) throw Unsupported("the type " + need(body, "type").text);
  out.type = type->second;
  out.window = duration(text_of(body.find("timespan"), "24h"));
  add_condition(out, body);
  add_inputs(out, body, request);
  add_members(out, body);
  add_metrics(out, body);
  out.suppress = suppress_of(document);
  out.generate = is_true(body.find("generate"));
  out.risk = out.values == std::vector<std::string>{"risk"};
  out.learn = duration(text_of(body.find("learn"), "0s"));
  out.fire_first = text_of(body.find("first")) == "fire";
  out.settled = text_of(body.find("decide")) == "settled";
  if (body.find("settle") != nullptr) out.settle = duration(body.find("settle")->text);
  return out;
}

// Inner ones first.
std::vector<Correlation> in_order(std::vector<Correlation> waiting) {
  std::vector<Correlation> out;
  std::set<std::string> known;
  while (!waiting.empty()) {
    const auto ready = std::find_if(waiting.begin(), waiting.end(), [&](const Correlation& one) {
      return std::all_of(one.inputs.begin(), one.inputs.end(),
                         [&](const naive::Input& input) { return !input.correlation || known.contains(input.name); });
    });
    if (ready == waiting.end()) throw std::runtime_error("correlations read each other");
    known.insert(ready->name);
    out.push_back(*ready);
    waiting.erase(ready);
  }
  return out;
}

// --- events ---

naive::Value value_of(const Json& json) {
  switch (json.kind) {
    case Json::Kind::boolean:
      return {naive::ValueKind::boolean, json.text};
    case Json::Kind::number:
      return {naive::ValueKind::number, json.text};
    case Json::Kind::string:
      return {naive::ValueKind::string, json.text};
    case Json::Kind::object:
    case Json::Kind::array:
      return {naive::ValueKind::object, compact(json)};
    case Json::Kind::null:
      break;
  }
  return {};
}

std::vector<naive::Value> values_of(const Json& json) {
  if (json.kind != Json::Kind::array) return {value_of(json)};
  std::vector<naive::Value> values;
  for (const Json& item : json.items) values.push_back(value_of(item));
  return values;
}

// Base rules of the suite: one selection of plain values.
bool matches(const Json& document, const Json& event) {
  const Json& detection = need(document, "detection");
  if (need(detection, "condition").text != "selection") throw Unsupported("base rules with other conditions than `selection`");
  const std::string service = text_of(need(document, "logsource").find("service"));
  if (!service.empty() && service != need(event, "source").text) return false;
  for (const auto& [name, wanted] : need(detection, "selection").members) {
    if (name.text.find('|') != std::string::npos) throw Unsupported("modifiers in base rules");
    const Json* field = need(event, "fields").find(name.text);
    const std::vector<std::string> texts = texts_of(&wanted);
    if (field == nullptr || field->kind == Json::Kind::null) return false;
    const auto same = [&](const std::string& text) { return naive::fold(text) == naive::fold(field->text); };
    if (std::none_of(texts.begin(), texts.end(), same)) return false;
  }
  return true;
}

}  // namespace

naive::Rules read_rules(const Json& request) {
  naive::Rules out;
  for (const auto& [name, settings] : need(request, "sources").members) {
    const auto seconds = [&, &given = settings](const char* key) {
      return static_cast<Micros>(std::stod(need(given, key).text) * static_cast<double>(naive::kSecond));
    };
    out.sources[name.text] = {seconds("accept_s"), {}, seconds("settle_s")};
  }
  std::vector<Correlation> correlations;
  for (const Json& document : need(request, "documents").items) {
    const std::string name = need(document, "name").text;
    if (document.find("correlation") != nullptr) {
      correlations.push_back(read_correlation(document, request));
      continue;
    }
    naive::Rule rule{name, name, {}, text_of(need(document, "logsource").find("service")), {}};
    if (document.find("risk") != nullptr) rule.risk = static_cast<std::uint32_t>(std::stoul(document.find("risk")->text));
    out.rules.push_back(rule);
  }
  out.correlations = in_order(std::move(correlations));
  return out;
}

std::vector<naive::Record> read_events(const Json& request) {
  std::vector<naive::Record> log;
  for (const Json& event : need(request, "events").items) {
    naive::Record record;
    record.tenant = "default";
    record.source = record.stream = need(event, "source").text;
    record.id = need(event, "id").text;
    record.t = parse_time(need(event, "time").text);
    record.arrival = parse_time(need(event, "arrival").text);
    for (const auto& [name, value] : need(event, "fields").members) record.fields.set(name.text, values_of(value));
    for (const Json& document : need(request, "documents").items) {
      if (document.find("detection") != nullptr && matches(document, event)) record.rules.insert(need(document, "name").text);
    }
    log.push_back(record);
  }
  return log;
}

Micros parse_time(const std::string& text) {
  int year = 0;
  unsigned month = 0, day = 0, hour = 0, minute = 0, second = 0;
  long micros = 0;
  if (std::sscanf(text.c_str(), "%d-%u-%uT%u:%u:%u.%6ldZ", &year, &month, &day, &hour, &minute, &second, &micros) != 7) {
    throw std::runtime_error("not a time: " + text);
  }
  const std::chrono::sys_days days = std::chrono::year(year) / static_cast<int>(month) / static_cast<int>(day);
  const auto whole = days + std::chrono::hours(hour) + std::chrono::minutes(minute) + std::chrono::seconds(second);
  return std::chrono::duration_cast<std::chrono::microseconds>(whole.time_since_epoch()).count() + micros;
}

std::string time_text(Micros time) {
  const std::chrono::sys_time<std::chrono::microseconds> at{std::chrono::microseconds(time)};
  const auto days = std::chrono::floor<std::chrono::days>(at);
  const std::chrono::year_month_day date(days);
  const std::chrono::hh_mm_ss clock(at - days);
  char text[64];
  std::snprintf(text, sizeof text, "%04d-%02u-%02uT%02d:%02d:%02d.%06dZ", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), static_cast<int>(clock.hours().count()),
                static_cast<int>(clock.minutes().count()), static_cast<int>(clock.seconds().count()),
                static_cast<int>(clock.subseconds().count()));
  return text;
}

}  // namespace vedette::conformance
