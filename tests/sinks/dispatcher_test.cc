// The dispatcher against sinks that fail in every way: nothing is lost, repeated or reordered by it, and the end is bounded.
#include "connectors/sinks/dispatcher.h"

#include <random>

#include "connectors/sinks/outbox_feed.h"
#include "tests/sinks/support.h"

namespace vedette::connectors {
namespace {

using namespace std::chrono_literals;
using testing::alert_of;
using testing::alerts_of;
using testing::eventually;
using testing::kNow;
using testing::Outbox;
using testing::ScriptedSink;
using Next = Delivery::Next;

// What a sink took, from its thread.
class Taken {
 public:
  void add(const OutboxAlert& alert) {
    const std::lock_guard lock(mutex_);
    ids_.push_back(alert.alert_id);
  }
  [[nodiscard]] std::vector<std::string> ids() const {
    const std::lock_guard lock(mutex_);
    return ids_;
  }
  [[nodiscard]] std::size_t size() const { return ids().size(); }

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> ids_;
};

DispatcherOptions fast() {
  DispatcherOptions options;
  options.backoff_first = 2ms;
  options.backoff_most = 10ms;
  options.seed = 3;
  return options;
}

class DispatcherTest : public ::testing::Test {
 protected:
  // Takes everything, unless told otherwise.
  ScriptedSink::Answer take_all() {
    return [this](std::span<const OutboxAlert> alerts) -> Delivery {
      for (const OutboxAlert& alert : alerts) taken_.add(alert);
      return {.delivered = alerts.size()};
    };
  }
  Dispatcher& make(ScriptedSink::Answer answer, DispatcherOptions options = fast(), std::size_t most = 256,
                   std::uint64_t position = 0) {
    auto sink = std::make_unique<ScriptedSink>(std::move(answer), most);
    sink_ = sink.get();
    dispatcher_ = std::make_unique<Dispatcher>(std::move(sink), position, options, functions_, log_.log());
    EXPECT_TRUE(dispatcher_->start().ok());
    return *dispatcher_;
  }

