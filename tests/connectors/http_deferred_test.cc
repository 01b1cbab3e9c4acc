// Answers that come later, from other threads: 2xx only after done(true), 503 after done(false), what happens to clients,
// servers and drains meanwhile.
#include <atomic>
#include <optional>

#include "connectors/net/http_server.h"
#include "connectors/sources/http_source.h"
#include "tests/connectors/support.h"

namespace vedette::connectors {
namespace {

using std::chrono::milliseconds;
using testing::eventually;
using testing::RawClient;

std::string status_of(const std::string& response) { return response.substr(0, response.find('\r')); }

const std::string kOk = "HTTP/1.1 200 OK";
const std::string kUnavailable = "HTTP/1.1 503 Service Unavailable";

// Takes batches and keeps what is to be called once they are durable.
class HoldingSink final : public BatchSink {
 public:
  bool offer(event::RecordBatch&) override { return false; }
  bool offer(event::RecordBatch& batch, Done done) override {
    const std::lock_guard lock(mutex_);
    batch = {};
    held_.push_back(std::move(done));
    return true;
  }
  bool wait_for_room(milliseconds) override { return true; }
  [[nodiscard]] std::size_t held() const {
    const std::lock_guard lock(mutex_);
    return held_.size();
  }
  std::vector<Done> take() {
    const std::lock_guard lock(mutex_);
    return std::move(held_);
  }

 private:
  mutable std::mutex mutex_;
  std::vector<Done> held_;
};

class DeferredTest : public ::testing::Test {
 protected:
  void start(HttpLimits limits = {}) {
    HttpSourceOptions options;
    HttpEndpoint endpoint;
    endpoint.name = "ingest";
    endpoint.path = "/ingest";
    endpoint.origin = testing::origin_named("ingest");
    options.endpoints = {endpoint};
    options.limits = limits;
    source_ = std::make_unique<HttpSource>(options, system_clock_now, log_.log(),
                                           [this](const event::Origin&, const event::Reject&) { ++rejects_; });
    ASSERT_TRUE(source_->start(sink_).ok());
  }
  static std::string post(const std::string& body, const std::string& headers = "Connection: close\r\n") {
    return "POST /ingest HTTP/1.1\r\nHost: x\r\n" + headers + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
           body;
  }
  // Waits for `count` held batches and settles them on another thread, as the committer does.
  void settle(std::size_t count, bool durable) {
    ASSERT_TRUE(eventually([&] { return sink_.held() >= count; }));
    std::thread([&] {
      for (const BatchSink::Done& done : sink_.take()) done(durable);
    }).join();
  }

  testing::LogBook log_;
  HoldingSink sink_;
  std::atomic<int> rejects_ = 0;
  std::unique_ptr<HttpSource> source_;
};

TEST_F(DeferredTest, NothingIsAcknowledgedBeforeItIsDurable) {
  start();
  RawClient client(source_->address());
  client.send(post("{\"a\":1}\n{\"b\":2}\n"));
  ASSERT_TRUE(eventually([&] { return sink_.held() == 1; }));
  EXPECT_EQ(client.receive_all(milliseconds(100)), "");
  settle(1, true);
  const std::string answer = client.receive_all();
  EXPECT_EQ(status_of(answer), kOk);
  EXPECT_TRUE(answer.ends_with("{\"records\":2}\n")) << answer;
}

TEST_F(DeferredTest, WhatCouldNotBeMadeDurableIsToComeAgain) {
  start();
  RawClient client(source_->address());
  client.send(post("{}\n{\"a\":\"" + std::string(2 << 20, 'x') + "\"}\n"));
  settle(1, false);
  const std::string answer = client.receive_all();
  EXPECT_EQ(status_of(answer), kUnavailable);
  EXPECT_NE(answer.find("Retry-After: "), std::string::npos);
  EXPECT_EQ(rejects_, 0);  // they come again too
  EXPECT_EQ(source_->undurable(), 1u);
  RawClient again(source_->address());
  again.send(post("{}\n{\"a\":\"" + std::string(2 << 20, 'x') + "\"}\n"));
  settle(1, true);
  EXPECT_EQ(status_of(again.receive_all()), kOk);
  EXPECT_EQ(rejects_, 1);
}

TEST_F(DeferredTest, ManyRequestsWaitAtOnceAndAConnectionIsUsedAgain) {
  start();
  std::vector<std::unique_ptr<RawClient>> clients;
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < 20; ++i) {
      if (round == 0) clients.push_back(std::make_unique<RawClient>(source_->address()));
      clients[static_cast<std::size_t>(i)]->send(post("{}", ""));
    }
    settle(20, true);
    for (const auto& client : clients) EXPECT_EQ(status_of(client->receive_responses(1)), kOk);
  }
  EXPECT_EQ(source_->counters().accepted, 20u);
  EXPECT_EQ(source_->counters().requests, 60u);
}

