// Files as live sources: read once, followed through growth, rotation and truncation; backpressure.
#include "connectors/sources/file_source.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "tests/connectors/support.h"

namespace vedette::connectors {
namespace {

using testing::eventually;
using testing::TempDir;
using Lines = std::vector<std::string>;

class FileSourceTest : public ::testing::Test {
 protected:
  void follow(const std::string& path, bool from_end = false) {
    FileSourceOptions options;
    options.name = "ssh";
    options.path = path;
    options.origin = testing::origin_named("ssh");
    options.follow = true;
    options.from_end = from_end;
    options.poll = std::chrono::milliseconds(5);
    options.rotation_quiet = std::chrono::milliseconds(300);
    source_ = std::make_unique<FileSource>(
        options, [this] { return ++clock_; }, log_.log(), RejectHandler{});
    ASSERT_TRUE(source_->start(sink_).ok());
  }
  void append(const std::string& path, std::string_view text) { std::ofstream(path, std::ios::app | std::ios::binary) << text; }
  ::testing::AssertionResult delivers(const Lines& wanted) {
    if (eventually([&] { return sink_.records() == wanted; }, std::chrono::seconds(5))) return ::testing::AssertionSuccess();
    std::string got;
    for (const auto& line : sink_.records()) got += "[" + line + "]";
    return ::testing::AssertionFailure() << got << "\n" << log_.text();
  }
  bool logged(const std::string& text) {
    return eventually([&] { return log_.text().find(text) != std::string::npos; });
  }