  testing::LogBook log_;
  Outbox outbox_;
  DispatcherFunctions functions_ = outbox_.functions();
  Taken taken_;
  ScriptedSink* sink_ = nullptr;
  std::unique_ptr<Dispatcher> dispatcher_;
};

TEST_F(DispatcherTest, DeliversInOrderFromThePositionOn) {
  outbox_.add(alerts_of(1, 10));
  Dispatcher& d = make(take_all(), fast(), 4, 3);
  ASSERT_TRUE(eventually([&] { return d.counters().position == 10; }));
  outbox_.add(alert_of(11));
  ASSERT_TRUE(eventually([&] { return d.counters().position == 11; }));
  EXPECT_EQ(taken_.ids(), (std::vector<std::string>{"a4", "a5", "a6", "a7", "a8", "a9", "a10", "a11"}));
  EXPECT_EQ(outbox_.positions(), (std::vector<std::uint64_t>{7, 10, 11}));
  const DispatcherCounters counters = d.counters();
  EXPECT_EQ(counters.delivered, 8u);
  EXPECT_EQ(counters.lag, 0u);
  EXPECT_EQ(counters.oldest_age, 0);
  EXPECT_FALSE(counters.failing);
}

TEST_F(DispatcherTest, LevelAndRoutesSkipAndThePositionGoesOn) {
  for (std::uint64_t n = 1; n <= 6; ++n) {
    OutboxAlert alert = alert_of(n);
    alert.level = n % 2 == 0 ? plan::Level::low : plan::Level::high;
    alert.rule_id = n == 5 ? "muted" : "r1";
    outbox_.add(alert);
  }
  functions_.routed = [](const OutboxAlert& alert) { return alert.rule_id != "muted"; };
  DispatcherOptions options = fast();
  options.min_level = plan::Level::medium;
  Dispatcher& d = make(take_all(), options);
  ASSERT_TRUE(eventually([&] { return d.counters().position == 6; }));
  EXPECT_EQ(taken_.ids(), (std::vector<std::string>{"a1", "a3"}));
  EXPECT_EQ(d.counters().skipped, 4u);
  // Only skipped ones: the position must not wait for a delivery.
  OutboxAlert low = alert_of(7);
  low.level = plan::Level::low;
  outbox_.add(low);
  EXPECT_TRUE(eventually([&] { return d.counters().position == 7; }));
}

TEST_F(DispatcherTest, ContinuationsAreDroppedOnlyWhenAsked) {
  for (std::uint64_t n = 1; n <= 3; ++n) {
    OutboxAlert alert = alert_of(n);
    alert.episode_id = "a1";
    alert.continuation = n > 1;
    outbox_.add(alert);
  }
  make(take_all());
  ASSERT_TRUE(eventually([&] { return taken_.size() == 3; }));
  dispatcher_->stop(1s);
  DispatcherOptions options = fast();
  options.drop_continuations = true;
  Dispatcher& d = make(take_all(), options);
  ASSERT_TRUE(eventually([&] { return d.counters().position == 3; }));
  EXPECT_EQ(taken_.ids(), (std::vector<std::string>{"a1", "a2", "a3", "a1"}));
}

// What the outbox still holds from before the restart counts: the episode's first alert went out then.
TEST_F(DispatcherTest, ContinuationsAreRememberedAcrossARestart) {
  for (std::uint64_t n = 1; n <= 3; ++n) {
    OutboxAlert alert = alert_of(n);
    alert.episode_id = "a1";
    alert.continuation = n > 1;
    outbox_.add(alert);
  }
  DispatcherOptions options = fast();
  options.drop_continuations = true;
  Dispatcher& d = make(take_all(), options, 256, 1);
  ASSERT_TRUE(eventually([&] { return d.counters().position == 3; }));
  EXPECT_EQ(taken_.size(), 0u);
  EXPECT_EQ(d.counters().skipped, 2u);
}

TEST_F(DispatcherTest, WhatTheSinkRejectsBecomesADeadLetterAndTheRestGoesOn) {
  outbox_.add(alerts_of(1, 4));
  auto answer = [&](std::span<const OutboxAlert> alerts) -> Delivery {
    for (std::size_t i = 0; i < alerts.size(); ++i) {
      if (alerts[i].alert_id == "a2") return {.delivered = i, .next = Next::rejected, .reason = "too \"large\""};
      taken_.add(alerts[i]);
    }
    return {.delivered = alerts.size()};
  };
  Dispatcher& d = make(answer);
  ASSERT_TRUE(eventually([&] { return d.counters().position == 4; }));
  EXPECT_EQ(taken_.ids(), (std::vector<std::string>{"a1", "a3", "a4"}));
  EXPECT_EQ(outbox_.letters(),
            (std::vector<std::string>{R"({"sink":"pager","reason":"too \"large\"","time":"2026-01-05T08:00:05.000000Z",)"
                                      R"("alert":{"alert_id":"a2"}})"}));
  EXPECT_EQ(d.counters().dead, 1u);
  EXPECT_NE(log_.text().find("alert a2 was given up"), std::string::npos) << log_.text();
}

TEST_F(DispatcherTest, ADeadLetterThatCannotBeWrittenKeepsTheAlert) {
  outbox_.fail_letters(3);
  outbox_.add(alert_of(1));
  Dispatcher& d = make([](auto) -> Delivery { return {.next = Next::rejected, .reason = "no"}; });
  ASSERT_TRUE(eventually([&] { return d.counters().position == 1; }));
  EXPECT_EQ(outbox_.letters().size(), 1u);
  EXPECT_EQ(d.counters().retries, 3u);
  EXPECT_NE(log_.text().find("a dead letter cannot be written: no space"), std::string::npos) << log_.text();
}

TEST_F(DispatcherTest, ADamagedEntryIsADeadLetterAndHoldsUpNothing) {
  outbox_.add(alert_of(1));
  outbox_.add_bytes(2, "\x01\xff");
  outbox_.add(alert_of(3));
  Dispatcher& d = make(take_all());
  ASSERT_TRUE(eventually([&] { return d.counters().position == 3; }));
  EXPECT_EQ(taken_.ids(), (std::vector<std::string>{"a1", "a3"}));
  ASSERT_EQ(outbox_.letters().size(), 1u);
  EXPECT_NE(outbox_.letters()[0].find(R"("bytes":"01ff")"), std::string::npos) << outbox_.letters()[0];
}

TEST_F(DispatcherTest, AnOutboxThatCannotBeReadIsTriedAgain) {
  outbox_.add(alert_of(1));
  outbox_.fail_reads(3);
  Dispatcher& d = make(take_all());
  ASSERT_TRUE(eventually([&] { return d.counters().position == 1; }));
  EXPECT_EQ(d.counters().retries, 3u);
  EXPECT_NE(log_.text().find("a bad block"), std::string::npos);
}

TEST_F(DispatcherTest, ADownSinkIsSeenInTheCountersAndInOneLogLine) {
  outbox_.add(alerts_of(1, 5));
  std::atomic<bool> down = true;
  Dispatcher& d = make([&](std::span<const OutboxAlert> alerts) -> Delivery {
    if (down) return {.next = Next::retry, .reason = "connection refused"};
    return take_all()(alerts);
  });
  ASSERT_TRUE(eventually([&] { return d.counters().retries >= 10; }));
  DispatcherCounters counters = d.counters();
  EXPECT_TRUE(counters.failing);
  EXPECT_EQ(counters.lag, 5u);
  EXPECT_EQ(counters.oldest_age, 5 * kSecondUs);
  const std::string text = log_.text();
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 1) << text;
  down = false;
  ASSERT_TRUE(eventually([&] { return d.counters().position == 5; }));
  EXPECT_FALSE(d.counters().failing);
  EXPECT_EQ(taken_.size(), 5u);
  EXPECT_NE(log_.text().find("works again"), std::string::npos);
}

