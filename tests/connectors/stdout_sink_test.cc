// Alerts as whole lines on a descriptor.
#include "connectors/sinks/stdout_sink.h"

#include <fcntl.h>

#include <csignal>

#include "tests/connectors/support.h"

namespace vedette::connectors {
namespace {

struct Pipe {
  Pipe() {
    if (::pipe(ends) != 0) std::abort();
  }
  ~Pipe() {
    for (const int end : ends) {
      if (end >= 0) ::close(end);
    }
  }
  void close_reader() {
    ::close(ends[0]);
    ends[0] = -1;
  }
  int ends[2] = {-1, -1};
};

TEST(StdoutSink, WritesPerBatchAndWholeLinesOnly) {
  Pipe pipe;
  StdoutSink sink("log", pipe.ends[1]);
  sink.deliver({}, "{\"a\":1}");
  sink.deliver({}, "{\"b\":2}");
  ::fcntl(pipe.ends[0], F_SETFL, O_NONBLOCK);
  char block[100];
  EXPECT_LT(::read(pipe.ends[0], block, sizeof block), 0);  // nothing before the flush
  ASSERT_TRUE(sink.flush().ok());
  const ssize_t n = ::read(pipe.ends[0], block, sizeof block);
  EXPECT_EQ(std::string_view(block, static_cast<std::size_t>(n)), "{\"a\":1}\n{\"b\":2}\n");
  ASSERT_TRUE(sink.flush().ok());
  EXPECT_LT(::read(pipe.ends[0], block, sizeof block), 0);  // once
}

TEST(StdoutSink, ASlowReaderGetsEverything) {
  Pipe pipe;
  ::fcntl(pipe.ends[1], F_SETFL, O_NONBLOCK);
  std::string wanted, got;
  std::thread reader([&] {
    char block[1000];
    for (ssize_t n = 0; (n = ::read(pipe.ends[0], block, sizeof block)) > 0;) got.append(block, static_cast<std::size_t>(n));
  });
  StdoutSink sink("log", pipe.ends[1]);
  for (int i = 0; i < 5000; ++i) {
    const std::string line(static_cast<std::size_t>(i % 200), 'x');
    wanted += line + "\n";
    sink.deliver({}, line);
  }
  EXPECT_TRUE(sink.flush().ok());
  ::close(pipe.ends[1]);
  pipe.ends[1] = -1;
  reader.join();
  EXPECT_TRUE(got == wanted);
}

TEST(StdoutSink, ABrokenOutputIsReportedAndCounted) {
  Pipe pipe;
  std::signal(SIGPIPE, SIG_IGN);
  StdoutSink sink("log", pipe.ends[1]);
  pipe.close_reader();
  sink.deliver({}, "{}");
  sink.deliver({}, "{}");
  const Status status = sink.flush();
  ASSERT_FALSE(status.ok());
  EXPECT_NE(status.error().to_string().find("log: writing alerts failed"), std::string::npos);
  sink.deliver({}, "{}");
  EXPECT_FALSE(sink.flush().ok());
  EXPECT_EQ(sink.failed(), 3u);
}

}  // namespace
}  // namespace vedette::connectors
