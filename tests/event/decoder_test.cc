// Records to events: recognition, envelopes, ids, times, limits.
#include <gtest/gtest.h>

#include "tests/event/support.h"

namespace vedette::event::test {
namespace {

using Texts = std::vector<std::string>;

std::string okta(const std::string& id, const std::string& more = "") {
  return R"({"uuid":")" + id +
         R"(","published":"2024-05-01T10:00:00.123Z","eventType":"user.session.start","actor":{"alternateId":"alice"})" + more +
         "}";
}

std::string trail(const std::string& id) {
  return R"({"eventVersion":"1.08","eventTime":"2024-05-01T10:00:00Z","eventSource":"signin.amazonaws.com","eventName":"ConsoleLogin","awsRegion":"us-east-1","eventID":")" +
         id + R"("})";
}

std::string quoted(const std::string& json) {
  std::string out = "\"";
  for (const char c : json) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + "\"";
}

std::string hook(const std::string& events) {
  return R"({"eventType":"com.okta.event_hook","eventId":"batch-1","data":{"events":)" + events +
         R"(},"eventTime":"2024-05-01T10:00:01Z"})";
}

Texts sources_and_ids(const Decoding& run) {
  Texts out;
  for (const Seen& event : run.events()) out.push_back(event.source + ":" + event.id);
  return out;
}

// Decoded once by recognition, once forced; both must give the same.
Texts decode_both(const std::string& record, const std::string& forced) {
  Decoding automatic(standard_plan());
  automatic.record(record);
  Decoding told(standard_plan());
  told.force(forced).record(record);
  EXPECT_EQ(sources_and_ids(automatic), sources_and_ids(told)) << record;
  EXPECT_TRUE(automatic.rejects().empty()) << automatic.rejects()[0].message;
  EXPECT_TRUE(told.rejects().empty()) << told.rejects()[0].message;
  return sources_and_ids(automatic);
}

TEST(Recognition, EachRecordByItself) {
  Decoding run(standard_plan());
  for (int i = 0; i < 3; ++i) {
    run.record(okta("o")).record(trail("t")).record(R"({"id":"j","x":1})").record("Mar  5 10:30:01 h sshd[1]: hello");
  }
  EXPECT_EQ(sources_and_ids(run), (Texts{"okta:o", "aws_cloudtrail:t", "json:j", "sshd:", "okta:o", "aws_cloudtrail:t", "json:j",
                                         "sshd:", "okta:o", "aws_cloudtrail:t", "json:j", "sshd:"}));
  EXPECT_TRUE(run.rejects().empty());
  EXPECT_EQ(run.events()[0].texts[0], (Texts{"user.session.start"}));
  EXPECT_EQ(run.events()[0].texts[1], (Texts{"alice"}));
  EXPECT_EQ(run.events()[1].texts[0], (Texts{"ConsoleLogin"}));
}

TEST(Recognition, TwoTypesMakeItJson) {
  Decoding run(standard_plan());
  run.record(R"({"uuid":"u","eventType":"x","eventSource":"s","eventName":"n","awsRegion":"r"})").record(okta("o"));
  EXPECT_EQ(sources_and_ids(run), (Texts{"json:u", "okta:o"}));
}

TEST(Recognition, AnyAndNone) {
  plan::SourceProgram first = source("first");
  first.source.recognise.any = paths({"p.q", "r"});
  first.source.id = paths({"id"});
  plan::SourceProgram second = source("second");
  second.source.recognise.all = paths({"s"});
  second.source.recognise.none = paths({"t"});
  second.source.id = paths({"id"});
  Decoding run(plan_of({first, json_source(), second}));
  run.record(R"({"id":1,"r":null})")
      .record(R"({"id":2,"p":{"q":{}}})")
      .record(R"({"id":3,"p":[{"q":1}]})")
      .record(R"({"id":4,"p":{"x":1}})");
  run.record(R"({"id":5,"s":0})")
      .record(R"({"id":6,"s":0,"t":0})")
      .record(R"({"id":7,"s":0,"r":0})")
      .record(R"({"id":8,"p.q":0})");
  EXPECT_EQ(sources_and_ids(run), (Texts{"first:1", "first:2", "first:3", "json:4", "second:5", "json:6", "json:7", "first:8"}));
}

