// Events by HTTP: Okta's verification and secrets, NDJSON and arrays, gzip, and what a full queue answers.
#include "connectors/sources/http_source.h"

#include "tests/connectors/support.h"

namespace vedette::connectors {
namespace {

using testing::gzip;
using testing::RawClient;

constexpr TimeUs kNow = 1'700'000'000'000'000;

class HttpSourceTest : public ::testing::Test {
 protected:
  void start() {
    auto origin = std::make_shared<event::Origin>();
    origin->source_name = "okta-hook";
    origin->ordinal_per_batch = true;
    HttpSourceOptions options;
    HttpEndpoint hook;
    hook.kind = HttpEndpointKind::okta_hook;
    hook.name = "okta-hook";
    hook.path = "/okta";
    hook.auth = {HttpAuthKind::authorization, {"new-secret", "old secret"}};
    hook.origin = origin;
    HttpEndpoint ingest;
    ingest.name = "other";
    ingest.path = "/ingest";
    ingest.auth = {HttpAuthKind::bearer, {"token"}};
    ingest.origin = origin;
    options.endpoints = {hook, ingest};
    options.inflated_bytes = 100'000;
    source_ = std::make_unique<HttpSource>(
        options, [] { return kNow; }, log_.log(),
        [this](const event::Origin&, const event::Reject& reject) { rejects_.emplace_back(reject.reason); });
    const Status started = source_->start(sink_);
    ASSERT_TRUE(started.ok()) << started.error().to_string();
  }
  void SetUp() override { start(); }

