// The HTTP client against a server that misbehaves, and against names that lead inside.
#include "connectors/net/http_client.h"

#include "connectors/net/address_guard.h"
#include "tests/sinks/fake_server.h"

namespace vedette::connectors {
namespace {

using namespace std::chrono_literals;
using testing::answer;
using testing::Certificate;
using testing::FakeAnswer;
using testing::FakeRequest;
using testing::FakeServer;

HttpClientOptions on_loopback() {
  HttpClientOptions options;
  options.allow = {"127.0.0.0/8"};
  return options;
}

std::unique_ptr<HttpClient> client_of(const std::string& url, const HttpClientOptions& options = on_loopback()) {
  auto made = HttpClient::make(url, options);
  EXPECT_TRUE(made.ok()) << (made.ok() ? "" : made.error().to_string());
  return made.ok() ? std::move(*made) : nullptr;
}

std::string error_of(const Result<HttpAnswer>& result) { return result.ok() ? "none" : result.error().to_string(); }

std::function<Result<std::vector<std::string>>(const std::string&)> names(std::vector<std::string> addresses) {
  return [addresses](const std::string&) -> Result<std::vector<std::string>> { return addresses; };
}

TEST(HttpUrl, PartsAndRefusals) {
  const auto url = parse_http_url("HTTPS://Hooks.Example.com:8443/a/b?c=d");
  ASSERT_TRUE(url.ok());
  EXPECT_TRUE(url->tls);
  EXPECT_EQ(url->host, "hooks.example.com");
  EXPECT_EQ(url->port, 8443);
  EXPECT_EQ(url->authority, "hooks.example.com:8443");
  EXPECT_EQ(url->target, "/a/b?c=d");
  EXPECT_EQ(parse_http_url("https://h")->target, "/");
  EXPECT_EQ(parse_http_url("https://h?x")->target, "/?x");
  EXPECT_EQ(parse_http_url("http://[::1]/")->port, 80);
  EXPECT_EQ(parse_http_url("http://[::1]:81/")->host, "::1");
  for (const char* bad :
       {"", "h", "ftp://h/", "https://", "https://:80/", "https://u:p@h/", "https://h/a b", "https://h/\r\nX: y", "https://h:0/",
        "https://h:65536/", "https://h:8a/", "https://h/#x", "https://h\\@evil/", "https://[::1/", "https://[::1]x/",
        "https://[g]/", "https://h%2f/", "https://\xc3\xa9/", "file:///etc/passwd"})
    EXPECT_FALSE(parse_http_url(bad).ok()) << bad;
}

TEST(AddressGuard, RefusesEverythingThatLeadsInside) {
  const AddressGuard guard;
  for (const char* inside : {"127.0.0.1",
                             "127.255.255.254",
                             "10.0.0.1",
                             "172.16.0.1",
                             "172.31.255.255",
                             "192.168.1.1",
                             "169.254.169.254",
                             "169.254.0.1",
                             "168.63.129.16",
                             "100.64.0.1",
                             "100.100.100.200",
                             "0.0.0.0",
                             "0.1.2.3",
                             "192.0.0.192",
                             "198.18.0.1",
                             "224.0.0.1",
                             "240.0.0.1",
                             "255.255.255.255",
                             "::",
                             "::1",
                             "::ffff:127.0.0.1",
                             "::ffff:10.0.0.1",
                             "::ffff:169.254.169.254",
                             "::7f00:1",
                             "::ffff:0:a00:1",
                             "64:ff9b::a9fe:a9fe",
                             "64:ff9b:1::1",
                             "2002:7f00:1::",
                             "2001:0:1::",
                             "fc00::1",
                             "fd00:ec2::254",
                             "fe80::1",
                             "fec0::1",
                             "ff02::1",
                             "2001:db8::1"})
    EXPECT_FALSE(guard.refusal(parse_address(inside).value()).empty()) << inside;
  for (const char* outside : {"1.1.1.1", "126.255.255.255", "128.0.0.1", "9.255.255.255", "11.0.0.0", "172.15.255.255",
                              "172.32.0.0", "192.167.255.255", "192.169.0.0", "169.253.255.255", "169.255.0.0", "100.63.255.255",
                              "100.128.0.0", "223.255.255.255", "2606:4700::1111", "2a00:1450::1", "::ffff:8.8.8.8"})
    EXPECT_EQ(guard.refusal(parse_address(outside).value()), "") << outside;
  EXPECT_FALSE(parse_address("127.1").has_value());
  EXPECT_FALSE(parse_address("0x7f000001").has_value());
}

TEST(AddressGuard, AllowsWhatIsNamedAndNothingElse) {
  const auto guard = AddressGuard::make({"10.20.0.0/15", "fd00:1::/32", "127.0.0.1"});
  ASSERT_TRUE(guard.ok());
  for (const char* in : {"10.20.0.1", "10.21.255.255", "::ffff:10.20.0.1", "fd00:1::9", "127.0.0.1"})
    EXPECT_EQ(guard->refusal(parse_address(in).value()), "") << in;
  for (const char* out : {"10.22.0.0", "10.19.255.255", "fd00:2::9", "127.0.0.2"})
    EXPECT_NE(guard->refusal(parse_address(out).value()), "") << out;
  for (const char* bad : {"10.0.0.0/33", "fd00::/129", "10.0.0/8", "example.com", "10.0.0.0/", "10.0.0.0/x", "10.0.0.0/-1", ""})
    EXPECT_FALSE(AddressGuard::make({bad}).ok()) << bad;
}

TEST(HttpClient, SendsAndKeepsTheConnection) {
  FakeServer server([](const FakeRequest& request) { return answer(200, "X-Y: z\r\n", "got " + request.body); });
  const auto client = client_of("http://127.0.0.1:" + server.port() + "/hook?a=b");
  for (int i = 0; i < 3; ++i) {
    const auto got = client->send("POST", {{"X-Own", "1"}}, "hello");
    ASSERT_TRUE(got.ok()) << error_of(got);
    EXPECT_EQ(got->status, 200);
    EXPECT_EQ(got->body, "got hello");
    EXPECT_EQ(got->header("x-y"), "z");
  }
  EXPECT_EQ(client->connections(), 1u);
  ASSERT_EQ(server.requests().size(), 3u);
  FakeRequest request = server.requests()[0];
  EXPECT_EQ(request.line, "POST /hook?a=b HTTP/1.1");
  EXPECT_EQ(request.headers["host"], "127.0.0.1:" + server.port());
  EXPECT_EQ(request.headers["x-own"], "1");
}

TEST(HttpClient, AKeptConnectionThatWasClosedIsMadeAnew) {
  FakeServer server([](const FakeRequest&) {
    FakeAnswer out = answer(204);
    out.close = true;  // and does not say so
    return out;
  });
  const auto client = client_of("http://127.0.0.1:" + server.port() + "/");
  for (int i = 0; i < 3; ++i) {
    const auto got = client->send("POST", {}, "x");
    ASSERT_TRUE(got.ok()) << error_of(got);
    std::this_thread::sleep_for(20ms);
  }
  EXPECT_EQ(server.requests().size(), 3u);
  EXPECT_EQ(client->connections(), 3u);
}

TEST(HttpClient, AConnectionIdleForTooLongIsNotUsedAgain) {
  FakeServer server([](const FakeRequest&) { return answer(204); });
  HttpClientOptions options = on_loopback();
  options.idle_reuse = 30ms;
  const auto client = client_of("http://127.0.0.1:" + server.port() + "/", options);
  ASSERT_TRUE(client->send("POST", {}, "x").ok());
  std::this_thread::sleep_for(60ms);
  ASSERT_TRUE(client->send("POST", {}, "x").ok());
  EXPECT_EQ(client->connections(), 2u);
}

TEST(HttpClient, EveryPhaseHasItsDeadline) {
  HttpClientOptions options = on_loopback();
  options.response_deadline = 150ms;
  const auto takes = [&](FakeAnswer how) {
    FakeServer server([&](const FakeRequest&) { return how; });
    const auto client = client_of("http://127.0.0.1:" + server.port() + "/", options);
    const auto begin = std::chrono::steady_clock::now();
    const auto got = client->send("POST", {}, "x");
    EXPECT_LT(std::chrono::steady_clock::now() - begin, 1500ms);
    return got;
  };
  FakeAnswer slow = answer(200);
  slow.pause = 3s;
  EXPECT_NE(error_of(takes(slow)).find("waiting for the answer: took too long"), std::string::npos);
  // Bytes that keep coming do not push the deadline.
  FakeAnswer dripping = answer(200, "X: " + std::string(200, 'x') + "\r\n");
  dripping.drip = true;
  EXPECT_NE(error_of(takes(dripping)).find("took too long"), std::string::npos);
  // With the status there, the rest does not matter.
  FakeAnswer half{"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf"};
  const auto got = takes(half);
  ASSERT_TRUE(got.ok()) << error_of(got);
  EXPECT_EQ(got->body, "half");
}

TEST(HttpClient, TheTotalDeadlineCoversAll) {
  FakeServer server([](const FakeRequest&) {
    FakeAnswer out = answer(200);
    out.pause = 3s;
    return out;
  });
  HttpClientOptions options = on_loopback();
  options.total_deadline = 150ms;
  const auto client = client_of("http://127.0.0.1:" + server.port() + "/", options);
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_FALSE(client->send("POST", {}, "x").ok());
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 1500ms);
}

TEST(HttpClient, AnswersAreBounded) {
  HttpClientOptions options = on_loopback();
  options.body_bytes = 1000;
  options.header_bytes = 2000;
  std::string bytes;
  FakeServer server([&](const FakeRequest&) { return FakeAnswer{bytes}; });
  const auto client = client_of("http://127.0.0.1:" + server.port() + "/", options);
  const std::string much(1 << 20, 'x');
  bytes = answer(200, "", much).bytes;
  auto got = client->send("POST", {}, "x");
  ASSERT_TRUE(got.ok()) << error_of(got);
  EXPECT_EQ(got->body, "");  // announced as too long: not read at all
  bytes = "HTTP/1.1 500 X\r\nTransfer-Encoding: chunked\r\n\r\n100000\r\n" + much + "\r\n0\r\n\r\n";
  got = client->send("POST", {}, "x");
  ASSERT_TRUE(got.ok()) << error_of(got);
  EXPECT_EQ(got->status, 500);
  EXPECT_EQ(got->body.size(), 1000u);
  bytes = "HTTP/1.1 200 X\r\nContent-Length: 9999999999999999\r\n\r\n";
  got = client->send("POST", {}, "x");
  ASSERT_TRUE(got.ok()) << error_of(got);
  bytes = answer(200, "X: " + much + "\r\n").bytes;
  EXPECT_FALSE(client->send("POST", {}, "x").ok());
  for (const char* bad : {"", "nonsense\r\n\r\n", "HTTP/1.1 2000 X\r\n\r\n", "\x16\x03\x01"}) {
    bytes = bad;
    if (bytes == "\x16\x03\x01") bytes += std::string(50, '\0');
    EXPECT_FALSE(client->send("POST", {}, "x").ok()) << bad;
  }
}

TEST(HttpClient, InterimAnswersArePassedOverUpToABound) {
  std::string bytes = "HTTP/1.1 103 X\r\nLink: x\r\n\r\nHTTP/1.1 100 X\r\n\r\n" + answer(201).bytes;
  FakeServer server([&](const FakeRequest&) { return FakeAnswer{bytes}; });
  const auto client = client_of("http://127.0.0.1:" + server.port() + "/");
  const auto got = client->send("POST", {}, "x");
  ASSERT_TRUE(got.ok()) << error_of(got);
  EXPECT_EQ(got->status, 201);
  bytes.clear();
  for (int i = 0; i < 50; ++i) bytes += "HTTP/1.1 103 X\r\n\r\n";
  EXPECT_NE(error_of(client->send("POST", {}, "x")).find("interim"), std::string::npos);
}

TEST(HttpClient, CancelEndsAWaitAtOnce) {
  FakeServer server([](const FakeRequest&) {
    FakeAnswer out = answer(200);
    out.pause = 5s;
    return out;
  });
  const auto client = client_of("http://127.0.0.1:" + server.port() + "/");
  std::thread canceller([&] {
    std::this_thread::sleep_for(100ms);
    client->cancel();
  });
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_NE(error_of(client->send("POST", {}, "x")).find("cancelled"), std::string::npos);
  canceller.join();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 1s);
  EXPECT_FALSE(client->send("POST", {}, "x").ok());
}

