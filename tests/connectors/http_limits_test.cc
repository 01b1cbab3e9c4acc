// What a hostile client can do: smuggling, shares of connections and memory, slow clients by the thousand.
#include <sys/resource.h>

#include <algorithm>
#include <atomic>

#include "connectors/net/http_head.h"
#include "connectors/net/http_peers.h"
#include "connectors/net/http_server.h"
#include "tests/connectors/support.h"

namespace vedette::connectors {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;
using testing::eventually;
using testing::RawClient;

const std::string kOk = "HTTP/1.1 200 OK";
std::string status_of(const std::string& response) { return response.substr(0, response.find('\r')); }

class LimitsTest : public ::testing::Test {
 protected:
  void serve(HttpLimits limits) {
    server_ = std::make_unique<HttpServer>("test", limits, log_.log());
    HttpRoute route;
    route.handle = [this](const HttpRequest& request) {
      ++handled_;
      return HttpResponse{200, std::to_string(request.body.size()), "text/plain", {}};
    };
    server_->route("POST", "/in", route);
    ASSERT_TRUE(server_->listen("127.0.0.1:0").ok());
    thread_ = std::thread([this] { server_->run(); });
  }
  void TearDown() override {
    server_->stop(milliseconds(0));
    thread_.join();
  }
  std::string talk(const std::string& text, const char* from = "127.0.0.1") {
    RawClient client(server_->address(), from);
    client.send(text);
    return client.receive_all();
  }
  static std::string post(const std::string& body, const std::string& headers = "Connection: close\r\n") {
    return "POST /in HTTP/1.1\r\nHost: x\r\n" + headers + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  }