  std::string request(const std::string& head, const std::string& body = "") {
    RawClient client(source_->address());
    client.send(head + "Connection: close\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
    return client.receive_all();
  }
  std::string okta(const std::string& authorization, const std::string& body) {
    return request("POST /okta HTTP/1.1\r\nAuthorization: " + authorization + "\r\n", body);
  }
  std::string ingest(const std::string& body, const std::string& headers = "") {
    return request("POST /ingest HTTP/1.1\r\nAuthorization: Bearer token\r\n" + headers, body);
  }
  static int status_of(const std::string& response) { return response.size() < 12 ? 0 : std::stoi(response.substr(9, 3)); }
  static std::string body_of(const std::string& response) { return response.substr(response.find("\r\n\r\n") + 4); }

  testing::LogBook log_;
  testing::RecordingSink sink_;
  std::vector<std::string> rejects_;
  std::unique_ptr<HttpSource> source_;
};

TEST_F(HttpSourceTest, AnswersOktasChallenge) {
  const std::string answer = request("GET /okta HTTP/1.1\r\nX-Okta-Verification-Challenge: My_Challenge-123\r\n");
  EXPECT_EQ(status_of(answer), 200);
  EXPECT_NE(answer.find("Content-Type: application/json"), std::string::npos);
  EXPECT_EQ(body_of(answer), "{\"verification\":\"My_Challenge-123\"}");
  // Escaped, with and without the secret.
  const std::string quoted =
      request("GET /okta HTTP/1.1\r\nAuthorization: new-secret\r\nx-okta-verification-challenge: a\"b\\c\r\n");
  EXPECT_EQ(body_of(quoted), R"({"verification":"a\"b\\c"})");
  EXPECT_TRUE(sink_.records().empty());
}

TEST_F(HttpSourceTest, RefusesUnusableChallenges) {
  EXPECT_EQ(status_of(request("GET /okta HTTP/1.1\r\n")), 400);
  EXPECT_EQ(status_of(request("GET /okta HTTP/1.1\r\nX-Okta-Verification-Challenge: \r\n")), 400);
  EXPECT_EQ(status_of(request("GET /okta HTTP/1.1\r\nX-Okta-Verification-Challenge: " + std::string(2000, 'x') + "\r\n")), 400);
  EXPECT_EQ(status_of(request("GET /okta HTTP/1.1\r\nX-Okta-Verification-Challenge: caf\xc3\xa9\r\n")), 400);
}

TEST_F(HttpSourceTest, QueuesAnAuthorisedBodyAsOneRecord) {
  const std::string body = "{\"data\":{\"events\":[\n{\"uuid\":\"1\"},{\"uuid\":\"2\"}]}}\n";
  EXPECT_EQ(status_of(okta("new-secret", body)), 200);
  EXPECT_EQ(status_of(okta("old secret", body)), 200);
  sink_.inspect([&](const std::vector<event::RecordBatch>& batches) {
    ASSERT_EQ(batches.size(), 2u);
    ASSERT_EQ(batches[0].records.size(), 1u);
    EXPECT_EQ(batches[0].records[0].bytes, body);
    EXPECT_EQ(batches[0].records[0].arrival, kNow);
    EXPECT_TRUE(batches[0].origin->ordinal_per_batch);
    EXPECT_EQ(batches[0].origin->source_name, "okta-hook");
  });
}

TEST_F(HttpSourceTest, RefusesWrongSecrets) {
  for (const std::string wrong :
       {"", "new-secre", "new-secret1", "NEW-SECRET", "Bearer new-secret", "new-secret\r\nAuthorization: new-secret"}) {
    EXPECT_EQ(status_of(okta(wrong, "{}")), 401) << wrong;
  }
  EXPECT_EQ(status_of(request("POST /okta HTTP/1.1\r\n", "{}")), 401);
  EXPECT_TRUE(sink_.records().empty());
  EXPECT_EQ(log_.text().find("secre"), std::string::npos);
}

TEST_F(HttpSourceTest, CountsBodiesThatWereTooLargeOfAdmittedSendersByEndpoint) {
  const std::string large((4 << 20) + 1, 'x');
  EXPECT_EQ(status_of(okta("new-secret", large)), 413);
  EXPECT_EQ(status_of(okta("wrong", large)), 401);
  EXPECT_EQ(status_of(ingest(gzip(std::string(100'001, 'x')), "Content-Encoding: gzip\r\n")), 413);
  RawClient chunked(source_->address());
  chunked.send("POST /ingest HTTP/1.1\r\nAuthorization: Bearer token\r\nTransfer-Encoding: chunked\r\n\r\n400001\r\n" + large);
  EXPECT_EQ(status_of(chunked.receive_all()), 413);
  EXPECT_EQ(source_->too_large(), (std::map<std::string, std::uint64_t>{{"okta-hook", 1}, {"other", 2}}));
  EXPECT_TRUE(sink_.records().empty());
}

TEST_F(HttpSourceTest, AcceptsABadBodyThatIsAuthorised) {
  EXPECT_EQ(status_of(okta("new-secret", "this is not JSON")), 200);
  EXPECT_EQ(sink_.records(), (std::vector<std::string>{"this is not JSON"}));
}

// A retry could not help: kept as refused, and acknowledged.
TEST_F(HttpSourceTest, AcceptsAnEmptyBodyThatIsAuthorised) {
  EXPECT_EQ(status_of(okta("new-secret", "")), 200);
  EXPECT_EQ(status_of(okta("new-secret", " \r\n")), 200);
  EXPECT_EQ(rejects_, (std::vector<std::string>{"json", "json"}));
  EXPECT_TRUE(sink_.records().empty());
}

TEST_F(HttpSourceTest, AnswersOverloadWith503AndRecovers) {
  sink_.set_full(true);
  const std::string answer = okta("new-secret", "{}");
  EXPECT_EQ(status_of(answer), 503);
  EXPECT_NE(answer.find("Retry-After: "), std::string::npos);
  const std::string too_long = "{}\n{\"a\":\"" + std::string(2 << 20, 'x') + "\"}\n";
  EXPECT_EQ(status_of(ingest(too_long)), 503);
  EXPECT_TRUE(rejects_.empty());  // they count when they are accepted
  EXPECT_EQ(source_->overloads(), 2u);
  sink_.set_full(false);
  EXPECT_EQ(status_of(okta("new-secret", "{}")), 200);
  EXPECT_EQ(status_of(ingest(too_long)), 200);
  EXPECT_EQ(sink_.records().size(), 2u);
  EXPECT_EQ(rejects_.size(), 1u);
}

TEST_F(HttpSourceTest, FramesNdjsonArraysAndSingleEvents) {
  EXPECT_EQ(body_of(ingest("{\"a\":1}\n{\"b\":2}\n")), "{\"records\":2}\n");
  EXPECT_EQ(body_of(ingest("[{\"c\":1}, {\"d\":2}]")), "{\"records\":2}\n");
  EXPECT_EQ(body_of(ingest("{\"e\":1}")), "{\"records\":1}\n");
  EXPECT_EQ(body_of(ingest("")), "{\"records\":0}\n");
  EXPECT_EQ(sink_.records(), (std::vector<std::string>{"{\"a\":1}", "{\"b\":2}", "{\"c\":1}", "{\"d\":2}", "{\"e\":1}"}));
}

// A request is one batch however many records it holds: equal lines are counted within it.
TEST_F(HttpSourceTest, ARequestIsOneBatch) {
  std::string body;
  for (int i = 0; i < 2000; ++i) body += "{\"n\":1}\n";
  EXPECT_EQ(status_of(ingest(body)), 200);
  sink_.inspect([&](const std::vector<event::RecordBatch>& batches) {
    ASSERT_EQ(batches.size(), 1u);
    EXPECT_EQ(batches[0].records.size(), 2000u);
    EXPECT_EQ(batches[0].records[1999].line, 2000u);
  });
}

TEST_F(HttpSourceTest, UnpacksGzipWithinBounds) {
  EXPECT_EQ(body_of(ingest(gzip("{\"a\":1}\n{\"b\":2}\n"), "Content-Encoding: gzip\r\n")), "{\"records\":2}\n");
  EXPECT_EQ(sink_.records().size(), 2u);
  EXPECT_EQ(status_of(ingest(gzip(std::string(200'000, ' ')), "Content-Encoding: gzip\r\n")), 413);
  EXPECT_EQ(status_of(ingest("{}", "Content-Encoding: gzip\r\n")), 400);
  EXPECT_EQ(status_of(ingest("{}", "Content-Encoding: br\r\n")), 415);
  EXPECT_EQ(status_of(ingest("{}", "Content-Encoding: gzip\r\nContent-Encoding: gzip\r\n")), 415);
  EXPECT_EQ(sink_.records().size(), 2u);
  EXPECT_EQ(status_of(request("POST /okta HTTP/1.1\r\nAuthorization: new-secret\r\nContent-Encoding: gzip\r\n", gzip("{}"))),
            415);
}

TEST_F(HttpSourceTest, UnpacksZstdWithinBounds) {
  const std::string zstd_header = "Content-Encoding: zstd\r\n";
  EXPECT_EQ(body_of(ingest(testing::zstd("{\"a\":1}\n{\"b\":2}\n"), zstd_header)), "{\"records\":2}\n");
  const std::string large = "{\"a\":\"" + std::string(90'000, 'x') + "\"}";
  EXPECT_EQ(body_of(ingest(testing::zstd(large), zstd_header)), "{\"records\":1}\n");
  // Two frames are one text.
  EXPECT_EQ(body_of(ingest(testing::zstd("{\"c\":") + testing::zstd("1}"), zstd_header)), "{\"records\":1}\n");
  EXPECT_EQ(sink_.records().size(), 4u);
  EXPECT_EQ(status_of(ingest(testing::zstd(std::string(64 << 20, ' ')), zstd_header)), 413);
  EXPECT_EQ(status_of(ingest(testing::zstd(std::string(1000, ' '), 27), zstd_header)), 413);  // wants 128 MiB of window
  const std::string packed = testing::zstd("{\"a\":1}");
  EXPECT_EQ(status_of(ingest(packed.substr(0, packed.size() - 1), zstd_header)), 400);
  EXPECT_EQ(status_of(ingest("{}", zstd_header)), 400);
  EXPECT_EQ(sink_.records().size(), 4u);
  EXPECT_EQ(source_->counters().too_large, 2u);
}

TEST_F(HttpSourceTest, IngestNeedsItsBearerToken) {
  for (const std::string wrong :
       {"Authorization: token\r\n", "Authorization: Bearer tokens\r\n", "Authorization: Basic token\r\n", ""}) {
    EXPECT_EQ(status_of(request("POST /ingest HTTP/1.1\r\n" + wrong, "{}")), 401) << wrong;
  }
  EXPECT_EQ(status_of(request("POST /ingest HTTP/1.1\r\nauthorization: bearer token\r\n", "{}")), 200);
  EXPECT_EQ(sink_.records().size(), 1u);
}

TEST_F(HttpSourceTest, BoundsTheBodyAt4MiB) {
  const std::string limit(4 << 20, 'x');
  EXPECT_EQ(status_of(okta("new-secret", limit)), 200);
  EXPECT_EQ(status_of(okta("new-secret", limit + "x")), 413);
  EXPECT_EQ(sink_.records().size(), 1u);
  EXPECT_EQ(source_->counters().too_large, 1u);
}

TEST_F(HttpSourceTest, StopsForGood) {
  EXPECT_EQ(status_of(okta("new-secret", "{}")), 200);
  source_->stop();
  source_->stop();
  EXPECT_FALSE(RawClient(source_->address()).connected());
}

Status start_with(HttpEndpointKind kind, const std::string& listen, const HttpAuthOptions& auth) {
  HttpSourceOptions options;
  options.listen = listen;
  HttpEndpoint endpoint;
  endpoint.kind = kind;
  endpoint.name = "source";
  endpoint.path = "/x";
  endpoint.auth = auth;
  endpoint.origin = testing::origin_named("source");
  options.endpoints = {endpoint};
  testing::RecordingSink sink;
  HttpSource source(options, [] { return kNow; }, {}, {});
  return source.start(sink);
}

TEST(HttpSourceStart, RefusesOpenDoors) {
  using enum HttpAuthKind;
  EXPECT_FALSE(start_with(HttpEndpointKind::okta_hook, "127.0.0.1:0", {}).ok());
  EXPECT_FALSE(start_with(HttpEndpointKind::okta_hook, "127.0.0.1:0", {authorization, {}}).ok());
  EXPECT_FALSE(start_with(HttpEndpointKind::okta_hook, "127.0.0.1:0", {authorization, {""}}).ok());
  EXPECT_FALSE(start_with(HttpEndpointKind::okta_hook, "127.0.0.1:0", {bearer, {"x"}}).ok());
  EXPECT_FALSE(start_with(HttpEndpointKind::ingest, "0.0.0.0:0", {}).ok());
  EXPECT_FALSE(start_with(HttpEndpointKind::ingest, "0.0.0.0:0", {bearer, {""}}).ok());
  EXPECT_TRUE(start_with(HttpEndpointKind::ingest, "127.0.0.1:0", {}).ok());
  EXPECT_FALSE(start_with(HttpEndpointKind::ingest, "nowhere", {bearer, {"x"}}).ok());
}

TEST(Secrets, MatchAnyAndNeverTheEmptyOne) {
  const SecretSet two({"one", "two"});
  EXPECT_TRUE(two.matches("one"));
  EXPECT_TRUE(two.matches("two"));
  EXPECT_FALSE(two.matches("three"));
  EXPECT_FALSE(two.matches(""));
  EXPECT_FALSE(SecretSet({""}).matches(""));
  EXPECT_TRUE(SecretSet({""}).empty());
  EXPECT_FALSE(SecretSet().matches(""));
  EXPECT_TRUE(SecretSet({std::string("a\0b", 3)}).matches(std::string_view("a\0b", 3)));
  EXPECT_FALSE(SecretSet({std::string("a\0b", 3)}).matches("a"));
}

}  // namespace
}  // namespace vedette::connectors