TEST(Recognition, WithoutTheJsonTypeItIsRefused) {
  Decoding run(plan_of({okta_source()}));
  run.record(R"({"x":1})").record("a line");
  ASSERT_EQ(run.rejects().size(), 2U);
  EXPECT_EQ(run.rejects()[0].reason, "recognise");
  EXPECT_EQ(run.rejects()[1].reason, "recognise");
  Decoding none(plan_of({}));
  none.record("{}");
  ASSERT_EQ(none.rejects().size(), 1U);
  EXPECT_EQ(none.rejects()[0].reason, "recognise");
}

TEST(Envelopes, EventHook) {
  EXPECT_EQ(decode_both(hook("[" + okta("a") + "," + okta("b") + "]"), "okta"), (Texts{"okta:a", "okta:b"}));
  EXPECT_EQ(decode_both(hook("[" + okta("a") + "]"), "okta"), (Texts{"okta:a"}));
}

TEST(Envelopes, TheEventIsItsOwnBytes) {
  Decoding run(standard_plan());
  run.record(hook("[ " + okta("a") + " ]"));
  ASSERT_EQ(run.events().size(), 1U);
  EXPECT_EQ(run.events()[0].raw, okta("a"));
  Decoding strings(standard_plan());
  strings.record(R"({"_raw":)" + quoted(okta("a")) + "}");
  ASSERT_EQ(strings.events().size(), 1U);
  EXPECT_EQ(strings.events()[0].raw, okta("a"));
}

TEST(Envelopes, Shapes) {
  EXPECT_EQ(decode_both(R"({"version":"0","detail-type":"SystemLog","source":"aws.partner/okta.com","detail":)" + okta("a") + "}",
                        "okta"),
            (Texts{"okta:a"}));
  EXPECT_EQ(decode_both(R"({"@timestamp":"x","message":)" + quoted(okta("a")) + R"(,"agent":{}})", "okta"), (Texts{"okta:a"}));
  EXPECT_EQ(decode_both(R"({"_raw":)" + quoted(okta("a")) + R"(,"_time":1753109304.597})", "okta"), (Texts{"okta:a"}));
  EXPECT_EQ(decode_both(R"({"schema":{},"payload":{"value":)" + quoted(okta("a")) + "}}", "okta"), (Texts{"okta:a"}));
  EXPECT_EQ(decode_both(R"({"_raw":)" + quoted("[" + okta("a") + "," + okta("b") + "]") + "}", "okta"),
            (Texts{"okta:a", "okta:b"}));
  EXPECT_EQ(decode_both(R"({"Records":[)" + trail("a") + "," + trail("b") + "]}", "aws_cloudtrail"),
            (Texts{"aws_cloudtrail:a", "aws_cloudtrail:b"}));
  EXPECT_EQ(decode_both(R"({"detail-type":"AWS API Call via CloudTrail","detail":)" + trail("a") + "}", "aws_cloudtrail"),
            (Texts{"aws_cloudtrail:a"}));
  EXPECT_EQ(decode_both("[" + okta("a") + "," + okta("b") + "]", "okta"), (Texts{"okta:a", "okta:b"}));
}

TEST(Envelopes, InsideOneAnother) {
  EXPECT_EQ(decode_both(R"({"message":)" + quoted(hook("[" + okta("a") + "," + okta("b") + "]")) + "}", "okta"),
            (Texts{"okta:a", "okta:b"}));
  EXPECT_EQ(decode_both(R"([{"_raw":)" + quoted(okta("a")) + R"(},{"_raw":)" + quoted(okta("b")) + "}]", "okta"),
            (Texts{"okta:a", "okta:b"}));
  const std::string twice = R"({"_raw":)" + quoted(R"({"message":)" + quoted(okta("a")) + "}") + "}";
  EXPECT_EQ(decode_both(twice, "okta"), (Texts{"okta:a"}));
}

