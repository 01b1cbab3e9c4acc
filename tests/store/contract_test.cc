// What both stores promise, run on both.
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "tests/store/support.h"

namespace vedette::connectors {
namespace {

using namespace testing;

class StoreContract : public ::testing::TestWithParam<bool> {
 protected:
  // A store on disk is opened again, one in memory goes on.
  void reopen() {
    if (!GetParam()) {
      if (!store_) store_ = make_memory_store(limits_);
      return;
    }
    store_.reset();
    StoreOptions options = options_at(folder_.path());
    options.limits = limits_;
    options.limits.reserve_bytes = 0;
    auto opened = open_store(options, {});
    ASSERT_TRUE(opened.ok()) << opened.error().to_string();
    store_ = std::move(*opened);
  }
  void SetUp() override { reopen(); }

  Folder folder_;
  StoreLimits limits_;
  std::unique_ptr<Store> store_;
};

INSTANTIATE_TEST_SUITE_P(Both, StoreContract, ::testing::Values(false, true),
                         [](const auto& kind) { return std::string(kind.param ? "Disk" : "Memory"); });

TEST_P(StoreContract, AnEmptyStoreHasNothing) {
  EXPECT_EQ(store_->last_inbox(), 0U);
  EXPECT_EQ(store_->last_log(), 0U);
  EXPECT_EQ(store_->last_outbox(), 0U);
  EXPECT_TRUE(log_of(*store_).empty());
  EXPECT_FALSE(store_->cursor("topic/0"));
  EXPECT_EQ(store_->delivered("out"), 0U);
  EXPECT_FALSE(store_->bundle("h"));
  EXPECT_FALSE(store_->fact("epoch"));
  EXPECT_FALSE(store_->emitted("alert-1"));
  EXPECT_FALSE(store_->evidence("event-1"));
  EXPECT_EQ(store_->write({}).outcome, WriteOutcome::ok);
  const auto info = store_->info();
  ASSERT_TRUE(info.ok());
  EXPECT_EQ(info->log_first, 0U);
  EXPECT_EQ(info->format, 1U);
}

TEST_P(StoreContract, ChangesAreReadBackAfterOpeningAgain) {
  for (std::uint64_t k = 1; k <= 100; ++k) write_ok(*store_, change(k));
  EXPECT_EQ(problem_with(*store_, 100), "");
  reopen();
  EXPECT_EQ(problem_with(*store_, 100), "");
  const std::vector<Entry> log = log_of(*store_, 98);
  ASSERT_EQ(log.size(), 2U);
  EXPECT_EQ(log[0], (Entry{99, 99 * kSecondUs, body_of('l', 99)}));
  EXPECT_EQ(outbox_of(*store_).size(), 200U);
  EXPECT_EQ(outbox_of(*store_).front().number, 1U);
  const auto info = store_->info();
  ASSERT_TRUE(info.ok());
  EXPECT_EQ(info->log_last, 100U);
  EXPECT_EQ(info->emitted, 100U);
  EXPECT_EQ(info->evidence, 100U);
  EXPECT_EQ(info->evidence_bytes, 100U * 100U);
  EXPECT_EQ(info->cursors.at("topic/0"), "100");
  EXPECT_EQ(info->delivered.at("out"), 100U);
}

TEST_P(StoreContract, TheInboxForgetsWhatIsAppliedAndNeverANumber) {
  Changes received;
  for (std::uint64_t n = 1; n <= 5; ++n) received.inbox.push_back({n, -7, body_of('i', n)});
  write_ok(*store_, received);
  ASSERT_EQ(inbox_of(*store_).size(), 5U);
  EXPECT_EQ(inbox_of(*store_)[0], (Entry{1, -7, body_of('i', 1)}));
  Changes applied;
  applied.inbox_applied = 3;
  write_ok(*store_, applied);
  ASSERT_EQ(inbox_of(*store_).size(), 2U);
  EXPECT_EQ(inbox_of(*store_)[0].number, 4U);
  EXPECT_EQ(inbox_of(*store_, 4).size(), 1U);
  applied.inbox_applied = 5;
  write_ok(*store_, applied);
  reopen();
  EXPECT_TRUE(inbox_of(*store_).empty());
  EXPECT_EQ(store_->last_inbox(), 5U);
  EXPECT_EQ(store_->info()->inbox_last, 0U);
  Changes next;
  next.inbox = {{6, 1, "six"}};
  write_ok(*store_, next);
  ASSERT_EQ(inbox_of(*store_).size(), 1U);
  EXPECT_EQ(inbox_of(*store_)[0].bytes, "six");
}

// Entries are taken out of the database by the thousand; what is left must not depend on it.
TEST_P(StoreContract, ALongInboxIsErasedInPieces) {
  for (std::uint64_t n = 1; n <= 5000; n += 100) {
    Changes changes;
    for (std::uint64_t i = n; i < n + 100; ++i) changes.inbox.push_back({i, 0, body_of('i', i, 50)});
    changes.inbox_applied = n > 300 ? n - 300 : 0;
    write_ok(*store_, changes);
  }
  const auto check = [this] {
    const std::vector<Entry> inbox = inbox_of(*store_);
    ASSERT_EQ(inbox.size(), 5000U - 4601U);
    for (std::size_t i = 0; i < inbox.size(); ++i) EXPECT_EQ(inbox[i].bytes, body_of('i', 4602 + i, 50));
  };
  check();
  reopen();
  check();
}

TEST_P(StoreContract, NumbersWithoutAGap) {
  write_ok(*store_, change(1));
  for (const std::uint64_t wrong : {std::uint64_t{1}, std::uint64_t{3}}) {
    Changes changes;
    changes.log = {{wrong, 0, "x"}};
    if (GetParam()) reopen();  // a store on disk takes nothing more after a failure
    EXPECT_EQ(store_->write(changes).outcome, WriteOutcome::failed) << wrong;
  }
  if (GetParam()) reopen();
  Changes changes;
  changes.inbox_applied = 1;
  EXPECT_EQ(store_->write(changes).outcome, WriteOutcome::failed);
  if (GetParam()) reopen();
  EXPECT_EQ(problem_with(*store_, 1), "");
}

TEST_P(StoreContract, LaterValuesReplaceEarlierOnes) {
  Changes changes;
  changes.cursors = {{"a", "1"}, {"b", "1"}};
  changes.facts = {{"f", "1"}, {"g", "1"}};
  changes.bundles = {{"hash", std::string("rules\0text", 10)}};
  changes.emitted = {{"alert", 1, 1, 10}, {"alert", 2, 2, 20}};
  write_ok(*store_, changes);
  Changes later;
  later.cursors = {{"a", ""}};
  later.facts = {{"f", ""}, {"g", "2"}};
  later.emitted = {{"alert", 3, 3, 5}};
  write_ok(*store_, later);
  reopen();
  EXPECT_EQ(store_->cursor("a"), "");
  EXPECT_EQ(store_->cursor("b"), "1");
  EXPECT_FALSE(store_->fact("f"));
  EXPECT_EQ(store_->fact("g"), "2");
  EXPECT_EQ(store_->bundle("hash"), std::string("rules\0text", 10));
  const auto alert = store_->emitted("alert");
  ASSERT_TRUE(alert);
  EXPECT_EQ(alert->outbox, 3U);
  EXPECT_EQ(alert->revision, 3U);
  EXPECT_EQ(alert->time, 5);
  EXPECT_EQ(store_->info()->emitted, 1U);
}

TEST_P(StoreContract, TrimmingDropsUpToAndBefore) {
  for (std::uint64_t k = 1; k <= 100; ++k) write_ok(*store_, change(k));
  Trim trim;
  trim.log = 60;
  trim.outbox = 7;
  trim.emitted_before = 50 * kSecondUs;
  trim.evidence_before = 70 * kSecondUs;
  ASSERT_TRUE(store_->trim(trim).ok());
  const auto check = [this] {
    EXPECT_EQ(log_of(*store_).size(), 40U);
    EXPECT_EQ(log_of(*store_).front().number, 61U);
    EXPECT_EQ(outbox_of(*store_).front().number, 8U);
    EXPECT_FALSE(store_->emitted("alert-49"));
    EXPECT_TRUE(store_->emitted("alert-50"));
    EXPECT_FALSE(store_->evidence("event-69"));
    EXPECT_TRUE(store_->evidence("event-70"));
    const auto info = store_->info();
    EXPECT_EQ(info->log_first, 61U);
    EXPECT_EQ(info->outbox_first, 8U);
    EXPECT_EQ(info->emitted, 51U);
    EXPECT_EQ(info->evidence, 31U);
    EXPECT_EQ(info->evidence_bytes, 31U * 100U);
  };
  check();
  reopen();
  check();
  trim.log = 1000;  // beyond the end: everything, and numbers go on
  ASSERT_TRUE(store_->trim(trim).ok());
  EXPECT_TRUE(log_of(*store_).empty());
  EXPECT_EQ(store_->last_log(), 100U);
  write_ok(*store_, change(101));
  reopen();
  EXPECT_EQ(problem_with(*store_, 101), "");
}

// An alert that came again later is kept by its later time.
TEST_P(StoreContract, TrimmingGoesByTheLatestRevision) {
  Changes first, again;
  first.emitted = {{"a", 1, 1, 10}, {"b", 2, 1, 10}};
  again.emitted = {{"a", 3, 2, 100}};
  write_ok(*store_, first);
  write_ok(*store_, again);
  Trim trim;
  trim.emitted_before = 50;
  ASSERT_TRUE(store_->trim(trim).ok());
  EXPECT_TRUE(store_->emitted("a"));
  EXPECT_FALSE(store_->emitted("b"));
}

TEST_P(StoreContract, EvidenceIsKeptOnce) {
  Changes changes;
  changes.evidence = {{"event", 5, "body"}, {"event", 6, "other"}};
  write_ok(*store_, changes);
  changes.evidence = {{"event", 7, "third"}};
  write_ok(*store_, changes);
  EXPECT_EQ(store_->evidence("event"), "body");
  EXPECT_EQ(store_->info()->evidence, 1U);
  EXPECT_EQ(store_->info()->evidence_bytes, 4U);
}

TEST_P(StoreContract, EvidenceStaysUnderItsLimitOldestFirst) {
  limits_.evidence_bytes = 64 * 1000;
  store_.reset();
  reopen();
  for (std::uint64_t k = 1; k <= 200; ++k) write_ok(*store_, change(k, 1000));
  const auto info = store_->info();
  EXPECT_LE(info->evidence_bytes, 64U * 1000U);
  EXPECT_GE(info->evidence, 60U);
  EXPECT_EQ(info->evidence_bytes, info->evidence * 1000U);
  EXPECT_FALSE(store_->evidence("event-120"));
  for (std::uint64_t k = 200; k > 200 - info->evidence; --k)
    EXPECT_EQ(store_->evidence("event-" + std::to_string(k)), body_of('v', k, 1000)) << k;
  reopen();
  EXPECT_EQ(store_->info()->evidence, info->evidence);
}

TEST_P(StoreContract, LongEvidenceIsCutBetweenCharacters) {
  limits_.evidence_body_bytes = 10;
  store_.reset();
  reopen();
  Changes changes;
  changes.evidence = {{"long", 1, "12345678\xE2\x82\xACxyz"}, {"short", 1, "1234567890"}};
  write_ok(*store_, changes);
  bool truncated = false;
  EXPECT_EQ(store_->evidence("long", &truncated), "12345678");
  EXPECT_TRUE(truncated);
  EXPECT_EQ(store_->evidence("short", &truncated), "1234567890");
  EXPECT_FALSE(truncated);
}

TEST_P(StoreContract, AVisitorMayStopAndMayUseTheStore) {
  Changes all, some;
  for (std::uint64_t k = 1; k <= 600; ++k) {
    some = change(k, 20);
    all.append(some);
  }
  write_ok(*store_, all);
  int seen = 0;
  ASSERT_TRUE(store_->read_log(0, [&](std::uint64_t number, TimeUs, std::string_view) {
    EXPECT_TRUE(store_->emitted("alert-" + std::to_string(number)));
    return ++seen < 300;
  }));
  EXPECT_EQ(seen, 300);
}

// Readers see whole changes while one thread writes and trims.
TEST_P(StoreContract, ReadersSeeWholeChanges) {
  constexpr std::uint64_t kChanges = 100;
  std::atomic<bool> stop = false;
  std::atomic<int> rounds = 0;
  std::thread reader([&] {
    while (!stop) {
      std::uint64_t before = 0;
      const Status status = store_->read_outbox(0, [&](std::uint64_t number, TimeUs, std::string_view bytes) {
        EXPECT_TRUE(before == 0 || number == before + 1) << number;
        EXPECT_EQ(bytes, body_of('o', number));
        before = number;
        return true;
      });
      EXPECT_TRUE(status.ok()) << status.error().to_string();
      EXPECT_EQ(before % 2, 0U);
      ++rounds;
    }
  });
  for (std::uint64_t k = 1; k <= kChanges; ++k) {
    write_ok(*store_, change(k));
    Trim trim;
    trim.outbox = k % 10 == 0 ? 2 * (k - 5) : 0;
    EXPECT_TRUE(store_->trim(trim).ok());
    while (rounds < static_cast<int>(k / 20)) std::this_thread::yield();
  }
  stop = true;
  reader.join();
  EXPECT_EQ(outbox_of(*store_).size(), 10U);
}

// ---- Refused records ------------------------------------------------------------------------------------------------

StoredReject reject_at(std::uint64_t position, const std::string& bytes) {
  StoredReject reject;
  reject.source = "hook";
  reject.partition = "topic/1";
  reject.reason = "json";
  reject.message = "byte 3: no value";
  reject.time = 1'767'614'400'000'000;
  reject.position = position;
  reject.line = 7;
  reject.bytes = bytes;
  return reject;
}

std::vector<StoredReject> rejects_of(const Store& store) {
  std::vector<StoredReject> rejects;
  EXPECT_TRUE(store
                  .read_rejects([&](const StoredReject& reject) {
                    rejects.push_back(reject);
                    return true;
                  })
                  .ok());
  return rejects;
}

std::string positions_of(const Store& store) {
  std::string text;
  for (const StoredReject& reject : rejects_of(store)) text += std::to_string(reject.position) + " ";
  return text;
}

TEST_P(StoreContract, RefusedRecordsAreKeptWhole) {
  Changes changes;
  changes.rejects = {reject_at(5, std::string("{\0\xff", 3))};
  write_ok(*store_, changes);
  reopen();
  const auto rejects = rejects_of(*store_);
  ASSERT_EQ(rejects.size(), 1U);
  const StoredReject& reject = rejects[0];
  EXPECT_EQ(reject.source + " " + reject.partition + " " + reject.reason + " " + reject.message,
            "hook topic/1 json byte 3: no value");
  EXPECT_EQ(reject.time, 1'767'614'400'000'000);
  EXPECT_EQ(reject.position, 5U);
  EXPECT_EQ(reject.line, 7U);
  EXPECT_EQ(reject.size, 3U);
  EXPECT_EQ(reject.bytes, std::string("{\0\xff", 3));
  EXPECT_EQ(store_->info()->rejects, 1U);
}

// A source that was killed reads again, at another time, and refuses again.
TEST_P(StoreContract, ARefusedRecordIsKeptOnce) {
  for (int i = 0; i < 3; ++i) {
    Changes changes;
    changes.rejects = {reject_at(1, "a"), reject_at(2, "a"), reject_at(1, "a")};
    changes.rejects[0].time += i;
    write_ok(*store_, changes);
    reopen();
  }
  EXPECT_EQ(positions_of(*store_), "1 2 ");
  Changes changes;
  changes.rejects = {reject_at(1, "b")};
  write_ok(*store_, changes);
  EXPECT_EQ(positions_of(*store_), "1 2 1 ");
}

TEST_P(StoreContract, TheOldestRefusedRecordsGiveWay) {
  limits_.rejects = 3;
  limits_.rejects_bytes = 1000;
  limits_.reject_bytes = 300;
  store_.reset();
  reopen();
  const auto add = [&](std::uint64_t position, const std::string& bytes) {
    Changes changes;
    changes.rejects = {reject_at(position, bytes)};
    write_ok(*store_, changes);
  };
  for (std::uint64_t i = 1; i <= 5; ++i) add(i, "x");
  EXPECT_EQ(positions_of(*store_), "3 4 5 ");
  EXPECT_EQ(store_->info()->rejects_dropped, 2U);
  // Cut to 300 bytes each: three of them are more than 1000 with what stands around them.
  for (std::uint64_t i = 6; i <= 8; ++i) add(i, std::string(400, 'y'));
  EXPECT_EQ(positions_of(*store_), "7 8 ");
  EXPECT_EQ(rejects_of(*store_).back().bytes, std::string(300, 'y'));
  EXPECT_EQ(rejects_of(*store_).back().size, 400U);
  EXPECT_LE(store_->info()->rejects_bytes, 1000U);
  reopen();
  EXPECT_EQ(positions_of(*store_), "7 8 ");
  add(9, "z");
  EXPECT_EQ(positions_of(*store_), "7 8 9 ");
}

}  // namespace
}  // namespace vedette::connectors