TEST(HttpClient, ALookupThatHangsIsBoundedAndCancelled) {
  HttpClientOptions options = on_loopback();
  options.resolve_deadline = 100ms;
  auto released = std::make_shared<std::atomic<bool>>(false);
  auto lookups = std::make_shared<std::atomic<int>>(0);
  options.resolve = [released, lookups](const std::string&) -> Result<std::vector<std::string>> {
    ++*lookups;
    while (!*released) std::this_thread::sleep_for(5ms);
    return std::vector<std::string>{"127.0.0.1"};
  };
  FakeServer server([](const FakeRequest&) { return answer(204); });
  const auto client = client_of("http://hook.test:" + server.port() + "/", options);
  for (int i = 0; i < 3; ++i) EXPECT_NE(error_of(client->send("POST", {}, "x")).find("looking up the name"), std::string::npos);
  EXPECT_EQ(*lookups, 1);  // one thread, however often it is tried
  *released = true;
  EXPECT_TRUE(testing::eventually([&] { return client->send("POST", {}, "x").ok(); }));
  *released = false;
}

TEST(HttpClient, NamesThatLeadInsideAreRefused) {
  FakeServer server([](const FakeRequest&) { return answer(200); });
  HttpClientOptions options;
  for (const auto& addresses : std::vector<std::vector<std::string>>{
           {"127.0.0.1"}, {"169.254.169.254"}, {"::ffff:127.0.0.1"}, {"::1"}, {"fd00:ec2::254"}, {"1.1.1.1", "127.0.0.1"}}) {
    options.resolve = names(addresses);
    const auto client = client_of("https://hook.test:" + server.port() + "/", options);
    EXPECT_NE(error_of(client->send("POST", {}, "x")).find("name its network in `allow`"), std::string::npos) << addresses.back();
    EXPECT_EQ(client->connections(), 0u);
  }
  EXPECT_EQ(server.connections(), 0);
  for (const char* url : {"https://127.0.0.1/", "https://169.254.169.254/latest", "https://[::1]/", "https://[::ffff:10.0.0.1]/"})
    EXPECT_FALSE(HttpClient::make(url, {}).ok()) << url;
  // The system's resolver knows more ways to write an address.
  for (const char* url : {"https://127.1:1/", "https://2130706433:1/", "https://0x7f000001:1/", "https://localhost:1/"})
    EXPECT_NE(error_of(client_of(url, {})->send("POST", {}, "x")).find("a loopback address"), std::string::npos) << url;
}