  testing::LogBook log_;
  std::unique_ptr<HttpServer> server_;
  std::thread thread_;
  std::atomic<int> handled_ = 0;
};

// Each of these is read differently by some pair of servers. The request behind it must never be reached.
TEST_F(LimitsTest, SmugglingIsRefusedAndTheConnectionClosed) {
  serve({});
  const std::string first = "POST /in HTTP/1.1\r\nHost: x\r\n";
  const std::string hidden = "POST /in HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n";
  const std::vector<std::string> attempts = {
      first + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      first + "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
      first + "Content-Length: 0\r\nContent-Length: 0\r\n\r\n",
      first + "Content-Length: 0\r\nContent-Length: 80\r\n\r\n",
      first + "Content-Length: 0, 0\r\n\r\n",
      first + "Content-Length: +0\r\n\r\n",
      first + "Content-Length: 0x0\r\n\r\n",
      first + "Content-Length: \r\n\r\n",
      first + "Content-Length : 0\r\n\r\n",
      first + " Content-Length: 0\r\n\r\n",
      first + "X-Folded: a\r\n Content-Length: 0\r\n\r\n",
      first + "X-Folded: a\r\n\tb\r\nContent-Length: 0\r\n\r\n",
      first + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      first + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
      first + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
      first + "Transfer-Encoding: chunked\r\n\r\n-1\r\n\r\n",
      first + "Transfer-Encoding: chunked\r\n\r\n3\r\nabcd\r\n0\r\n\r\n",
      first + "Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\nabc\r\n0\r\n\r\n",
      first + "Transfer-Encoding: chunked\r\n\r\n0x3\r\nabc\r\n0\r\n\r\n",
      first + "Content-Length: 0\n\r\n",
      first + std::string("X: a\0b\r\nContent-Length: 0\r\n\r\n", 29),
      first + "X: a\rContent-Length: 9\r\nContent-Length: 0\r\n\r\n",
      first + "Host: y\r\nContent-Length: 0\r\n\r\n",
      "POST /in HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      "POST  /in HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n",
      "POST /in HTTP/1.1 \r\nHost: x\r\nContent-Length: 0\r\n\r\n",
      "\r\nPOST /in HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n",
      "\x16\x03\x01\x02\x01\x01",  // TLS to a plain port
  };
  for (const std::string& attempt : attempts) {
    const std::string answer = talk(attempt + hidden);
    EXPECT_EQ(status_of(answer), "HTTP/1.1 400 Bad Request") << attempt;
    EXPECT_EQ(answer.find("HTTP/1.1 2"), std::string::npos) << attempt;
    EXPECT_NE(answer.find("Connection: close"), std::string::npos) << attempt;
  }
  EXPECT_EQ(handled_, 0);
  EXPECT_EQ(server_->counters().malformed, attempts.size());
  EXPECT_EQ(status_of(talk(post("ok"))), kOk);
}

TEST_F(LimitsTest, ChunkHeadersAreBounded) {
  serve({});
  const std::string answer = talk("POST /in HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3;" +
                                  std::string(200'000, 'x') + "\r\nabc\r\n0\r\n\r\n");
  EXPECT_EQ(status_of(answer), "HTTP/1.1 400 Bad Request");
  EXPECT_EQ(handled_, 0);
}

TEST_F(LimitsTest, BodiesBeyondTheLimitAreCounted) {
  HttpLimits limits;
  limits.body_bytes = 1000;
  serve(limits);
  EXPECT_EQ(status_of(talk(post(std::string(1000, 'x')))), kOk);
  EXPECT_EQ(status_of(talk(post(std::string(1001, 'x')))), "HTTP/1.1 413 Payload Too Large");
  EXPECT_EQ(server_->counters().too_large, 1u);
}

// Unfinished bodies of one client leave half of the memory to the others, and go back when they end.
TEST_F(LimitsTest, BodiesInMemoryAreBounded) {
  HttpLimits limits;
  limits.bodies_in_memory = 1 << 20;
  serve(limits);
  const std::string head = "POST /in HTTP/1.1\r\nHost: x\r\nContent-Length: 400001\r\n\r\n";
  std::vector<std::unique_ptr<RawClient>> held;
  const auto hold = [&](const char* from) {
    held.push_back(std::make_unique<RawClient>(server_->address(), from));
    held.back()->send(head + std::string(400'000, 'x'));
  };
  hold("127.0.0.1");
  ASSERT_TRUE(eventually([&] { return server_->counters().body_bytes == 400'000; }));
  const std::string refused = talk(head + std::string(400'000, 'x'));
  EXPECT_EQ(status_of(refused), "HTTP/1.1 503 Service Unavailable");
  EXPECT_NE(refused.find("Retry-After"), std::string::npos);
  EXPECT_EQ(server_->counters().out_of_memory, 1u);
  EXPECT_EQ(status_of(talk(post(std::string(400'000, 'y')), "127.0.0.2")), kOk);
  hold("127.0.0.2");
  ASSERT_TRUE(eventually([&] { return server_->counters().body_bytes == 800'000; }));
  EXPECT_EQ(status_of(talk(post(std::string(400'000, 'y')), "127.0.0.3")), "HTTP/1.1 503 Service Unavailable");
  held.clear();
  EXPECT_TRUE(eventually([&] { return server_->counters().body_bytes == 0; }));
  EXPECT_EQ(status_of(talk(post(std::string(400'000, 'y')), "127.0.0.3")), kOk);
}

// At its share a client's newest connection replaces its own oldest one; others keep theirs.
TEST_F(LimitsTest, APeerHasAShareOfTheConnections) {
  HttpLimits limits;
  limits.connections = 10;
  limits.connections_per_peer = 4;
  serve(limits);
  RawClient other(server_->address(), "127.0.0.2");
  std::vector<std::unique_ptr<RawClient>> slow;
  for (int i = 0; i < 20; ++i) {
    slow.push_back(std::make_unique<RawClient>(server_->address()));
    slow.back()->send(i % 2 == 0 ? "POST /in HT" : "POST /in HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nab");
  }
  ASSERT_TRUE(eventually([&] { return server_->counters().evicted == 16; }));
  EXPECT_TRUE(eventually([&] { return server_->counters().connections == 5; }));
  EXPECT_EQ(slow.front()->receive_all(), "");
  EXPECT_TRUE(slow.front()->closed());
  slow.back()->send("1234567");
  EXPECT_EQ(status_of(slow.back()->receive_responses(1)), kOk);
  other.send(post("x"));
  EXPECT_EQ(status_of(other.receive_all()), kOk);
  EXPECT_EQ(status_of(talk(post("x"))), kOk);  // the same client, too
}

TEST(HttpPeersTest, TheLongestWaitingGoesFirstAndBusyOnesStay) {
  HttpPeers peers;
  EXPECT_EQ(peers.longest_waiting("a"), std::nullopt);
  for (HttpPeers::Id id = 1; id <= 3; ++id) peers.add("a", id);
  peers.add("b", 4);
  EXPECT_EQ(peers.count("a"), 3u);
  EXPECT_EQ(peers.longest_waiting("a"), 1u);
  peers.set_waiting(1, true);  // progress: it waits anew
  EXPECT_EQ(peers.longest_waiting("a"), 2u);
  peers.set_waiting(2, false);
  EXPECT_EQ(peers.longest_waiting("a"), 3u);
  peers.remove(3);
  EXPECT_EQ(peers.longest_waiting("a"), 1u);
  peers.set_waiting(1, false);
  EXPECT_EQ(peers.longest_waiting("a"), std::nullopt);
  peers.set_waiting(2, true);
  EXPECT_EQ(peers.longest_waiting("a"), 2u);
  EXPECT_EQ(peers.longest_waiting("b"), 4u);
  for (HttpPeers::Id id = 1; id <= 4; ++id) peers.remove(id);
  EXPECT_EQ(peers.count("a"), 0u);
}

TEST(HttpHead, EndsWhereItsEmptyLineDoes) {
  const std::string head = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
  for (std::size_t n = 0; n < head.size(); ++n) EXPECT_EQ(head_length(head.substr(0, n), 0), std::nullopt);
  for (std::size_t searched = 0; searched < head.size(); ++searched) EXPECT_EQ(head_length(head + "rest", searched), head.size());
  EXPECT_EQ(objection_to_bytes(head, 0), std::nullopt);
  EXPECT_EQ(objection_to_head(head), std::nullopt);
  for (std::size_t n = 0; n < head.size(); ++n)
    EXPECT_EQ(objection_to_bytes(head.substr(0, n), n == 0 ? 0 : n - 1), std::nullopt) << n;
}

// Up to 1,000 connections of one client: half of them send a header byte by byte, half a body, and come back when they are
// closed. A client elsewhere, and one at the same address, are served meanwhile.
class Slowloris {
 public:
  Slowloris(std::string address, std::size_t count) : address_(std::move(address)), clients_(count) {
    thread_ = std::thread([this] { drip(); });
  }
  ~Slowloris() {
    stop_ = true;
    thread_.join();
  }

 private:
  void drip() {
    while (!stop_) {
      for (std::size_t i = 0; i < clients_.size() && !stop_; ++i) {
        if (clients_[i] != nullptr && clients_[i]->send("x")) continue;
        clients_[i] = std::make_unique<RawClient>(address_);
        clients_[i]->send(i % 2 == 0 ? "POST /in HTTP/1.1\r\nX-Slow: "
                                     : "POST /in HTTP/1.1\r\nHost: x\r\nContent-Length: 5000\r\n\r\n");
      }
      std::this_thread::sleep_for(milliseconds(200));
    }
  }

  std::string address_;
  std::vector<std::unique_ptr<RawClient>> clients_;
  std::atomic<bool> stop_ = false;
  std::thread thread_;
};

milliseconds p99(std::vector<milliseconds> times) {
  std::sort(times.begin(), times.end());
  return times[times.size() * 99 / 100];
}

TEST_F(LimitsTest, SlowClientsByTheThousandDoNotSlowOthersDown) {
  rlimit files{};
  ::getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = std::min<rlim_t>(files.rlim_max, 4096);
  ::setrlimit(RLIMIT_NOFILE, &files);
  const std::size_t connections = std::min<std::size_t>(1000, static_cast<std::size_t>(files.rlim_cur) / 3);
  HttpLimits limits;
  limits.header_deadline = milliseconds(2000);
  limits.body_deadline = milliseconds(3000);
  serve(limits);
  std::vector<milliseconds> elsewhere, same_address;
  {
    const Slowloris attack(server_->address(), connections);
    ASSERT_TRUE(eventually([&] { return server_->counters().accepted >= connections; }));
    const auto end = steady_clock::now() + milliseconds(6000);
    const auto timed = [&](std::vector<milliseconds>& times, const char* from) {
      const auto begin = steady_clock::now();
      const std::string answer = talk(post("{}"), from);
      times.push_back(std::chrono::duration_cast<milliseconds>(steady_clock::now() - begin));
      EXPECT_EQ(status_of(answer), kOk) << from;
    };
    while (steady_clock::now() < end) {
      timed(elsewhere, "127.0.0.2");
      timed(same_address, "127.0.0.1");
      std::this_thread::sleep_for(milliseconds(5));
    }
  }
  ASSERT_GE(elsewhere.size(), 100u);
  EXPECT_LT(p99(elsewhere), milliseconds(250));
  EXPECT_LT(p99(same_address), milliseconds(250));
  EXPECT_GE(server_->counters().evicted, connections - limits.connections_per_peer);
  RecordProperty("requests", static_cast<int>(elsewhere.size() + same_address.size()));
  RecordProperty("p99_ms", static_cast<int>(std::max(p99(elsewhere), p99(same_address)).count()));
  std::printf("%zu slow connections; %zu requests, p99 %lld ms elsewhere, %lld ms at the same address\n", connections,
              elsewhere.size() + same_address.size(), static_cast<long long>(p99(elsewhere).count()),
              static_cast<long long>(p99(same_address).count()));
  EXPECT_TRUE(eventually([&] { return server_->counters().connections == 0; }));
}

}  // namespace
}  // namespace vedette::connectors