TEST(Envelopes, AnEventIsNotUnwrapped) {
  EXPECT_EQ(decode_both(okta("a", R"(,"message":)" + quoted(okta("inner"))), "okta"), (Texts{"okta:a"}));
  EXPECT_EQ(decode_both(okta("a", R"(,"detail":{"x":1},"data":{"events":[1]})"), "okta"), (Texts{"okta:a"}));
  // A generic event with a field that happens to be an unwrap path.
  Decoding run(standard_plan());
  run.record(R"({"id":"j","message":"plain text","detail":{"x":1},"a":[]})").record(R"({"id":"k","message":"{not json","a":1})");
  EXPECT_EQ(sources_and_ids(run), (Texts{"json:j", "json:k"}));
  EXPECT_EQ(run.events()[1].texts[0], (Texts{"1"}));
  EXPECT_TRUE(run.rejects().empty());
}

TEST(Envelopes, OnlyTypesThatListThePathTakeIt) {
  plan::SourceProgram aws = cloudtrail_source();
  aws.source.unwrap = paths({"Records"});
  Decoding run(plan_of({aws, json_source(), okta_source()}));
  run.record(R"({"id":"j","data":{"events":[)" + trail("a") + "]}}").record(R"({"Records":[)" + trail("b") + "]}");
  EXPECT_EQ(sources_and_ids(run), (Texts{"json:j", "aws_cloudtrail:b"}));
}

TEST(Envelopes, SiblingsOfARecognisedEventShareItsType) {
  Decoding run(standard_plan());
  run.record(hook("[" + okta("a") + R"(,{"eventType":"x","published":"2024-05-01T10:00:00Z"},)" + okta("b") + "]"));
  EXPECT_EQ(sources_and_ids(run), (Texts{"okta:a", "okta:", "okta:b"}));
}

TEST(Envelopes, ForcedTypeTakesUnrecognisedEvents) {
  Decoding run(standard_plan());
  run.force("okta").record(R"({"eventType":"x","published":"2024-05-01T10:00:00Z"})").record(hook(R"([{"eventType":"x"}])"));
  EXPECT_EQ(sources_and_ids(run), (Texts{"okta:", "okta:"}));
  EXPECT_EQ(run.events()[1].texts[0], (Texts{"x"}));
  EXPECT_EQ(run.events()[1].raw, R"({"eventType":"x"})");
}

// A string that holds no JSON is a field of the event, whatever it begins with.
TEST(Envelopes, TextAtAnUnwrapPath) {
  for (const char* text : {R"("plain")", R"("\"quoted\" text")", R"("\\u007b")", R"("")", "17", "null", "true"}) {
    Decoding run(standard_plan());
    run.force("okta").record(std::string(R"({"eventType":"x","message":)") + text + "}");
    ASSERT_EQ(run.events().size(), 1U) << text;
    EXPECT_EQ(run.events()[0].texts[0], (Texts{"x"})) << text;
    EXPECT_TRUE(run.rejects().empty()) << text;
  }
  Decoding run(standard_plan());
  run.force("okta").record(R"({"message":" \r\n\t {\"uuid\":\"a\"}"})");
  EXPECT_EQ(sources_and_ids(run), (Texts{"okta:a"}));
}

TEST(Envelopes, EmptyAndOddValues) {
  Decoding run(standard_plan());
  run.force("okta").record(hook("[]"));
  EXPECT_TRUE(run.events().empty());
  EXPECT_TRUE(run.rejects().empty());
  run.record(hook("[null," + okta("a") + ",7]"));
  EXPECT_EQ(sources_and_ids(run), (Texts{"okta:a"}));
  ASSERT_EQ(run.rejects().size(), 2U);
  EXPECT_EQ(run.rejects()[0].reason, "element");
  EXPECT_EQ(run.rejects()[0].bytes, "null");
  EXPECT_EQ(run.rejects()[1].bytes, "7");
}

TEST(Envelopes, OfTheOrigin) {
  Decoding run(standard_plan());
  run.origin.unwrap = paths({"wrapped.text", "wrapped.list"});
  run.record(R"({"wrapped":{"text":)" + quoted(okta("a")) + "}}");
  run.record(R"({"wrapped":{"text":null,"list":[)" + okta("b") + "," + trail("c") + "]}}");
  run.record(R"({"wrapped":{"text":"Mar  5 10:30:01 h sshd[1]: hello"}})");
  run.record(okta("d"));
  run.record(R"({"wrapped":{"text":)" + quoted(hook("[" + okta("e") + "]")) + "}}");
  EXPECT_EQ(sources_and_ids(run), (Texts{"okta:a", "okta:b", "aws_cloudtrail:c", "sshd:", "okta:d", "okta:e"}));
  EXPECT_EQ(run.events()[3].raw, "Mar  5 10:30:01 h sshd[1]: hello");
  // Changed between records, as another origin's would be.
  run.origin.unwrap = paths({"other"});
  run.record(R"({"other":)" + trail("f") + "}");
  EXPECT_EQ(run.events().back().id, "f");
}

TEST(Envelopes, TextSourceInJson) {
  plan::SourceProgram sshd = sshd_source();
  sshd.source.unwrap = paths({"message"});
  Decoding run(plan_of({json_source(), sshd}));
  run.force("sshd")
      .record(R"({"@timestamp":"x","message":"Mar  5 10:30:01 h sshd[1]: Failed password for a\\b from 192.0.2.1 port 22 ssh2"})")
      .record("{not json");
  ASSERT_EQ(run.events().size(), 2U);
  EXPECT_EQ(run.events()[0].texts[4], (Texts{"a\\b"}));
  EXPECT_EQ(run.events()[1].texts[0], (Texts{"{not json"}));
}

TEST(BadElements, EarlierOnesStand) {
  for (const char* forced : {"", "okta"}) {
    Decoding run(standard_plan());
    if (*forced != '\0') run.force(forced);
    const std::string first = okta("a");
    run.record("[" + first + R"(,{"uuid":tru,"eventType":"x"},)" + okta("c") + "]", kNoArrival, 3, 1000);
    EXPECT_EQ(sources_and_ids(run), (Texts{"okta:a", "okta:c"}));
    ASSERT_EQ(run.rejects().size(), 1U);
    EXPECT_EQ(run.rejects()[0].reason, "json");
    EXPECT_EQ(run.rejects()[0].bytes, R"({"uuid":tru,"eventType":"x"})");
    EXPECT_EQ(run.rejects()[0].message, "not a JSON value at byte 8");
    EXPECT_EQ(run.rejects()[0].line, 3U);
    EXPECT_EQ(run.rejects()[0].position, 1000 + 1 + first.size() + 1);
  }
}

TEST(BadElements, TheRestCountsOnceWhenItsEndIsUnknown) {
  for (const std::string& tail :
       {std::string(R"({"uuid":"b"],)") + okta("c") + "]", std::string(R"({"uuid":"b","x":[1)"), std::string("")}) {
    Decoding run(standard_plan());
    run.record("[" + okta("a") + "," + tail);
    EXPECT_EQ(sources_and_ids(run), (Texts{"okta:a"}));
    EXPECT_EQ(run.rejects().size(), 1U) << tail;
  }
}

// The first stage refuses the whole array; the scanner saves the good elements.
TEST(BadElements, BadEncodingCostsOneElement) {
  Decoding run(standard_plan());
  const std::string bad = "{\"uuid\":\"\xff\",\"eventType\":\"x\"}";
  run.record("[" + okta("a") + "," + bad + "," + okta("c") + "]", kNoArrival, 1, 50);
  EXPECT_EQ(sources_and_ids(run), (Texts{"okta:a", "okta:c"}));
  ASSERT_EQ(run.rejects().size(), 1U);
  EXPECT_EQ(run.rejects()[0].reason, "utf8");
  EXPECT_EQ(run.rejects()[0].bytes, bad);
  EXPECT_EQ(run.rejects()[0].position, 50 + 2 + okta("a").size());
  EXPECT_EQ(run.events()[1].raw, okta("c"));

  Decoding records(standard_plan());
  records.record(R"({"Records":[)" + trail("a") + ",{\"x\":\"\x01\"}," + trail("c") + "]}");
  EXPECT_EQ(sources_and_ids(records), (Texts{"aws_cloudtrail:a", "aws_cloudtrail:c"}));
  EXPECT_EQ(records.rejects().size(), 1U);
}

TEST(BadElements, StringsOfEnvelopes) {
  Decoding run(standard_plan());
  const std::string record = R"({"_raw":"{\"uuid\":\"a\",\"eventType\":}"})";
  run.force("okta").record(record);
  ASSERT_EQ(run.rejects().size(), 1U);
  EXPECT_EQ(run.rejects()[0].reason, "json");
  EXPECT_EQ(run.rejects()[0].bytes, record);
}

