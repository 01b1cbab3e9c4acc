// The JSON form of an alert, byte for byte, the ids of the specification, and the words of reasons and entities.
#include <gtest/gtest.h>

#include <string>

#include "engine/alert/alert.h"
#include "engine/alert/describe.h"

namespace vedette::alert {
namespace {

constexpr std::string_view kRule = "11111111-1111-4111-8111-111111111111";

TEST(Ids, Vectors) {
  EXPECT_EQ(correlation_alert_id("default", kRule, 600'000'000, {"alice"}, "1"), "fc34b5ec4644027af1d6bab2a669b333");
  EXPECT_EQ(event_alert_id("default", kRule, "okta", "33e9dcbc-3ed3-423b-acdf-7e44ab17ebdb"), "46fb6aca0c273f79da11ff37a24d03e0");
}

TEST(Ids, PartsAreDelimited) {
  EXPECT_NE(correlation_alert_id("default", kRule, 1, {"ab", "c"}, "1"),
            correlation_alert_id("default", kRule, 1, {"a", "bc"}, "1"));
  EXPECT_NE(correlation_alert_id("default", kRule, 1, {"ab"}, "1"), correlation_alert_id("default", kRule, 1, {"ab", ""}, "1"));
}

TEST(Json, EveryKeyInOrder) {
  auto rule = std::make_shared<plan::RuleMeta>();
  rule->id = kRule;
  rule->name = "okta_burst";
  rule->title = "Burst of \"failures\"";
  rule->references = {"https://example.com/a"};
  rule->tags = {"attack.credential-access", "attack.t1110"};
  rule->semantic_hash = "0123456789abcdef";
  Alert alert;
  alert.alert_id = "fc34b5ec4644027af1d6bab2a669b333";
  alert.rule = rule;
  alert.author = "Ann; Bob";
  alert.level = plan::Level::high;
  alert.time = 1'767'600'000'000'001;
  alert.group = {{"user", "Alice"}, {"ip", ""}};
  alert.count = 3;
  alert.events = {{1, "okta", "e1"}, {2, "sshd", "e2"}};
  alert.elided = 1;
  alert.reason = "because";
  alert.tenant = "default";
  alert.sources = {"okta", "sshd"};
  alert.first_time = 1'767'600'000'000'000;
  alert.last_time = 1'767'600'000'000'001;
  alert.fired_at = 1'767'600'001'000'000;
  alert.episode_id = alert.alert_id;
  alert.continuation = true;
  alert.flags = {"late", "repeated"};
  alert.entities = {{"user", "Alice"}};
  std::string out;
  append_json(out, alert);
  EXPECT_EQ(
      out,
      R"({"alert_id":"fc34b5ec4644027af1d6bab2a669b333","rule_id":"11111111-1111-4111-8111-111111111111",)"
      R"("rule":"okta_burst","level":"high","time":"2026-01-05T08:00:00.000001Z","group":{"user":"Alice","ip":null},)"
      R"("count":3,"events":["okta:e1","sshd:e2"],"elided":1,"reason":"because","title":"Burst of \"failures\"",)"
      R"("author":"Ann; Bob","references":["https://example.com/a"],"tags":["attack.credential-access","attack.t1110"],)"
      R"("tenant":"default","source":["okta","sshd"],"first_time":"2026-01-05T08:00:00.000000Z",)"
      R"("last_time":"2026-01-05T08:00:00.000001Z","fired_at":"2026-01-05T08:00:01.000000Z",)"
      R"("episode_id":"fc34b5ec4644027af1d6bab2a669b333","continuation":true,"revision":1,"status":"new","incomplete":false,)"
      R"("flags":["late","repeated"],"rule_hash":"0123456789abcdef","entities":[{"type":"user","value":"Alice"}]})");
}

TEST(Json, AbsentIsNull) {
  Alert alert;
  alert.rule = std::make_shared<plan::RuleMeta>();
  alert.withdrawn = true;
  std::string out;
  append_json(out, alert);
  EXPECT_EQ(
      out, R"({"alert_id":null,"rule_id":null,"rule":null,"level":"medium","time":"1970-01-01T00:00:00.000000Z","group":{},)"
           R"("count":0,"events":[],"elided":0,"reason":null,"title":null,"author":null,"references":[],"tags":[],"tenant":null,)"
           R"("source":[],"first_time":"1970-01-01T00:00:00.000000Z","last_time":"1970-01-01T00:00:00.000000Z",)"
           R"("fired_at":"1970-01-01T00:00:00.000000Z","episode_id":null,"continuation":false,"revision":1,"status":"withdrawn",)"
           R"("incomplete":false,"flags":[],"rule_hash":null,"entities":[]})");
}

TEST(Reason, Sentences) {
  const Members alice = {{"user", "alice"}};
  const DurationUs quarter = 15 * kMinuteUs;
  EXPECT_EQ(count_reason(12, false, {"aws", "okta", "sshd"}, alice, quarter, 10),
            "12 events of 3 systems for alice within 15 m (threshold 10)");
  EXPECT_EQ(count_reason(10, false, {"okta"}, {}, quarter, 10), "10 okta events within 15 m (threshold 10)");
  EXPECT_EQ(count_reason(2, true, {"okta"}, alice, quarter, 2), "2 contributing alerts for alice within 15 m (threshold 2)");
  EXPECT_EQ(distinct_reason(4, {"client.ipAddress"}, {{"user", "bob"}}, 10 * kMinuteUs, 3),
            "4 distinct client.ipAddress for bob within 10 m (threshold 3)");
  EXPECT_EQ(distinct_reason(4, {"a", "b"}, {}, 10 * kMinuteUs, 3), "4 distinct a and b within 10 m (threshold 3)");
  EXPECT_EQ(ordered_reason({"okta_password_change", "okta_sso_sensitive"}, alice, 252 * kSecondUs),
            "okta_password_change then okta_sso_sensitive for alice within 4 m 12 s");
  EXPECT_EQ(temporal_reason({"a", "b", "c"}, {{"user", "alice"}, {"ip", "10.0.0.1"}}, 0),
            "a, b and c for alice and 10.0.0.1 at the same time");
  EXPECT_EQ(without_reason(ordered_reason({"granted"}, alice, 0), {"ticket"}, quarter),
            "granted for alice, without ticket within 15 m");
  EXPECT_EQ(without_reason(temporal_reason({"granted"}, alice, 0), {"ticket"}, quarter),
            "granted for alice, without ticket within 15 m");
  EXPECT_EQ(event_reason("sshd", "brute", {{"user", ""}}, 5), "5 sshd events matched brute for no user");
}

TEST(Entity, TypesByName) {
  EXPECT_EQ(entity_type("identity.user"), "person");
  EXPECT_EQ(entity_type("actor.alternateId"), "user");
  EXPECT_EQ(entity_type("user.name"), "user");
  EXPECT_EQ(entity_type("userIdentity.userName"), "user");
  EXPECT_EQ(entity_type("client.ipAddress"), "ip");
  EXPECT_EQ(entity_type("source.ip"), "ip");
  EXPECT_EQ(entity_type("sourceIPAddress"), "ip");
  EXPECT_EQ(entity_type("authenticationContext.externalSessionId"), "session");
  EXPECT_EQ(entity_type("target.displayName"), "target.displayName");
  EXPECT_EQ(entity_type("description"), "description");
}

}  // namespace
}  // namespace vedette::alert