// A name that led outside when it was first looked up is checked anew for every connection.
TEST(HttpClient, ANameThatIsLedElsewhereLaterIsCheckedAgain) {
  FakeServer server([](const FakeRequest&) {
    FakeAnswer out = answer(200, "Connection: close\r\n");
    out.close = true;
    return out;
  });
  HttpClientOptions options;
  options.allow = {"127.0.0.1"};
  auto calls = std::make_shared<std::atomic<int>>(0);
  options.resolve = [calls](const std::string&) -> Result<std::vector<std::string>> {
    return std::vector<std::string>{++*calls == 1 ? "127.0.0.1" : "127.0.0.2"};
  };
  const auto client = client_of("http://hook.test:" + server.port() + "/", options);
  EXPECT_TRUE(client->send("POST", {}, "x").ok());
  EXPECT_NE(error_of(client->send("POST", {}, "x")).find("127.0.0.2 is a loopback address"), std::string::npos);
}

TEST(HttpClient, WithoutTlsOnlyToNamedNetworks) {
  HttpClientOptions options;
  options.resolve = names({"1.1.1.1"});
  const auto client = client_of("http://hook.test/", options);
  EXPECT_NE(error_of(client->send("POST", {}, "x")).find("use https://"), std::string::npos);
}

TEST(HttpClient, TheSecondAddressIsTriedWhenTheFirstIsDead) {
  FakeServer server([](const FakeRequest&) { return answer(204); });
  HttpClientOptions options = on_loopback();
  options.resolve = names({"127.0.0.9", "127.0.0.1"});
  const auto client = client_of("http://hook.test:" + server.port() + "/", options);
  const auto got = client->send("POST", {}, "x");
  EXPECT_TRUE(got.ok()) << error_of(got);
}

