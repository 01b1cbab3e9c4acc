// The file sink and the console: whole lines, synced, rotated, and nothing torn.
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <csignal>

#include "connectors/sinks/file_sink.h"
#include "connectors/sinks/stdout_sink.h"
#include "tests/sinks/support.h"

namespace vedette::connectors {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using testing::alert_of;
using testing::alerts_of;
using testing::eventually;
using testing::kNow;

std::string content(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string lines_of(std::uint64_t first, std::uint64_t last) {
  std::string out;
  for (const OutboxAlert& alert : alerts_of(first, last)) out += alert.json + "\n";
  return out;
}

class FileSinkTest : public ::testing::Test {
 protected:
  FileSinkTest() {
    options_.path = folder_.file("alerts.jsonl");
    options_.now = [this] { return now_; };
  }
  FileSink sink() { return {"log", options_, log_.log()}; }
  // All files of the folder but the one written to, by name.
  [[nodiscard]] std::vector<std::string> others() const {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(fs::path(options_.path).parent_path())) {
      if (entry.path() != options_.path) names.push_back(entry.path().filename().string());
    }
    std::sort(names.begin(), names.end());
    return names;
  }

  testing::TempDir folder_;
  testing::LogBook log_;
  TimeUs now_ = kNow;
  LineFileOptions options_;
};

TEST_F(FileSinkTest, AppendsWholeLinesThatOnlyTheOwnerReads) {
  {
    FileSink log = sink();
    ASSERT_TRUE(log.start().ok());
    EXPECT_EQ(log.deliver(alerts_of(1, 3)).delivered, 3u);
    EXPECT_EQ(content(options_.path), lines_of(1, 3));
    struct stat state {};
    ASSERT_EQ(::stat(options_.path.c_str(), &state), 0);
    EXPECT_EQ(state.st_mode & 0777U, 0600U);
  }
  FileSink again = sink();
  ASSERT_TRUE(again.start().ok());
  EXPECT_EQ(again.deliver(alerts_of(4, 4)).next, Delivery::Next::done);
  EXPECT_EQ(content(options_.path), lines_of(1, 4));
}

TEST_F(FileSinkTest, ATornLastLineIsCutAtEveryLength) {
  const std::string whole = lines_of(1, 2), torn = alert_of(3).json;
  for (std::size_t size = 0; size <= torn.size(); ++size) {
    folder_.write("alerts.jsonl", whole + torn.substr(0, size));
    FileSink log = sink();
    ASSERT_TRUE(log.start().ok());
    EXPECT_EQ(content(options_.path), whole) << size;
    EXPECT_EQ(log.deliver(alerts_of(3, 3)).delivered, 1u);
    EXPECT_EQ(content(options_.path), lines_of(1, 3)) << size;
  }
  EXPECT_NE(log_.text().find("cut off a torn last line of 1 bytes"), std::string::npos) << log_.text();
  // Longer than what is read at once, and the only line.
  folder_.write("alerts.jsonl", "{" + std::string(200'000, 'x'));
  FileSink log = sink();
  ASSERT_TRUE(log.start().ok());
  EXPECT_EQ(content(options_.path), "");
}

TEST_F(FileSinkTest, AForeignFileIsNotCut) {
  folder_.write("alerts.jsonl", "sinks:\n  - {name: log}");
  FileSink log = sink();
  const Status started = log.start();
  ASSERT_FALSE(started.ok());
  EXPECT_NE(started.error().to_string().find("is it the right file?"), std::string::npos) << started.error().to_string();
  EXPECT_EQ(content(options_.path), "sinks:\n  - {name: log}");
}

TEST_F(FileSinkTest, RotatesBySizeAndKeepsTheNewest) {
  const std::uint64_t line = lines_of(1, 1).size();
  options_.rotate_bytes = 2 * line;
  options_.keep = 2;
  folder_.write("alerts.jsonl.old", "not ours");
  folder_.write("alerts.jsonl.20250101T000000Zx", "not ours");
  FileSink log = sink();
  ASSERT_TRUE(log.start().ok());
  for (std::uint64_t n = 1; n <= 9; ++n) {
    EXPECT_EQ(log.deliver(alerts_of(n, n)).delivered, 1u);
    if (n > 4) now_ += kSecondUs;
  }
  EXPECT_EQ(content(options_.path), lines_of(9, 9));
  EXPECT_EQ(others(), (std::vector<std::string>{"alerts.jsonl.20250101T000000Zx", "alerts.jsonl.20260105T080002Z",
                                                "alerts.jsonl.20260105T080004Z", "alerts.jsonl.old"}));
  EXPECT_EQ(content(folder_.file("alerts.jsonl.20260105T080004Z")), lines_of(7, 8));
}

TEST_F(FileSinkTest, ARotationWithinOneSecondOverwritesNothing) {
  options_.rotate_bytes = 1;
  FileSink log = sink();
  ASSERT_TRUE(log.start().ok());
  for (std::uint64_t n = 1; n <= 12; ++n) EXPECT_EQ(log.deliver(alerts_of(n, n)).delivered, 1u);
  EXPECT_EQ(others().size(), 11u);
  EXPECT_EQ(content(folder_.file("alerts.jsonl.20260105T080000Z")), lines_of(1, 1));
  EXPECT_EQ(content(folder_.file("alerts.jsonl.20260105T080000Z-11")), lines_of(11, 11));
}

TEST_F(FileSinkTest, TheTenthOfASecondIsNewerThanItsSecond) {
  options_.rotate_bytes = 1;
  options_.keep = 3;
  FileSink log = sink();
  ASSERT_TRUE(log.start().ok());
  for (std::uint64_t n = 2; n <= 11; ++n) folder_.write("alerts.jsonl.20260105T080000Z-" + std::to_string(n), lines_of(n, n));
  folder_.write("alerts.jsonl.20260105T080000Z", lines_of(1, 1));
  EXPECT_EQ(log.deliver(alerts_of(20, 20)).delivered, 1u);
  EXPECT_EQ(log.deliver(alerts_of(21, 21)).delivered, 1u);
  EXPECT_EQ(others(), (std::vector<std::string>{"alerts.jsonl.20260105T080000Z-10", "alerts.jsonl.20260105T080000Z-11",
                                                "alerts.jsonl.20260105T080000Z-12"}));
}

TEST_F(FileSinkTest, RotatesByDay) {
  options_.rotate_daily = true;
  {
    FileSink log = sink();
    ASSERT_TRUE(log.start().ok());
    EXPECT_EQ(log.deliver(alerts_of(1, 2)).delivered, 2u);
    now_ += 15 * kHourUs;
    EXPECT_EQ(log.deliver(alerts_of(3, 3)).delivered, 1u);
    EXPECT_TRUE(others().empty());
    now_ += 2 * kHourUs;
    EXPECT_EQ(log.deliver(alerts_of(4, 4)).delivered, 1u);
    EXPECT_EQ(others(), (std::vector<std::string>{"alerts.jsonl.20260106T010000Z"}));
    EXPECT_EQ(content(options_.path), lines_of(4, 4));
  }
  // A file that an earlier process left on an earlier day.
  fs::last_write_time(options_.path, fs::file_time_type::clock::now() - 48h);
  now_ = std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::system_clock::now().time_since_epoch()).count();
  FileSink log = sink();
  ASSERT_TRUE(log.start().ok());
  EXPECT_EQ(log.deliver(alerts_of(5, 5)).delivered, 1u);
  EXPECT_EQ(content(options_.path), lines_of(5, 5));
}

TEST_F(FileSinkTest, AFileThatWasMovedAwayIsMadeAnew) {
  FileSink log = sink();
  ASSERT_TRUE(log.start().ok());
  EXPECT_EQ(log.deliver(alerts_of(1, 1)).delivered, 1u);
  fs::rename(options_.path, folder_.file("alerts.jsonl.1"));
  EXPECT_EQ(log.deliver(alerts_of(2, 2)).delivered, 1u);
  EXPECT_EQ(content(folder_.file("alerts.jsonl.1")), lines_of(1, 1));
  EXPECT_EQ(content(options_.path), lines_of(2, 2));
  fs::rename(options_.path, folder_.file("alerts.jsonl.2"));
  folder_.write("alerts.jsonl", "");  // as logrotate's `create`
  EXPECT_EQ(log.deliver(alerts_of(5, 5)).delivered, 1u);
  EXPECT_EQ(content(options_.path), lines_of(5, 5));
  fs::remove(options_.path);
  EXPECT_EQ(log.deliver(alerts_of(3, 3)).delivered, 1u);
  EXPECT_EQ(content(options_.path), lines_of(3, 3));
  fs::resize_file(options_.path, 0);  // copytruncate
  EXPECT_EQ(log.deliver(alerts_of(4, 4)).delivered, 1u);
  EXPECT_EQ(content(options_.path), lines_of(4, 4));
}

TEST_F(FileSinkTest, TwoWritersOfOneFileAreRefused) {
  FileSink one = sink(), two = sink();
  ASSERT_TRUE(one.start().ok());
  const Status second = two.start();
  ASSERT_FALSE(second.ok());
  EXPECT_NE(second.error().to_string().find(options_.path + ": another sink or process"), std::string::npos);
}

TEST_F(FileSinkTest, WhatIsNoFileIsRefused) {
  ASSERT_EQ(::mkfifo(options_.path.c_str(), 0600), 0);
  EXPECT_NE(sink().start().error().to_string().find("is not a regular file"), std::string::npos);
  options_.path = folder_.file("missing/alerts.jsonl");
  EXPECT_NE(sink().start().error().to_string().find("No such file or directory"), std::string::npos);
}

// A file system without room, played by the limit on file sizes: nothing torn stays, and later it goes on.
TEST_F(FileSinkTest, WithoutRoomNothingTornStaysAndItGoesOnLater) {
  std::signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  FileSink log = sink();
  ASSERT_TRUE(log.start().ok());
  EXPECT_EQ(log.deliver(alerts_of(1, 2)).delivered, 2u);
  const rlimit tight{lines_of(1, 2).size() + 7, before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &tight), 0);
  const Delivery refused = log.deliver(alerts_of(3, 4));
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
  EXPECT_EQ(refused.next, Delivery::Next::retry);
  EXPECT_EQ(refused.delivered, 0u);
  EXPECT_NE(refused.reason.find("alerts.jsonl: cannot be written"), std::string::npos) << refused.reason;
  EXPECT_EQ(content(options_.path), lines_of(1, 2));
  EXPECT_EQ(log.deliver(alerts_of(3, 4)).delivered, 2u);
  EXPECT_EQ(content(options_.path), lines_of(1, 4));
}

struct Pipe {
  Pipe() {
    if (::pipe(ends) != 0) std::abort();
    std::signal(SIGPIPE, SIG_IGN);
  }
  ~Pipe() {
    close_end(0);
    close_end(1);
  }
  void close_end(int end) {
    if (ends[end] >= 0) ::close(ends[end]);
    ends[end] = -1;
  }
  std::string read_all() {
    close_end(1);
    std::string out;
    char block[5000];
    for (ssize_t n = 0; (n = ::read(ends[0], block, sizeof block)) > 0;) out.append(block, static_cast<std::size_t>(n));
    return out;
  }
  int ends[2] = {-1, -1};
};

TEST(StdoutSink, WritesLinesAndASlowReaderGetsAll) {
  Pipe pipe;
  StdoutSink sink("out", pipe.ends[1]);
  std::vector<OutboxAlert> alerts = alerts_of(1, 50);
  std::string wanted;
  for (OutboxAlert& alert : alerts) {
    alert.json = "{\"x\":\"" + std::string(7000, 'x') + "\"}";
    wanted += alert.json + "\n";
  }
  std::string got;
  std::thread reader([&] {
    char block[3000];
    for (ssize_t n = 0; got.size() < wanted.size() && (n = ::read(pipe.ends[0], block, sizeof block)) > 0;)
      got.append(block, static_cast<std::size_t>(n));
  });
  EXPECT_EQ(sink.deliver(alerts).delivered, 50u);
  reader.join();
  EXPECT_TRUE(got == wanted);
}

TEST(StdoutSink, AClosedPipeIsTheEnd) {
  Pipe pipe;
  StdoutSink sink("out", pipe.ends[1]);
  pipe.close_end(0);
  const Delivery delivery = sink.deliver(alerts_of(1, 2));
  EXPECT_EQ(delivery.next, Delivery::Next::closed);
  EXPECT_EQ(delivery.delivered, 0u);
  EXPECT_NE(delivery.reason.find("Broken pipe"), std::string::npos) << delivery.reason;
}

TEST(StdoutSink, CancelEndsAWait) {
  Pipe pipe;
  StdoutSink sink("out", pipe.ends[1]);
  std::vector<OutboxAlert> alerts = alerts_of(1, 30);
  for (OutboxAlert& alert : alerts) alert.json = "{\"x\":\"" + std::string(5000, 'x') + std::to_string(alert.number) + "\"}";
  std::thread canceller([&] {
    std::this_thread::sleep_for(100ms);
    sink.cancel();
  });
  const auto begin = std::chrono::steady_clock::now();
  const Delivery first = sink.deliver(alerts);
  canceller.join();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 2s);
  EXPECT_EQ(first.next, Delivery::Next::retry);
  EXPECT_LT(first.delivered, 30u);
  EXPECT_EQ(sink.deliver(alerts).delivered, 0u);
}

}  // namespace
}  // namespace vedette::connectors