TEST(Sizes, EventsRecordsAndCounts) {
  Limits limits;
  limits.element_bytes = 300;
  limits.record_bytes = 1000;
  limits.events_per_record = 3;
  const std::string long_event = okta("long", R"(,"pad":")" + std::string(300, 'p') + "\"");
  Decoding run(standard_plan(), limits);
  run.record(long_event).record("[" + okta("a") + "," + long_event + "," + okta("b") + "]");
  EXPECT_EQ(sources_and_ids(run), (Texts{"okta:a", "okta:b"}));
  ASSERT_EQ(run.rejects().size(), 2U);
  EXPECT_EQ(run.rejects()[0].reason, "size");
  EXPECT_EQ(run.rejects()[1].bytes, long_event);

  Decoding many(standard_plan(), limits);
  many.record(R"([{"id":1},{"id":2},{"id":3},{"id":4},{"id":5}])")
      .record("[{\"id\":1},{\"id\":2},{\"id\":3},{\"id\":4},{\"id\":\"\x01\"}]");
  EXPECT_EQ(sources_and_ids(many), (Texts{"json:1", "json:2", "json:3", "json:1", "json:2", "json:3"}));
  ASSERT_EQ(many.rejects().size(), 2U);
  EXPECT_EQ(many.rejects()[0].reason, "events");
  EXPECT_EQ(many.rejects()[1].reason, "events");

  Decoding huge(standard_plan(), limits);
  huge.record("[" + std::string(1000, ' ') + "]").record(std::string(400, 't'));
  ASSERT_EQ(huge.rejects().size(), 2U);
  EXPECT_EQ(huge.rejects()[0].reason, "size");
  EXPECT_EQ(huge.rejects()[1].reason, "size");
}

