// Group commit over a store that can be held, be full or fail.
#include "connectors/store/committer.h"

#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "tests/store/support.h"

namespace vedette::connectors {
namespace {

using namespace testing;
using namespace std::chrono_literals;

// A memory store whose write() waits while it is held and answers as told.
class Fake final : public Store {
 public:
  WriteResult write(const Changes& changes) override {
    std::unique_lock lock(mutex_);
    ++entered_;
    changed_.notify_all();
    changed_.wait(lock, [this] { return !held_; });
    if (outcome_ == WriteOutcome::failed) return {outcome_, "broken"};
    if (outcome_ == WriteOutcome::full && (!changes.inbox.empty() || !applied_room_)) return {outcome_, "full"};
    ++writes_;
    return store_->write(changes);
  }
  bool has_room() const override {
    const std::lock_guard lock(mutex_);
    return outcome_ == WriteOutcome::ok;
  }
  std::uint64_t last_inbox() const override { return store_->last_inbox(); }
  std::uint64_t last_log() const override { return store_->last_log(); }
  std::uint64_t last_outbox() const override { return store_->last_outbox(); }
  Status read_inbox(std::uint64_t after, const Visitor& visit) const override { return store_->read_inbox(after, visit); }
  Status read_log(std::uint64_t after, const Visitor& visit) const override { return store_->read_log(after, visit); }
  Status read_outbox(std::uint64_t after, const Visitor& visit) const override { return store_->read_outbox(after, visit); }
  std::optional<std::string> cursor(const std::string& name) const override { return store_->cursor(name); }
  std::uint64_t delivered(const std::string& sink) const override { return store_->delivered(sink); }
  std::optional<std::string> bundle(const std::string& hash) const override { return store_->bundle(hash); }
  std::optional<std::string> fact(const std::string& name) const override { return store_->fact(name); }
  std::optional<EmittedAlert> emitted(const std::string& id) const override { return store_->emitted(id); }
  std::optional<std::string> evidence(const std::string& event, bool* cut) const override { return store_->evidence(event, cut); }
  Status read_rejects(const RejectVisitor&) const override { return {}; }
  Status trim(const Trim& trim) override { return store_->trim(trim); }
  Result<StoreInfo> info() const override { return store_->info(); }

  void hold(bool held) {
    const std::lock_guard lock(mutex_);
    held_ = held;
    changed_.notify_all();
  }
  void answer(WriteOutcome outcome, bool applied_room = false) {
    const std::lock_guard lock(mutex_);
    outcome_ = outcome;
    applied_room_ = applied_room;
  }
  void wait_entered(int count) {
    std::unique_lock lock(mutex_);
    ASSERT_TRUE(changed_.wait_for(lock, 5s, [&] { return entered_ >= count; }));
  }
  int writes() const {
    const std::lock_guard lock(mutex_);
    return writes_;
  }

 private:
  std::unique_ptr<Store> store_ = make_memory_store();
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool held_ = false, applied_room_ = false;
  WriteOutcome outcome_ = WriteOutcome::ok;
  int entered_ = 0, writes_ = 0;
};

// Answers in the order in which they came.
class Answers {
 public:
  Committer::Done done(const std::string& name) {
    return [this, name](bool durable) { add(name + (durable ? "+" : "-")); };
  }
  Committer::InboxDone inbox(const std::string& name) {
    return [this, name](bool durable, std::uint64_t number) {
      add(name + (durable ? "+" : "-") + (durable ? std::to_string(number) : ""));
    };
  }
  std::vector<std::string> all() const {
    const std::lock_guard lock(mutex_);
    return all_;
  }
  bool wait_for(std::size_t count) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, 5s, [&] { return all_.size() >= count; });
  }

 private:
  void add(std::string text) {
    const std::lock_guard lock(mutex_);
    all_.push_back(std::move(text));
    changed_.notify_all();
  }
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> all_;
};

using Names = std::vector<std::string>;

TEST(Committer, WhatQueuesDuringASyncIsWrittenAtOnce) {
  Fake store;
  Answers answers;
  store.hold(true);
  Committer committer(store, {}, {});
  committer.add(change(1), answers.done("a"));
  store.wait_entered(1);
  committer.add_inbox("one", 1, answers.inbox("i"));
  committer.add(change(2), answers.done("b"));
  committer.add_inbox("two", 1, answers.inbox("j"));
  committer.add(change(3), answers.done("c"));
  store.hold(false);
  ASSERT_TRUE(committer.flush(5s));
  EXPECT_EQ(answers.all(), (Names{"a+", "i+1", "b+", "j+2", "c+"}));
  EXPECT_EQ(store.writes(), 2);
  EXPECT_EQ(problem_with(store, 3), "");
  EXPECT_EQ(inbox_of(store)[1].bytes, "two");
  const CommitterCounters counters = committer.counters();
  EXPECT_EQ(counters.writes, 2U);
  EXPECT_GE(counters.changes, 5U);
  EXPECT_GE(counters.sync_us_total, counters.sync_us_max);
}

