// Steady state: after a warm-up over 10^5 keys and all types, hits must hardly allocate. Counts every operator new of the
// program.
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <new>
#include <random>
#include <string>
#include <vector>

#include "scenario.h"

namespace {
std::atomic<std::uint64_t> allocations{0};

void* counted(std::size_t bytes) {
  allocations.fetch_add(1, std::memory_order_relaxed);
  if (void* memory = std::malloc(bytes == 0 ? 1 : bytes)) return memory;
  throw std::bad_alloc();
}
}  // namespace

void* operator new(std::size_t bytes) { return counted(bytes); }
void* operator new[](std::size_t bytes) { return counted(bytes); }
void* operator new(std::size_t bytes, const std::nothrow_t&) noexcept { return std::malloc(bytes == 0 ? 1 : bytes); }
void* operator new[](std::size_t bytes, const std::nothrow_t&) noexcept { return std::malloc(bytes == 0 ? 1 : bytes); }
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }

namespace vedette::test {
namespace {

using Type = plan::CorrelationType;

// 37 rules: 23 base rules, 12 correlations on them and 2 on correlations; thresholds that are rarely met.
PlanSpec many_rules() {
  PlanSpec spec;
  spec.correlations = {
      {.name = "count", .type = Type::event_count, .rules = {"r0", "r1"}, .window = 300, .threshold = 30, .period = 3600},
      {.name = "values",
       .type = Type::value_count,
       .rules = {"r2"},
       .window = 600,
       .threshold = 20,
       .period = 3600,
       .values = {"value"}},
      {.name = "both", .type = Type::temporal, .rules = {"r3", "r4"}, .window = 10, .threshold = 2, .period = 3600},
      {.name = "order", .type = Type::temporal_ordered, .rules = {"r5", "r6"}, .window = 10, .threshold = 2, .period = 3600},
      {.name = "inner", .type = Type::event_count, .rules = {"r7", "r8"}, .window = 300, .threshold = 4, .period = 3600},
      {.name = "ips",
       .type = Type::value_count,
       .rules = {"r9", "r10"},
       .window = 300,
       .threshold = 40,
       .period = 3600,
       .members = {"ip"},
       .values = {"user"}},
      {.name = "daily",
       .type = Type::event_count,
       .rules = {"r11", "r12", "r13"},
       .window = 86400,
       .threshold = 500,
       .period = 86400},
      {.name = "after", .type = Type::temporal_ordered, .rules = {"inner", "r14"}, .window = 300, .threshold = 2, .period = 3600},
      {.name = "spread",
       .type = Type::event_count,
       .rules = {"inner"},
       .window = 3600,
       .threshold = 50,
       .period = 3600,
       .members = {"ip"}},
      {.name = "bytes",
       .type = Type::value_sum,
       .rules = {"r16"},
       .window = 3600,
       .period = 3600,
       .values = {"value"},
       .bounds = {gt("1000000000")}},
      {.name = "change", .type = Type::value_change, .rules = {"r17"}, .window = 3600, .period = 3600, .values = {"ip"}},
      {.name = "travel",
       .type = Type::travel,
       .rules = {"r18"},
       .window = 3600,
       .period = 3600,
       .values = {"value"},
       .speed_kmh = {gte("900")}},
      {.name = "metrics",
       .type = Type::metrics,
       .rules = {"r19", "r20"},
       .window = 900,
       .period = 3600,
       .metrics = {{"all"}, {"ips", plan::MetricKind::distinct, {"ip"}}, {"bytes", plan::MetricKind::sum, {"value"}}},
       .condition = "all 100000 >= ips 8 >= and"},
      {.name = "ratio",
       .type = Type::metrics,
       .rules = {"r19", "r21"},
       .window = 900,
       .period = 3600,
       .decision = plan::DecisionClass::refutable,
       .metrics = {{"all"}, {"ips", plan::MetricKind::distinct, {"ip"}}},
       .condition = "all ips / 100000 >=",
       .until = {"r22"}},
  };
  spec.emit = {"r15"};  // an alert is a bundle of strings: here one an hour
  spec.rule_suppress = {.given = true, .for_us = kHourUs, .by = {}};
  return spec;
}

// Sums are of numbers, travel is between places.
std::string_view counted_value(std::string_view rule, std::string_view ip) {
  if (rule == "r16" || rule == "r19") return "12.5";
  return rule == "r18" ? "48.8566,2.3522" : ip;
}

TEST(Allocation, HitsHardlyAllocateOnceWarm) {
  PlanSpec spec = many_rules();
  const plan::PlanPtr compiled = make_plan(spec);
  auto plan = std::make_shared<plan::Plan>(*compiled);
  for (plan::CorrelationPlan& c : plan->correlations) {  // what is kept must turn over within the test
    c.retention = c.retention - c.accept + 5 * kMinuteUs;
    c.accept = 5 * kMinuteUs;
  }
  constexpr std::size_t kKeys = 100'000;
  constexpr std::size_t kEvents = 600'000;
  constexpr std::size_t kMeasured = 100'000;
  correlate::Correlator correlator(plan);
  std::vector<std::string> users;
  for (std::size_t i = 0; i < kKeys; ++i) users.push_back("user" + std::to_string(i) + "@example.com");
  std::mt19937_64 random(7);
  std::vector<alert::Alert> alerts;
  event::Origin origin;
  std::uint64_t before = 0;
  std::size_t fired = 0;
  for (std::size_t i = 0; i < kEvents; ++i) {
    if (i == kEvents - kMeasured) {
      before = allocations.load();
      fired = 0;
    }
    // A few busy users, many quiet ones; an event each 50 ms, some of them up to a minute late.
    const std::size_t user = random() % 4 == 0 ? random() % 64 : random() % kKeys;
    char id[48];
    const int id_bytes = std::snprintf(id, sizeof id, "%08zx-aaaa-bbbb-cccc-%012zx", i, i * 2654435761U);
    char ip[24];
    const int ip_bytes = std::snprintf(ip, sizeof ip, "10.0.%zu.%zu", user % 200, user % 7);
    const correlate::ColumnValue user_value{users[user], users[user]};
    const correlate::ColumnValue ip_value{{ip, static_cast<std::size_t>(ip_bytes)}, {ip, static_cast<std::size_t>(ip_bytes)}};
    const auto rule = static_cast<std::uint32_t>(random() % plan->rules.size());
    const std::string_view counted = counted_value(plan->rules[rule].meta.name, {ip, static_cast<std::size_t>(ip_bytes)});
    const correlate::ColumnValue value{counted, counted};
    const correlate::ColumnValues columns[3] = {{&user_value, 1}, {&value, 1}, {&ip_value, 1}};
    const correlate::Hit hit{rule, 0, columns};
    correlate::EventHits event;
    event.head.a = static_cast<TimeUs>(i) * 50'000 + 1'700'000'000'000'000;
    event.head.t = event.head.a - (random() % 10 == 0 ? static_cast<TimeUs>(random() % 60'000'000) : 0);
    event.head.source = 1;
    event.head.id = {id, static_cast<std::size_t>(id_bytes)};
    event.hits = {&hit, 1};
    correlator.apply(event, origin, alerts);
    correlator.advance(0, 1, event.head.a);
    fired += alerts.size();
    alerts.clear();
  }
  const double each = static_cast<double>(allocations.load() - before) / static_cast<double>(kMeasured);
  RecordProperty("allocations_per_event", std::to_string(each));
  RecordProperty("alerts", std::to_string(fired));
  EXPECT_LT(each, 0.1) << fired << " alerts, " << correlator.state_bytes() << " bytes";
}

}  // namespace
}  // namespace vedette::test
