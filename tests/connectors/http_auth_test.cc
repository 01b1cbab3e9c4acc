// Who is let in: each kind of authentication with two live secrets, rotation while serving, signed webhooks in detail.
#include "connectors/net/http_auth.h"

#include <atomic>

#include "connectors/net/webhook_signature.h"
#include "connectors/sources/http_source.h"
#include "tests/connectors/support.h"

namespace vedette::connectors {
namespace {

using testing::gzip;
using testing::RawClient;

constexpr std::int64_t kSeconds = 1'700'000'000;
constexpr TimeUs kNow = kSeconds * kSecondUs;
// 24 bytes each.
const std::string kSigningSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const std::string kSecondSigningSecret = "whsec_c2Vjb25kIHNlY29uZCBzZWNvbmQgc2Vj";

class AuthTest : public ::testing::Test {
 protected:
  void start(HttpAuthOptions auth) {
    HttpSourceOptions options;
    HttpEndpoint endpoint;
    endpoint.name = "door";
    endpoint.path = "/in";
    endpoint.auth = std::move(auth);
    endpoint.origin = testing::origin_named("door");
    options.endpoints = {endpoint};
    source_ = std::make_unique<HttpSource>(
        options, [this] { return now_.load(); }, log_.log(), RejectHandler{});
    const Status started = source_->start(sink_);
    ASSERT_TRUE(started.ok()) << started.error().to_string();
  }
  int send(const std::string& headers, const std::string& body = "{}") {
    RawClient client(source_->address());
    client.send("POST /in HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" + headers +
                "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
    const std::string answer = client.receive_all();
    return answer.size() < 12 ? 0 : std::stoi(answer.substr(9, 3));
  }
  static std::string signature(const std::string& secret, const std::string& id, std::int64_t seconds, const std::string& body) {
    return sign_webhook(*signing_key(secret), id, std::to_string(seconds), body);
  }
  static std::string webhook(const std::string& id, std::int64_t seconds, const std::string& signatures) {
    return "webhook-id: " + id + "\r\nWebhook-Timestamp: " + std::to_string(seconds) + "\r\nwebhook-signature: " + signatures +
           "\r\n";
  }

  std::atomic<TimeUs> now_ = kNow;
  testing::LogBook log_;
  testing::RecordingSink sink_;
  std::unique_ptr<HttpSource> source_;
};

TEST_F(AuthTest, BasicKnowsUsersAndPasswords) {
  start({HttpAuthKind::basic, {"alice:wonder:land", "bob:builder"}});
  EXPECT_EQ(send("Authorization: Basic YWxpY2U6d29uZGVyOmxhbmQ=\r\n"), 200);
  EXPECT_EQ(send("authorization: BASIC Ym9iOmJ1aWxkZXI=\r\n"), 200);
  for (const std::string wrong : {"Basic Ym9iOmJ1aWxkZX=", "Basic Ym9iOmJ1aWxkZXIx", "Basic Ym9i", "Basic !!!!", "Basic ",
                                  "Bearer Ym9iOmJ1aWxkZXI=", "bob:builder", ""}) {
    EXPECT_EQ(send("Authorization: " + wrong + "\r\n"), 401) << wrong;
  }
  EXPECT_EQ(send(""), 401);
  EXPECT_EQ(sink_.records().size(), 2u);
  EXPECT_EQ(source_->counters().unauthorised, 9u);
}

TEST_F(AuthTest, ApiKeysHaveAHeaderOfTheirOwn) {
  start({HttpAuthKind::api_key, {"one", "two"}, "X-API-Key"});
  EXPECT_EQ(send("x-api-key: one\r\n"), 200);
  EXPECT_EQ(send("X-Api-Key: two\r\n"), 200);
  EXPECT_EQ(send("X-API-Key: three\r\n"), 401);
  EXPECT_EQ(send("X-API-Key: one\r\nX-API-Key: one\r\n"), 401);
  EXPECT_EQ(send("Authorization: one\r\n"), 401);
  EXPECT_EQ(send("X-API-Key: \r\n"), 401);
}

TEST_F(AuthTest, SecretsAreReplacedWhileItServes) {
  start({HttpAuthKind::bearer, {"old"}});
  EXPECT_EQ(send("Authorization: Bearer old\r\n"), 200);
  ASSERT_TRUE(source_->set_secrets("door", {"old", "new"}).ok());
  EXPECT_EQ(send("Authorization: Bearer old\r\n"), 200);
  EXPECT_EQ(send("Authorization: Bearer new\r\n"), 200);
  ASSERT_TRUE(source_->set_secrets("door", {"new"}).ok());
  EXPECT_EQ(send("Authorization: Bearer old\r\n"), 401);
  EXPECT_FALSE(source_->set_secrets("door", {}).ok());
  EXPECT_FALSE(source_->set_secrets("door", {""}).ok());
  EXPECT_FALSE(source_->set_secrets("window", {"x"}).ok());
  EXPECT_EQ(send("Authorization: Bearer new\r\n"), 200);
  EXPECT_EQ(send("Authorization: Bearer \r\n"), 401);
}

TEST_F(AuthTest, SignedWebhooksAreCheckedOverTheRawBody) {
  start({HttpAuthKind::standard_webhooks, {kSigningSecret, kSecondSigningSecret}});
  const std::string body = "{\"a\": 1}";
  const std::string good = signature(kSigningSecret, "msg_1", kSeconds, body);
  EXPECT_EQ(send(webhook("msg_1", kSeconds, good), body), 200);
  EXPECT_EQ(send(webhook("msg_1", kSeconds, signature(kSecondSigningSecret, "msg_1", kSeconds, body)), body), 200);
  EXPECT_EQ(send(webhook("msg_1", kSeconds, "v1a,xyz v1,AAAA " + good), body), 200);  // one of several
  // The signature is that of the bytes as they were sent.
  const std::string packed = gzip(body);
  EXPECT_EQ(send("Content-Encoding: gzip\r\n" + webhook("m", kSeconds, signature(kSigningSecret, "m", kSeconds, packed)), packed),
            200);
  EXPECT_EQ(send("Content-Encoding: gzip\r\n" + webhook("m", kSeconds, signature(kSigningSecret, "m", kSeconds, body)), packed),
            401);
  // Anything else about it.
  EXPECT_EQ(send(webhook("msg_1", kSeconds, good), "{\"a\": 2}"), 401);
  EXPECT_EQ(send(webhook("msg_2", kSeconds, good), body), 401);
  EXPECT_EQ(send(webhook("msg_1", kSeconds + 1, good), body), 401);
  EXPECT_EQ(send(webhook("msg_1", kSeconds, good.substr(3)), body), 401);
  EXPECT_EQ(send(webhook("msg_1", kSeconds, "v2," + good.substr(3)), body), 401);
  EXPECT_EQ(send(webhook("msg_1", kSeconds, good.substr(0, 20)), body), 401);
  EXPECT_EQ(send(webhook("msg_1", kSeconds, ""), body), 401);
  EXPECT_EQ(send(webhook(std::string(300, 'm'), kSeconds, good), body), 401);
  EXPECT_EQ(send("webhook-id: msg_1\r\nwebhook-signature: " + good + "\r\n", body), 401);
  EXPECT_EQ(send(webhook("msg_1", kSeconds, good) + "webhook-id: msg_1\r\n", body), 401);
  EXPECT_EQ(send("", body), 401);
  EXPECT_EQ(sink_.records().size(), 4u);
}

TEST_F(AuthTest, SignedWebhooksAreOfNow) {
  start({HttpAuthKind::standard_webhooks, {kSigningSecret}});
  const auto at = [&](std::int64_t seconds) {
    return send(webhook("m", seconds, signature(kSigningSecret, "m", seconds, "{}")));
  };
  EXPECT_EQ(at(kSeconds - 300), 200);
  EXPECT_EQ(at(kSeconds + 300), 200);
  EXPECT_EQ(at(kSeconds - 301), 401);
  EXPECT_EQ(at(kSeconds + 301), 401);
  EXPECT_EQ(at(-1), 401);
  EXPECT_EQ(at(INT64_MAX), 401);
  EXPECT_EQ(at(0), 401);
}

TEST_F(AuthTest, ARepeatedWebhookHasNoSecondEffect) {
  HttpAuthOptions auth{HttpAuthKind::standard_webhooks, {kSigningSecret}};
  auth.once = true;
  start(auth);
  const auto deliver = [&](const std::string& id, const std::string& body) {
    const std::int64_t seconds = now_ / kSecondUs;
    return send(webhook(id, seconds, signature(kSigningSecret, id, seconds, body)), body);
  };
  sink_.set_full(true);
  EXPECT_EQ(deliver("a", "{}"), 503);
  sink_.set_full(false);
  EXPECT_EQ(deliver("a", "{}"), 200);  // the refused one does not count
  EXPECT_EQ(deliver("a", "{}"), 200);
  EXPECT_EQ(deliver("b", "{}"), 200);
  EXPECT_EQ(sink_.records().size(), 2u);
  EXPECT_EQ(source_->repeats(), 1u);
  now_ += 601 * kSecondUs;
  EXPECT_EQ(deliver("a", "{}"), 200);  // no timestamp of the first one is tolerated any more
  EXPECT_EQ(sink_.records().size(), 3u);
}

TEST(HttpAuthOptionsTest, TellWhatIsWrong) {
  using enum HttpAuthKind;
  const auto fails = [](const HttpAuthOptions& options) {
    const auto auth = HttpAuth::make(options);
    return auth.ok() ? std::string() : auth.error().message;
  };
  EXPECT_EQ(fails({none, {}}), "");
  EXPECT_EQ(fails({bearer, {"", "x"}}), "");
  EXPECT_NE(fails({none, {"x"}}).find("kind"), std::string::npos);
  EXPECT_NE(fails({bearer, {}}).find("at least one secret"), std::string::npos);
  EXPECT_NE(fails({bearer, {"x"}, "X-Key"}).find("header"), std::string::npos);
  EXPECT_NE(fails({api_key, {"x"}}).find("X-API-Key"), std::string::npos);
  EXPECT_NE(fails({api_key, {"x"}, "not a name"}).find("X-API-Key"), std::string::npos);
  EXPECT_NE(fails({basic, {"password"}}).find("user:password"), std::string::npos);
  const std::string weak = fails({standard_webhooks, {"whsec_c2VjcmV0"}});
  EXPECT_NE(weak.find("24 bytes"), std::string::npos);
  EXPECT_EQ(weak.find("c2VjcmV0"), std::string::npos);
  EXPECT_NE(fails({standard_webhooks, {"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS!"}}), "");
}

// The example of the Standard Webhooks specification.
TEST(WebhookSignature, IsThatOfTheSpecification) {
  const auto key = signing_key(kSigningSecret);
  ASSERT_TRUE(key.ok());
  EXPECT_EQ(sign_webhook(*key, "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", "{\"test\": 2432232314}"),
            "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
}

TEST(Base64, RefusesWhatIsNone) {
  std::string out;
  EXPECT_TRUE(decode_base64("", out));
  for (const auto& [text, bytes] : {std::pair{"YQ==", "a"}, {"YWI=", "ab"}, {"YWJj", "abc"}, {"YQ", "a"}}) {
    EXPECT_TRUE(decode_base64(text, out)) << text;
    EXPECT_EQ(out, bytes);
  }
  for (const char* bad : {"Y", "Y===", "YQ=a", "=", "YQ\n=", "Y Q="}) EXPECT_FALSE(decode_base64(bad, out)) << bad;
}

}  // namespace
}  // namespace vedette::connectors
