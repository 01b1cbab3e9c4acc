#include "tests/oracle/vectors.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

#include "tests/oracle/compare.h"
#include "tests/oracle/gen/random.h"
#include "tests/oracle/gen/yaml.h"
#include "tests/oracle/naive/evaluate.h"

namespace vedette::oracle {

using naive::Correlation;
using naive::kHour;
using naive::kSecond;
using naive::Micros;
using naive::Record;
using naive::Type;

RuleSet rules_for(Type type, std::size_t inputs, std::uint64_t threshold) {
  RuleSet set;
  set.rules.sources["oracle_a"] = {6 * kHour, {"unknown", "-"}, 60 * kSecond};
  Correlation correlation;
  correlation.name = "c";
  correlation.id = kVectorId + "0";
  correlation.type = type;
  correlation.group_by = {{"user", {}}};
  correlation.window = 600 * kSecond;
  if (type != Type::new_value) correlation.suppress.period = 600 * kSecond;
  if (threshold > 0) correlation.bounds = at_least(threshold);
  for (std::size_t i = 0; i < inputs; ++i) {
    const std::string name(1, static_cast<char>('A' + i));
    set.rules.rules.push_back({name, kVectorId + std::to_string(i + 1), {}, "", {}});
    set.kinds_of[name] = {name, "all"};
    correlation.inputs.push_back({name, false});
    correlation.group_by[0].fields.push_back({"user", {}});
  }
  if (type == Type::value_count) correlation.values = {"val"};
  set.rules.correlations = {correlation};
  return set;
}

Correlation& top(RuleSet& set) { return set.rules.correlations.back(); }

std::vector<naive::Bound> at_least(std::uint64_t count) { return {{naive::Op::gte, std::to_string(count)}}; }

Micros micros(double seconds) { return static_cast<Micros>(seconds * 1e6 + (seconds < 0 ? -0.5 : 0.5)); }

std::vector<naive::Value> values_of(const std::string& json) {
  if (json.empty() || json == "[]") return {};
  if (json[0] == '{') return {{naive::ValueKind::object, json}};
  if (json[0] == '[') {
    std::vector<naive::Value> values;
    std::stringstream list(json.substr(1, json.size() - 2));
    for (std::string item; std::getline(list, item, ',');) values.push_back(values_of(item).front());
    return values;
  }
  if (json == "null") return {naive::Value{}};
  if (json[0] == '"') return {{naive::ValueKind::string, json.substr(1, json.size() - 2)}};
  return {{naive::ValueKind::number, json}};
}

Record record_of(const RuleSet& set, const Given& given, bool recorded) {
  Record record{given.tenant, given.source, given.tenant + "/" + given.source, given.id, "", micros(given.at), {}, 1, {}, {}};
  record.entry = given.entry;
  record.bytes =
      fmt::format(R"({{"oracle":1,"id":"{}","us":{},"kind":"{}","user":{})", given.id, *record.t, given.kind, given.user);
  if (!given.value.empty()) record.bytes += ",\"val\":" + given.value;
  if (!given.other.empty()) record.bytes += ",\"other\":" + given.other;
  if (given.arrival) {
    record.arrival = micros(*given.arrival);
    if (recorded) record.bytes += ",\"seen\":" + std::to_string(*record.arrival);
  }
  record.bytes += "}";
  record.fields.set("user", values_of(given.user));
  if (!given.value.empty()) record.fields.set("val", values_of(given.value));
  if (!given.other.empty()) record.fields.set("other", values_of(given.other));
  for (const auto& [rule, kinds] : set.kinds_of) {
    if (std::count(kinds.begin(), kinds.end(), given.kind) > 0) record.rules.insert(rule);
  }
  return record;
}

std::vector<Given> parse(const std::string& text, Letter letter) {
  std::vector<Given> events;
  std::stringstream words(text);
  for (std::string word; words >> word;) {
    const std::size_t at = word.find('@'), slash = word.find('/');
    const std::string name = word.substr(0, at);
    Given given;
    given.id = letter == Letter::id ? name : "e" + std::to_string(events.size());
    given.at = std::stod(word.substr(at + 1));
    if (slash != std::string::npos) given.arrival = std::stod(word.substr(slash + 1));
    if (letter == Letter::value) given.value = name == "null" ? "null" : "\"" + name + "\"";
    if (letter == Letter::number) given.value = name;
    if (letter == Letter::rule) given.kind = name;
    events.push_back(given);
  }
  return events;
}

std::set<std::string> buckets_of(const std::map<std::string, naive::Alert>& alerts, const std::string& rule) {
  std::set<std::string> buckets;
  for (const auto& [id, alert] : alerts) {
    if (alert.rule == rule) buckets.insert(alert.bucket);
  }
  return buckets;
}

namespace {

std::string order(const Run& run) {
  std::string text = run.clock == naive::Clock::merged ? "merged:" : run.clock == naive::Clock::live ? "live:" : "as arrived:";
  for (const Record& record : run.log) text += fmt::format(" {}@{}", record.id, static_cast<double>(record.t.value_or(0)) / 1e6);
  return text;
}

}  // namespace

Checker::Checker(const RuleSet& set) : set_(set) {
  std::string problem;
  pipeline_ = Pipeline::load(to_yaml(set), set.rules.sources, problem);
  if (!pipeline_) ADD_FAILURE() << problem << to_yaml(set);
}

void Checker::in_every_order(const std::vector<Given>& events, const std::set<std::string>& expected) {
  one(events, naive::Clock::as_arrived, 1, expected);
  one(events, naive::Clock::merged, 3, expected);
  std::vector<Given> other = events;
  std::reverse(other.begin(), other.end());
  one(other, naive::Clock::as_arrived, 2, expected);
  Random random(events.size());
  for (int i = 0; i < 40 && events.size() > 2; ++i) {
    random.shuffle(other);
    one(other, naive::Clock::as_arrived, 1 + other.size() % 3, expected);
  }
}

void Checker::one(const std::vector<Given>& events, naive::Clock clock, std::size_t batch,
                  const std::set<std::string>& expected) {
  Run run;
  run.clock = clock;
  run.batch = batch;
  for (const Given& given : events) run.log.push_back(record_of(set_, given, clock == naive::Clock::as_arrived));
  check(run, expected);
}

Outcome Checker::check(const Run& run, const std::set<std::string>& expected) {
  const auto alerts = naive::evaluate(naive::sequence(run.log, run.clock, set_.rules.sources, run.now), set_.rules);
  EXPECT_EQ(buckets_of(alerts, set_.rules.correlations.back().id), expected) << "naive evaluator, " << order(run);
  if (!pipeline_) return {};
  Outcome outcome = pipeline_->run(run);
  EXPECT_EQ(difference(set_.rules, run, alerts, outcome, false), "") << "engine, " << order(run);
  return outcome;
}

void vector_of(const RuleSet& set, const std::string& events, Letter letter, const std::set<std::string>& expected) {
  SCOPED_TRACE(name_of(set.rules.correlations.back().type) + ": " + events);
  Checker(set).in_every_order(parse(events, letter), expected);
}

Outcome log_of(const RuleSet& set, const std::string& events, Letter letter, const std::set<std::string>& expected) {
  SCOPED_TRACE(name_of(set.rules.correlations.back().type) + ": " + events);
  std::vector<Given> log = parse(events, letter);
  for (Given& given : log) {
    if (!given.arrival) given.arrival = given.at;
    if (given.kind == "down" || given.id == "down") given.entry = naive::Entry::down;
    if (given.kind == "up" || given.id == "up") given.entry = naive::Entry::up;
  }
  Run run;
  for (const std::size_t batch : {1U, 3U}) {
    for (const naive::Clock clock : {naive::Clock::as_arrived, naive::Clock::live}) {
      run = {};
      run.clock = clock;
      run.batch = batch;
      for (const Given& given : log) run.log.push_back(record_of(set, given, clock == naive::Clock::as_arrived));
      Checker(set).check(run, expected);
    }
  }
  return Checker(set).check(run, expected);
}

}  // namespace vedette::oracle
