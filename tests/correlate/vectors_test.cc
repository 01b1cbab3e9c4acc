// The vectors of the semantics table for the four types, each in every order of arrival. W = P = 600 s unless said.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "scenario.h"

namespace vedette::test {
namespace {

using Type = plan::CorrelationType;
using Buckets = std::set<std::int64_t>;

struct Vector {
  std::string name;
  Corr correlation;
  std::vector<Event> events;
  Buckets buckets;
};

Corr count(std::uint64_t threshold, double window = 600, double period = 600) {
  return {.name = "c", .type = Type::event_count, .rules = {"r"}, .window = window, .threshold = threshold, .period = period};
}

Corr distinct(std::uint64_t threshold, Values values = {"value"}) {
  return {.name = "c", .type = Type::value_count, .rules = {"r"}, .threshold = threshold, .values = std::move(values)};
}

Corr temporal(Values rules) {
  const std::uint64_t all = rules.size();
  return {.name = "c", .type = Type::temporal, .rules = std::move(rules), .threshold = all};
}

Corr ordered(Values rules) {
  const std::uint64_t all = rules.size();
  return {.name = "c", .type = Type::temporal_ordered, .rules = std::move(rules), .threshold = all};
}

std::vector<Event> at(const std::vector<double>& times) {
  std::vector<Event> events;
  for (const double t : times) events.push_back({.rules = {"r"}, .t = t, .id = "e" + std::to_string(events.size())});
  return events;
}

Event valued(double t, Values value) {
  return {
      .rules = {"r"}, .t = t, .id = "v" + std::to_string(t) + (value.empty() ? "" : value.front()), .value = std::move(value)};
}

Event named(const std::string& rule, double t, const std::string& id = "") {
  return {.rules = {rule}, .t = t, .id = id.empty() ? rule + std::to_string(t) : id};
}

std::vector<double> every(double step, double until) {
  std::vector<double> times;
  for (double t = 0; t <= until; t += step) times.push_back(t);
  return times;
}

const std::vector<Vector> kVectors = {
    {"count_in_one_window", count(3), at({100, 200, 650, 700}), {1}},
    {"count_exactly_w_apart", count(3), at({0, 300, 600}), {1}},
    {"count_just_over_w", count(3), at({0, 300, 601}), {}},
    {"count_one_microsecond_over_w", count(3), at({0, 300, 600.000001}), {}},
    {"count_two_buckets", count(3), at({590, 595, 599, 605}), {0, 1}},
    {"count_late_fillers", count(3), at({100, 110, 1300, 1310, 120, 1290}), {0, 2}},
    {"count_never_dense_enough", count(10, 60, 3600), at(every(7, 3600)), {}},
    {"count_dense_enough", count(10, 63, 3600), at(every(7, 3600)), {0}},
    {"count_equal_times", count(3), at({5, 5, 5}), {0}},
    {"count_before_the_epoch", count(3), at({-10, -5, -1}), {-1}},
    {"count_across_the_epoch", count(3), at({-10, -5, 0}), {0}},
    {"count_of_one", count(1), at({0, 599, 600}), {0, 1}},
    {"count_period_below_w", count(3, 600, 60), at({0, 30, 50, 130, 700}), {0, 2}},
    {"values_distinct", distinct(3), {valued(0, {"x"}), valued(10, {"x"}), valued(20, {"y"}), valued(30, {"z"})}, {0}},
    {"values_too_far_apart", distinct(3), {valued(0, {"x"}), valued(20, {"y"}), valued(700, {"z"})}, {}},
    {"values_null_is_none", distinct(3), {valued(0, {"x"}), valued(1, {}), valued(2, {"y"})}, {}},
    {"values_null_is_no_trigger", distinct(3), {valued(0, {"x"}), valued(1, {"y"}), valued(2, {"z"}), valued(600, {})}, {0}},
    {"values_fold", distinct(3), {valued(0, {"x"}), valued(1, {"X"}), valued(2, {"y"})}, {}},
    {"values_array_counts_members", distinct(3), {valued(0, {"x", "y"}), valued(1, {"z"})}, {0}},
    {"values_one_event_is_enough", distinct(3), {valued(7, {"x", "y", "z"})}, {0}},
    {"values_at_equal_times", distinct(3), {valued(0, {"x"}), valued(600, {"y"}), valued(600, {"z"})}, {1}},
    {"temporal_any_order", temporal({"A", "B", "C"}), {named("A", 0), named("C", 300), named("B", 600)}, {1}},
    {"temporal_too_far_apart", temporal({"A", "B", "C"}), {named("A", 0), named("B", 10), named("C", 601)}, {}},
    {"temporal_filled_later", temporal({"A", "B", "C"}), {named("A", 0), named("C", 300), named("B", 100)}, {0}},
    {"temporal_one_event_two_rules", temporal({"A", "B"}), {{.rules = {"A", "B"}, .t = 5, .id = "e"}}, {0}},
    {"ordered_wrong_way", ordered({"A", "B"}), {named("B", 100), named("A", 150)}, {}},
    {"ordered_filled_later", ordered({"A", "B"}), {named("B", 100), named("A", 150), named("A", 90)}, {0}},
    {"ordered_equal_times", ordered({"A", "B"}), {named("A", 5, "e1"), named("B", 5, "e2")}, {0}},
    {"ordered_equal_times_ids_reversed", ordered({"A", "B"}), {named("A", 5, "e2"), named("B", 5, "e1")}, {0}},
    {"ordered_one_event_one_position", ordered({"A", "B"}), {{.rules = {"A", "B"}, .t = 5, .id = "e1"}}, {}},
    {"ordered_exactly_w_apart", ordered({"A", "B"}), {named("A", 0), named("B", 600)}, {1}},
    {"ordered_just_over_w", ordered({"A", "B"}), {named("A", 0), named("B", 601)}, {}},
    {"ordered_double_duty",
     ordered({"A", "B", "C"}),
     {named("A", 1), {.rules = {"A", "B"}, .t = 2, .id = "ab"}, named("C", 3)},
     {0}},
    {"ordered_double_duty_needs_two", ordered({"A", "B", "C"}), {{.rules = {"A", "B"}, .t = 2, .id = "ab"}, named("C", 3)}, {}},
    {"ordered_tie_needs_matching",
     ordered({"A", "B", "C"}),
     {{.rules = {"A", "B"}, .t = 2, .id = "ab"}, named("B", 2, "b"), named("C", 2, "c")},
     {0}},
    {"ordered_tie_trigger_is_not_reused",
     ordered({"A", "B"}),
     {{.rules = {"A", "B"}, .t = 2, .id = "one"}, {.rules = {"A"}, .t = 3, .id = "two"}},
     {}},
    {"ordered_tie_both_ways",
     ordered({"A", "B"}),
     {{.rules = {"A", "B"}, .t = 2, .id = "one"}, {.rules = {"A", "B"}, .t = 2, .id = "two"}},
     {0}},
};

class Vectors : public testing::TestWithParam<Vector> {};

TEST_P(Vectors, InEveryOrderOfArrival) {
  const Vector& v = GetParam();
  EXPECT_EQ(buckets_in_every_order({.correlations = {v.correlation}}, v.events, "c"), v.buckets);
}

TEST_P(Vectors, WithDuplicates) {
  const Vector& v = GetParam();
  Replay run(make_plan({.correlations = {v.correlation}}));
  for (const Event& event : v.events) {
    run.feed(event);
    run.feed(event);
  }
  run.feed_all(v.events);
  EXPECT_EQ(run.buckets("c"), v.buckets);
}

std::string vector_name(const testing::TestParamInfo<Vector>& parameter) { return parameter.param.name; }
INSTANTIATE_TEST_SUITE_P(Semantics, Vectors, testing::ValuesIn(kVectors), vector_name);

TEST(EventCount, RedeliveredEventsCountOnce) {
  Replay run(make_plan({.correlations = {count(3)}}));
  run.feed_all({named("r", 0, "a"), named("r", 0, "a"), named("r", 10, "b")});
  EXPECT_EQ(run.buckets("c"), Buckets{});
  run.feed(named("r", 20, "x"));
  EXPECT_EQ(run.buckets("c"), Buckets{0});
}

TEST(EventCount, TheFirstCopyFixesTheTime) {
  Replay run(make_plan({.correlations = {count(3)}}));
  run.feed_all({named("r", 0, "a"), named("r", 590, "b"), named("r", 590, "a"), named("r", 601, "x")});
  EXPECT_EQ(run.buckets("c"), Buckets{});
  EXPECT_EQ(run.correlator().id_conflicts(), 1U);
  EXPECT_EQ(run.correlator().correlation_counters(0).hits, 3U);
}

TEST(EventCount, SeveralListedRulesCountOnce) {
  Corr c = count(3);
  c.rules = {"r", "s"};
  Replay run(make_plan({.correlations = {c}}));
  run.feed_all({{.rules = {"r", "s"}, .t = 0, .id = "a"}, {.rules = {"r", "s"}, .t = 1, .id = "b"}});
  EXPECT_EQ(run.buckets("c"), Buckets{});
  run.feed({.rules = {"s"}, .t = 2, .id = "d"});
  EXPECT_EQ(run.buckets("c"), Buckets{0});
  EXPECT_EQ(run.alerts().front().count, 3U);
}

TEST(EventCount, DeclaredRepeatsCount) {
  std::vector<Event> events = {{.rules = {"r"}, .t = 0, .id = "a", .repeat = 4}, {.rules = {"r"}, .t = 600, .id = "b"}};
  EXPECT_EQ(buckets_in_every_order({.correlations = {count(5)}}, events, "c"), Buckets{1});
  EXPECT_EQ(buckets_in_every_order({.correlations = {count(6)}}, events, "c"), Buckets{});
  Replay run(make_plan({.correlations = {count(5)}}));
  run.feed_all(events);
  EXPECT_EQ(run.alerts().front().count, 5U);
  EXPECT_EQ(run.alerts().front().flags, Values{"repeated"});
}

TEST(ValueCount, TuplesOfSeveralFields) {
  const auto pair = [](double t, const char* value, const char* ip) {
    return Event{.rules = {"r"}, .t = t, .id = std::to_string(t), .value = {value}, .ip = {ip}};
  };
  std::vector<Event> events = {pair(0, "x", "1"), pair(1, "x", "2"), pair(2, "y", "1")};
  EXPECT_EQ(buckets_in_every_order({.correlations = {distinct(3, {"value", "ip"})}}, events, "c"), Buckets{0});
  EXPECT_EQ(buckets_in_every_order({.correlations = {distinct(3, {"value"})}}, events, "c"), Buckets{});
  events[2].ip.clear();  // a tuple with a missing part is null
  EXPECT_EQ(buckets_in_every_order({.correlations = {distinct(3, {"value", "ip"})}}, events, "c"), Buckets{});
}

TEST(Temporal, FewerRulesThanAllWhenTheConditionSaysSo) {
  Corr c = temporal({"A", "B", "C"});
  c.threshold = 2;
  EXPECT_EQ(buckets_in_every_order({.correlations = {c}}, {named("A", 0), named("A", 10), named("C", 600)}, "c"), Buckets{1});
  EXPECT_EQ(buckets_in_every_order({.correlations = {c}}, {named("A", 0), named("A", 10)}, "c"), Buckets{});
}

}  // namespace
}  // namespace vedette::test