TEST_F(DeferredTest, AnAnswerInTimeOr503) {
  HttpLimits limits;
  limits.answer_deadline = milliseconds(150);
  start(limits);
  RawClient client(source_->address());
  client.send(post("{}", ""));
  EXPECT_EQ(status_of(client.receive_responses(1)), kUnavailable);
  EXPECT_EQ(source_->counters().unanswered, 1u);
  settle(1, true);  // too late, and it must not answer the next request
  client.send(post("{}", ""));
  EXPECT_EQ(client.receive_all(milliseconds(50)), "");
  settle(1, true);
  EXPECT_EQ(status_of(client.receive_responses(1)), kOk);
}

TEST_F(DeferredTest, TheClientMayBeGone) {
  start();
  {
    RawClient client(source_->address());
    client.send(post("{}"));
    ASSERT_TRUE(eventually([&] { return sink_.held() == 1; }));
  }
  settle(1, true);
  EXPECT_TRUE(eventually([&] { return source_->counters().connections == 0; }));
}

TEST_F(DeferredTest, StopWaitsForAnswers) {
  start();
  RawClient client(source_->address());
  client.send(post("{}", ""));
  ASSERT_TRUE(eventually([&] { return sink_.held() == 1; }));
  std::thread stopping([&] { source_->stop(); });
  std::this_thread::sleep_for(milliseconds(100));
  settle(1, true);
  stopping.join();
  const std::string answer = client.receive_all();
  EXPECT_EQ(status_of(answer), kOk);
  EXPECT_NE(answer.find("Connection: close"), std::string::npos);
}

TEST_F(DeferredTest, DoneMayComeAfterTheSourceIsGone) {
  HttpLimits limits;
  limits.answer_deadline = milliseconds(100);
  start(limits);
  RawClient client(source_->address());
  client.send(post("{}"));
  ASSERT_TRUE(eventually([&] { return sink_.held() == 1; }));
  source_.reset();
  EXPECT_EQ(status_of(client.receive_all()), kUnavailable);
  settle(1, true);
}

// The server alone: responders that are dropped, used twice, and cut off by a drain.
class ResponderTest : public ::testing::Test {
 protected:
  void SetUp() override {
    HttpRoute later;
    later.defer = [this](HttpRequest request, HttpResponder responder) {
      if (request.query == "drop") return;
      if (request.query == "throw") throw std::runtime_error("detail");
      const std::lock_guard lock(mutex_);
      kept_.emplace(std::move(responder));
    };
    later.answer_deadline = std::chrono::seconds(30);
    server_.route("POST", "/later", std::move(later));
    ASSERT_TRUE(server_.listen("127.0.0.1:0").ok());
    thread_ = std::thread([this] { server_.run(); });
  }
  void TearDown() override {
    server_.stop(milliseconds(0));
    if (thread_.joinable()) thread_.join();
  }
  bool has_kept() {
    const std::lock_guard lock(mutex_);
    return kept_.has_value();
  }
  static std::string post(const std::string& query) {
    return "POST /later" + query + " HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n";
  }

  testing::LogBook log_;
  std::mutex mutex_;
  std::optional<HttpResponder> kept_;
  HttpServer server_{"test", {}, log_.log()};
  std::thread thread_;
};

TEST_F(ResponderTest, ADroppedResponderIsAnInternalError) {
  RawClient client(server_.address());
  client.send(post("?drop"));
  EXPECT_EQ(status_of(client.receive_responses(1)), "HTTP/1.1 500 Internal Server Error");
  client.send(post("?throw"));
  const std::string failed = client.receive_responses(1);
  EXPECT_EQ(status_of(failed), "HTTP/1.1 500 Internal Server Error");
  EXPECT_EQ(failed.find("detail"), std::string::npos);
}

TEST_F(ResponderTest, TheFirstAnswerCounts) {
  RawClient client(server_.address());
  client.send(post(""));
  ASSERT_TRUE(eventually([&] { return has_kept(); }));
  kept_->send(HttpResponse{200, "first", "", {}});
  kept_->send(HttpResponse{200, "second", "", {}});
  EXPECT_TRUE(client.receive_responses(1).ends_with("\r\n\r\nfirst"));
  EXPECT_EQ(client.receive_all(milliseconds(50)), "");
}

TEST_F(ResponderTest, ADrainCutsOffAnAnswerThatDoesNotCome) {
  RawClient client(server_.address());
  client.send(post(""));
  ASSERT_TRUE(eventually([&] { return has_kept(); }));
  const auto begin = std::chrono::steady_clock::now();
  server_.stop(milliseconds(200));
  thread_.join();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, milliseconds(2000));
  EXPECT_EQ(client.receive_all(), "");
  kept_->send(HttpResponse{});
}

}  // namespace
}  // namespace vedette::connectors
