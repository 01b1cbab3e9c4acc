// File sources over restarts: each goes on where the last committed batch said, whatever was done to the files meanwhile.
#include <sys/stat.h>

#include "connectors/sources/file_source.h"
#include "connectors/sources/file_trail.h"
#include "tests/connectors/support.h"

namespace vedette::connectors {
namespace {

using testing::eventually;
using testing::TempDir;
using Lines = std::vector<std::string>;

class FileResumeTest : public ::testing::Test {
 protected:
  // A run from the place where the last one ended; `committed` batches of what it offers are durable when it stops.
  void start(bool follow = true, const std::string& name = "log",
             const std::function<void(testing::RecordingSink&)>& prepare = {}) {
    FileSourceOptions options;
    options.name = "ssh";
    options.path = dir_.file(name);
    options.origin = testing::origin_named("ssh");
    options.follow = follow;
    options.from_end = from_end_;
    options.poll = std::chrono::milliseconds(5);
    options.rotation_quiet = std::chrono::milliseconds(200);
    if (!resume_.empty()) options.resume_at = [at = resume_](const std::string&) { return std::optional<std::string>(at); };
    sink_ = std::make_unique<testing::RecordingSink>();
    if (prepare) prepare(*sink_);
    source_ = std::make_unique<FileSource>(
        options, [this] { return ++clock_; }, log_.log(), RejectHandler{});
    const Status started = source_->start(*sink_);
    ASSERT_TRUE(started.ok()) << started.error().to_string();
  }
  // Takes the place of the batch with this number (of the last one without).
  void stop(std::size_t batch = SIZE_MAX) {
    source_->stop();
    sink_->inspect([&](const std::vector<event::RecordBatch>& batches) {
      if (batches.empty()) return;
      resume_ = batches.at(std::min(batch, batches.size() - 1)).resume;
    });
  }
  void append(const std::string& name, std::string_view text) {
    std::ofstream(dir_.file(name), std::ios::app | std::ios::binary) << text;
  }
  void rename(const std::string& from, const std::string& to) { std::filesystem::rename(dir_.file(from), dir_.file(to)); }
  ::testing::AssertionResult delivers(const Lines& wanted) {
    if (eventually([&] { return sink_->records() == wanted; }, std::chrono::seconds(5))) return ::testing::AssertionSuccess();
    std::string got;
    for (const auto& line : sink_->records()) got += "[" + line + "]";
    return ::testing::AssertionFailure() << got << "\n" << log_.text();
  }
  // Last written to so many minutes after some moment.
  void set_time(const std::string& name, int minute) {
    const auto moment =
        std::chrono::sys_seconds(std::chrono::sys_days(std::chrono::year(2026) / 2 / 1)) + std::chrono::minutes(minute);
    std::filesystem::last_write_time(dir_.file(name), std::chrono::file_clock::from_sys(moment));
  }
  void write_at(const std::string& name, const std::string& text, int minute) {
    dir_.write(name, text);
    set_time(name, minute);
  }
  // Writes the files one after the other, expects to find them in this order.
  RotationOrder rotated(const std::string& path, const Lines& names) {
    int minute = 0;
    for (const std::string& name : names) write_at(name, "x", ++minute);
    const RotatedFiles found = rotated_files(dir_.file(path));
    Lines got;
    for (const TrailFile& file : found.files) got.push_back(file.path.substr(file.path.rfind('/') + 1));
    EXPECT_EQ(got, names);
    return found.order;
  }
  void read_first(const Lines& lines) {
    std::string text;
    for (const auto& line : lines) text += line + "\n";
    append("log", text);
    start();
    ASSERT_TRUE(delivers(lines));
    stop();
  }
  bool says(const std::string& text) { return log_.text().find(text) != std::string::npos; }
  bool caught_up() {
    return eventually([&] { return source_->health().caught_up; });
  }

