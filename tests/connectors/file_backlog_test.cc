// Which lines of a file count as a backlog: their stamps are no more than the latest time at which they can have come.
#include "connectors/sources/file_source.h"
#include "tests/connectors/support.h"

namespace vedette::connectors {
namespace {

using testing::eventually;

class FileBacklogTest : public ::testing::Test {
 protected:
  void start(bool follow) {
    FileSourceOptions options;
    options.name = "ssh";
    options.path = dir_.file("log");
    options.origin = testing::origin_named("ssh");
    options.follow = follow;
    options.poll = std::chrono::milliseconds(2);
    source_ = std::make_unique<FileSource>(
        options, [this] { return clock_.load(); }, log_.log(), RejectHandler{});
    ASSERT_TRUE(source_->start(sink_).ok());
  }
  // The line, and whether its batch is a backlog.
  bool backlog(const std::string& line) {
    bool found = false, backlog = false;
    const auto look = [&](const std::vector<event::RecordBatch>& batches) {
      for (const event::RecordBatch& batch : batches) {
        for (const event::RawRecord& record : batch.records) {
          if (record.bytes != line) continue;
          found = true;
          backlog = batch.backlog;
          EXPECT_EQ(record.arrival, clock_.load());
        }
      }
    };
    EXPECT_TRUE(eventually([&] {
      sink_.inspect(look);
      return found;
    })) << line;
    return backlog;
  }
  void append(std::string_view text) { std::ofstream(dir_.file("log"), std::ios::app | std::ios::binary) << text; }
  bool at_end() {
    return eventually([&] { return source_->health().caught_up && source_->health().complete_to == clock_; });
  }

  testing::TempDir dir_;
  testing::LogBook log_;
  testing::RecordingSink sink_;
  std::atomic<TimeUs> clock_ = 1000 * kSecondUs;
  std::unique_ptr<FileSource> source_;
};

TEST_F(FileBacklogTest, WhatWasThereBeforeTheStart) {
  append("old\n");
  start(true);
  EXPECT_TRUE(backlog("old"));
  ASSERT_TRUE(at_end());
  append("new\n");
  EXPECT_FALSE(backlog("new"));
}

TEST_F(FileBacklogTest, AFileThatIsReadOnce) {
  append("old\n");
  start(false);
  EXPECT_TRUE(backlog("old"));
}

}  // namespace
}  // namespace vedette::connectors
