// Every condition that the service alerts on by itself, on a virtual clock: when it begins, that it begins once, when it ends,
// and what stays quiet.
#include "app/service/health.h"

#include <gtest/gtest.h>

#include <functional>
#include <set>

namespace vedette::tests {
namespace {

using app::Health;
using app::HealthEvent;
using app::HealthKind;
using app::HealthNews;
using app::HealthSource;
using app::SourceLook;

constexpr TimeUs kStart = 1'790'000'000 * kSecondUs;

// A service of one source, "ssh", judged every second of a clock that only this moves.
class Service {
 public:
  explicit Service(HealthSource source = {.name = "ssh"}) : source_(std::move(source)), health_({source_}, kStart) {}

  // Time passes; `each` is called at every second, before the judgement.
  void pass(DurationUs time, const std::function<void()>& each = {}) {
    for (const TimeUs end = now + time; now < end; now += kSecondUs) {
      if (each) each();
      const HealthNews news = health_.judge(now, {{"ssh", look}}, degraded);
      for (const HealthEvent& event : news.begun) begun.push_back(event);
      for (const HealthEvent& event : news.ended) ended.push_back(event);
    }
  }
  // Records come, one each `gap`, so much later than they happened.
  void records(DurationUs time, DurationUs gap, DurationUs delay = kSecondUs) {
    pass(time, [&] {
      if ((now - kStart) % gap == 0) health_.note_records("ssh", now, delay);
    });
  }
  void record(DurationUs delay = kSecondUs) { health_.note_records("ssh", now, delay); }
  void canary() { health_.note_canary("ssh", now); }
  // The process is killed, and another one begins with what was stored.
  void restart() {
    const std::string stored = health_.stored();
    health_ = Health({source_}, now);
    EXPECT_TRUE(stored.empty() || health_.restore(stored).ok());
  }
  [[nodiscard]] bool open(HealthKind kind, const std::string& subject = "ssh") const { return health_.is_open(kind, subject); }

  TimeUs now = kStart;
  SourceLook look;
  std::vector<std::string> degraded;
  std::vector<HealthEvent> begun, ended;

