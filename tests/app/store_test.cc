// `vedette store` on the built program.
#include "connectors/store/store.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "tests/app/program.h"

namespace vedette::tests {
namespace {

using namespace connectors;

std::unique_ptr<Store> open_at(const std::string& path) {
  auto store = open_store({.path = path, .limits = {.reserve_bytes = 0}}, {});
  EXPECT_TRUE(store.ok()) << store.error().to_string();
  return std::move(*store);
}

void fill(const std::string& path) {
  const auto store = open_at(path);
  Changes changes;
  changes.inbox = {{1, 0, "received"}};
  changes.log = {{1, 0, "hit"}};
  changes.outbox = {{1, 0, "{}"}, {2, 0, "{}"}};
  changes.cursors = {{"topic/0", "17\x1b"}};
  changes.delivered = {{"out", 1}};
  changes.evidence = {{"event", 0, "body"}};
  ASSERT_EQ(store->write(changes).outcome, WriteOutcome::ok);
}

TEST(StoreCommand, InfoForPeopleAndForScripts) {
  const Folder folder;
  fill(folder.path("store"));
  const Outcome human = run({"store", "info", folder.path("store")});
  EXPECT_EQ(human.code, 0) << human.err;
  EXPECT_NE(human.out.find("inbox     1 received, not yet applied (1 to 1)\n"), std::string::npos) << human.out;
  EXPECT_NE(human.out.find("outbox    2 alerts (1 to 2)\n"), std::string::npos) << human.out;
  EXPECT_NE(human.out.find("delivered out up to 1\n"), std::string::npos) << human.out;
  EXPECT_EQ(human.out.find('\x1b'), std::string::npos);
  const Outcome json = run({"store", "info", folder.path("store"), "--format", "json"});
  EXPECT_EQ(json.code, 0);
  EXPECT_NE(json.out.find(R"("format":1,)"), std::string::npos) << json.out;
  EXPECT_NE(json.out.find(R"("inbox":{"first":1,"last":1},"log":{"first":1,"last":1},"outbox":{"first":1,"last":2})"),
            std::string::npos)
      << json.out;
  EXPECT_NE(json.out.find(R"("delivered":{"out":1},"cursors":{"topic/0":"17\u001b"}})"), std::string::npos) << json.out;
}

TEST(StoreCommand, RejectsAreListedOldestFirst) {
  const Folder folder;
  {
    Changes changes;
    StoredReject reject;
    reject.source = "bus";
    reject.partition = "okta/3";
    reject.reason = "json";
    reject.message = "no value";
    reject.time = 1'767'614'400'000'000;
    reject.position = 17;
    reject.bytes = "{\x1b[31m";
    changes.rejects.push_back(reject);
    reject.position = 18;
    reject.bytes = "\xff";
    changes.rejects.push_back(reject);
    ASSERT_EQ(open_at(folder.path("store"))->write(changes).outcome, WriteOutcome::ok);
  }
  const Outcome human = run({"store", "rejects", folder.path("store")});
  EXPECT_EQ(human.code, 0) << human.err;
  EXPECT_EQ(human.out.find("2026-01-05T12:00:00"), 0U) << human.out;
  EXPECT_NE(human.out.find("bus okta/3 at 17  json: no value\n"), std::string::npos) << human.out;
  EXPECT_EQ(human.out.find('\x1b'), std::string::npos);
  EXPECT_NE(human.out.find("\n  hex ff\n"), std::string::npos) << human.out;
  const Outcome lines = run({"store", "rejects", folder.path("store"), "--format", "jsonl"});
  EXPECT_NE(lines.out.find(R"("reason":"json","message":"no value","size":6,"bytes":"{\u001b[31m"})"), std::string::npos)
      << lines.out;
  EXPECT_NE(lines.out.find(R"("position":18,)"), std::string::npos) << lines.out;
  EXPECT_NE(lines.out.find(R"("hex":"ff"})"), std::string::npos) << lines.out;
  fill(folder.path("other"));
  EXPECT_EQ(run({"store", "rejects", folder.path("other"), "--format", "json"}).out, "[]\n");
}

TEST(StoreCommand, BackupAndRestore) {
  const Folder folder;
  fill(folder.path("store"));
  EXPECT_EQ(run({"store", "verify", folder.path("store")}).code, 0);
  const Outcome backup = run({"store", "backup", folder.path("store"), folder.path("backup")});
  EXPECT_EQ(backup.code, 0) << backup.err;
  EXPECT_EQ(run({"store", "backup", folder.path("store"), folder.path("backup")}).code, 2);
  EXPECT_EQ(run({"store", "restore", folder.path("backup"), folder.path("store")}).code, 2);
  const Outcome restored = run({"store", "restore", folder.path("backup"), folder.path("again")});
  EXPECT_EQ(restored.code, 0) << restored.err;
  EXPECT_EQ(open_at(folder.path("again"))->last_outbox(), 2U);
}

TEST(StoreCommand, ErrorsNameThePlaceAndTheRemedy) {
  const Folder folder;
  const Outcome none = run({"store", "info", folder.path("nothing")});
  EXPECT_EQ(none.code, 2);
  EXPECT_NE(none.err.find("no store is there"), std::string::npos) << none.err;
  EXPECT_EQ(run({"store", "verify"}).code, 2);
  EXPECT_EQ(run({"store"}).code, 2);
  fill(folder.path("store"));
  {
    const auto held = open_at(folder.path("store"));
    const Outcome locked = run({"store", "info", folder.path("store")});
    EXPECT_EQ(locked.code, 4);
    EXPECT_NE(locked.err.find("has the store open"), std::string::npos) << locked.err;
  }
  std::filesystem::remove_all(folder.path("store") + "/database");
  const Outcome damaged = run({"store", "verify", folder.path("store")});
  EXPECT_EQ(damaged.code, 4);
  EXPECT_NE(damaged.err.find("--accept-data-loss"), std::string::npos) << damaged.err;
}

}  // namespace
}  // namespace vedette::tests