  TempDir dir_;
  testing::LogBook log_;
  testing::RecordingSink sink_;
  std::atomic<TimeUs> clock_ = 100;
  std::unique_ptr<FileSource> source_;
};

TEST_F(FileSourceTest, FollowsWhatIsAppended) {
  const std::string path = dir_.write("log", "one\ntwo\nthr");
  follow(path);
  EXPECT_TRUE(delivers({"one", "two"}));
  append(path, "ee\nfour\n");
  EXPECT_TRUE(delivers({"one", "two", "three", "four"}));
  sink_.inspect([](const std::vector<event::RecordBatch>& batches) {
    const auto& last = batches.back().records.back();
    EXPECT_EQ(last.bytes, "four");
    EXPECT_EQ(last.line, 4u);
    EXPECT_EQ(last.position, 14u);
    EXPECT_GT(last.arrival, batches.front().records.front().arrival);
  });
}

TEST_F(FileSourceTest, StartsAtTheEndWhenAsked) {
  const std::string path = dir_.write("log", "old\nhalf of an old");
  follow(path, true);
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  append(path, " line\nnew\n");
  EXPECT_TRUE(delivers({"new"}));
  sink_.inspect([](const std::vector<event::RecordBatch>& batches) {
    // First only the place: a restart begins here, not at a later end.
    EXPECT_TRUE(batches[0].records.empty());
    EXPECT_NE(batches[0].resume.find(" at=18"), std::string::npos) << batches[0].resume;
    EXPECT_EQ(batches[1].records[0].position, 24u);
    EXPECT_EQ(batches[1].records[0].line, 0u);
  });
}

TEST_F(FileSourceTest, SurvivesRotationByRename) {
  const std::string path = dir_.write("log", "one\n");
  follow(path);
  EXPECT_TRUE(delivers({"one"}));
  std::filesystem::rename(path, dir_.file("log.1"));
  append(dir_.file("log.1"), "two\n");  // the writer has not noticed yet
  dir_.write("log", "three\n");
  std::this_thread::sleep_for(std::chrono::milliseconds(60));
  append(dir_.file("log.1"), "last without newline");
  EXPECT_TRUE(delivers({"one", "two", "last without newline", "three"}));
  append(path, "four\n");
  EXPECT_TRUE(delivers({"one", "two", "last without newline", "three", "four"}));
  // And again.
  std::filesystem::rename(path, dir_.file("log.2"));
  dir_.write("log", "five\n");
  EXPECT_TRUE(delivers({"one", "two", "last without newline", "three", "four", "five"}));
}

TEST_F(FileSourceTest, SurvivesTruncation) {
  const std::string path = dir_.write("log", "one\ntwo\n");
  follow(path);
  EXPECT_TRUE(delivers({"one", "two"}));
  std::filesystem::resize_file(path, 0);
  EXPECT_TRUE(logged("was truncated"));
  append(path, "new\n");
  EXPECT_TRUE(delivers({"one", "two", "new"}));
}

TEST_F(FileSourceTest, WaitsForAFileThatIsNotThereYet) {
  const std::string path = dir_.file("log");
  follow(path, true);
  EXPECT_TRUE(logged("waiting for it"));
  append(path, "first\n");
  EXPECT_TRUE(delivers({"first"}));
  std::filesystem::remove(path);
  EXPECT_TRUE(logged("was rotated"));
  append(path, "second\n");
  EXPECT_TRUE(delivers({"first", "second"}));
}

TEST_F(FileSourceTest, WaitsWhileTheQueueIsFull) {
  sink_.set_full(true);
  std::string text;
  Lines lines;
  for (int i = 0; i < 3000; ++i) text += lines.emplace_back("line " + std::to_string(i)) + "\n";
  const std::string path = dir_.write("log", text);
  follow(path);
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  EXPECT_TRUE(sink_.records().empty());
  sink_.set_full(false);
  EXPECT_TRUE(delivers(lines));
  sink_.set_full(true);
  append(path, "more\n");
  std::this_thread::sleep_for(std::chrono::milliseconds(30));
  source_->stop();  // does not hang on a full queue
}

TEST_F(FileSourceTest, ReadsOnceAndEnds) {
  FileSourceOptions options;
  options.name = "recorded";
  options.path = dir_.write("events.json.gz", testing::gzip("[{\"a\":1},{\"b\":2}]"));
  options.origin = testing::origin_named("recorded");
  FileSource source(
      options, [] { return TimeUs{7}; }, log_.log(), RejectHandler{});
  ASSERT_TRUE(source.start(sink_).ok());
  EXPECT_TRUE(eventually([&] { return source.finished(); }));
  EXPECT_EQ(sink_.records(), (Lines{"{\"a\":1}", "{\"b\":2}"}));
  sink_.inspect([](const std::vector<event::RecordBatch>& batches) { EXPECT_EQ(batches[0].records[0].arrival, 7); });
}

// A pipe is live: what was written is there at once, and silence does not keep the source from stopping.
TEST_F(FileSourceTest, ReadsAPipeAsItIsWritten) {
  const std::string path = dir_.file("pipe");
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  const int writer = ::open(path.c_str(), O_RDWR);
  ASSERT_EQ(::write(writer, "{\"a\":1}\n", 8), 8);
  FileSourceOptions options;
  options.name = "pipe";
  options.path = path;
  options.origin = testing::origin_named("pipe");
  FileSource source(
      options, [] { return TimeUs{7}; }, log_.log(), RejectHandler{});
  ASSERT_TRUE(source.start(sink_).ok());
  EXPECT_TRUE(delivers({"{\"a\":1}"}));
  ASSERT_EQ(::write(writer, "{\"b\":2}\n", 8), 8);
  EXPECT_TRUE(delivers({"{\"a\":1}", "{\"b\":2}"}));
  EXPECT_FALSE(source.finished());
  source.stop();
  EXPECT_TRUE(source.finished());
  ::close(writer);
}

TEST_F(FileSourceTest, AMissingFileToReadOnceIsAnError) {
  FileSourceOptions options;
  options.path = dir_.file("none");
  FileSource source(
      options, [] { return TimeUs{7}; }, log_.log(), RejectHandler{});
  EXPECT_FALSE(source.start(sink_).ok());
}

}  // namespace
}  // namespace vedette::connectors