 private:
  HealthSource source_;
  Health health_;
};

// One has begun, of this kind.
void expect_one(const Service& service, HealthKind kind, const std::string& subject = "ssh") {
  ASSERT_EQ(service.begun.size(), 1U) << (service.begun.empty() ? "" : service.begun.back().reason);
  EXPECT_EQ(service.begun.at(0).kind, kind);
  EXPECT_EQ(service.begun.at(0).subject, subject);
  EXPECT_NE(service.begun.at(0).reason.find(subject), std::string::npos) << service.begun.at(0).reason;
  EXPECT_TRUE(service.open(kind, subject));
}

bool says(const HealthEvent& event, const std::string& what) { return event.reason.find(what) != std::string::npos; }

TEST(Silence, IsAQuarterOfAnHourForASourceThatSendsAllTheTime) {
  Service service;
  service.records(30 * kMinuteUs, kSecondUs);
  const TimeUs last = service.now - kSecondUs;
  service.pass(15 * kMinuteUs - kSecondUs);
  EXPECT_TRUE(service.begun.empty());
  service.pass(6 * kHourUs);
  expect_one(service, HealthKind::source_silent);
  EXPECT_EQ(service.begun.at(0).since, last);
  EXPECT_TRUE(says(service.begun.at(0), "for 15 m (it usually sends every 1 m)")) << service.begun.at(0).reason;
  EXPECT_TRUE(says(service.begun.at(0), "`silent_after`"));
  service.record();
  service.pass(kSecondUs);
  ASSERT_EQ(service.ended.size(), 1U);
  EXPECT_FALSE(service.open(HealthKind::source_silent));
}

TEST(Silence, IsTenTimesTheUsualGap) {
  Service service;
  service.records(22 * 10 * kMinuteUs, 10 * kMinuteUs);
  service.pass(89 * kMinuteUs);
  EXPECT_TRUE(service.begun.empty());
  service.pass(2 * kMinuteUs);
  expect_one(service, HealthKind::source_silent);
}

TEST(Silence, NeedsGapsToBeMeasured) {
  Service service;
  service.records(19 * kMinuteUs, kSecondUs);
  service.pass(kDayUs);
  EXPECT_TRUE(service.begun.empty());
}

TEST(Silence, IsWhatTheConfigurationSays) {
  Service given({.name = "ssh", .silent_after = 5 * kMinuteUs});
  given.pass(5 * kMinuteUs + kSecondUs);
  expect_one(given, HealthKind::source_silent);
  EXPECT_EQ(given.begun.at(0).since, kStart);
  EXPECT_TRUE(says(given.begun.at(0), "`silent_after` is 5 m")) << given.begun.at(0).reason;

  Service never({.name = "ssh", .silent_after = 0});
  never.records(30 * kMinuteUs, kSecondUs);
  never.pass(kDayUs);
  EXPECT_TRUE(never.begun.empty());
}

TEST(Silence, OfASourceThatIsDownOrAtItsEndIsNone) {
  Service down;
  down.records(30 * kMinuteUs, kSecondUs);
  down.look.up = false;
  down.pass(kHourUs);
  ASSERT_EQ(down.begun.size(), 1U);
  EXPECT_EQ(down.begun.at(0).kind, HealthKind::source_down);

  Service ended;
  ended.records(30 * kMinuteUs, kSecondUs);
  ended.look.finished = true;
  ended.pass(kHourUs);
  EXPECT_TRUE(ended.begun.empty());
}

TEST(Silence, IsToldOnceForEachSilenceOverRestarts) {
  Service service({.name = "ssh", .silent_after = 5 * kMinuteUs});
  service.record();
  service.pass(6 * kMinuteUs);
  service.restart();
  service.pass(kHourUs);
  expect_one(service, HealthKind::source_silent);
  service.record();
  service.pass(kSecondUs);
  EXPECT_EQ(service.ended.size(), 1U);
  service.pass(6 * kMinuteUs);
  ASSERT_EQ(service.begun.size(), 2U);
  EXPECT_NE(health_alert(service.begun.at(0), service.now).alert_id, health_alert(service.begun.at(1), service.now).alert_id);
}

TEST(Down, IsToldAfterHalfAMinuteAndOnce) {
  Service service;
  service.pass(kMinuteUs);
  service.look.up = false;
  service.look.reason = "the brokers are out of reach";
  const TimeUs since = service.now;
  service.pass(30 * kSecondUs);
  EXPECT_TRUE(service.begun.empty());
  service.pass(kHourUs);
  expect_one(service, HealthKind::source_down);
  EXPECT_EQ(service.begun.at(0).since, since);
  EXPECT_TRUE(says(service.begun.at(0), "the brokers are out of reach"));
  EXPECT_TRUE(says(service.begun.at(0), "hold their decisions"));
}

TEST(Down, EndsWhenTheSourceHasBeenBackForAsLong) {
  Service service;
  service.look.up = false;
  service.pass(kMinuteUs);
  service.look.up = true;
  service.pass(20 * kSecondUs);
  service.look.up = false;
  service.pass(kMinuteUs);
  EXPECT_TRUE(service.ended.empty());
  service.look.up = true;
  service.pass(31 * kSecondUs);
  EXPECT_EQ(service.ended.size(), 1U);
  EXPECT_EQ(service.begun.size(), 1U);
}

TEST(Down, IsNotToldAgainByAProcessThatBeginsWhileItIsStillDown) {
  Service service;
  service.look.up = false;
  service.pass(kMinuteUs);
  service.restart();
  service.look.up = true;  // before the first attempt nothing is known
  service.pass(3 * kSecondUs);
  service.look.up = false;
  service.pass(kHourUs);
  expect_one(service, HealthKind::source_down);
}

// What is said of a source whose events arrive so late, all of them.
std::vector<HealthEvent> said_of(DurationUs delay) {
  Service service;
  service.records(30 * kMinuteUs, 5 * kSecondUs, delay);
  return service.begun;
}

TEST(Clock, IsSuspectWhenAllEventsAreOffByWholeHalfHours) {
  for (const DurationUs zone : {-9 * kHourUs, -kHourUs, 30 * kMinuteUs, 2 * kHourUs, 5 * kHourUs + 30 * kMinuteUs}) {
    for (const DurationUs delivery : {-50 * kSecondUs, DurationUs{0}, 2 * kMinuteUs}) {
      const auto said = said_of(zone + delivery);
      ASSERT_EQ(said.size(), 1U) << zone / kMinuteUs << " " << delivery / kSecondUs;
      EXPECT_EQ(said.at(0).kind, HealthKind::clock_or_timezone_suspect);
      EXPECT_TRUE(says(said.at(0), "set `timezone:` of the source, or")) << said.at(0).reason;
      EXPECT_EQ(says(said.at(0), "in the future"), zone < 0) << said.at(0).reason;
    }
  }
  EXPECT_TRUE(says(said_of(2 * kHourUs + kMinuteUs).at(0), "arrive 2 h 1 m after their own time"));
}

TEST(Clock, IsSuspectWhenItIsAheadByMoreThanAMinute) {
  const auto said = said_of(-7 * kMinuteUs);
  ASSERT_EQ(said.size(), 1U);
  EXPECT_TRUE(says(said.at(0), "lie 7 m in the future")) << said.at(0).reason;
  EXPECT_TRUE(says(said.at(0), "NTP"));
}

TEST(Clock, IsNotSuspectOfOrdinaryDelays) {
  for (const DurationUs delay : {-30 * kSecondUs, DurationUs{0}, 20 * kMinuteUs, 35 * kMinuteUs, 20 * kHourUs})
    EXPECT_TRUE(said_of(delay).empty()) << delay / kMinuteUs;
  // A sender that works off a backlog passes the hour on its way.
  Service behind;
  behind.pass(30 * kMinuteUs, [&] { behind.record(90 * kMinuteUs - 2 * (behind.now - kStart)); });
  EXPECT_TRUE(behind.begun.empty());
}

TEST(Clock, NeedsTwentyMeasurementsAndEndsWhenItIsRepaired) {
  Service service;
  service.records(9 * kMinuteUs, kSecondUs, kHourUs);
  EXPECT_TRUE(service.begun.empty());
  service.records(2 * kMinuteUs, kSecondUs, kHourUs);
  expect_one(service, HealthKind::clock_or_timezone_suspect);
  service.records(30 * kMinuteUs, kSecondUs, kSecondUs);
  EXPECT_EQ(service.ended.size(), 1U);
}

TEST(Degraded, IsToldOncePerRuleAndEnds) {
  Service service;
  service.degraded = {"failures", "spray"};
  service.pass(kMinuteUs);
  service.restart();
  service.pass(kMinuteUs);
  ASSERT_EQ(service.begun.size(), 2U);
  EXPECT_EQ(service.begun.at(1).subject, "spray");
  EXPECT_TRUE(says(service.begun.at(1), "spray held more groups than memory allows")) << service.begun.at(1).reason;
  service.degraded = {"failures"};
  service.pass(kMinuteUs);
  ASSERT_EQ(service.ended.size(), 1U);
  EXPECT_EQ(service.ended.at(0).subject, "spray");
  EXPECT_EQ(service.begun.size(), 2U);
}

TEST(Gap, IsToldAtMostOnceAnHourAndNoneIsForgotten) {
  Service service;
  service.look.history_gaps = 2;
  service.pass(kMinuteUs);
  expect_one(service, HealthKind::history_gap);
  EXPECT_EQ(service.begun.at(0).count, 2U);
  service.look.history_gaps = 5;
  service.pass(50 * kMinuteUs);
  EXPECT_EQ(service.begun.size(), 1U);
  service.pass(10 * kMinuteUs);
  ASSERT_EQ(service.begun.size(), 2U);
  EXPECT_EQ(service.begun.at(1).count, 3U);
  service.pass(5 * kHourUs);
  EXPECT_EQ(service.begun.size(), 2U);
}

TEST(Body, ThatWasTooLargeIsToldAtMostOnceAnHour) {
  Service service;
  service.look.bodies_too_large = 1;
  service.pass(kMinuteUs);
  expect_one(service, HealthKind::body_too_large);
  EXPECT_TRUE(says(service.begun.at(0), "ssh answered 413 1 time,")) << service.begun.at(0).reason;
  EXPECT_TRUE(says(service.begun.at(0), "limits: {body: ...}"));
  service.restart();
  service.look.bodies_too_large = 4;
  service.pass(30 * kMinuteUs);
  EXPECT_EQ(service.begun.size(), 1U);
  service.pass(kHourUs);
  ASSERT_EQ(service.begun.size(), 2U);
  EXPECT_EQ(service.begun.at(1).count, 4U);
}

TEST(Canary, IsMissedWhenItDoesNotComeInTime) {
  Service service({.name = "ssh", .canary_within = 6 * kMinuteUs});
  service.pass(5 * kMinuteUs);
  service.canary();
  service.pass(5 * kMinuteUs);
  service.canary();
  service.pass(6 * kMinuteUs);
  EXPECT_TRUE(service.begun.empty());
  service.record();  // others do not count
  service.pass(kHourUs);
  expect_one(service, HealthKind::canary_missing);
  EXPECT_TRUE(says(service.begun.at(0), "came 6 m ago, one is due every 6 m")) << service.begun.at(0).reason;
  service.restart();
  service.pass(kHourUs);
  EXPECT_EQ(service.begun.size(), 1U);
  service.canary();
  service.pass(kSecondUs);
  EXPECT_EQ(service.ended.size(), 1U);
}

TEST(Canary, ThatNeverCameIsMissedFromTheStart) {
  Service service({.name = "ssh", .canary_within = 6 * kMinuteUs});
  service.pass(6 * kMinuteUs + kSecondUs);
  expect_one(service, HealthKind::canary_missing);
  EXPECT_EQ(service.begun.at(0).since, kStart);
  EXPECT_TRUE(says(service.begun.at(0), "no canary of ssh has come since the start")) << service.begun.at(0).reason;
}

TEST(HealthAlert, CanBeRoutedAndHasAnIdOfItsOwn) {
  const HealthEvent event{HealthKind::source_down, "bus", "acme", kStart, "bus is down", 1};
  const alert::Alert alert = health_alert(event, kStart + kMinuteUs);
  EXPECT_EQ(alert.rule->id, "vedette.source_down");
  EXPECT_EQ(alert.rule->label(), "vedette.source_down");
  EXPECT_EQ(alert.rule->title, "A source cannot be reached");
  EXPECT_EQ(alert.level, plan::Level::high);
  EXPECT_EQ(alert.tenant, "acme");
  EXPECT_EQ(alert.group, (decltype(alert.group){{"source", "bus"}}));
  EXPECT_EQ(alert.first_time, kStart);
  EXPECT_EQ(alert.reason, "bus is down");
  EXPECT_EQ(alert.alert_id, health_alert(event, kStart + kHourUs).alert_id);
  std::set<std::string> ids = {alert.alert_id};
  HealthEvent other = event;
  other.since += 1;
  EXPECT_TRUE(ids.insert(health_alert(other, 0).alert_id).second);
  other = event;
  other.subject = "bus2";
  EXPECT_TRUE(ids.insert(health_alert(other, 0).alert_id).second);
  other = event;
  other.kind = HealthKind::source_silent;
  EXPECT_TRUE(ids.insert(health_alert(other, 0).alert_id).second);
  other.kind = HealthKind::rule_degraded;
  EXPECT_EQ(health_alert(other, 0).group[0].first, "rule");
}

TEST(HealthStore, RefusesWhatItCannotRead) {
  Service service;
  service.look.up = false;
  service.pass(kMinuteUs);
  Health health({{.name = "ssh"}}, kStart);
  EXPECT_FALSE(health.restore("\x02"));
  EXPECT_FALSE(health.restore(std::string("\x01\x05\x00\x03ss", 6)));
  EXPECT_TRUE(health.open().empty());
  EXPECT_EQ(health.stored(), "");
}

TEST(HealthStore, ForgetsSourcesThatAreNotConfiguredAnyMore) {
  Health before({{.name = "old"}, {.name = "kept"}}, kStart);
  const SourceLook down{.up = false};
  for (const DurationUs later : {DurationUs{0}, kMinuteUs})
    (void)before.judge(kStart + later, {{"old", down}, {"kept", down}}, {"rule"});
  ASSERT_EQ(before.open().size(), 3U);
  Health after({{.name = "kept"}}, kStart);
  ASSERT_TRUE(after.restore(before.stored()));
  EXPECT_EQ(after.open().size(), 2U);
  EXPECT_FALSE(after.is_open(HealthKind::source_down, "old"));
}

}  // namespace
}  // namespace vedette::tests