TEST_F(DispatcherTest, TheWaitsDoubleUpToTheMostAndHaveJitter) {
  outbox_.add(alert_of(1));
  std::mutex mutex;
  std::vector<std::chrono::steady_clock::time_point> times;
  DispatcherOptions options;
  options.backoff_first = 20ms;
  options.backoff_most = 80ms;
  options.seed = 5;
  Dispatcher& d = make(
      [&](auto) -> Delivery {
        const std::lock_guard lock(mutex);
        times.push_back(std::chrono::steady_clock::now());
        return {.next = Next::retry, .reason = "down"};
      },
      options);
  ASSERT_TRUE(eventually([&] { return d.counters().retries >= 8; }));
  d.stop(0ms);
  const std::lock_guard lock(mutex);
  std::vector<double> waits;
  for (std::size_t i = 1; i < 8; ++i) waits.push_back(std::chrono::duration<double, std::milli>(times[i] - times[i - 1]).count());
  const double least[] = {10, 20, 40, 40, 40, 40, 40};
  for (std::size_t i = 0; i < waits.size(); ++i) EXPECT_GE(waits[i], least[i]) << i;
  EXPECT_LT(waits[0], 200);
  EXPECT_GT(*std::max_element(waits.begin() + 2, waits.end()) - *std::min_element(waits.begin() + 2, waits.end()), 1.0);
}

TEST_F(DispatcherTest, TheSinksOwnWaitIsKeptUpToABound) {
  for (const auto& [asked, most, expected] : {std::tuple{150ms, 1000ms, 150ms}, std::tuple{5000ms, 100ms, 100ms}}) {
    Outbox outbox;
    outbox.add(alert_of(1));
    functions_ = outbox.functions();
    DispatcherOptions options = fast();
    options.retry_after_most = most;
    std::atomic<int> calls = 0;
    const auto begin = std::chrono::steady_clock::now();
    Dispatcher& d = make(
        [&, wait = asked](std::span<const OutboxAlert>) -> Delivery {
          if (++calls == 1) return {.next = Next::retry, .wait = wait, .reason = "429"};
          return {.delivered = 1};
        },
        options);
    ASSERT_TRUE(eventually([&] { return d.counters().position == 1; }));
    EXPECT_GE(std::chrono::steady_clock::now() - begin, expected);
    EXPECT_LT(std::chrono::steady_clock::now() - begin, 3s);
    dispatcher_.reset();
  }
}

TEST_F(DispatcherTest, StoppingDeliversWhatIsCommittedAndEnds) {
  outbox_.add(alerts_of(1, 50));
  Dispatcher& d = make(
      [&](std::span<const OutboxAlert> alerts) {
        std::this_thread::sleep_for(2ms);
        return take_all()(alerts);
      },
      fast(), 1);
  d.stop(10s);
  EXPECT_EQ(taken_.size(), 50u);
  EXPECT_EQ(d.counters().position, 50u);
  outbox_.add(alert_of(51));
  std::this_thread::sleep_for(20ms);
  EXPECT_EQ(taken_.size(), 50u);
}