  TempDir dir_;
  testing::LogBook log_;
  std::unique_ptr<testing::RecordingSink> sink_;
  std::atomic<TimeUs> clock_ = 100;
  std::unique_ptr<FileSource> source_;
  std::string resume_;
  bool from_end_ = false;
};

TEST_F(FileResumeTest, MarksAreReadAsTheyAreWritten) {
  FileMark mark;
  mark.device = 2049;
  mark.inode = 17;
  mark.head_size = 5;
  mark.head = head_digest("hello");
  mark.at = 5321;
  const std::string text = mark.to_text();
  EXPECT_EQ(text, "dev=2049 inode=17 head=5:" + mark.head + " at=5321");
  const auto again = FileMark::parse(text);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->to_text(), text);
  for (const char* bad : {"", "5321", "dev=1 inode=2 head=3", "dev=1 inode=2 head=9999:aa at=4", "dev=1 inode=2 at=3 head=1:aa"})
    EXPECT_FALSE(FileMark::parse(bad)) << bad;
}

TEST_F(FileResumeTest, RotatedFilesAreOrderedByAge) {
  for (const char* name : {"log", "log.old", "log.1~", "blog.1", "log.txt"}) dir_.write(name, "x");
  EXPECT_EQ(rotated("log", {"log.10.gz", "log.2", "log.1"}), RotationOrder::falling);
  EXPECT_EQ(rotated("up", {"up.8.gz", "up.9", "up.10", "up.11"}), RotationOrder::rising);
  // A ring of numbers; dates of two kinds.
  EXPECT_EQ(rotated("ring", {"ring.2", "ring.3", "ring.0", "ring.1"}), RotationOrder::by_time);
  EXPECT_EQ(rotated("day", {"day-20260131", "day-20260201.zst", "day-2026-02-02T10:00"}), RotationOrder::by_time);
  EXPECT_EQ(rotated("alone", {"alone.7"}), RotationOrder::unknown);
}

TEST_F(FileResumeTest, ThePackingOfArchivesMayBeLate) {
  for (const char* name : {"log.1", "log.2", "log.3.gz"}) write_at(name, "x", 5);
  write_at("log.1", "x", 9);
  write_at("log.3.gz", "x", 20);
  Lines names;
  for (const TrailFile& file : rotated_files(dir_.file("log")).files) names.push_back(file.path.substr(file.path.rfind('/') + 1));
  EXPECT_EQ(names, (Lines{"log.3.gz", "log.2", "log.1"}));
}

// Both ways to number, each with everything still there; nothing is read twice.
TEST_F(FileResumeTest, RotatedManyTimesWhileItWasAway) {
  for (const bool rising : {false, true}) {
    const std::string name = rising ? "up" : "down";
    const auto number = [&](int rotation) { return name + "." + std::to_string(rising ? rotation : 7 - rotation); };
    write_at(number(1), "older\n", 1);
    write_at(number(2), "old\n", 2);
    resume_.clear();
    append(name, "one\n");
    start(true, name);
    ASSERT_TRUE(delivers({"one"}));
    stop();
    append(name, "two\n");
    rename(name, number(3));
    set_time(number(3), 3);
    write_at(number(4), "three\n", 4);
    write_at(number(5) + ".gz", testing::gzip("four\n"), 5);
    write_at(number(6), "five\n", 6);
    append(name, "six\n");
    start(true, name);
    EXPECT_TRUE(delivers({"two", "three", "four", "five", "six"})) << name;
    EXPECT_EQ(source_->history_gaps(), 0u) << log_.text();
    stop();
  }
}

TEST_F(FileResumeTest, AFileThatIsGoneInBetweenIsSaidAloud) {
  read_first({"one"});
  append("log", "two\n");
  rename("log", "log.3");
  set_time("log.3", 3);
  write_at("log.6", "three\n", 6);
  append("log", "four\n");
  start();
  EXPECT_TRUE(delivers({"two", "three", "four"}));
  EXPECT_TRUE(says("log.5 was rotated and removed before it was read")) << log_.text();
  EXPECT_TRUE(says("log.4 to ")) << log_.text();
  EXPECT_EQ(source_->history_gaps(), 1u);
}

TEST_F(FileResumeTest, TheYoungestOfShiftedFilesMayBeGoneToo) {
  read_first({"one"});
  rename("log", "log.4");
  set_time("log.4", 3);
  write_at("log.3", "two\n", 4);
  write_at("log.2", "three\n", 5);
  append("log", "four\n");
  start();
  EXPECT_TRUE(delivers({"two", "three", "four"}));
  EXPECT_TRUE(says("log.1 was rotated and removed before it was read")) << log_.text();
  EXPECT_EQ(source_->history_gaps(), 1u);
}

TEST_F(FileResumeTest, WhatCannotBeUnpackedIsSaidAloud) {
  read_first({"one"});
  rename("log", "log.3");
  set_time("log.3", 3);
  write_at("log.2.xz", "not readable", 4);
  write_at("log.1.gz", "no archive at all", 5);
  append("log", "four\n");
  start();
  EXPECT_TRUE(eventually([&] { return source_->history_gaps() == 2; })) << log_.text();
  EXPECT_TRUE(says("log.2.xz was packed before it was read")) << log_.text();
  EXPECT_TRUE(eventually([&] { return !sink_->records().empty() && sink_->records().back() == "four"; })) << log_.text();
}

// While rotated files are read, they are renamed once more.
TEST_F(FileResumeTest, RotatedAgainWhileItCatchesUp) {
  read_first({"one"});
  rename("log", "log.2");
  append("log.2", "two\n");
  set_time("log.2", 3);
  write_at("log.1", "three\n", 4);
  append("log", "four\n");
  start(true, "log", [&](testing::RecordingSink& sink) { sink.set_full(true); });
  // It holds "two" and waits for room.
  ASSERT_TRUE(eventually([&] { return says("going on in"); })) << log_.text();
  rename("log.2", "log.3");
  rename("log.1", "log.2");
  rename("log", "log.1");
  append("log", "five\n");
  sink_->set_full(false);
  EXPECT_TRUE(delivers({"two", "three", "four", "five"}));
  EXPECT_EQ(source_->history_gaps(), 0u) << log_.text();
}

TEST_F(FileResumeTest, GoesOnBehindTheLastCommittedLine) {
  read_first({"one", "two"});
  append("log", "three\nfour\n");
  start();
  EXPECT_TRUE(delivers({"three", "four"}));
  sink_->inspect([](const auto& batches) { EXPECT_EQ(batches[0].records[0].position, 8u); });
  stop();
  start();
  ASSERT_TRUE(caught_up());
  EXPECT_TRUE(delivers({}));
  EXPECT_EQ(source_->history_gaps(), 0u);
}

// Any batch may be the last that was committed: exactly what is behind it comes again.
TEST_F(FileResumeTest, EveryCommittedPlaceIsExact) {
  Lines all;
  std::string text;
  for (int i = 0; i < 4000; ++i) {
    all.push_back("line " + std::to_string(i) + std::string(static_cast<std::size_t>(i % 97), 'x'));
    text += all.back() + (i % 3 == 0 ? "\r\n" : i % 50 == 1 ? "\n\n" : "\n");
  }
  dir_.write("log", text);
  start();
  ASSERT_TRUE(delivers(all));
  source_->stop();
  std::vector<std::pair<std::string, std::size_t>> places;
  sink_->inspect([&](const auto& batches) {
    std::size_t count = 0;
    for (const auto& batch : batches) places.emplace_back(batch.resume, count += batch.records.size());
  });
  ASSERT_GT(places.size(), 5u);
  for (const auto& [place, count] : places) {
    resume_ = place;
    start();
    EXPECT_TRUE(delivers({all.begin() + static_cast<std::ptrdiff_t>(count), all.end()})) << place;
    source_->stop();
  }
}

TEST_F(FileResumeTest, AHalfWrittenLineIsReadWholeLater) {
  append("log", "one\ntw");
  start();
  ASSERT_TRUE(delivers({"one"}));
  stop();
  append("log", "o\nthree\n");
  start();
  EXPECT_TRUE(delivers({"two", "three"}));
}

TEST_F(FileResumeTest, TheEndItStartedAtIsKept) {
  from_end_ = true;
  append("log", "old\n");
  start();
  ASSERT_TRUE(caught_up());
  stop();
  ASSERT_FALSE(resume_.empty());
  append("log", "while it was away\n");
  start();
  EXPECT_TRUE(delivers({"while it was away"}));
}

TEST_F(FileResumeTest, RotatedWhileItWasAway) {
  read_first({"one", "two"});
  append("log", "three\n");
  rename("log", "log.1");
  append("log", "four\n");
  start();
  EXPECT_TRUE(delivers({"three", "four"}));
  EXPECT_TRUE(says("log.1"));
  EXPECT_EQ(source_->history_gaps(), 0u);
  append("log", "five\n");
  EXPECT_TRUE(delivers({"three", "four", "five"}));
}

// Twice, the older one packed: its content is told by its beginning, and read from the right place.
TEST_F(FileResumeTest, RotatedTwiceAndPacked) {
  read_first({"one", "two"});
  for (const auto& [name, packed] : {std::pair<const char*, bool>{"log.2.gz", false}, {"log.2.zst", true}}) {
    const std::string text = "one\ntwo\nthree\n";
    dir_.write(name, packed ? testing::zstd(text) : testing::gzip(text));
    std::filesystem::remove(dir_.file("log"));
    dir_.write("log.1", "four\nfive\n");
    dir_.write("log", "six\n");
    const std::string before = resume_;
    start();
    EXPECT_TRUE(delivers({"three", "four", "five", "six"})) << name;
    EXPECT_EQ(source_->history_gaps(), 0u);
    stop();
    resume_ = before;
    std::filesystem::remove(dir_.file(name));
  }
}

// Stopped again while it reads what was rotated away.
TEST_F(FileResumeTest, PlacesInRotatedFilesAreExactToo) {
  read_first({"one"});
  dir_.write("log.2.gz", testing::gzip("one\ntwo\n"));
  std::filesystem::remove(dir_.file("log"));
  dir_.write("log.1", "three\n");
  dir_.write("log", "four\n");
  start();
  ASSERT_TRUE(delivers({"two", "three", "four"}));
  source_->stop();
  std::vector<std::pair<std::string, std::size_t>> places;
  sink_->inspect([&](const auto& batches) {
    std::size_t count = 0;
    for (const auto& batch : batches) places.emplace_back(batch.resume, count += batch.records.size());
  });
  const Lines all = {"two", "three", "four"};
  for (const auto& [place, count] : places) {
    resume_ = place;
    start();
    EXPECT_TRUE(delivers({all.begin() + static_cast<std::ptrdiff_t>(count), all.end()})) << place;
    source_->stop();
  }
}

TEST_F(FileResumeTest, CopiedAndTruncatedWhileItWasAway) {
  read_first({"one", "two"});
  append("log", "three\n");
  std::filesystem::copy_file(dir_.file("log"), dir_.file("log.1"));
  std::filesystem::resize_file(dir_.file("log"), 0);
  append("log", "a longer beginning than before\nfour\n");
  start();
  EXPECT_TRUE(delivers({"three", "a longer beginning than before", "four"}));
  EXPECT_EQ(source_->history_gaps(), 0u);
}

// Live: what was written since the last look is in the copy; the file may be longer again at the next look.
TEST_F(FileResumeTest, CopiedAndTruncatedUnderItsEyes) {
  sink_ = std::make_unique<testing::RecordingSink>();
  append("log", "one\ntwo\n");
  start();
  ASSERT_TRUE(delivers({"one", "two"}));
  ASSERT_TRUE(caught_up());
  sink_->set_full(true);
  append("log", "three\n");  // taken, and waits for room: the source is stuck meanwhile
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  append("log", "four\n");
  std::filesystem::copy_file(dir_.file("log"), dir_.file("log.1"));
  std::filesystem::resize_file(dir_.file("log"), 0);
  append("log", "a much longer beginning than there was before\nfive\n");
  sink_->set_full(false);
  // The truncation itself is noticed when the source is at what it takes for the end.
  EXPECT_TRUE(eventually([&] { return sink_->records().size() >= 5; })) << log_.text();
  append("log", "six\n");
  EXPECT_TRUE(eventually([&] { return !sink_->records().empty() && sink_->records().back() == "six"; })) << log_.text();
  const Lines got = sink_->records();
  for (const char* line : {"one", "two", "three", "four", "five", "six"})
    EXPECT_EQ(std::count(got.begin(), got.end(), line), 1) << line << "\n" << log_.text();
}

TEST_F(FileResumeTest, AReplacedFileIsReadFromItsStart) {
  read_first({"one", "two"});
  dir_.write("other", "new one\nnew two\n");
  rename("other", "log");
  start();
  EXPECT_TRUE(delivers({"new one", "new two"}));
  EXPECT_TRUE(says("history_gap"));
  EXPECT_EQ(source_->history_gaps(), 1u);
}

TEST_F(FileResumeTest, AnUnreadablePlaceIsSaidAloud) {
  append("log", "one\n");
  resume_ = "nonsense";
  start();
  EXPECT_TRUE(delivers({"one"}));
  EXPECT_TRUE(says("the stored place 'nonsense' cannot be read"));
  EXPECT_EQ(source_->history_gaps(), 1u);
}

// Rotated twice between two looks: the file in the middle came and went.
TEST_F(FileResumeTest, RotatedTwiceUnderItsEyes) {
  append("log", "one\n");
  start();
  ASSERT_TRUE(delivers({"one"}));
  rename("log", "log.1");
  append("log", "two\n");
  rename("log.1", "log.2");
  rename("log", "log.1");
  append("log", "three\n");
  EXPECT_TRUE(delivers({"one", "two", "three"}));
}

TEST_F(FileResumeTest, HealthTellsWaitingFromFollowing) {
  start();
  EXPECT_TRUE(eventually([&] { return !source_->health().up; }));
  EXPECT_NE(source_->health().reason.find("waiting for it"), std::string::npos);
  EXPECT_FALSE(source_->health().caught_up);
  append("log", "one\n");
  ASSERT_TRUE(caught_up());
  const SourceHealth first = source_->health();
  EXPECT_TRUE(first.up);
  EXPECT_EQ(first.reason, "");
  EXPECT_NE(first.idle_since, SourceHealth::kNoTime);
  // It stays known to be complete while nothing comes.
  EXPECT_TRUE(eventually([&] { return source_->health().complete_to > first.complete_to; }));
  EXPECT_EQ(source_->health().idle_since, first.idle_since);
  sink_->set_full(true);
  append("log", "two\n");
  EXPECT_TRUE(eventually([&] { return !source_->health().caught_up; }));
  sink_->set_full(false);
  EXPECT_TRUE(caught_up());
}

TEST_F(FileResumeTest, FilesThatAreReadOnceGoOnToo) {
  std::string text = "[";
  Lines all;
  for (int i = 0; i < 1500; ++i) {
    all.push_back("{\"n\":" + std::to_string(i) + "}");
    text += (i == 0 ? "" : ",") + all.back();
  }
  text += "]";
  for (const bool packed : {false, true}) {
    const std::string name = packed ? "events.json.gz" : "events.json";
    dir_.write(name, packed ? testing::gzip(text) : text);
    resume_.clear();
    start(false, name);
    ASSERT_TRUE(eventually([&] { return source_->finished(); }));
    EXPECT_EQ(sink_->records(), all);
    stop(1);
    start(false, name);
    ASSERT_TRUE(eventually([&] { return source_->finished(); }));
    EXPECT_EQ(sink_->records(), Lines(all.begin() + 1024, all.end()));
    stop();
    start(false, name);
    ASSERT_TRUE(eventually([&] { return source_->finished(); }));
    EXPECT_EQ(sink_->records(), Lines{});
    EXPECT_TRUE(source_->health().caught_up);
    source_->stop();
    // Another file of that name.
    std::filesystem::remove(dir_.file(name));
    const std::string other = "{\"other\":1}";
    dir_.write(name, packed ? testing::gzip(other) : other);
    start(false, name);
    ASSERT_TRUE(eventually([&] { return source_->finished(); }));
    EXPECT_EQ(sink_->records(), Lines{other});
  }
}

}  // namespace
}  // namespace vedette::connectors
