// Full and failing disks, power that goes off, two processes at once.
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <random>
#include <thread>

#include "connectors/store/committer.h"
#include "connectors/store/folder.h"
#include "connectors/store/rocks_open.h"
#include "tests/store/child.h"
#include "tests/store/fault_files.h"
#include "tests/store/support.h"

namespace vedette::connectors {
namespace {

using namespace testing;
using namespace std::chrono_literals;

std::unique_ptr<Store> open_on(const std::string& path, const std::shared_ptr<FaultFiles>& files) {
  auto store = open_store_on(options_at(path), {}, files);
  EXPECT_TRUE(store.ok()) << store.error().to_string();
  return store.ok() ? std::move(*store) : nullptr;
}

// RocksDB looks for space every few seconds.
void write_when_there_is_room(Store& store, const Changes& changes) {
  WriteResult result = store.write(changes);
  for (int i = 0; i < 300 && result.outcome == WriteOutcome::full; ++i) {
    std::this_thread::sleep_for(50ms);
    result = store.write(changes);
  }
  ASSERT_EQ(result.outcome, WriteOutcome::ok) << result.message;
}

TEST(Faults, AFailingSyncEndsTheStoreAndLosesNothing) {
  Folder folder;
  const auto files = std::make_shared<FaultFiles>();
  auto store = open_on(folder.path(), files);
  for (std::uint64_t k = 1; k <= 5; ++k) write_ok(*store, change(k));
  files->fail_syncs_of(".log");
  const WriteResult failed = store->write(change(6));
  EXPECT_EQ(failed.outcome, WriteOutcome::failed);
  EXPECT_NE(failed.message.find("the disk fails"), std::string::npos) << failed.message;
  files->fail_syncs_of("");
  // It is never tried again: what the disk has is not known.
  EXPECT_EQ(store->write(change(6)).outcome, WriteOutcome::failed);
  EXPECT_FALSE(store->trim({.log = 2}).ok());
  store.reset();
  store = open_at(folder.path());
  const std::uint64_t last = store->last_log();
  EXPECT_TRUE(last == 5 || last == 6) << last;
  EXPECT_EQ(problem_with(*store, last), "");
}

TEST(Faults, NoSpaceForTheLogOfWritesHealsByItself) {
  Folder folder;
  const auto files = std::make_shared<FaultFiles>();
  auto store = open_on(folder.path(), files);
  for (std::uint64_t k = 1; k <= 5; ++k) write_ok(*store, change(k));
  files->no_space_for(".log");
  for (int i = 0; i < 5; ++i) {
    const WriteResult full = store->write(change(6));
    ASSERT_EQ(full.outcome, WriteOutcome::full) << full.message;
    EXPECT_EQ(problem_with(*store, 5), "");
  }
  files->no_space_for("");
  for (std::uint64_t k = 6; k <= 10; ++k) write_when_there_is_room(*store, change(k));
  EXPECT_EQ(problem_with(*store, 10), "");
  store.reset();
  EXPECT_EQ(problem_with(*open_at(folder.path()), 10), "");
}

// The write itself succeeds; the database runs out of space behind it.
TEST(Faults, NoSpaceBehindAWriteHealsByItself) {
  Folder folder;
  const auto files = std::make_shared<FaultFiles>();
  auto store = open_on(folder.path(), files);
  files->no_space_for(".sst");
  std::uint64_t k = 0;
  WriteResult result;
  while (result.outcome == WriteOutcome::ok && k < 100) {
    result = store->write(change(k + 1, 100'000));
    if (result.outcome == WriteOutcome::ok) ++k;
    std::this_thread::sleep_for(1ms);
  }
  ASSERT_EQ(result.outcome, WriteOutcome::full) << result.message << " after " << k;
  EXPECT_GT(k, 5U);
  EXPECT_EQ(problem_with(*store, k), "");
  files->no_space_for("");
  for (int i = 0; i < 30; ++i) write_when_there_is_room(*store, change(++k, 100'000));
  EXPECT_EQ(problem_with(*store, k), "");
  store.reset();
  EXPECT_EQ(problem_with(*open_at(folder.path()), k), "");
}

// Power goes off at some moment; what was answered is there, also with a high-water file that is older than it could be.
TEST(Faults, PowerLossTakesNothingThatWasSynced) {
  const unsigned base = std::random_device()() % 1'000'000;
  std::printf("seeds from %u\n", base);
  std::uint64_t lost = 0;
  for (unsigned seed = base; seed < base + 10; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    Folder folder;
    std::uint64_t k = 0;
    for (int life = 0; life < 3; ++life) {
      const auto files = std::make_shared<FaultFiles>();
      auto store = open_on(folder.path(), files);
      ASSERT_TRUE(store);
      EXPECT_EQ(problem_with(*store, k), "");
      const std::string high_water = folder.path() + "/high-water";
      for (auto i = random() % 30; i > 0; --i) {
        write_ok(*store, change(++k, random() % 5 == 0 ? 300'000 : 500));
        if (random() % 4 == 0)
          std::filesystem::copy_file(high_water, folder.path("older"), std::filesystem::copy_options::overwrite_existing);
      }
      // Not synced by itself: the log of writes has loose bytes now. Only the newest piece of evidence must stay.
      const auto time = static_cast<TimeUs>(k) * kSecondUs;
      EXPECT_TRUE(store->trim({.emitted_before = time}).ok());
      files->power_off();
      store.reset();
      files->lose_unsynced(seed);
      lost += files->lost();
      if (random() % 2 == 0 && std::filesystem::exists(folder.path("older")))
        std::filesystem::rename(folder.path("older"), high_water);
      const auto verified = verify_store(folder.path());
      ASSERT_TRUE(verified.ok()) << verified.error().to_string();
    }
    EXPECT_EQ(problem_with(*open_at(folder.path()), k), "");
  }
  EXPECT_GT(lost, 0U);
}

TEST(DISABLED_Child, Holder) {
  const std::string path = child_variable("STORE_PATH");
  if (path.empty()) return;
  auto store = open_at(path);
  ASSERT_TRUE(store);
  std::ofstream(path + "-held") << "held\n";
  std::this_thread::sleep_for(50s);
}

TEST(Faults, OneProcessAtATime) {
  Folder folder;
  {
    const auto store = open_at(folder.path());
    const std::string error = open_error(folder.path());
    EXPECT_NE(error.find("(pid " + std::to_string(::getpid()) + ") has the store open"), std::string::npos) << error;
    EXPECT_NE(error.find(folder.path()), std::string::npos) << error;
  }
  EXPECT_EQ(open_error(folder.path()), "");
  Child child("Holder", {{"STORE_PATH", folder.path()}});
  for (int i = 0; i < 1000 && !std::filesystem::exists(folder.path() + "-held"); ++i) std::this_thread::sleep_for(10ms);
  const std::string error = open_error(folder.path());
  EXPECT_NE(error.find("(pid " + std::to_string(child.pid()) + ") has the store open"), std::string::npos) << error;
  EXPECT_FALSE(verify_store(folder.path()).ok());
  EXPECT_FALSE(backup_store(folder.path(), folder.path("backup")).ok());
  child.kill();
  EXPECT_EQ(open_error(folder.path()), "");
}

// ---- a disk of 64 MB --------------------------------------------------------------------------------------------------

// Fills the disk but for so many bytes.
void fill_disk(const std::string& folder, std::uint64_t leave) {
  std::ofstream ballast(folder + "/ballast", std::ios::binary | std::ios::app);
  const std::string piece(64 * 1024, 'x');
  while (ballast && free_bytes(folder) > leave + piece.size()) ballast.write(piece.data(), 64 * 1024).flush();
}

void fill_and_free_with_a_reserve(const std::string& disk) {
  StoreOptions options = options_at(disk + "/store");
  options.limits = {};
  auto store = open_store(options, {});
  ASSERT_TRUE(store.ok()) << store.error().to_string();
  Committer committer(**store, {}, [](const std::string& message) { ADD_FAILURE() << message; });
  std::atomic<int> taken = 0, refused = 0;
  const auto receive = [&] {
    committer.add_inbox(body_of('i', 1), 1, [&](bool durable, std::uint64_t) { ++(durable ? taken : refused); });
  };
  receive();
  committer.add(change(1));
  ASSERT_TRUE(committer.flush(10s));
  EXPECT_EQ(taken, 1);
  // Below the reserve nothing is received, and what was applied is still committed.
  fill_disk(disk, std::uint64_t{24} << 20);
  receive();
  committer.add(change(2));
  ASSERT_TRUE(committer.flush(10s));
  EXPECT_EQ(refused, 1);
  EXPECT_TRUE(committer.full());
  // Below half of it nothing is.
  fill_disk(disk, std::uint64_t{8} << 20);
  committer.add(change(3));
  EXPECT_FALSE(committer.flush(500ms));
  receive();
  for (int i = 0; i < 500 && refused < 2; ++i) std::this_thread::sleep_for(10ms);
  EXPECT_EQ(refused, 2);
  std::filesystem::remove(disk + "/ballast");
  EXPECT_TRUE(committer.flush(10s));
  for (int i = 0; i < 500 && committer.full(); ++i) std::this_thread::sleep_for(10ms);
  EXPECT_FALSE(committer.full());
  receive();
  EXPECT_TRUE(committer.flush(10s));
  EXPECT_EQ(taken, 2);
  committer.stop();
  EXPECT_EQ(problem_with(**store, 3), "");
}

// Without the reserve RocksDB itself meets the end of the disk.
void fill_and_free_without_a_reserve(const std::string& disk) {
  std::uint64_t k = 3;
  for (int round = 0; round < 2; ++round) {
    auto store = open_at(disk + "/store");
    ASSERT_TRUE(store);
    fill_disk(disk, std::uint64_t{12} << 20);
    WriteResult result;
    while (result.outcome == WriteOutcome::ok && k < 5000) {
      result = store->write(change(k + 1, 50'000));
      if (result.outcome == WriteOutcome::ok) ++k;
    }
    ASSERT_EQ(result.outcome, WriteOutcome::full) << result.message << " after " << k;
    EXPECT_EQ(store->write(change(k + 1, 50'000)).outcome, WriteOutcome::full);
    EXPECT_EQ(problem_with(*store, k), "");
    std::filesystem::remove(disk + "/ballast");
    write_when_there_is_room(*store, change(++k, 50'000));
    EXPECT_TRUE(store->trim({.log = k - 3, .outbox = 2 * k - 6, .evidence_before = static_cast<TimeUs>(k) * kSecondUs}).ok());
    EXPECT_EQ(problem_with(*store, k), "");
    store.reset();
    const auto verified = verify_store(disk + "/store");
    EXPECT_TRUE(verified.ok()) << verified.error().to_string();
  }
}

TEST(DISABLED_Child, SmallDisk) {
  const std::string disk = child_variable("STORE_PATH");
  if (disk.empty()) return;
  if (::unshare(CLONE_NEWNS) != 0 && ::unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) ::_exit(kChildSkipped);
  (void)::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr);
  if (::mkdir(disk.c_str(), 0700) != 0 || ::mount("tmpfs", disk.c_str(), "tmpfs", 0, "size=64m") != 0) ::_exit(kChildSkipped);
  fill_and_free_with_a_reserve(disk);
  fill_and_free_without_a_reserve(disk);
}

TEST(Faults, AFullDiskRefusesAndHealsByItself) {
  Folder folder;
  Child child("SmallDisk", {{"STORE_PATH", folder.path("disk")}});
  const int code = child.wait();
  if (code == kChildSkipped) GTEST_SKIP() << "a small disk cannot be mounted here";
  EXPECT_EQ(code, 0);
}

}  // namespace
}  // namespace vedette::connectors
