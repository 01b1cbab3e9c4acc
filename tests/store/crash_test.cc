// Writers in processes of their own, killed at every failpoint and at random moments; what they reported durable before is
// there, whole, and the next writer goes on from it. A writer notes in a ledger what it was told, as it is told.
#include <fcntl.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <random>
#include <thread>

#include "connectors/store/committer.h"
#include "tests/store/child.h"
#include "tests/store/support.h"

namespace vedette::connectors {
namespace {

using namespace testing;

class Ledger {
 public:
  explicit Ledger(const std::string& path) : file_(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600)) {}
  ~Ledger() { (void)::close(file_); }
  Ledger(const Ledger&) = delete;
  Ledger& operator=(const Ledger&) = delete;
  void note(const std::string& line) {
    const std::string text = line + "\n";
    if (::write(file_, text.data(), text.size()) != static_cast<ssize_t>(text.size())) std::abort();
  }

 private:
  int file_;
};

std::string received_body(std::uint64_t serial) { return body_of('r', serial, 40 + serial * 37 % 3000); }

// What a service does, quickly: receives, applies, delivers, trims.
void write_until_killed(const std::string& path, const std::string& ledger_path, unsigned seed) {
  auto store = open_at(path);
  ASSERT_TRUE(store);
  Ledger ledger(ledger_path);
  std::mt19937 random(seed);
  std::atomic<std::uint64_t> received = store->last_inbox();
  std::uint64_t serial = static_cast<std::uint64_t>(seed) << 32U;
  std::uint64_t applied = std::strtoull(store->fact("applied").value_or("0").c_str(), nullptr, 10);
  Committer committer(*store, {}, [](const std::string& message) { FAIL() << message; });
  const std::uint64_t first = store->last_log() + 1;
  for (std::uint64_t k = first; k < first + 3000; ++k) {
    for (unsigned i = random() % 4; i > 0; --i) {
      ++serial;
      committer.add_inbox(received_body(serial), 1, [&, serial](bool durable, std::uint64_t number) {
        if (durable) ledger.note(fmt::format("i {} {}", number, serial));
        if (durable) received = number;
      });
    }
    Changes changes = change(k, 50 + random() % 2000);
    applied = std::max(applied, received - std::min<std::uint64_t>(received, random() % 10));
    changes.inbox_applied = applied;
    changes.facts["applied"] = std::to_string(applied);
    committer.add(std::move(changes), [&ledger, k](bool durable) {
      if (durable) ledger.note(fmt::format("c {}", k));
    });
    if (k % 50 == 0) {
      const auto time = static_cast<TimeUs>(k - std::min<std::uint64_t>(k, 60)) * kSecondUs;
      ASSERT_TRUE(committer.flush(std::chrono::seconds(20)));
      EXPECT_TRUE(store->trim({.log = k - 20, .outbox = 2 * (k - 20), .emitted_before = time, .evidence_before = time}).ok());
    }
    if (random() % 8 == 0) {
      ASSERT_TRUE(committer.flush(std::chrono::seconds(20)));
    }
  }
}

TEST(DISABLED_Child, Writer) {
  if (child_variable("STORE_PATH").empty()) return;
  write_until_killed(child_variable("STORE_PATH"), child_variable("STORE_LEDGER"),
                     static_cast<unsigned>(std::strtoul(child_variable("STORE_SEED").c_str(), nullptr, 10)));
}

class Crash : public ::testing::Test {
 protected:
  Child start(unsigned seed, const std::string& failpoint) {
    std::map<std::string, std::string> environment = {
        {"STORE_PATH", folder_.path()}, {"STORE_LEDGER", ledger_}, {"STORE_SEED", std::to_string(seed)}};
    if (!failpoint.empty()) environment["VEDETTE_FAILPOINT"] = failpoint;
    return Child("Writer", environment);
  }

  // What the ledger says against what is there.
  void check() {
    std::uint64_t changes = 0, inbox = 0;
    std::map<std::uint64_t, std::uint64_t> serials;
    std::ifstream file(ledger_);
    for (std::string kind; file >> kind;) {
      std::uint64_t number = 0, serial = 0;
      file >> number;
      if (kind == "i") file >> serial;
      if (kind == "i") serials[number] = serial;
      (kind == "i" ? inbox : changes) = number;
    }
    auto store = open_at(folder_.path());
    ASSERT_TRUE(store);
    EXPECT_GE(store->last_log(), changes);
    EXPECT_GE(store->last_inbox(), inbox);
    EXPECT_EQ(problem_with(*store, store->last_log()), "");
    std::uint64_t expected = std::strtoull(store->fact("applied").value_or("0").c_str(), nullptr, 10);
    ++expected;
    for (const Entry& entry : inbox_of(*store)) {
      EXPECT_EQ(entry.number, expected++);
      if (serials.contains(entry.number)) {
        EXPECT_EQ(entry.bytes, received_body(serials[entry.number])) << entry.number;
      }
    }
    EXPECT_EQ(expected, store->last_inbox() + 1);
    reported_ = changes + inbox;
    store.reset();
    const auto verified = verify_store(folder_.path());
    EXPECT_TRUE(verified.ok()) << verified.error().to_string();
  }

  Folder folder_;
  std::string ledger_ = folder_.path("ledger");
  std::uint64_t reported_ = 0;
};

#ifdef VEDETTE_FAILPOINTS
TEST_F(Crash, AtEveryFailpoint) {
  unsigned seed = 1;
  for (const std::string point : {"inbox_before_write", "inbox_after_write", "commit_before_write", "commit_after_write",
                                  "highwater_before", "highwater_after", "trim_before", "trim_after"}) {
    for (const int count : {1, 3, point.starts_with("trim") ? 2 : 40}) {
      const std::string failpoint = fmt::format("{}:{}", point, count);
      SCOPED_TRACE(failpoint);
      Child child(start(seed++, failpoint));
      ASSERT_EQ(child.wait(), -SIGKILL);
      check();
      if (HasFailure()) return;
    }
  }
  EXPECT_GT(reported_, 500U);
}
#endif

TEST_F(Crash, AtRandomMoments) {
  const unsigned base = std::random_device()() % 1'000'000;
  std::printf("seeds from %u\n", base);
  std::mt19937 random(base);
  for (unsigned round = 0; round < 30; ++round) {
    SCOPED_TRACE(fmt::format("seed {}", base + round));
    Child child(start(base + round, ""));
    std::this_thread::sleep_for(std::chrono::milliseconds(40 + random() % 300));
    child.kill();
    check();
    if (HasFailure()) return;
  }
  EXPECT_GT(reported_, 100U);
}

}  // namespace
}  // namespace vedette::connectors