class HttpsTest : public ::testing::Test {
 protected:
  std::string talk(const std::string& host, const std::string& certificate_names, long days = 1, bool trusted = true) {
    const Certificate leaf(certificate_names, &authority_, days);
    FakeServer server([](const FakeRequest&) { return answer(200); }, &leaf);
    HttpClientOptions options = on_loopback();
    if (trusted) options.ca_file = folder_.write("ca.pem", authority_.pem());
    options.resolve = names({"127.0.0.1"});
    const auto client = client_of("https://" + host + ":" + server.port() + "/", options);
    const std::string error = error_of(client->send("POST", {}, "x"));
    EXPECT_EQ(server.requests().size(), error == "none" ? 1u : 0u);
    return error;
  }
  testing::TempDir folder_;
  Certificate authority_{""};
};

TEST_F(HttpsTest, TheCertificateIsVerified) {
  EXPECT_EQ(talk("hook.test", "DNS:hook.test"), "none");
  EXPECT_EQ(talk("127.0.0.1", "IP:127.0.0.1"), "none");
  EXPECT_NE(talk("hook.test", "DNS:other.test").find("ostname mismatch"), std::string::npos)
      << talk("hook.test", "DNS:other.test");
  EXPECT_NE(talk("127.0.0.1", "IP:127.0.0.2").find("IP address mismatch"), std::string::npos);
  EXPECT_NE(talk("hook.test", "DNS:hook.test", -1).find("expired"), std::string::npos);
  EXPECT_NE(talk("hook.test", "DNS:hook.test", 1, false).find("certificate is refused"), std::string::npos);
}

TEST_F(HttpsTest, ASilentServerEndsWithTheHandshakesDeadline) {
  FakeServer server([](const FakeRequest&) { return answer(200); });  // no TLS: it waits for a request
  HttpClientOptions options = on_loopback();
  options.tls_deadline = 100ms;
  const auto client = client_of("https://127.0.0.1:" + server.port() + "/", options);
  EXPECT_NE(error_of(client->send("POST", {}, "x")).find("handshake failed: took too long"), std::string::npos);
}

TEST_F(HttpsTest, AnAuthorityThatCannotBeReadIsNamed) {
  HttpClientOptions options;
  options.ca_file = folder_.file("missing.pem");
  const auto made = HttpClient::make("https://hook.test/", options);
  ASSERT_FALSE(made.ok());
  EXPECT_NE(made.error().to_string().find("missing.pem"), std::string::npos);
}

}  // namespace
}  // namespace vedette::connectors