TEST(Committer, WhatNobodyWaitsForGoesWithTheNextWrite) {
  Fake store;
  Answers answers;
  Committer committer(store, {}, {}, Committer::kMostQueued, 1h);
  committer.add_patiently(change(1), answers.done("a"));
  committer.add_patiently(change(2), answers.done("b"));
  committer.add_inbox("one", 1, answers.inbox("i"));
  ASSERT_TRUE(answers.wait_for(3));
  EXPECT_EQ(answers.all(), (Names{"a+", "b+", "i+1"}));
  EXPECT_EQ(store.writes(), 1);
  committer.add_patiently(change(3), answers.done("c"));
  ASSERT_TRUE(committer.flush(5s));
  committer.add_patiently(change(4), answers.done("d"));
  committer.stop();
  EXPECT_EQ(answers.all().back(), "d+");
}

TEST(Committer, WhatNobodyWaitsForIsWrittenAllTheSame) {
  Fake store;
  Answers answers;
  Committer committer(store, {}, {});
  for (std::uint64_t k = 1; k <= 3; ++k) {
    committer.add_patiently(change(k), answers.done("a"));
    ASSERT_TRUE(answers.wait_for(k));
  }
  EXPECT_EQ(problem_with(store, 3), "");
}

TEST(Committer, NothingIsAnsweredBeforeItIsWritten) {
  Fake store;
  Answers answers;
  store.hold(true);
  Committer committer(store, {}, {});
  committer.add(change(1), answers.done("a"));
  store.wait_entered(1);
  EXPECT_FALSE(committer.flush(20ms));
  EXPECT_TRUE(answers.all().empty());
  store.hold(false);
  EXPECT_TRUE(committer.flush(5s));
}

TEST(Committer, AFullDiskRefusesWhatIsReceivedAndKeepsWhatIsApplied) {
  Fake store;
  Answers answers;
  Lines lines;
  store.answer(WriteOutcome::full);
  Committer committer(store, lines.log(), {});
  committer.add(change(1), answers.done("a"));
  committer.add_inbox("one", 1, answers.inbox("i"));
  ASSERT_TRUE(answers.wait_for(1));
  EXPECT_EQ(answers.all(), Names{"i-"});
  EXPECT_TRUE(committer.full());
  committer.add_inbox("two", 1, answers.inbox("j"));
  ASSERT_TRUE(answers.wait_for(2));
  EXPECT_FALSE(committer.flush(50ms));
  store.answer(WriteOutcome::ok);
  EXPECT_TRUE(committer.flush(5s));
  EXPECT_EQ(answers.all(), (Names{"i-", "j-", "a+"}));
  committer.add_inbox("three", 1, answers.inbox("k"));
  ASSERT_TRUE(committer.flush(5s));
  EXPECT_FALSE(committer.full());
  EXPECT_EQ(answers.all().back(), "k+1");
  EXPECT_TRUE(lines.contain("the disk is full"));
  EXPECT_TRUE(lines.contain("there is room"));
}

// The reserve: what was applied is still written when nothing more is received. And room is noticed without a new try.
TEST(Committer, WhatIsAppliedMayFindTheReserve) {
  Fake store;
  Answers answers;
  store.answer(WriteOutcome::full, true);
  Committer committer(store, {}, {});
  store.hold(true);
  committer.add_inbox("one", 1, answers.inbox("i"));
  store.wait_entered(1);
  committer.add(change(1), answers.done("a"));
  committer.add_inbox("two", 1, answers.inbox("j"));
  store.hold(false);
  ASSERT_TRUE(committer.flush(5s));
  EXPECT_EQ(answers.all(), (Names{"i-", "j-", "a+"}));
  EXPECT_TRUE(committer.full());
  store.answer(WriteOutcome::ok);
  for (int i = 0; i < 500 && committer.full(); ++i) std::this_thread::sleep_for(10ms);
  EXPECT_FALSE(committer.full());
}

