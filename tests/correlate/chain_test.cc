// Chains: inner triggers reach outer correlations unsuppressed, exactly once, as their source events.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "scenario.h"

namespace vedette::test {
namespace {

using Type = plan::CorrelationType;
using Buckets = std::set<std::int64_t>;

Event hit(const std::string& rule, double t, const std::string& id = "") {
  return {.rules = {rule}, .t = t, .id = id.empty() ? rule + std::to_string(static_cast<int>(t)) : id, .ip = {"10.0.0.1"}};
}

Corr failures(double period = 3600) {
  return {.name = "failures", .rules = {"fail"}, .window = 60, .threshold = 3, .period = period};
}

std::vector<Event> burst(double start) { return {hit("fail", start), hit("fail", start + 1), hit("fail", start + 2)}; }

std::vector<Event> joined(std::vector<std::vector<Event>> parts) {
  std::vector<Event> out;
  for (const std::vector<Event>& part : parts) out.insert(out.end(), part.begin(), part.end());
  return out;
}

TEST(Chain, SuppressionDoesNotHideLaterTriggersFromTheOuterRule) {
  const Corr outer{
      .name = "outer", .type = Type::temporal_ordered, .rules = {"failures", "success"}, .window = 60, .period = 600};
  const std::vector<Event> events = joined({burst(0), burst(3000), {hit("success", 3010)}});
  EXPECT_EQ(buckets_in_every_order({.correlations = {failures(), outer}}, events, "outer"), Buckets{5});
  EXPECT_EQ(buckets_in_every_order({.correlations = {failures(), outer}}, joined({burst(0), {hit("success", 3010)}}), "outer"),
            Buckets{});
}

TEST(Chain, EvidenceHoldsTheInnerEvents) {
  const Corr outer{
      .name = "outer", .type = Type::temporal_ordered, .rules = {"failures", "success"}, .window = 60, .period = 600};
  Replay run(make_plan({.correlations = {failures(), outer}}));
  run.feed_all(joined({burst(0), {hit("success", 10)}}));
  ASSERT_EQ(run.alerts().size(), 1U);
  const alert::Alert& alert = run.alerts().front();
  std::vector<std::string> ids;
  for (const alert::EvidenceRef& event : alert.events) ids.push_back(event.id);
  EXPECT_EQ(ids, (Values{"fail0", "fail1", "fail2", "success10"}));
  EXPECT_EQ(alert.count, 2U);
  EXPECT_EQ(alert.author, "author of outer; author of failures; author of fail; author of success");
  EXPECT_EQ(alert.reason, "failures then success for alice within 8 s");
  EXPECT_EQ(alert.first_time, 0);
  EXPECT_EQ(alert.last_time, 10 * kSecondUs);
  EXPECT_EQ(alert.chain_level, 2);
}

TEST(Chain, CountingTypesCountInnerAlertIds) {
  const Corr outer{.name = "outer", .rules = {"failures"}, .window = 600, .threshold = 2, .period = 3600};
  const std::vector<Event> one_bucket = joined({burst(0), burst(30)});  // four triggers, one inner alert
  EXPECT_EQ(buckets_in_every_order({.correlations = {failures(60), outer}}, one_bucket, "outer"), Buckets{});
  const std::vector<Event> two_buckets = joined({burst(0), burst(90)});
  EXPECT_EQ(buckets_in_every_order({.correlations = {failures(60), outer}}, two_buckets, "outer"), Buckets{0});
  Corr single = failures(0);  // one alert per trigger: every trigger is an id
  EXPECT_EQ(buckets_in_every_order({.correlations = {single, outer}}, one_bucket, "outer"), Buckets{0});
}

TEST(Chain, AnInnerIdIsInTheWindowWhenAnyOfItsTriggersIs) {
  const Corr outer{.name = "outer", .rules = {"failures"}, .window = 100, .threshold = 2, .period = 3600};
  // The first alert's last trigger (at 50) is within 100 s of the second alert's first (at 150); its first (at 2) is not.
  const std::vector<Event> events = joined({burst(0), {hit("fail", 50)}, {hit("fail", 148), hit("fail", 149), hit("fail", 150)}});
  EXPECT_EQ(buckets_in_every_order({.correlations = {failures(100), outer}}, events, "outer"), Buckets{0});
}

TEST(Chain, ValueCountSeesEveryTriggerThroughItsEvent) {
  const Corr outer{.name = "outer",
                   .type = Type::value_count,
                   .rules = {"failures"},
                   .window = 600,
                   .threshold = 2,
                   .period = 600,
                   .members = {"ip"},
                   .values = {"user"}};
  std::vector<Event> events = burst(0);
  for (Event event : burst(100)) {
    event.user = {"bob"};
    event.id += "bob";
    events.push_back(event);
  }
  EXPECT_EQ(buckets_in_every_order({.correlations = {failures(), outer}}, events, "outer"), Buckets{0});
  events.pop_back();
  EXPECT_EQ(buckets_in_every_order({.correlations = {failures(), outer}}, events, "outer"), Buckets{});
}

TEST(Chain, TheOuterRuleMayGroupByAnotherField) {
  const Corr outer{.name = "outer",
                   .type = Type::temporal,
                   .rules = {"failures", "other"},
                   .window = 60,
                   .threshold = 2,
                   .period = 600,
                   .members = {"ip"}};
  Event other = hit("other", 20);
  other.user = {"mallory"};
  EXPECT_EQ(buckets_in_every_order({.correlations = {failures(), outer}}, joined({burst(0), {other}}), "outer"), Buckets{0});
  other.ip = {"10.9.9.9"};
  EXPECT_EQ(buckets_in_every_order({.correlations = {failures(), outer}}, joined({burst(0), {other}}), "outer"), Buckets{});
}

TEST(Chain, AMemberThatIsCasedInsideFoldsOutside) {
  const Corr inner{.name = "failures", .rules = {"fail"}, .window = 60, .threshold = 2, .period = 600, .members = {"user|cased"}};
  const Corr outer{.name = "outer", .rules = {"failures"}, .window = 600, .threshold = 2, .period = 600};
  std::vector<Event> events = {hit("fail", 0), hit("fail", 1), hit("fail", 2), hit("fail", 3)};
  events[0].user = events[1].user = {"bob the first of many"};
  events[2].user = events[3].user = {"Bob the First of many"};
  EXPECT_EQ(buckets_in_every_order({.correlations = {inner, outer}}, events, "outer"), Buckets{0});
  Replay run(make_plan({.correlations = {inner, outer}}));
  run.feed_all(events);
  ASSERT_EQ(run.alerts().size(), 1U);
  EXPECT_EQ(run.alerts().front().key_text, std::string("bob the first of many\0", 22));
  EXPECT_EQ(run.alerts().front().group.front().second, "Bob the First of many");  // as the trigger spells it
  EXPECT_EQ(run.alerts().front().count, 2U);

  // Taken as it is, it stays two groups.
  Corr cased = outer;
  cased.members = {"user|cased"};
  EXPECT_EQ(buckets_in_every_order({.correlations = {inner, cased}}, events, "outer"), Buckets{});

  // Folded spellings count as one value.
  Corr distinct = outer;
  distinct.type = Type::value_count;
  distinct.members = {};
  distinct.values = {"user"};
  EXPECT_EQ(buckets_in_every_order({.correlations = {inner, distinct}}, events, "outer"), Buckets{});
  distinct.values = {"user|cased"};
  EXPECT_EQ(buckets_in_every_order({.correlations = {inner, distinct}}, events, "outer"), Buckets{0});
}

TEST(Chain, ADerivedEventFillsAPositionAsItsSourceEvent) {
  // The trigger of the inner rule also matches `last`: one event cannot fill both positions.
  const Corr outer{.name = "outer", .type = Type::temporal_ordered, .rules = {"failures", "last"}, .window = 60, .period = 600};
  std::vector<Event> events = burst(0);
  events.back().rules = {"fail", "last"};
  EXPECT_EQ(buckets_in_every_order({.correlations = {failures(), outer}}, events, "outer"), Buckets{});
  events.push_back(hit("last", 2, "other"));
  EXPECT_EQ(buckets_in_every_order({.correlations = {failures(), outer}}, events, "outer"), Buckets{0});
}

TEST(Chain, GenerateBucketsOnlyTheInnerAlert) {
  const Corr outer{
      .name = "outer", .type = Type::temporal_ordered, .rules = {"failures", "success"}, .window = 60, .period = 600};
  Corr inner = failures();
  inner.generate = true;
  Replay run(make_plan({.correlations = {inner, outer}}));
  run.feed_all(joined({burst(0), burst(3000), {hit("success", 3010)}}));
  EXPECT_EQ(run.buckets("failures"), Buckets{0});
  EXPECT_EQ(run.buckets("outer"), Buckets{5});
  Replay silent(make_plan({.correlations = {failures(), outer}}));
  silent.feed_all(joined({burst(0), {hit("success", 10)}}));
  EXPECT_TRUE(silent.alerts_of("failures").empty());
}

TEST(Chain, ThreeLevels) {
  const Corr middle{
      .name = "middle", .type = Type::temporal_ordered, .rules = {"failures", "success"}, .window = 60, .period = 3600};
  const Corr outer{.name = "outer", .type = Type::temporal_ordered, .rules = {"middle", "export"}, .window = 60, .period = 600};
  const std::vector<Event> events = joined({burst(0), {hit("success", 40), hit("export", 100)}});
  EXPECT_EQ(buckets_in_every_order({.correlations = {failures(), middle, outer}}, events, "outer"), Buckets{0});
  Replay run(make_plan({.correlations = {failures(), middle, outer}}));
  run.feed_all(events);
  EXPECT_EQ(run.alerts().front().events.size(), 5U);
}

TEST(Chain, AlertsOfOneRecordAreOrderedByLevel) {
  const Corr outer{.name = "a_outer", .type = Type::temporal, .rules = {"z_inner"}, .window = 60, .threshold = 1, .period = 600};
  const Corr inner{.name = "z_inner", .rules = {"fail"}, .window = 60, .threshold = 1, .period = 600, .generate = true};
  Replay run(make_plan({.correlations = {inner, outer}, .emit = {"fail"}}));
  run.feed(hit("fail", 0));
  ASSERT_EQ(run.alerts().size(), 3U);
  EXPECT_EQ(run.alerts()[0].rule->name, "fail");
  EXPECT_EQ(run.alerts()[1].rule->name, "z_inner");
  EXPECT_EQ(run.alerts()[2].rule->name, "a_outer");
}

}  // namespace
}  // namespace vedette::test
