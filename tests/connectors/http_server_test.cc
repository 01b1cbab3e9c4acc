// The HTTP server on loopback, spoken to with raw sockets: what it accepts, refuses, bounds and how it stops.
#include "connectors/net/http_server.h"

#include <atomic>

#include "tests/connectors/support.h"

namespace vedette::connectors {
namespace {

using std::chrono::milliseconds;
using testing::eventually;
using testing::RawClient;

HttpLimits quick_limits() {
  HttpLimits limits;
  limits.header_deadline = milliseconds(300);
  limits.body_deadline = milliseconds(300);
  limits.idle_deadline = milliseconds(400);
  limits.body_bytes = 1000;
  return limits;
}

class HttpServerTest : public ::testing::Test {
 protected:
  void serve(HttpLimits limits) {
    server_ = std::make_unique<HttpServer>("test", limits, log_.log());
    HttpRoute echo;
    echo.handle = [this](const HttpRequest& request) {
      if (request.query == "slow") std::this_thread::sleep_for(milliseconds(200));
      if (request.query == "throw") throw std::runtime_error("secret detail");
      ++handled_;
      return HttpResponse{200, request.body, "text/plain", {}};
    };
    server_->route("POST", "/echo", echo);
    HttpRoute guarded = echo;
    guarded.admit = [](const HttpRequest& head) -> std::optional<HttpResponse> {
      if (head.header("authorization") == "open") return std::nullopt;
      return HttpResponse{401, "", "", {}};
    };
    server_->route("POST", "/guarded", guarded);
    const Status listening = server_->listen("127.0.0.1:0");
    ASSERT_TRUE(listening.ok()) << listening.error().to_string();
    thread_ = std::thread([this] { server_->run(); });
  }
  void TearDown() override { halt(); }
  void halt() {
    if (!thread_.joinable()) return;
    server_->stop(milliseconds(2000));
    thread_.join();
  }
  std::string talk(const std::string& text, milliseconds limit = milliseconds(5000)) {
    RawClient client(server_->address());
    client.send(text);
    return client.receive_all(limit);
  }
  static std::string post(const std::string& path, const std::string& body, const std::string& headers = "") {
    return "POST " + path + " HTTP/1.1\r\nHost: x\r\n" + headers + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
           body;
  }

