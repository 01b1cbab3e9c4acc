// The vectors of the semantics document for the four first types: through the engine in several arrival orders, and
// through the naive evaluator.
#include "tests/oracle/vectors.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "tests/oracle/naive/evaluate.h"
#include "tests/oracle/naive/ids.h"

namespace vedette::oracle {
namespace {

using naive::Correlation;
using naive::kHour;
using naive::kSecond;
using naive::Micros;
using naive::Record;
using naive::Type;

TEST(Vectors, IdsOfTheFormats) {
  const std::string rule = "11111111-1111-4111-8111-111111111111";
  EXPECT_EQ(naive::alert_id("default", rule, 600'000'000, {"alice"}, "1"), "fc34b5ec4644027af1d6bab2a669b333");
  EXPECT_EQ(naive::event_alert_id("default", rule, "okta", "33e9dcbc-3ed3-423b-acdf-7e44ab17ebdb"),
            "46fb6aca0c273f79da11ff37a24d03e0");
}

TEST(Vectors, EventCount) {
  const RuleSet set = rules_for(Type::event_count, 1, 3);
  vector_of(set, "a@100 b@200 c@650 d@700", Letter::id, {"1"});
  vector_of(set, "a@0 b@300 c@600", Letter::id, {"1"});
  vector_of(set, "a@0 b@300 c@601", Letter::id, {});
  vector_of(set, "a@0 b@300 c@600.000001", Letter::id, {});
  vector_of(set, "a@10 a@10 b@20", Letter::id, {});
  vector_of(set, "a@590 b@595 c@599 d@605", Letter::id, {"0", "1"});
  vector_of(set, "a@100 b@110 c@1300 d@1310 e@120 f@1290", Letter::id, {"0", "2"});
  vector_of(set, "a@-1300 b@-1200 c@-1190", Letter::id, {"-2"});
  vector_of(set, "a@-10 b@-5 c@-0.000001", Letter::id, {"-1"});
}

TEST(Vectors, EventCountCountsAnEventOnceForSeveralRules) {
  RuleSet set = rules_for(Type::event_count, 2, 3);
  Checker checker(set);
  std::vector<Given> events = parse("a@0 b@1", Letter::id);
  for (Given& given : events) given.kind = "all";
  checker.in_every_order(events, {});
  events.push_back({"c", 2, "B"});
  checker.in_every_order(events, {"0"});
}

// "message repeated n times": the line's id is made from its bytes, and equal lines are as many events.
TEST(Vectors, DeclaredRepeatsCount) {
  RuleSet set = rules_for(Type::event_count, 1, 3);
  set.rules.sources = {{kTextSource, {6 * kHour, {}}}};
  const std::string message = "kind=A user=alice ip= host= val= other= device=";
  const auto line = [&](int second, std::uint64_t repeat) {
    Record record{
        "default",        kTextSource, "default/file", "", fmt::format("1970-01-01T00:00:{:02}Z host1 oracle[17]: ", second),
        second * kSecond, {},          repeat,         {}, {"A"}};
    record.bytes += repeat == 1 ? message : fmt::format("message repeated {} times: [ {}]", repeat, message);
    record.fields.set("user", values_of("\"alice\""));
    return record;
  };
  Checker checker(set);
  oracle::Run run;
  run.clock = naive::Clock::as_arrived;
  run.log = {line(1, 1), line(2, 2)};
  checker.check(run, {"0"});
  run.log = {line(2, 2)};
  checker.check(run, {});
  run.log = {line(2, 3)};
  checker.check(run, {"0"});
  run.log = {line(5, 1), line(5, 1), line(5, 1)};
  checker.check(run, {"0"});
}

TEST(Vectors, EventCountBelowTheRateNeverFires) {
  RuleSet set = rules_for(Type::event_count, 1, 10);
  top(set).window = 60 * kSecond;
  top(set).suppress.period = kHour;
  std::vector<Given> events;
  for (int t = 0; t < 3600; t += 7) events.push_back({"e" + std::to_string(t), static_cast<double>(t)});
  Checker(set).in_every_order(events, {});
  top(set).bounds = at_least(9);  // nine hits span 56 s
  Checker(set).in_every_order(events, {"0"});
}

TEST(Vectors, ValueCount) {
  const RuleSet set = rules_for(Type::value_count, 1, 3);
  vector_of(set, "x@0 x@10 y@20 z@30", Letter::value, {"0"});
  vector_of(set, "x@0 y@20 z@700", Letter::value, {});
  vector_of(set, "x@0 null@1 y@2", Letter::value, {});
  vector_of(set, "x@0 y@1 z@2 null@600", Letter::value, {"0"});
  vector_of(set, "x@0 X@1 y@2", Letter::value, {});
  vector_of(set, "x@0 unknown@1 y@2", Letter::value, {});
  vector_of(set, "x@0 y@300 z@600", Letter::value, {"1"});
}

TEST(Vectors, ValueCountOfArraysAndTuples) {
  RuleSet set = rules_for(Type::value_count, 1, 3);
  Checker(set).in_every_order({{"e0", 0, "A", R"(["x","y"])"}, {"e1", 5, "A", R"(["Y","z",null])"}}, {"0"});
  Checker(set).in_every_order({{"e0", 0, "A", R"(["x","y"])"}, {"e1", 5, "A", "[]"}}, {});
  top(set).values = {"val", "user"};
  top(set).group_by.clear();
  Checker(set).in_every_order(
      {{"e0", 0, "A", R"("x")", R"("a")"}, {"e1", 1, "A", R"("x")", R"("b")"}, {"e2", 2, "A", R"("y")", R"("a")"}}, {"0"});
  Checker(set).in_every_order(
      {{"e0", 0, "A", R"("x")", R"("a")"}, {"e1", 1, "A", R"("x")", R"("A")"}, {"e2", 2, "A", R"("y")", "null"}}, {});
}

TEST(Vectors, Temporal) {
  vector_of(rules_for(Type::temporal, 3, 3), "A@0 C@300 B@600", Letter::rule, {"1"});
  vector_of(rules_for(Type::temporal, 3, 3), "A@0 B@10 C@601", Letter::rule, {});
  vector_of(rules_for(Type::temporal, 3, 3), "A@0 C@300 B@100", Letter::rule, {"0"});
  vector_of(rules_for(Type::temporal, 3, 2), "A@0 A@10 C@599", Letter::rule, {"0"});
  vector_of(rules_for(Type::temporal, 2, 2), "all@5", Letter::rule, {"0"});  // one event may serve two rules
}

TEST(Vectors, TemporalOrdered) {
  const RuleSet set = rules_for(Type::temporal_ordered, 2, 0);
  vector_of(set, "B@100 A@150", Letter::rule, {});
  vector_of(set, "B@100 A@150 A@90", Letter::rule, {"0"});
  vector_of(set, "A@5 B@5", Letter::rule, {"0"});
  vector_of(set, "all@5", Letter::rule, {});  // one event fills one position
  vector_of(set, "all@5 all@5", Letter::rule, {"0"});
  vector_of(set, "A@0 B@600", Letter::rule, {"1"});
  vector_of(set, "A@0 B@601", Letter::rule, {});
  vector_of(rules_for(Type::temporal_ordered, 3, 0), "A@0 B@1 C@600", Letter::rule, {"1"});
  vector_of(rules_for(Type::temporal_ordered, 3, 0), "A@0 C@1 B@2", Letter::rule, {});
  // Greedy choices miss this: the event of both rules must be the first.
  vector_of(rules_for(Type::temporal_ordered, 3, 0), "all@1 B@2 C@3", Letter::rule, {"0"});
}

TEST(Vectors, SuppressionAndBuckets) {
  RuleSet set = rules_for(Type::event_count, 1, 2);
  top(set).suppress.period = 0;  // one alert per trigger
  vector_of(set, "a@0 b@1 c@2", Letter::id, {"@b", "@c"});
  vector_of(set, "a@1 b@1", Letter::id, {"@a", "@b"});
  top(set).suppress.period = 60 * kSecond;  // P below W
  vector_of(set, "a@0 b@59 c@60 d@119 e@120", Letter::id, {"0", "1", "2"});
  top(set).suppress.period = std::nullopt;  // max(W, 1 h)
  vector_of(set, "a@0 b@1 c@3599 d@3600 e@7300", Letter::id, {"0", "1"});
  // A day has a phase, the same for the naive evaluator and the engine: compared by id.
  top(set).suppress.period = 24 * kHour;
  const std::string bucket = naive::bucket_of(100 * kSecond, "", "default", top(set).id, 24 * kHour, {"alice"});
  vector_of(set, "a@99 b@100", Letter::id, {bucket});
}

TEST(Vectors, SuppressByASubsetSharesOneAlert) {
  RuleSet set = rules_for(Type::event_count, 1, 2);
  top(set).group_by.push_back({"val", {{"val", {}}}});
  std::vector<Given> events = {
      {"a", 0, "A", R"("x")"}, {"b", 1, "A", R"("x")"}, {"c", 2, "A", R"("y")"}, {"d", 3, "A", R"("y")"}};
  top(set).suppress.by = {"user"};
  Checker(set).in_every_order(events, {"0"});
  EXPECT_EQ(naive::evaluate(naive::sequence({record_of(set, events[0], false), record_of(set, events[1], false),
                                             record_of(set, events[2], false), record_of(set, events[3], false)},
                                            naive::Clock::merged, set.rules.sources),
                            set.rules)
                .size(),
            1u);
}

TEST(Vectors, GroupsKeysAndFanOut) {
  RuleSet set = rules_for(Type::event_count, 1, 2);
  const auto pair = [](const std::string& first, const std::string& second) {
    return std::vector<Given>{{"a", 0, "A", "", first}, {"b", 1, "A", "", second}};
  };
  Checker checker(set);
  checker.in_every_order(pair(R"("alice")", R"("ALICE")"), {"0"});
  checker.in_every_order(pair(R"("alice")", R"("bob")"), {});
  checker.in_every_order(pair("4625", R"("4625")"), {"0"});
  checker.in_every_order(pair("1", "1.0"), {});
  checker.in_every_order(pair("null", "null"), {});
  checker.in_every_order(pair(R"("")", R"("")"), {});
  checker.in_every_order(pair(R"("Unknown")", R"("unknown")"), {});
  checker.in_every_order(pair(R"("-")", R"("-")"), {});
  checker.in_every_order(pair(R"(["x","y"])", R"(["y","z"])"), {"0"});
  std::string crowd = "[";
  for (int i = 0; i < 63; ++i) crowd += "\"u" + std::to_string(i) + "\",";
  checker.in_every_order(pair(crowd + "\"last\"]", R"("last")"), {"0"});              // the 64th value
  checker.in_every_order(pair(crowd + "\"one\",\"last\"]", R"("last")"), {});         // the 65th
  checker.in_every_order(pair(crowd + "\"U1\",null,\"last\"]", R"("last")"), {"0"});  // distinct values count
}

// Nine users times nine values: the 64th tuple counts, the 65th does not.
TEST(Vectors, TuplesOfKeysStopAtSixtyFour) {
  RuleSet set = rules_for(Type::event_count, 1, 2);
  top(set).group_by.push_back({"val", {{"val", {}}}});
  const std::string users = R"(["u0","u1","u2","u3","u4","u5","u6","u7","u8"])";
  const std::string values = R"(["v0","v1","v2","v3","v4","v5","v6","v7","v8"])";
  Checker checker(set);
  checker.in_every_order({{"a", 0, "A", values, users}, {"b", 1, "A", R"("v0")", R"("u7")"}}, {"0"});
  checker.in_every_order({{"a", 0, "A", values, users}, {"b", 1, "A", R"("v1")", R"("u7")"}}, {});
}

TEST(Vectors, Tenants) {
  RuleSet set = rules_for(Type::event_count, 1, 2);
  std::vector<Given> events = {{"a", 0}, {"a", 1}};
  events[1].tenant = "acme";
  Checker(set).in_every_order(events, {});
  top(set).across_tenants = true;
  Checker(set).in_every_order(events, {"0"});
}

TEST(Vectors, LateClampedAndRedelivered) {
  RuleSet set = rules_for(Type::event_count, 1, 2);
  set.rules.sources["oracle_a"].accept = kHour;
  top(set).generate = true;
  Checker checker(set);
  const auto at = [](double t, double arrival, const std::string& id) {
    return Given{id, t, "A", "", R"("alice")", "default", arrival};
  };
  for (const naive::Clock clock : {naive::Clock::as_arrived, naive::Clock::live}) {
    checker.one({at(100, 3700, "a"), at(101, 3701, "b")}, clock, 1, {"0"});                   // exactly at the edge
    checker.one({at(100, 3700, "a"), at(101, 3701.000001, "b")}, clock, 1, {});               // b is late
    checker.one({at(100, 100, "a"), at(7200, 7200, "x"), at(101, 7201, "b")}, clock, 1, {});  // late by its own stamp
    checker.one({at(7000, 7000, "a"), at(7200, 7200, "x"), at(7001, 7201, "b")}, clock, 1, {"11", "12"});
    checker.one({at(100, 100, "a"), at(500, 200, "b")}, clock, 1, {"0"});  // exactly 5 minutes ahead
    checker.one({at(590, 590, "a"), at(900, 595, "b")}, clock, 1, {"0"});  // further: clamped to 595
    checker.one({at(100, 100, "a"), at(100, 200, "a"), at(100, 3600, "a")}, clock, 1, {});
    checker.one({at(100, 4000, "a"), at(100, 4000, "a"), at(500, 4000, "b")}, clock, 1, {});  // both copies of a are late
  }
}

// A stream that begins long behind the others, after an outage, loses nothing, however large its batches are.
TEST(Vectors, BacklogOfAnotherStream) {
  for (const Micros period : {Micros{0}, 600 * kSecond}) {
    RuleSet set = rules_for(Type::event_count, 1, 2);
    top(set).suppress.period = period;
    const auto at = [](double t, const std::string& id, const std::string& tenant) {
      return Given{id, t, "A", "", R"("alice")", tenant, t};
    };
    for (const std::size_t batch : {1U, 2U, 10U}) {
      Checker(set).one({at(900000, "x", "acme"), at(0, "a", "default"), at(1, "b", "default"), at(5000, "c", "default")},
                       naive::Clock::as_arrived, batch, {period == 0 ? "@b" : "0"});
    }
  }
}

// Inner alerts, not inner triggers, are counted; sequences see every trigger.
TEST(Vectors, Chains) {
  RuleSet set = rules_for(Type::event_count, 1, 2);
  top(set).window = 60 * kSecond;
  top(set).suppress.period = 60 * kSecond;
  Correlation outer = top(set);
  outer.name = "outer";
  outer.id = kVectorId + "9";
  outer.window = 600 * kSecond;
  outer.suppress.period = 600 * kSecond;
  outer.inputs = {{"c", true}};
  set.rules.correlations.push_back(outer);
  vector_of(set, "a@0 b@1 c@2 d@3", Letter::id, {});               // four hits, one inner alert
  vector_of(set, "a@0 b@1 c@100 d@101", Letter::id, {"0"});        // two inner alerts
  vector_of(set, "a@0 b@1 c@590 d@601 e@602", Letter::id, {"1"});  // the first inner alert is 600 s before 601
  vector_of(set, "a@0 b@1 c@601.5 d@602", Letter::id, {});
  top(set).type = Type::temporal_ordered;
  top(set).bounds.clear();
  top(set).inputs = {{"c", true}, {"A", false}};
  top(set).group_by[0].fields.push_back({"user", {}});
  vector_of(set, "a@0 b@1", Letter::id, {});  // the last failure is not also the success
  vector_of(set, "a@0 b@1 c@601", Letter::id, {"1"});
  vector_of(set, "a@0 b@1 c@30 d@630", Letter::id, {"0", "1"});  // the trigger at 30 lies in the inner alert of 1
}

TEST(Vectors, GenerateLetsReferredRulesAlert) {
  RuleSet set = rules_for(Type::temporal_ordered, 2, 0);
  top(set).generate = true;
  vector_of(set, "A@0 B@1", Letter::rule, {"0"});
  const RuleSet& rules = set;
  const std::vector<Given> events = parse("A@0 B@1", Letter::rule);
  const auto alerts = naive::evaluate(naive::sequence({record_of(rules, events[0], false), record_of(rules, events[1], false)},
                                                      naive::Clock::merged, rules.rules.sources),
                                      rules.rules);
  EXPECT_EQ(alerts.size(), 3u);
}

}  // namespace
}  // namespace vedette::oracle