TEST(Committer, AFailureIsToldOnceAndEndsEverything) {
  Fake store;
  Answers answers;
  std::atomic<int> failures = 0;
  store.answer(WriteOutcome::failed);
  Committer committer(store, {}, [&](const std::string& message) {
    EXPECT_EQ(message, "broken");
    ++failures;
  });
  committer.add(change(1), answers.done("a"));
  ASSERT_TRUE(answers.wait_for(1));
  store.answer(WriteOutcome::ok);
  committer.add_inbox("one", 1, answers.inbox("i"));
  committer.add(change(1), answers.done("b"));
  ASSERT_TRUE(answers.wait_for(3));
  EXPECT_EQ(answers.all(), (Names{"a-", "i-", "b-"}));
  EXPECT_FALSE(committer.flush(5s));
  EXPECT_EQ(failures, 1);
  EXPECT_EQ(store.last_log(), 0U);
}

TEST(Committer, AFullQueueRefusesWhatIsReceivedAndHoldsUpWhoWaitsForIt) {
  Fake store;
  Answers answers;
  store.hold(true);
  Committer committer(store, {}, {}, 4000);
  committer.add(change(1), answers.done("a"));
  store.wait_entered(1);
  committer.add(change(2, 3000), answers.done("b"));
  committer.add_inbox("one", 1, answers.inbox("i"));
  std::atomic<bool> waited = false;
  std::thread waiter([&] {
    EXPECT_TRUE(committer.wait_for_queue(true));
    waited = true;
  });
  std::this_thread::sleep_for(50ms);
  EXPECT_FALSE(waited);
  committer.add(change(3), answers.done("c"));
  store.hold(false);
  waiter.join();
  ASSERT_TRUE(committer.flush(5s));
  EXPECT_EQ(answers.all(), (Names{"a+", "b+", "i-", "c+"}));
}

TEST(Committer, StopCommitsWhatIsQueued) {
  Fake store;
  Answers answers;
  store.hold(true);
  Committer committer(store, {}, {});
  for (std::uint64_t k = 1; k <= 20; ++k) committer.add(change(k), answers.done("a"));
  store.wait_entered(1);
  std::thread opener([&] {
    std::this_thread::sleep_for(20ms);
    store.hold(false);
  });
  committer.stop();
  opener.join();
  EXPECT_EQ(answers.all().size(), 20U);
  EXPECT_EQ(problem_with(store, 20), "");
  committer.add(change(21), answers.done("late"));
  EXPECT_EQ(answers.all().back(), "late-");
  EXPECT_FALSE(committer.flush(1s));
}

TEST(Committer, StopOnAFullDiskEnds) {
  Fake store;
  Answers answers;
  store.answer(WriteOutcome::full);
  Committer committer(store, {}, {});
  committer.add(change(1), answers.done("a"));
  committer.add_inbox("one", 1, answers.inbox("i"));
  committer.stop();
  EXPECT_EQ(answers.all().size(), 2U);
  for (const std::string& answer : answers.all()) EXPECT_TRUE(answer.ends_with("-"));
}

TEST(Committer, AFullQueueOnAFullDiskHoldsUpOnlyWhoIsToldToWait) {
  Fake store;
  store.answer(WriteOutcome::full);
  Committer committer(store, {}, {}, 4000);
  committer.add(change(1));
  for (int i = 0; i < 500 && !committer.full(); ++i) std::this_thread::sleep_for(10ms);
  committer.add(change(2, 5000));
  EXPECT_FALSE(committer.wait_for_queue(false));
  std::atomic<bool> waited = false;
  std::thread waiter([&] {
    (void)committer.wait_for_queue(true);
    waited = true;
  });
  std::this_thread::sleep_for(300ms);
  EXPECT_FALSE(waited);
  committer.stop();
  waiter.join();
}

TEST(Committer, ACallbackMayAdd) {
  Fake store;
  Answers answers;
  Committer committer(store, {}, {}, 100);
  committer.add(change(1), [&](bool) { committer.add(change(2), answers.done("b")); });
  ASSERT_TRUE(answers.wait_for(1));
  EXPECT_EQ(problem_with(store, 2), "");
}

TEST(Committer, ManyThreads) {
  Folder folder;
  auto store = open_at(folder.path());
  ASSERT_TRUE(store);
  Committer committer(*store, {}, {});
  std::mutex mutex;
  std::vector<std::uint64_t> numbers;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 500; ++i) {
        committer.add_inbox("body", 1, [&](bool durable, std::uint64_t number) {
          const std::lock_guard lock(mutex);
          if (durable) numbers.push_back(number);
        });
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  ASSERT_TRUE(committer.flush(30s));
  ASSERT_EQ(numbers.size(), 2000U);
  for (std::size_t i = 0; i < numbers.size(); ++i) EXPECT_EQ(numbers[i], i + 1);
  EXPECT_LT(committer.counters().writes, 2000U);
}

}  // namespace
}  // namespace vedette::connectors