TEST_F(DispatcherTest, StoppingEndsInTimeWhateverTheSinkDoes) {
  outbox_.add(alerts_of(1, 3));
  // Down with a long wait: no use in waiting for it.
  Dispatcher& waiting = make([](auto) -> Delivery { return {.next = Next::retry, .wait = 1h, .reason = "503"}; });
  ASSERT_TRUE(eventually([&] { return waiting.counters().retries == 1; }));
  auto begin = std::chrono::steady_clock::now();
  waiting.stop(5s);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 1s);
  // Down with short waits: until the drain is over.
  Dispatcher& down = make([](auto) -> Delivery { return {.next = Next::retry, .reason = "503"}; });
  begin = std::chrono::steady_clock::now();
  down.stop(150ms);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 2s);
  EXPECT_GT(down.counters().retries, 3u);
  // Stuck in a delivery: cancelled.
  std::atomic<bool> inside = false;
  Dispatcher& stuck = make([&](auto) -> Delivery {
    inside = true;
    while (!sink_->cancelled) std::this_thread::sleep_for(1ms);
    return {.next = Next::retry, .reason = "cancelled"};
  });
  ASSERT_TRUE(eventually([&] { return inside.load(); }));
  begin = std::chrono::steady_clock::now();
  stuck.stop(100ms);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 2s);
  EXPECT_TRUE(outbox_.positions().empty());
}

TEST_F(DispatcherTest, AClosedSinkEndsTheThreadAndSaysSo) {
  outbox_.add(alerts_of(1, 3));
  std::atomic<int> calls = 0;
  std::string reason;
  functions_.closed = [&](const std::string& why) { reason = why; };
  Dispatcher& d = make([&](auto) -> Delivery {
    ++calls;
    return {.delivered = 1, .next = Next::closed, .reason = "broken pipe"};
  });
  ASSERT_TRUE(eventually([&] { return d.counters().closed; }));
  d.stop(5s);
  EXPECT_EQ(calls, 1);
  EXPECT_EQ(reason, "broken pipe");
  EXPECT_EQ(d.counters().position, 1u);
  EXPECT_EQ(d.counters().lag, 2u);
}

TEST_F(DispatcherTest, ADownSinkHoldsUpNoOther) {
  outbox_.add(alerts_of(1, 100));
  Dispatcher& down = make([](auto) -> Delivery { return {.next = Next::retry, .reason = "down"}; });
  Outbox other_outbox;
  other_outbox.add(alerts_of(1, 100));
  Taken others;
  Dispatcher other(std::make_unique<ScriptedSink>([&](std::span<const OutboxAlert> alerts) -> Delivery {
                     for (const OutboxAlert& alert : alerts) others.add(alert);
                     return {.delivered = alerts.size()};
                   }),
                   0, fast(), other_outbox.functions(), {});
  ASSERT_TRUE(other.start().ok());
  EXPECT_TRUE(eventually([&] { return others.size() == 100; }, 2s));
  EXPECT_EQ(down.counters().delivered, 0u);
}

// Sinks that do anything at random: what they took and what was given up is together every alert, once and in order.
TEST_F(DispatcherTest, NothingIsLostRepeatedOrReordered) {
  for (unsigned seed = 1; seed <= 8; ++seed) {
    Outbox outbox;
    Taken seen;
    std::mt19937 random(seed);
    std::uint64_t rejected = 0;
    constexpr std::uint64_t kAlerts = 200;
    auto answer = [&](std::span<const OutboxAlert> alerts) -> Delivery {
      const std::size_t count = random() % (alerts.size() + 1);
      for (const OutboxAlert& alert : alerts.first(count)) seen.add(alert);
      const Next next = count == alerts.size() ? Next::done : random() % 3 == 0 ? Next::rejected : Next::retry;
      if (next == Next::rejected) {
        seen.add(alerts[count]);
        ++rejected;
      }
      return {.delivered = count, .next = next, .reason = "as it likes"};
    };
    DispatcherOptions options = fast();
    options.backoff_first = options.backoff_most = 0ms;
    functions_ = outbox.functions();
    Dispatcher& d = make(answer, options, 1 + seed % 7);
    for (std::uint64_t n = 1; n <= kAlerts; ++n) outbox.add(alert_of(n));
    ASSERT_TRUE(eventually([&] { return d.counters().position == kAlerts; })) << seed;
    d.stop(1s);
    std::vector<std::string> wanted;
    for (std::uint64_t n = 1; n <= kAlerts; ++n) wanted.push_back("a" + std::to_string(n));
    ASSERT_EQ(seen.ids(), wanted) << seed;
    ASSERT_EQ(outbox.letters().size(), rejected);
    ASSERT_EQ(d.counters().delivered + d.counters().dead, kAlerts);
    const auto positions = outbox.positions();
    ASSERT_TRUE(std::is_sorted(positions.begin(), positions.end()));
  }
}

}  // namespace
}  // namespace vedette::connectors
