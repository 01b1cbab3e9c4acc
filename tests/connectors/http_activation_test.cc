// Sockets that the process was started with: taken by address or name, served, and kept open across a restart.
#include <sys/wait.h>

#include <thread>

#include "connectors/net/http_server.h"
#include "connectors/net/inherited_sockets.h"
#include "tests/connectors/support.h"

namespace vedette::connectors {
namespace {

using std::chrono::milliseconds;
using testing::RawClient;

// A listening socket as a service manager makes it.
class Listener {
 public:
  Listener() : descriptor_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ::bind(descriptor_, reinterpret_cast<sockaddr*>(&to), sizeof to);
    ::listen(descriptor_, 128);
    socklen_t size = sizeof to;
    ::getsockname(descriptor_, reinterpret_cast<sockaddr*>(&to), &size);
    address_ = "127.0.0.1:" + std::to_string(ntohs(to.sin_port));
  }
  ~Listener() { ::close(descriptor_); }
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;
  // What the started process gets.
  [[nodiscard]] int copy() const { return ::dup(descriptor_); }
  [[nodiscard]] const std::string& address() const { return address_; }

 private:
  int descriptor_;
  std::string address_;
};

class Served {
 public:
  Served(const HttpListen& listen, const std::string& answer) : server_("test", {}, {}) {
    server_.route("GET", "/", {{}, [answer](const HttpRequest&) { return HttpResponse{200, answer, "", {}}; }});
    status_ = server_.listen(listen);
    if (status_.ok()) thread_ = std::thread([this] { server_.run(); });
  }
  ~Served() {
    server_.stop(milliseconds(1000));
    if (thread_.joinable()) thread_.join();
  }
  [[nodiscard]] const Status& status() const { return status_; }
  [[nodiscard]] std::string address() const { return server_.address(); }

 private:
  HttpServer server_;
  Status status_;
  std::thread thread_;
};

std::string get(RawClient& client) {
  const std::string answer = client.receive_all();
  return answer.substr(std::min(answer.size(), answer.find("\r\n\r\n") + 4));
}

const std::string kGet = "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";

TEST(Activation, ASocketIsTakenByItsAddressOrItsName) {
  const Listener by_address, by_name;
  InheritedSockets inherited;
  ASSERT_TRUE(inherited.adopt(by_address.copy(), 1, "web").ok());
  ASSERT_TRUE(inherited.adopt(by_name.copy(), 1, "hook").ok());
  EXPECT_EQ(inherited.left().size(), 2u);
  const Served one(HttpListen{by_address.address(), {}, &inherited, {"other"}}, "one");
  const Served two(HttpListen{"0.0.0.0:8443", {}, &inherited, {"hook"}}, "two");
  ASSERT_TRUE(one.status().ok());
  ASSERT_TRUE(two.status().ok());
  EXPECT_EQ(one.address(), by_address.address());
  EXPECT_EQ(two.address(), by_name.address());
  EXPECT_TRUE(inherited.left().empty());
  for (const auto& [listener, expected] : {std::pair{&by_address, "one"}, {&by_name, "two"}}) {
    RawClient client(listener->address());
    client.send(kGet);
    EXPECT_EQ(get(client), expected);
  }
  // Nothing fits: a socket of its own.
  const Served three(HttpListen{"127.0.0.1:0", {}, &inherited, {"hook"}}, "three");
  EXPECT_TRUE(three.status().ok());
}

// Clients that connect while nobody serves wait instead of being refused; without inheritance they are refused.
TEST(Activation, ARestartRefusesNoConnection) {
  const Listener listener;
  const auto serve = [&](const std::string& answer) {
    InheritedSockets inherited;
    EXPECT_TRUE(inherited.adopt(listener.copy(), 1, "").ok());
    return std::make_unique<Served>(HttpListen{listener.address(), {}, &inherited, {}}, answer);
  };
  auto first = serve("first");
  RawClient before(listener.address());
  before.send(kGet);
  EXPECT_EQ(get(before), "first");
  first.reset();
  std::vector<std::unique_ptr<RawClient>> between;
  for (int i = 0; i < 20; ++i) {
    between.push_back(std::make_unique<RawClient>(listener.address()));
    EXPECT_TRUE(between.back()->connected());
    between.back()->send(kGet);
  }
  const auto second = serve("second");
  for (const auto& client : between) EXPECT_EQ(get(*client), "second");

  auto own = std::make_unique<Served>(HttpListen{"127.0.0.1:0"}, "own");
  const std::string address = own->address();
  const Served rival(HttpListen{address}, "rival");
  EXPECT_FALSE(rival.status().ok());  // no SO_REUSEPORT
  own.reset();
  EXPECT_FALSE(RawClient(address).connected());
}

TEST(Activation, WhatIsNoListeningSocketIsAnError) {
  InheritedSockets inherited;
  const int plain = ::socket(AF_INET, SOCK_STREAM, 0);
  const Status adopted = inherited.adopt(plain, 1, "web");
  ASSERT_FALSE(adopted.ok());
  EXPECT_NE(adopted.error().to_string().find("ListenStream"), std::string::npos);
  EXPECT_EQ(adopted.error().where, "web");
  EXPECT_FALSE(inherited.adopt(1'000'000, 1, "").ok());
  ::close(plain);
}

// In a process of its own, whose descriptors 3 and 4 are what the environment says. Its exit code tells what it found.
int look_at_environment(const Listener& first, const Listener& second, bool for_us) {
  const int one = first.copy(), two = second.copy();
  ::dup2(one, 100);
  ::dup2(two, 101);
  ::dup2(100, 3);
  ::dup2(101, 4);
  ::setenv("LISTEN_PID", std::to_string(::getpid() + (for_us ? 0 : 1)).c_str(), 1);
  ::setenv("LISTEN_FDS", "2", 1);
  ::setenv("LISTEN_FDNAMES", "hook:other", 1);
  InheritedSockets inherited;
  if (!inherited.read_environment().ok()) return 10;
  if (std::getenv("LISTEN_FDS") != nullptr || std::getenv("LISTEN_PID") != nullptr) return 11;
  if (!for_us) return static_cast<int>(inherited.left().size());
  if (inherited.left().size() != 2 || inherited.left()[0].name != "hook" || inherited.left()[1].name != "other") return 12;
  if (inherited.left()[0].address != first.address() || inherited.left()[1].address != second.address()) return 13;
  if (inherited.take("127.0.0.1:1", {"other"}) != 4 || inherited.take(first.address(), {}) != 3) return 14;
  return inherited.take(first.address(), {"hook", "other"}) == -1 ? 2 : 15;
}

TEST(Activation, TheEnvironmentNamesTheDescriptors) {
  const Listener first, second;
  for (const auto& [for_us, expected] : {std::pair{true, 2}, {false, 0}}) {
    const pid_t child = ::fork();
    if (child == 0) ::_exit(look_at_environment(first, second, for_us));
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFEXITED(status));
    EXPECT_EQ(WEXITSTATUS(status), expected);
  }
}

}  // namespace
}  // namespace vedette::connectors
