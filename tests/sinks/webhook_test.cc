// The webhook sink: signed, templated, and right about which answers mean try again.
#include <random>

#include "connectors/net/webhook_signature.h"
#include "connectors/sinks/json_view.h"
#include "connectors/sinks/webhook_sink.h"
#include "engine/alert/alert.h"
#include "engine/base/json_writer.h"
#include "tests/sinks/fake_server.h"

namespace vedette::connectors {
namespace {

using namespace std::chrono_literals;
using testing::alert_of;
using testing::alerts_of;
using testing::answer;
using testing::eventually;
using testing::FakeAnswer;
using testing::FakeRequest;
using testing::FakeServer;
using testing::kNow;
using Next = Delivery::Next;

constexpr const char* kSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

const std::string kOtherSecret = "whsec_" + std::string(32, 'A');

// Whether the request carries exactly the signatures of the secrets, in their order.
bool signed_by(const std::vector<std::string>& secrets, FakeRequest request) {
  std::string expected;
  for (const std::string& secret : secrets) {
    expected += (expected.empty() ? "" : " ") + sign_webhook(*signing_key(secret), request.headers["webhook-id"],
                                                             request.headers["webhook-timestamp"], request.body);
  }
  return request.headers["webhook-signature"] == expected;
}

std::string full_json() {
  alert::Alert alert;
  alert.alert_id = "f00d";
  alert.level = plan::Level::high;
  alert.time = kNow;
  alert.group = {{"user", "al\"ice\\ \n{{reason}}"}, {"ip", ""}};
  alert.count = 10;
  alert.reason = "10 events of \"al\" \xe2\x80\x93 \x01";
  alert.title = "T";
  alert.sources = {"okta", "sshd"};
  alert.entities = {{"user", "alice"}};
  std::string out;
  alert::append_json(out, alert);
  return out;
}

std::string render(const std::string& text, const std::string& json = full_json()) {
  const auto made = AlertTemplate::parse(text);
  if (!made.ok()) return "! " + made.error().to_string();
  const auto out = made->render(json);
  return out.ok() ? *out : "! " + out.error().to_string();
}

TEST(AlertTemplate, ValuesFitTheirPlace) {
  EXPECT_EQ(render("{{alert}}"), full_json());
  EXPECT_EQ(render(R"({"t":{{title}},"n":{{count}},"s":{{source}},"c":{{continuation}},"x":{{tenant}}})"),
            R"({"t":"T","n":10,"s":["okta","sshd"],"c":false,"x":null})");
  EXPECT_EQ(render(R"({"t":"{{ title }}: {{count}} {{source}} {{tenant}}|{{entities}}"})"),
            R"({"t":"T: 10 okta, sshd |type=user, value=alice"})");
  EXPECT_EQ(render(R"({"u":"{{group.user}}","v":{{group.user}},"w":{{group.none}},"i":"{{group.ip}}"})"),
            R"({"u":"al\"ice\\ \n{{reason}}","v":"al\"ice\\ \n{{reason}}","w":null,"i":""})");
  EXPECT_EQ(render(R"({"a\"{{level}}": {{level}}})"), R"({"a\"high": "high"})");
  EXPECT_EQ(render("{{text level}}: {{text group.user}}"), "high: al\"ice\\ \n{{reason}}");
  EXPECT_EQ(render("plain"), "plain");
  EXPECT_EQ(render(R"("{{reason}}")"), "\"10 events of \\\"al\\\" \xe2\x80\x93 \\u0001\"");
}

TEST(AlertTemplate, MistakesAreNamedWithTheirPlace) {
  EXPECT_EQ(render("{{nonsense}}"), "! body, character 1: `nonsense` is no key of an alert");
  EXPECT_EQ(render("ab{{title"), "! body, character 3: `{{` has no `}}`");
  EXPECT_EQ(render("{{}}"), "! body, character 1: `` is no key of an alert");
  EXPECT_EQ(render("{{level.x}}"), "! body, character 1: `level.x`: only `group` has members, as in group.user");
  EXPECT_EQ(render("{{title}}", "[1]"), "! the alert is no JSON object with an alert_id");
}

// Every key of the format can be named, and every key that can be named is of the format.
TEST(AlertTemplate, KnowsTheKeysOfTheFormat) {
  const std::string json = full_json();
  for (const char* key :
       {"alert_id", "rule_id",    "rule",         "level",      "time",   "group",      "count",  "events",     "elided",
        "reason",   "title",      "author",       "references", "tags",   "tenant",     "source", "first_time", "last_time",
        "fired_at", "episode_id", "continuation", "revision",   "status", "incomplete", "flags",  "rule_hash",  "entities"}) {
    EXPECT_EQ(render(std::string("{{") + key + "}}", json), std::string(json_member(json, key).value_or("missing"))) << key;
  }
}

// Whatever an attacker calls himself, a JSON template gives JSON that says exactly that.
TEST(AlertTemplate, AttackersTextNeverLeavesItsString) {
  std::mt19937 random(3);
  const std::string letters = "\"\\{}[],:u00\n\x01{{reason}}\xc3\xa9\xed\xa0\x80 ";
  for (int round = 0; round < 3000; ++round) {
    std::string name;
    for (std::size_t i = random() % 20; i > 0; --i) name += letters[random() % letters.size()];
    std::string quoted;
    append_json_string(quoted, name);
    const std::string json = R"({"alert_id":"x","reason":)" + quoted + "}";
    EXPECT_EQ(render(R"(["{{reason}}",{{reason}}])", json), "[" + quoted + "," + quoted + "]");
  }
}

TEST(JsonView, DamagedTextGivesNothing) {
  const std::string good = full_json();
  for (std::size_t size = 0; size < good.size(); ++size) EXPECT_FALSE(json_member(good.substr(0, size), "reason")) << size;
  EXPECT_FALSE(json_member(good + "x", "reason"));
  EXPECT_FALSE(json_member(std::string(100'000, '['), "a"));
  EXPECT_EQ(json_as_text(std::string(100'000, '[')), "");
  EXPECT_EQ(json_as_text(R"("\u00e9\ud83d\ude00\ud83dx\u12")"),
            "\xc3\xa9\xf0\x9f\x98\x80\xef\xbf\xbdx\xef\xbf\xbd"
            "12");
}

TEST(RetryAfter, SecondsAndDates) {
  EXPECT_EQ(parse_retry_after("120", kNow), 120s);
  EXPECT_EQ(parse_retry_after("0", kNow), 0s);
  EXPECT_EQ(parse_retry_after("Mon, 05 Jan 2026 08:02:00 GMT", kNow), 120s);
  EXPECT_EQ(parse_retry_after("Mon, 05 Jan 2026 07:00:00 GMT", kNow), 0s);
  EXPECT_EQ(parse_retry_after("99999999999999", kNow), 24h * 365);
  for (const char* bad : {"", "-1", "1.5", "soon", "Mon, 05 Jxn 2026 08:02:00 GMT", "Mon, 35 Jan 2026 08:02:00 GMT",
                          "Mon, 05 anF 2026 08:02:00 GMT", "99999999999999999999"})
    EXPECT_EQ(parse_retry_after(bad, kNow), 0s) << bad;
}

class WebhookTest : public ::testing::Test {
 protected:
  WebhookTest() : server_([this](const FakeRequest& request) { return how_(request); }) {
    options_.name = "pager";
    options_.url = "http://127.0.0.1:" + server_.port() + "/hook";
    options_.http.allow = {"127.0.0.1"};
    options_.now = [] { return kNow; };
  }
  WebhookSink& make() {
    auto made = WebhookSink::make(options_);
    EXPECT_TRUE(made.ok()) << (made.ok() ? "" : made.error().to_string());
    sink_ = std::move(*made);
    return *sink_;
  }
  std::string refusal() {
    auto made = WebhookSink::make(options_);
    return made.ok() ? "none" : made.error().to_string();
  }

  std::function<FakeAnswer(const FakeRequest&)> how_ = [](const FakeRequest&) { return answer(200); };
  FakeServer server_;
  WebhookSinkOptions options_;
  std::unique_ptr<WebhookSink> sink_;
};

TEST_F(WebhookTest, PostsEachAlertSignedOverOneConnection) {
  options_.secrets = {kSecret};
  options_.headers = {{"X-Team", "blue"}};
  std::vector<OutboxAlert> alerts = alerts_of(1, 3);
  alerts[1].revision = 2;
  const Delivery delivery = make().deliver(alerts);
  EXPECT_EQ(delivery.delivered, 3u);
  EXPECT_EQ(delivery.next, Next::done);
  std::vector<FakeRequest> got = server_.requests();
  ASSERT_EQ(got.size(), 3u);
  EXPECT_EQ(got[0].line, "POST /hook HTTP/1.1");
  EXPECT_EQ(got[0].headers["webhook-id"], "a1.1");
  EXPECT_EQ(got[1].headers["webhook-id"], "a2.2");
  EXPECT_EQ(got[0].headers["webhook-timestamp"], "1767600000");
  EXPECT_EQ(got[0].headers["content-type"], "application/json");
  EXPECT_EQ(got[0].headers["x-team"], "blue");
  EXPECT_EQ(got[0].body, alerts[0].json);
  EXPECT_TRUE(signed_by({kSecret}, got[0]));
  EXPECT_FALSE(signed_by({kOtherSecret}, got[0]));
  EXPECT_EQ(server_.connections(), 1);
}

TEST_F(WebhookTest, TheTemplateMakesTheBodyAndTheSignatureCoversIt) {
  options_.secrets = {kSecret, kOtherSecret};
  options_.body = R"({"text":"alert {{alert_id}}"})";
  options_.headers = {{"Content-Type", "application/vnd.x+json"}};
  ASSERT_EQ(make().deliver(alerts_of(1, 1)).delivered, 1u);
  FakeRequest got = server_.requests().at(0);
  EXPECT_EQ(got.body, R"({"text":"alert a1"})");
  EXPECT_EQ(got.headers["content-type"], "application/vnd.x+json");
  EXPECT_TRUE(signed_by({kSecret, kOtherSecret}, got));
}

TEST_F(WebhookTest, AnswersMeanWhatTheySay) {
  const std::map<int, Next> meant = {{200, Next::done},     {202, Next::done},     {204, Next::done},     {301, Next::rejected},
                                     {302, Next::rejected}, {304, Next::rejected}, {308, Next::rejected}, {400, Next::rejected},
                                     {401, Next::rejected}, {404, Next::rejected}, {408, Next::retry},    {410, Next::rejected},
                                     {413, Next::rejected}, {425, Next::retry},    {429, Next::retry},    {500, Next::retry},
                                     {502, Next::retry},    {503, Next::retry},    {599, Next::retry},    {418, Next::rejected}};
  WebhookSink& sink = make();
  for (const auto& [status, next] : meant) {
    how_ = [status = status](const FakeRequest& request) {
      return request.body.find("a2") == std::string::npos ? answer(200) : answer(status, "Retry-After: 7\r\n", "<secret>");
    };
    const Delivery delivery = sink.deliver(alerts_of(1, 2));
    EXPECT_EQ(delivery.next, next) << status;
    EXPECT_EQ(delivery.delivered, next == Next::done ? 2u : 1u) << status;
    EXPECT_EQ(delivery.wait, next == Next::retry ? 7s : 0s) << status;
    EXPECT_EQ(delivery.reason.find("secret"), std::string::npos);
    EXPECT_EQ(delivery.reason.find(std::to_string(status)) != std::string::npos, next != Next::done) << delivery.reason;
  }
}

TEST_F(WebhookTest, RedirectsAreNotFollowed) {
  FakeServer inside([](const FakeRequest&) { return answer(200); });
  how_ = [&](const FakeRequest&) { return answer(307, "Location: http://127.0.0.1:" + inside.port() + "/latest/meta-data\r\n"); };
  const Delivery delivery = make().deliver(alerts_of(1, 1));
  EXPECT_EQ(delivery.next, Next::rejected);
  EXPECT_NE(delivery.reason.find("redirects are not followed"), std::string::npos) << delivery.reason;
  EXPECT_EQ(inside.connections(), 0);
}

TEST_F(WebhookTest, NoAnswerAndRefusedAddressesAreTriedAgain) {
  how_ = [](const FakeRequest&) { return FakeAnswer{}; };  // closes
  EXPECT_EQ(make().deliver(alerts_of(1, 1)).next, Next::retry);
  options_.url = "https://hook.test/";
  options_.http.resolve = [](const std::string&) -> Result<std::vector<std::string>> {
    return std::vector<std::string>{"169.254.169.254"};
  };
  const Delivery refused = make().deliver(alerts_of(1, 1));
  EXPECT_EQ(refused.next, Next::retry);
  EXPECT_NE(refused.reason.find("169.254.169.254 is a link-local address"), std::string::npos) << refused.reason;
}

TEST_F(WebhookTest, MistakesInTheOptionsAreNamedAtTheStart) {
  const WebhookSinkOptions good = options_;
  const auto with = [&](const std::function<void(WebhookSinkOptions&)>& change) {
    options_ = good;
    change(options_);
    return refusal();
  };
  EXPECT_EQ(with([](auto&) {}), "none");
  EXPECT_EQ(with([](auto& o) { o.url = "ftp://x/"; }), "pager: url: must begin with https://");
  EXPECT_NE(with([](auto& o) { o.url = "https://10.0.0.1/"; }).find("10.0.0.1 is a private address"), std::string::npos);
  EXPECT_NE(with([](auto& o) { o.http.allow = {"10/8"}; }).find("`10/8` is no network"), std::string::npos);
  EXPECT_NE(with([](auto& o) { o.secrets = {kSecret, "hunter2"}; }).find("pager: secret 2: "), std::string::npos);
  EXPECT_EQ(with([](auto& o) { o.secrets = {"hunter2"}; }).find("hunter2"), std::string::npos);
  EXPECT_NE(with([](auto& o) { o.body = "{{x}}"; }).find("`x` is no key"), std::string::npos);
  EXPECT_NE(with([](auto& o) { o.headers = {{"A B", "x"}}; }).find("no name of a header"), std::string::npos);
  EXPECT_NE(with([](auto& o) { o.headers = {{"Webhook-ID", "x"}}; }).find("set by the sink itself"), std::string::npos);
  const std::string split = with([](auto& o) { o.headers = {{"A", "hunter2\r\nHost: evil"}}; });
  EXPECT_NE(split.find("control character"), std::string::npos);
  EXPECT_EQ(split.find("hunter2"), std::string::npos);
}

TEST_F(WebhookTest, AnAlertThatIsNoJsonIsADeadLetterNotALoop) {
  std::vector<OutboxAlert> alerts = alerts_of(1, 1);
  alerts[0].json = "{";
  EXPECT_EQ(make().deliver(alerts).next, Next::rejected);
}

// With its dispatcher: down, throttled, refusing, then well. Nothing is lost, and only what was refused is a dead letter.
TEST_F(WebhookTest, ThroughADispatcherEverythingArrivesOrIsADeadLetter) {
  std::atomic<int> calls = 0;
  how_ = [&](const FakeRequest& request) {
    const int call = ++calls;
    if (request.body.find("\"a7\"") != std::string::npos) return answer(422);
    if (call % 5 == 1) return answer(503, "Retry-After: 0\r\n");
    if (call % 5 == 3) return FakeAnswer{};
    return answer(200);
  };
  auto sink = WebhookSink::make(options_);
  ASSERT_TRUE(sink.ok());
  testing::Outbox outbox;
  outbox.add(alerts_of(1, 20));
  DispatcherOptions fast;
  fast.backoff_first = 1ms;
  fast.backoff_most = 5ms;
  Dispatcher dispatcher(std::move(*sink), 0, fast, outbox.functions(), {});
  ASSERT_TRUE(dispatcher.start().ok());
  ASSERT_TRUE(eventually([&] { return dispatcher.counters().position == 20; }));
  dispatcher.stop(1s);
  EXPECT_EQ(dispatcher.counters().delivered, 19u);
  EXPECT_GT(dispatcher.counters().retries, 5u);
  ASSERT_EQ(outbox.letters().size(), 1u);
  EXPECT_NE(outbox.letters()[0].find(R"("reason":"answered 422","time":)"), std::string::npos) << outbox.letters()[0];
  EXPECT_NE(outbox.letters()[0].find(R"("alert":{"alert_id":"a7"})"), std::string::npos);
}

TEST_F(WebhookTest, StoppingCancelsARequestUnderWay) {
  how_ = [](const FakeRequest&) {
    FakeAnswer out = answer(200);
    out.pause = 10s;
    return out;
  };
  auto sink = WebhookSink::make(options_);
  ASSERT_TRUE(sink.ok());
  testing::Outbox outbox;
  outbox.add(alerts_of(1, 1));
  Dispatcher dispatcher(std::move(*sink), 0, {}, outbox.functions(), {});
  ASSERT_TRUE(dispatcher.start().ok());
  ASSERT_TRUE(eventually([&] { return !server_.requests().empty(); }));
  const auto begin = std::chrono::steady_clock::now();
  dispatcher.stop(100ms);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 2s);
  EXPECT_EQ(dispatcher.counters().position, 0u);
}

}  // namespace
}  // namespace vedette::connectors