  testing::LogBook log_;
  std::unique_ptr<HttpServer> server_;
  std::thread thread_;
  std::atomic<int> handled_ = 0;
};

std::string status_of(const std::string& response) { return response.substr(0, response.find('\r')); }

TEST_F(HttpServerTest, AnswersAndKeepsTheConnection) {
  serve(quick_limits());
  RawClient client(server_->address());
  client.send(post("/echo", "one"));
  const std::string first = client.receive_responses(1);
  EXPECT_EQ(status_of(first), "HTTP/1.1 200 OK");
  EXPECT_TRUE(first.ends_with("\r\n\r\none")) << first;
  client.send(post("/echo?x=1", "two", "Connection: close\r\n"));
  const std::string second = client.receive_all();
  EXPECT_TRUE(second.ends_with("\r\n\r\ntwo")) << second;
  EXPECT_TRUE(client.closed());
  EXPECT_EQ(server_->counters().accepted, 1u);
  EXPECT_EQ(server_->counters().requests, 2u);
}

TEST_F(HttpServerTest, ServesPipelinedRequestsInOrder) {
  serve(quick_limits());
  RawClient client(server_->address());
  std::string all;
  for (int i = 0; i < 20; ++i) all += post("/echo", "body" + std::to_string(i));
  client.send(all);
  const std::string answers = client.receive_responses(20);
  std::size_t at = 0;
  for (int i = 0; i < 20; ++i) {
    at = answers.find("\r\n\r\nbody" + std::to_string(i), at);
    ASSERT_NE(at, std::string::npos) << i;
  }
}

TEST_F(HttpServerTest, ReadsChunkedBodies) {
  serve(quick_limits());
  const std::string head = "POST /echo HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n";
  EXPECT_TRUE(talk(head + "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n").ends_with("\r\n\r\nabcde"));
  EXPECT_EQ(status_of(talk(head + "zz\r\nabc\r\n0\r\n\r\n")), "HTTP/1.1 400 Bad Request");
}

TEST_F(HttpServerTest, RefusesWhatItCannotRoute) {
  serve(quick_limits());
  EXPECT_EQ(status_of(talk("GET /nowhere HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")), "HTTP/1.1 404 Not Found");
  const std::string wrong = talk("GET /echo HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(status_of(wrong), "HTTP/1.1 405 Method Not Allowed");
  EXPECT_NE(wrong.find("Allow: POST"), std::string::npos);
  EXPECT_EQ(handled_, 0);
}

TEST_F(HttpServerTest, RefusesBrokenRequests) {
  serve(quick_limits());
  for (const std::string bad :
       {"nonsense\r\n\r\n", "POST /echo HTTP/9.9\r\n\r\n", "POST /echo HTTP/1.1\r\nBad Header: x\r\n\r\n",
        "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: minus\r\n\r\n",
        "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd"}) {
    EXPECT_EQ(status_of(talk(bad)), "HTTP/1.1 400 Bad Request") << bad;
  }
  EXPECT_EQ(handled_, 0);
}

TEST_F(HttpServerTest, BoundsTheHeader) {
  serve(quick_limits());
  const std::string large = "X-Fill: " + std::string(20'000, 'a') + "\r\n";
  EXPECT_EQ(status_of(talk(post("/echo", "", large))), "HTTP/1.1 431 Request Header Fields Too Large");
  std::string many;
  for (int i = 0; i < 120; ++i) many += "X-" + std::to_string(i) + ": 1\r\n";
  EXPECT_EQ(status_of(talk(post("/echo", "", many))), "HTTP/1.1 431 Request Header Fields Too Large");
  EXPECT_EQ(handled_, 0);
}

TEST_F(HttpServerTest, BoundsTheBody) {
  serve(quick_limits());
  const std::string fits(1000, 'a');
  EXPECT_EQ(status_of(talk(post("/echo", fits, "Connection: close\r\n"))), "HTTP/1.1 200 OK");
  EXPECT_EQ(status_of(talk(post("/echo", fits + "a"))), "HTTP/1.1 413 Payload Too Large");
  std::string chunked = "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (int i = 0; i < 30; ++i) chunked += "40\r\n" + std::string(64, 'b') + "\r\n";
  EXPECT_EQ(status_of(talk(chunked)), "HTTP/1.1 413 Payload Too Large");
  EXPECT_EQ(handled_, 1);
}

// The answer arrives although the client goes on sending a body that nobody reads.
TEST_F(HttpServerTest, TheAnswerToAnUnreadBodyIsNotLost) {
  HttpLimits limits = quick_limits();
  limits.body_bytes = 4 << 20;
  serve(limits);
  const std::string body(3 << 20, 'x');
  RawClient client(server_->address());
  EXPECT_TRUE(client.send(post("/guarded", body)));  // not reset half-way
  EXPECT_EQ(status_of(client.receive_all()), "HTTP/1.1 401 Unauthorized");
  EXPECT_EQ(handled_, 0);
}

TEST_F(HttpServerTest, AsksForTheBodyWhenTheClientExpectsIt) {
  serve(quick_limits());
  RawClient client(server_->address());
  client.send("POST /echo HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(client.receive_responses(1), "HTTP/1.1 100 Continue\r\n\r\n");
  client.send("ok");
  EXPECT_TRUE(client.receive_all().ends_with("\r\n\r\nok"));
  // Refused: no continue.
  EXPECT_EQ(status_of(talk("POST /guarded HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n")),
            "HTTP/1.1 401 Unauthorized");
}

// One byte every 40 ms never lets a per-read timer expire: only an absolute deadline ends it.
TEST_F(HttpServerTest, SlowHeadersEndAtTheDeadline) {
  serve(quick_limits());
  RawClient client(server_->address());
  const auto begin = std::chrono::steady_clock::now();
  const std::string head = "POST /echo HTTP/1.1\r\nHost: " + std::string(500, 'x');
  for (const char c : head) {
    if (!client.send(std::string_view(&c, 1))) break;
    if (!client.receive_all(milliseconds(40)).empty() || client.closed()) break;
  }
  const auto took = std::chrono::steady_clock::now() - begin;
  EXPECT_TRUE(client.closed());
  EXPECT_GE(took, milliseconds(250));
  EXPECT_LT(took, milliseconds(2000));
  EXPECT_TRUE(eventually([&] { return server_->counters().timed_out == 1; }));
}

TEST_F(HttpServerTest, SlowBodiesEndAtTheDeadline) {
  serve(quick_limits());
  RawClient client(server_->address());
  client.send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 500\r\n\r\n");
  const auto begin = std::chrono::steady_clock::now();
  for (int i = 0; i < 100 && !client.closed(); ++i) {
    client.send("x");
    client.receive_all(milliseconds(40));
  }
  EXPECT_TRUE(client.closed());
  EXPECT_LT(std::chrono::steady_clock::now() - begin, milliseconds(2000));
  EXPECT_EQ(handled_, 0);
}

TEST_F(HttpServerTest, IdleConnectionsAreClosed) {
  serve(quick_limits());
  RawClient client(server_->address());
  client.send(post("/echo", "x"));
  EXPECT_FALSE(client.receive_responses(1).empty());
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_EQ(client.receive_all(), "");
  EXPECT_TRUE(client.closed());
  EXPECT_LT(std::chrono::steady_clock::now() - begin, milliseconds(3000));
}

TEST_F(HttpServerTest, SlowClientsDoNotDelayOthers) {
  HttpLimits limits = quick_limits();
  limits.header_deadline = milliseconds(1500);
  serve(limits);
  std::vector<std::unique_ptr<RawClient>> slow;
  for (int i = 0; i < 200; ++i) {
    slow.push_back(std::make_unique<RawClient>(server_->address()));
    slow.back()->send("POST /echo HTTP/1.1\r\n");
  }
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_EQ(status_of(talk(post("/echo", "x", "Connection: close\r\n"))), "HTTP/1.1 200 OK");
  EXPECT_LT(std::chrono::steady_clock::now() - begin, milliseconds(1000));
  EXPECT_TRUE(eventually([&] { return server_->counters().timed_out == 200; }));
}

// The clock of the deadlines strikes while the last connection ends.
TEST_F(HttpServerTest, StopsWhenALateLookFindsNobody) {
  for (int i = 1; i <= 5; ++i) {
    serve(quick_limits());
    RawClient(server_->address()).send(post("/echo?slow", "x"));
    EXPECT_TRUE(eventually([&] { return handled_ == i && server_->counters().connections == 0; }));
    halt();
  }
}

TEST_F(HttpServerTest, ConnectionsBeyondTheLimitWait) {
  HttpLimits limits = quick_limits();
  limits.connections = 2;
  serve(limits);
  auto first = std::make_unique<RawClient>(server_->address());
  RawClient second(server_->address());
  RawClient third(server_->address());
  third.send(post("/echo", "x", "Connection: close\r\n"));
  EXPECT_EQ(third.receive_all(milliseconds(100)), "");
  EXPECT_EQ(server_->counters().accepted, 2u);
  first.reset();
  EXPECT_EQ(status_of(third.receive_all()), "HTTP/1.1 200 OK");
}

TEST_F(HttpServerTest, ARequestCountEndsAConnection) {
  HttpLimits limits = quick_limits();
  limits.requests_per_connection = 3;
  serve(limits);
  RawClient client(server_->address());
  client.send(post("/echo", "1") + post("/echo", "2") + post("/echo", "3") + post("/echo", "4"));
  const std::string answers = client.receive_all();
  EXPECT_TRUE(answers.ends_with("\r\n\r\n3")) << answers;
  EXPECT_TRUE(client.closed());
}

TEST_F(HttpServerTest, AFailingHandlerTellsNothing) {
  serve(quick_limits());
  const std::string answer = talk(post("/echo?throw", "", "Connection: close\r\n"));
  EXPECT_EQ(status_of(answer), "HTTP/1.1 500 Internal Server Error");
  EXPECT_EQ(answer.find("secret"), std::string::npos);
  EXPECT_EQ(log_.text().find("secret"), std::string::npos);
}

TEST_F(HttpServerTest, StopFinishesRequestsInFlightAndClosesIdleOnes) {
  serve(HttpLimits{});
  RawClient idle(server_->address());
  RawClient busy(server_->address());
  busy.send(post("/echo?slow", "late"));
  ASSERT_TRUE(eventually([&] { return server_->counters().requests == 1; }));
  const auto begin = std::chrono::steady_clock::now();
  halt();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, milliseconds(1500));
  const std::string answer = busy.receive_all();
  EXPECT_EQ(status_of(answer), "HTTP/1.1 200 OK");
  EXPECT_NE(answer.find("Connection: close"), std::string::npos);
  EXPECT_EQ(idle.receive_all(), "");
  EXPECT_FALSE(RawClient(server_->address()).connected());
}

TEST_F(HttpServerTest, StopCutsARequestThatDoesNotEnd) {
  HttpLimits limits;
  limits.body_deadline = std::chrono::seconds(60);
  serve(limits);
  RawClient client(server_->address());
  client.send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 500\r\n\r\nhalf");
  ASSERT_TRUE(eventually([&] { return server_->counters().accepted == 1; }));
  std::this_thread::sleep_for(milliseconds(50));
  const auto begin = std::chrono::steady_clock::now();
  server_->stop(milliseconds(200));
  thread_.join();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, milliseconds(1500));
  EXPECT_TRUE(client.receive_all().empty());
}

TEST(HttpListen, RefusesBadAddressesAndTakenPorts) {
  HttpServer first("a", {}, {});
  for (const std::string bad : {"", "8080", "localhost", "no.such.host:1", "127.0.0.1:99999", "127.0.0.1:x"}) {
    EXPECT_FALSE(first.listen(bad).ok()) << bad;
  }
  ASSERT_TRUE(first.listen("localhost:0").ok());
  HttpServer second("b", {}, {});
  const Status taken = second.listen(first.address());
  ASSERT_FALSE(taken.ok());
  EXPECT_EQ(taken.error().where, first.address());
}

TEST(HttpListen, KnowsLoopback) {
  EXPECT_TRUE(is_loopback("127.0.0.1:80"));
  EXPECT_TRUE(is_loopback("[::1]:80"));
  EXPECT_TRUE(is_loopback("localhost:0"));
  EXPECT_FALSE(is_loopback("0.0.0.0:80"));
  EXPECT_FALSE(is_loopback("10.1.2.3:80"));
}

}  // namespace
}  // namespace vedette::connectors