TEST(Sizes, TenThousandEventsOfOneRecord) {
  std::string record = "[";
  for (int i = 0; i < 10'001; ++i) record += (i == 0 ? "" : ",") + std::string("{\"id\":") + std::to_string(i) + "}";
  Decoding run(standard_plan());
  run.record(record + "]");
  EXPECT_EQ(run.events().size(), 10'000U);
  ASSERT_EQ(run.rejects().size(), 1U);
  EXPECT_EQ(run.rejects()[0].reason, "events");
}

TEST(Sizes, BlankRecords) {
  Decoding run(standard_plan());
  run.record("").record(" \n\t");
  ASSERT_EQ(run.rejects().size(), 2U);
  EXPECT_EQ(run.rejects()[0].message, "empty");
  Decoding marked(standard_plan());
  marked.record("\xEF\xBB\xBF" + okta("a") + "\r\n");
  EXPECT_EQ(sources_and_ids(marked), (Texts{"okta:a"}));
}

TEST(Ids, FirstPresentOne) {
  Decoding run(standard_plan());
  run.record(R"({"uuid":"u","id":"i"})")
      .record(R"({"uuid":"u"})")
      .record(R"({"id":null,"uuid":"u"})")
      .record(R"({"id":"","uuid":12.50})")
      .record(R"({"id":{"x":1}})")
      .record(R"({"id":["a","b"]})");
  EXPECT_EQ(sources_and_ids(run), (Texts{"json:i", "json:u", "json:u", "json:12.50", "json:", "json:a"}));
  EXPECT_EQ(run.events()[0].head.flags & kIdMade, 0);
  EXPECT_EQ(run.events()[4].head.flags & kIdMade, kIdMade);
}

TEST(Ids, EqualRawBytesEqualHash) {
  Decoding run(standard_plan());
  run.record(R"({"x":1})").record(R"( {"x":1} )").record(R"({"x":2})").record("line").record("line\n");
  ASSERT_EQ(run.events().size(), 5U);
  EXPECT_EQ(run.events()[0].head.raw_hash, run.events()[1].head.raw_hash);
  EXPECT_FALSE(run.events()[0].head.raw_hash == run.events()[2].head.raw_hash);
  EXPECT_EQ(run.events()[3].head.raw_hash, run.events()[4].head.raw_hash);
}

// The time of one event whose time path is `t`.
std::string time_of(const std::string& value, plan::TimeFormat format) {
  plan::SourceProgram program = source("x");
  program.source.time = {{path("t"), format}};
  Decoding run(plan_of({program}));
  run.force("x").record(R"({"t":)" + value + "}");
  if (run.events().size() != 1) return "refused";
  if ((run.events()[0].head.flags & kTimeMissing) != 0) return run.events()[0].head.t == 0 ? "missing" : "missing but set";
  return format_rfc3339(run.events()[0].head.t);
}

TEST(Times, Formats) {
  EXPECT_EQ(time_of(R"("2024-05-01T10:00:00.123456Z")", plan::TimeFormat::iso8601), "2024-05-01T10:00:00.123456Z");
  EXPECT_EQ(time_of(R"("2024-05-01 10:00:00+02:00")", plan::TimeFormat::iso8601), "2024-05-01T08:00:00.000000Z");
  EXPECT_EQ(time_of(R"("2017-09-31T00:00:00Z")", plan::TimeFormat::iso8601), "missing");
  EXPECT_EQ(time_of("1714557600", plan::TimeFormat::epoch_s), "2024-05-01T10:00:00.000000Z");
  EXPECT_EQ(time_of("1714557600.5", plan::TimeFormat::epoch_s), "2024-05-01T10:00:00.500000Z");
  EXPECT_EQ(time_of(R"("1714557600123")", plan::TimeFormat::epoch_ms), "2024-05-01T10:00:00.123000Z");
  EXPECT_EQ(time_of("1714557600123456", plan::TimeFormat::epoch_us), "2024-05-01T10:00:00.123456Z");
  EXPECT_EQ(time_of("1714557600123456789", plan::TimeFormat::epoch_ns), "2024-05-01T10:00:00.123456Z");
  EXPECT_EQ(time_of("null", plan::TimeFormat::iso8601), "missing");
  EXPECT_EQ(time_of("true", plan::TimeFormat::epoch_s), "missing");
  EXPECT_EQ(time_of("{}", plan::TimeFormat::iso8601), "missing");
  EXPECT_EQ(time_of("\"soon\"", plan::TimeFormat::iso8601), "missing");
}

TEST(Times, FirstPathThatParses) {
  Decoding run(standard_plan());
  run.record(R"({"published":"2024-01-04T00:00:00Z","time":"soon","@timestamp":1.5})")
      .record(R"({"time":"2024-01-03T00:00:00Z","timestamp":"2024-01-02T00:00:00Z"})");
  ASSERT_EQ(run.events().size(), 2U);
  EXPECT_EQ(format_rfc3339(run.events()[0].head.t), "2024-01-04T00:00:00.000000Z");
  EXPECT_EQ(format_rfc3339(run.events()[1].head.t), "2024-01-02T00:00:00.000000Z");
}

TEST(Times, Arrival) {
  plan::SourceProgram program = json_source();
  program.source.arrival = plan::TimeField{path("seen.at"), plan::TimeFormat::epoch_s};
  Decoding run(plan_of({program}));
  run.record(R"({"seen":{"at":100}})").record(R"({"seen":{"at":100}})", 5).record(R"({"seen":{}})");
  ASSERT_EQ(run.events().size(), 3U);
  EXPECT_EQ(run.events()[0].head.a, 100 * kSecondUs);
  EXPECT_EQ(run.events()[1].head.a, 5);
  EXPECT_EQ(run.events()[2].head.a, kNoArrival);
}

TEST(Records, LinesAndSources) {
  Decoding run(standard_plan());
  run.record("[" + okta("a") + "," + okta("b") + "]", kNoArrival, 17);
  ASSERT_EQ(run.events().size(), 2U);
  EXPECT_EQ(run.events()[1].head.line, 17U);
  EXPECT_EQ(run.events()[1].head.source, 2U);
}

// Slots, ids and presence of one record never leak into the next.
TEST(Records, NothingIsLeftOver) {
  Decoding run(standard_plan());
  run.record(okta("a")).record(R"({"uuid":"b","eventType":null})").record(R"({"x":1})");
  ASSERT_EQ(run.events().size(), 3U);
  EXPECT_EQ(run.events()[1].texts[1], (Texts{}));
  EXPECT_EQ(run.events()[1].slots[0][0].kind, ValueKind::null);
  EXPECT_EQ(run.events()[2].source, "json");
  EXPECT_EQ(run.events()[2].head.flags, kIdMade | kTimeMissing);
}

}  // namespace
}  // namespace vedette::event::test
