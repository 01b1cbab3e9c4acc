// One Okta event in every wrapping that producers give it, one CloudTrail record in its own: always the same event.
#include <gtest/gtest.h>

#include "tests/sources/decoded.h"

namespace vedette::tests {
namespace {

constexpr const char* kApi =
    R"({"uuid":"u1","published":"2026-06-09T08:00:00.500Z","eventType":"user.session.start","outcome":{"result":"SUCCESS"},)"
    R"("request":{"ipChain":[{"ip":"192.0.2.7"}]}})";
constexpr const char* kHooked =
    R"({"uuid":"u1","published":"2026-06-09T08:00:00.500Z","eventType":"user.session.start","outcome":{"result":"Success"},)"
    R"("client":{"ipChain":[{"ip":"192.0.2.7"}]},"insertionTimestamp":null})";

std::string as_string(std::string text) {
  for (std::size_t at = 0; (at = text.find('"', at)) != std::string::npos; at += 2) text.insert(at, "\\");
  return "\"" + text + "\"";
}

DecodedAll decode(const std::string& text) {
  static const plan::PlanPtr plan = plan_with_fields({"eventType", "outcome.result", "request.ipChain.ip", "eventName"});
  return decode_text(plan, text, "", false);
}

void expect_the_event(const std::string& text) {
  const DecodedAll decoded = decode(text);
  ASSERT_EQ(decoded.events.size(), 1U) << text;
  const Decoded& event = decoded.events.front();
  EXPECT_EQ(event.source, "okta") << text;
  EXPECT_EQ(event.id, "u1") << text;
  EXPECT_EQ(event.t, *parse_iso8601("2026-06-09T08:00:00.5Z")) << text;
  EXPECT_EQ(event.fields.at("outcome.result"), "SUCCESS") << text;
  EXPECT_EQ(event.fields.at("request.ipChain.ip"), "192.0.2.7") << text;
}

TEST(Envelopes, OktaInEveryWrapping) {
  const std::string api = kApi;
  const std::string hooked = kHooked;
  expect_the_event(api);
  expect_the_event(hooked);
  expect_the_event(R"({"eventType":"com.okta.event_hook","eventId":"b1","data":{"events":[)" + hooked +
                   R"(]},"eventTime":"2026-06-09T08:00:09Z"})");
  expect_the_event(R"({"version":"0","id":"x","detail-type":"SystemLog","source":"aws.partner/okta.com/acme/log","detail":)" +
                   api + "}");
  expect_the_event(R"({"@timestamp":"2026-06-09T08:01:00Z","agent":{"type":"filebeat"},"message":)" + as_string(api) + "}");
  expect_the_event(R"({"@timestamp":"2026-06-09T08:01:00Z","event":{"original":)" + as_string(api) + "}}");
  expect_the_event(R"({"_raw":)" + as_string(api) + R"(,"_time":1781000000.5,"host":"x"})");
  expect_the_event(R"({"schema":{},"payload":{"value":)" + as_string(api) + "}}");
  expect_the_event(R"({"schema":{},"payload":)" + api + "}");
  expect_the_event(R"({"value":)" + as_string(api) + "}");
  expect_the_event(R"({"time":1781000000,"host":"x","event":)" + api + "}");
  expect_the_event("[" + api + "]");
}

TEST(Envelopes, AHookBodyHoldsSeveralEvents) {
  std::string second = kHooked;
  second.replace(second.find("u1"), 2, "u2");
  const DecodedAll decoded =
      decode(R"({"eventType":"com.okta.event_hook","data":{"events":[)" + std::string(kHooked) + "," + second + "]}}");
  ASSERT_EQ(decoded.events.size(), 2U);
  EXPECT_EQ(decoded.events[0].id, "u1");
  EXPECT_EQ(decoded.events[1].id, "u2");
}

TEST(Envelopes, CloudTrailInItsWrappings) {
  const std::string record =
      R"({"eventID":"c1","eventTime":"2026-06-09T08:00:00Z","eventSource":"signin.amazonaws.com","eventName":"ConsoleLogin","awsRegion":"us-east-1"})";
  for (const std::string& text : {record, "{\"Records\":[" + record + "]}",
                                  R"({"detail-type":"AWS Console Sign In via CloudTrail","detail":)" + record + "}"}) {
    const DecodedAll decoded = decode(text);
    ASSERT_EQ(decoded.events.size(), 1U) << text;
    EXPECT_EQ(decoded.events[0].source, "aws_cloudtrail");
    EXPECT_EQ(decoded.events[0].id, "c1");
    EXPECT_EQ(decoded.events[0].t, *parse_iso8601("2026-06-09T08:00:00Z"));
  }
  const DecodedAll blank =
      decode(R"({"eventID":"c2","eventTime":"2026-06-09 08:00:00.250000000","eventSource":"s","eventName":"n","awsRegion":"r"})");
  EXPECT_EQ(blank.events.at(0).t, *parse_iso8601("2026-06-09T08:00:00.25Z"));
}

TEST(Envelopes, WhatTwoTypesClaimIsJson) {
  const DecodedAll decoded = decode(R"({"uuid":"u","eventType":"x","eventSource":"s","eventName":"n","awsRegion":"r"})");
  ASSERT_EQ(decoded.events.size(), 1U);
  EXPECT_EQ(decoded.events[0].source, "json");
}

TEST(Envelopes, GenericJsonTakesIdAndTimeWhereItFindsThem) {
  const DecodedAll decoded = decode(
      "{\"id\":7,\"@timestamp\":\"2026-06-09T08:00:00Z\"}\n{\"uuid\":\"b\",\"time\":\"2026-06-09T08:00:01Z\"}\n{\"message\":"
      "\"hello\"}\n");
  ASSERT_EQ(decoded.events.size(), 3U);
  EXPECT_EQ(decoded.events[0].id, "7");
  EXPECT_EQ(decoded.events[0].t, *parse_iso8601("2026-06-09T08:00:00Z"));
  EXPECT_EQ(decoded.events[1].id, "b");
  EXPECT_EQ(decoded.events[1].t, *parse_iso8601("2026-06-09T08:00:01Z"));
  EXPECT_TRUE((decoded.events[2].flags & event::kTimeMissing) != 0);
  EXPECT_TRUE((decoded.events[2].flags & event::kIdMade) != 0);
}

}  // namespace
}  // namespace vedette::tests
