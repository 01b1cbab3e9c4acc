// The walk over JSON: which values a slot captures, and what counts as malformed.
#include <gtest/gtest.h>

#include <iterator>
#include <random>

#include "engine/event/json_text.h"
#include "engine/event/json_walk.h"
#include "tests/event/support.h"

namespace vedette::event::test {
namespace {

using Texts = std::vector<std::string>;

// The values of one slot of one event, each as kind letter + text (+ @element).
Texts values_of(const plan::SourceProgram& program, const std::string& json) {
  Decoding run(plan_of({program}));
  run.record(json);
  std::vector<std::string> out;
  for (const Refused& refused : run.rejects()) out.push_back("! " + refused.reason + ": " + refused.message);
  for (const Seen& event : run.events()) {
    for (std::size_t i = 0; i < event.slots[0].size(); ++i) {
      std::string text = std::string(1, "zbnso"[static_cast<int>(event.slots[0][i].kind)]) + event.texts[0][i];
      if (event.slots[0][i].element != 0) text += "@" + std::to_string(event.slots[0][i].element);
      out.push_back(text);
    }
  }
  return out;
}

Texts values(const std::string& slot, const std::string& json, const Texts& spellings = {}) {
  plan::SourceProgram program = json_source({slot});
  program.slots[0].spellings = paths(spellings);
  return values_of(program, json);
}

TEST(Walk, Scalars) {
  EXPECT_EQ(values("a", R"({"a":"x"})"), (Texts{"sx"}));
  EXPECT_EQ(values("a", R"({"a":""})"), (Texts{"s"}));
  EXPECT_EQ(values("a", R"({"a":true})"), (Texts{"btrue"}));
  EXPECT_EQ(values("a", R"({"a":false , "b":1})"), (Texts{"bfalse"}));
  EXPECT_EQ(values("a", R"({"a":null})"), (Texts{"z"}));
  EXPECT_EQ(values("a", R"({"b":1})"), (Texts{}));
  EXPECT_EQ(values("a", R"({})"), (Texts{}));
}

TEST(Walk, NumbersKeepTheirSourceText) {
  for (const char* number : {"0", "-0", "4625", "1.0", "1e999", "-12.50E-3", "123456789012345678901234567890", "0.1e+5"}) {
    EXPECT_EQ(values("a", std::string(R"({"a": )") + number + " }"), (Texts{std::string("n") + number}));
    EXPECT_EQ(values("a", std::string(R"({"a":)") + number + "}"), (Texts{std::string("n") + number}));
  }
  for (const char* number :
       {"01", "-", "+1", ".5", "1.", "1e", "1e+", "0x17", "1_0", "--1", "Infinity", "NaN", "tru", "nul", "nullx", "truefalse"}) {
    const auto got = values("a", std::string(R"({"a":)") + number + "}");
    ASSERT_EQ(got.size(), 1U) << number;
    EXPECT_EQ(got[0].substr(0, 7), "! json:") << number;
  }
}

TEST(Walk, Nested) {
  EXPECT_EQ(values("a.b.c", R"({"a":{"x":{"c":9},"b":{"c":"deep","d":1}},"b":{"c":8}})"), (Texts{"sdeep"}));
  EXPECT_EQ(values("a.b", R"({"a":"scalar"})"), (Texts{}));
  EXPECT_EQ(values("a.b", R"({"a":null})"), (Texts{}));
  EXPECT_EQ(values("a.b", R"({"a":{"b":{"c":1}}})"), (Texts{R"(o{"c":1})"}));
}

TEST(Walk, ObjectsAreRawAndMayGoDeeper) {
  plan::SourceProgram program = json_source({"a", "a.b", "a.c.d"});
  Decoding run(plan_of({program}));
  run.record(R"({"x":0, "a": {"b" : 1, "c":{"d":[2, 3]} } , "z":1})");
  ASSERT_EQ(run.events().size(), 1U);
  EXPECT_EQ(run.events()[0].texts[0], (Texts{R"({"b" : 1, "c":{"d":[2, 3]} })"}));
  EXPECT_EQ(run.events()[0].texts[1], (Texts{"1"}));
  EXPECT_EQ(run.events()[0].texts[2], (Texts{"2", "3"}));
}

TEST(Walk, Arrays) {
  EXPECT_EQ(values("a", R"({"a":[1,"two",null,{"x":1}]})"), (Texts{"n1", "stwo", "z", "o{\"x\":1}"}));
  EXPECT_EQ(values("a", R"({"a":[]})"), (Texts{"z"}));
  EXPECT_EQ(values("a", R"({"a":[ ]})"), (Texts{"z"}));
  EXPECT_EQ(values("a", R"({"a":[[1,2],[],[[3]]]})"), (Texts{"n1", "n2", "z", "n3"}));
  EXPECT_EQ(values("a.b", R"({"a":[{"b":1},{"c":2},{"b":[3,4]},5]})"), (Texts{"n1", "n3", "n4"}));
  EXPECT_EQ(values("a.b", R"({"a":[[{"b":1}],[[{"b":2}]]]})"), (Texts{"n1", "n2"}));
  EXPECT_EQ(values("a{}.b", R"({"a":[{"b":1},{"b":2}]})"), (Texts{"n1", "n2"}));
  EXPECT_EQ(values("a.b", R"({"a":[]})"), (Texts{}));
  EXPECT_EQ(values("a.b.c", R"({"a":[{"b":[{"c":1},{"c":2}]},{"b":[{"c":3}]}]})"), (Texts{"n1", "n2", "n3"}));
}

// A path with the objects under `key` told apart.
plan::FieldPath each_of(const std::string& text, const std::string& key) {
  plan::FieldPath path = plan::parse_field_path(text).value();
  for (plan::PathSegment& segment : path.segments) segment.each = segment.key == key;
  return path;
}

Texts values(plan::FieldPath path, const std::string& json) {
  plan::SourceProgram program = json_source({"x"});
  program.slots[0].path = std::move(path);
  return values_of(program, json);
}

TEST(Walk, ObjectsAreToldApartWhereThePathAsksForIt) {
  EXPECT_EQ(values(each_of("a.b", "a"), R"({"a":[{"b":1},{"c":2},{"b":[3,4]},5,{"b":6}]})"),
            (Texts{"n1@1", "n3@3", "n4@3", "n6@4"}));
  EXPECT_EQ(values(each_of("a", "a"), R"({"a":[{"b":1},7,[{}],null]})"), (Texts{R"(o{"b":1}@1)", "o{}@2"}));
  EXPECT_EQ(values(each_of("a.b", "a"), R"({"a":{"b":1}})"), (Texts{"n1@1"}));
  EXPECT_EQ(values(each_of("a.b", "a"), R"({"a":[[{"b":1}],[[{"b":2},{"b":3}]]]})"), (Texts{"n1@1", "n2@2", "n3@3"}));
  EXPECT_EQ(values(each_of("x.a.b", "a"), R"({"x":[{"a":[{"b":1},{"b":2}]},{"a":{"b":3}}]})"), (Texts{"n1@1", "n2@2", "n3@3"}));
  EXPECT_EQ(values(each_of("x.a.b", "x"), R"({"x":[{"a":[{"b":1},{"b":2}]},{"a":{"b":3}}]})"), (Texts{"n1@1", "n2@1", "n3@2"}));
  EXPECT_EQ(values(each_of("a.b", "a"), R"({"a.b":1})"), (Texts{}));
}

TEST(Walk, Indices) {
  EXPECT_EQ(values("a[1]", R"({"a":[10,11,12]})"), (Texts{"n11"}));
  EXPECT_EQ(values("a[5]", R"({"a":[10,11,12]})"), (Texts{}));
  EXPECT_EQ(values("a[0]", R"({"a":10})"), (Texts{}));
  EXPECT_EQ(values("a[1].b", R"({"a":[{"b":1},{"b":2},{"b":3}]})"), (Texts{"n2"}));
  EXPECT_EQ(values("a[0].b", R"({"a":[[{"b":1},{"b":2}],{"b":3}]})"), (Texts{"n1", "n2"}));
  plan::SourceProgram program = json_source({"a[1].b", "a.b", "a[0]"});
  Decoding run(plan_of({program}));
  run.record(R"({"a":[{"b":1},{"b":2}]})");
  ASSERT_EQ(run.events().size(), 1U);
  EXPECT_EQ(run.events()[0].texts[0], (Texts{"2"}));
  EXPECT_EQ(run.events()[0].texts[1], (Texts{"1", "2"}));
  EXPECT_EQ(run.events()[0].texts[2], (Texts{R"({"b":1})"}));
}

TEST(Walk, FirstOfDuplicateKeysCounts) {
  EXPECT_EQ(values("a", R"({"a":1,"a":2})"), (Texts{"n1"}));
  EXPECT_EQ(values("a.b", R"({"a":{"c":1},"a":{"b":2}})"), (Texts{}));
  EXPECT_EQ(values("a.b", R"({"a":[{"b":1,"b":9},{"b":2,"b":9}]})"), (Texts{"n1", "n2"}));
  EXPECT_EQ(values("a", R"({"\u0061":1,"a":2})"), (Texts{"n1"}));
}

TEST(Walk, LiteralDottedKeys) {
  EXPECT_EQ(values("a.b", R"({"a.b":1})"), (Texts{"n1"}));
  EXPECT_EQ(values("a.b", R"({"a.b":1,"a":{"b":2}})"), (Texts{"n1", "n2"}));
  EXPECT_EQ(values("a.b", R"({"x":{"a.b":1}})"), (Texts{}));
  EXPECT_EQ(values("a.b.c", R"({"a.b":{"c":1}})"), (Texts{}));
}

TEST(Walk, Spellings) {
  EXPECT_EQ(values("request.ip", R"({"client":{"ip":"1"},"request":{"ip":"2"}})", {"client.ip"}), (Texts{"s1", "s2"}));
  EXPECT_EQ(values("request.ip", R"({"client":{"ip":["1","2"]}})", {"client.ip"}), (Texts{"s1", "s2"}));
}

TEST(Walk, UpperCasing) {
  plan::SourceProgram program = json_source({"outcome.result"});
  program.slots[0].upper = true;
  Decoding run(plan_of({program}));
  run.record(R"({"outcome":{"result":"Success"}})").record(R"({"outcome":{"result":["ALLOW","d\u00e9ny",true]}})");
  ASSERT_EQ(run.events().size(), 2U);
  EXPECT_EQ(run.events()[0].texts[0], (Texts{"SUCCESS"}));
  EXPECT_EQ(run.events()[1].texts[0], (Texts{"ALLOW", "D\u00e9NY", "true"}));
}

TEST(Walk, Escapes) {
  EXPECT_EQ(values("a", R"({"a":"q\"b\\s\/n\n\b\f\r\t"})"), (Texts{"sq\"b\\s/n\n\b\f\r\t"}));
  EXPECT_EQ(values("a", R"({"a":"\u00e9\u20ac\ud83d\ude00"})"), (Texts{"s\u00e9\u20ac\U0001F600"}));
  EXPECT_EQ(values("a", R"({"a":"\uD83D\uDE00x"})"), (Texts{"s\U0001F600x"}));
  EXPECT_EQ(values("a", R"({"a":"x\ud83dy"})"), (Texts{"sx\uFFFDy"}));
  EXPECT_EQ(values("a", R"({"a":"\ude00"})"), (Texts{"s\uFFFD"}));
  EXPECT_EQ(values("a", R"({"a":"\ud83d\u0041"})"), (Texts{"s\uFFFDA"}));
  EXPECT_EQ(values("a", R"({"a":"\ud83d\ud83d\ude00"})"), (Texts{"s\uFFFD\U0001F600"}));
  EXPECT_EQ(values("a", R"({"a":"\u0000x"})"), (Texts{std::string("s\0x", 3)}));
  for (const char* bad : {R"(\x)", R"(\u12)", R"(\u12g4)", R"(\ )", R"(\u)", R"(\ud83d\u12)"}) {
    const auto got = values("a", std::string(R"({"a":"y)") + bad + "\"}");
    ASSERT_EQ(got.size(), 1U) << bad;
    EXPECT_EQ(got[0].substr(0, 7), "! json:") << bad;
  }
}

TEST(Walk, EscapedAndOddKeys) {
  EXPECT_EQ(values("eventType", R"({"event\u0054ype":"x"})"), (Texts{"sx"}));
  EXPECT_EQ(values("a.b", R"({"\u0061":{"\u0062":1}})"), (Texts{"n1"}));
  EXPECT_EQ(values("a", R"({"":1,"a":2})"), (Texts{"n2"}));
  EXPECT_EQ(values("a", R"({"" : {"a":1} , "a" : 2})"), (Texts{"n2"}));
  EXPECT_EQ(values("a", R"({ "b"  :  1 , "a"   :   2 })"), (Texts{"n2"}));
  EXPECT_EQ(values("a\\b", R"({"a\\b":1})"), (Texts{"n1"}));
  EXPECT_EQ(values("abcdefgh", R"({"abcdefgi":1,"abcdefgh":2,"abcdefghi":3,"abcdefg":4})"), (Texts{"n2"}));
  EXPECT_EQ(values("abcdefghijklmnopq", R"({"abcdefghijklmnopr":1,"abcdefghijklmnopq":2})"), (Texts{"n2"}));
  EXPECT_EQ(values("a", R"({"x\q":1,"a":2})").size(), 1U);
}

struct Malformed {
  const char* json;
  const char* reason;
  const char* place;  // part of the message
};

TEST(Walk, MalformedTable) {
  const Malformed cases[] = {
      {R"({"a":[1,2}})", "json", "at byte 9"},
      {R"({"b":[1,2},"a":1})", "json", "at byte 9"},
      {R"({"b":{"c":1]})", "json", "at byte 11"},
      {R"({"a":1])", "json", "at byte 6"},
      {R"({"a":1)", "json", "at byte 6"},
      {R"({"a":1}})", "json", "at byte 7"},
      {R"({"a":1}{)", "json", "at byte 7"},
      {R"({"a":1}{"a":2})", "json", "at byte 7"},
      {R"({"a":1} 2)", "json", "at byte 8"},
      {R"({"a":1},)", "json", "at byte 7"},
      {R"({"a":1 "b":2})", "json", "at byte 7"},
      {R"({"a" 1})", "json", "at byte"},
      {R"({"a"})", "json", "at byte"},
      {R"({"a":})", "json", "at byte"},
      {R"({"a":,"b":1})", "json", "at byte 5"},
      {R"({"b":,"a":1})", "json", "at byte 5"},
      {R"({a:1})", "json", "at byte 1"},
      {R"({1:1})", "json", "at byte 1"},
      {R"({,"a":1})", "json", "at byte"},
      {R"({"a":1,})", "json", "at byte"},
      {R"({"a":"x)", "json", "string without an end at byte 5"},
      {"{\"a\":\"x\ty\"}", "json", "control character inside a string at byte 7"},
      {"{\"a\":\"x\ny\"}", "json", "at byte 7"},
      {"{\"b\":\"\xff\"}", "utf8", "at byte 6"},
      {"{\"b\":\"\xc3\"}", "utf8", "at byte 6"},
      {"{\"b\":\"\xed\xa0\x80\"}", "utf8", "at byte 6"},
      {"{\"b\":\"\xc0\x80\"}", "utf8", "at byte 6"},
      {R"({"a":[1 2]})", "json", "at byte 8"},
      {R"({"a":[1,]})", "json", "at byte 8"},
      {R"({"a":[,1]})", "json", "at byte 6"},
      {R"({"a":[1})", "json", "at byte 7"},
      {R"({"a":[)", "json", "at byte"},
      {R"({"a":{)", "json", "at byte"},
      {R"({)", "json", "at byte 1"},
      {R"(})", "json", ""},
      {R"([)", "json", "no closing bracket at byte 1"},
      {R"("x")", "element", ""},
      {R"(12)", "element", ""},
      {R"(nonsense)", "json", "at byte 0"},
      {"{\"a\":1}\x01", "json", "at byte 7"},
      {"{\"a\":1\x0c}", "json", "at byte"},
  };
  for (const Malformed& c : cases) {
    Decoding run(plan_of({json_source({"a"})}));
    run.force("json").record(c.json, kNoArrival, 7, 100);
    EXPECT_TRUE(run.events().empty()) << c.json;
    ASSERT_EQ(run.rejects().size(), 1U) << c.json;
    EXPECT_EQ(run.rejects()[0].reason, c.reason) << c.json;
    EXPECT_NE(run.rejects()[0].message.find(c.place), std::string::npos) << c.json << ": " << run.rejects()[0].message;
    EXPECT_EQ(run.rejects()[0].bytes, c.json);
    EXPECT_EQ(run.rejects()[0].line, 7U);
    EXPECT_EQ(run.rejects()[0].position, 100U);
  }
}

// What is not walked is not checked, unless strictness is asked for.
TEST(Walk, StrictChecksEverything) {
  Limits strict;
  strict.strict_json = true;
  for (const char* json : {R"({"b":tru,"a":1})", R"({"b":"\q","a":1})", R"({"b":{"c" 1},"a":1})", R"({"b":[1 2],"a":1})",
                           R"({"b":{1:2},"a":1})", R"({"b":[,],"a":1})"}) {
    Decoding lax(plan_of({json_source({"a"})}));
    EXPECT_EQ(lax.record(json).events().size(), 1U) << json;
    Decoding run(plan_of({json_source({"a"})}), strict);
    run.record(json);
    EXPECT_TRUE(run.events().empty()) << json;
    ASSERT_EQ(run.rejects().size(), 1U) << json;
    EXPECT_EQ(run.rejects()[0].reason, "json");
  }
  Decoding good(plan_of({json_source({"a"})}), strict);
  good.record(R"({"b":{"c":[1e999,true,null,"\u00e9",{},[]]},"a":1})").record(R"([{"a":1},{"a":tru},{"a":3}])");
  EXPECT_EQ(good.events().size(), 3U);
  EXPECT_EQ(good.rejects().size(), 1U);
}

std::string nested(int depth, const std::string& around = "a") {
  std::string out = "{\"" + around + "\":";
  for (int i = 2; i <= depth; ++i) out += i % 2 == 0 ? "[" : "{\"a\":";
  out += "1";
  for (int i = depth; i >= 2; --i) out += i % 2 == 0 ? "]" : "}";
  return out + "}";
}

TEST(Walk, DepthSixtyFour) {
  for (const char* key : {"a", "unwalked"}) {
    EXPECT_EQ(values("a", nested(64, key)).size(), std::string(key) == "a" ? 1U : 0U) << key;
    const auto deeper = values("a", nested(65, key));
    ASSERT_EQ(deeper.size(), 1U) << key;
    EXPECT_EQ(deeper[0].substr(0, 8), "! depth:") << deeper[0];
  }
  // An object that is walked, at depth 64 and 65.
  EXPECT_EQ(values("a.b", "{\"a\":" + std::string(62, '[') + "{\"b\":1}" + std::string(62, ']') + "}"), (Texts{"n1"}));
  EXPECT_EQ(values("a.b", "{\"a\":" + std::string(63, '[') + "{\"b\":1}" + std::string(63, ']') + "}")[0].substr(0, 8),
            "! depth:");
  Decoding arrays(plan_of({json_source({"a"})}));
  arrays.record(std::string(100'000, '['));
  ASSERT_EQ(arrays.rejects().size(), 1U);
  EXPECT_EQ(arrays.rejects()[0].reason, "depth");
}

// No proper prefix of an object is accepted.
TEST(Walk, TruncationAtEveryByte) {
  const std::string whole =
      R"({"uuid":"u-1","eventType":"x","published":"2024-01-01T00:00:00Z","a":{"b":[1,-2.5e3,{"c":"\u00e9\\\"q"}],"d":null,"e":true},"target":[[],{}], "f" : "end" })";
  for (std::size_t length = 0; length < whole.size(); ++length) {
    Decoding run(plan_of({json_source({"a.b.c", "a", "f", "target", "a.b"}), okta_source()}));
    run.record(std::string_view(whole).substr(0, length));
    EXPECT_TRUE(run.events().empty()) << length;
    EXPECT_EQ(run.rejects().size(), 1U) << length;
  }
  Decoding run(plan_of({json_source(), okta_source()}));
  EXPECT_EQ(run.record(whole).events().size(), 1U);
}

// Bytes changed at random: never a crash, and one event or one reject.
TEST(Walk, RandomDamage) {
  const std::string whole =
      R"({"uuid":"u","eventType":"x","data":{"events":[{"uuid":"1","eventType":"y","a":[1,{"b":"\u00e9"}]}]},"message":"{\"uuid\":1}","a":{"b":[1,2]}})";
  std::mt19937 random(20240101);
  const std::string bytes =
      "{}[]:,\"\\ \n\x01\xff"
      "0tne.-";
  for (int i = 0; i < 20'000; ++i) {
    std::string damaged = whole;
    for (int k = 0; k < 1 + i % 3; ++k) damaged[random() % damaged.size()] = bytes[random() % bytes.size()];
    Decoding run(plan_of({json_source({"a.b", "a"}), okta_source({"eventType", "a.b", "data"})}));
    run.record(damaged);
    EXPECT_GE(run.events().size() + run.rejects().size(), 1U) << damaged;
  }
}

TEST(Walk, CompactTextAndScalars) {
  plan::SourceProgram program = json_source({"a"});
  Decoding run(plan_of({program}));
  std::vector<std::string> compact_texts;
  std::vector<std::string> scalars;
  run.collected.inspect = [&](const EventView& event) {
    for (const Value& value : event.slot(0)) {
      compact_texts.emplace_back(event.compact_text(value));
      EXPECT_EQ(event.compact_text(value).data(), event.compact_text(value).data());
    }
    EXPECT_FALSE(event.any_scalar([&](std::string_view text) {
      scalars.emplace_back(text);
      return false;
    }));
    EXPECT_TRUE(event.any_scalar([](std::string_view text) { return text == "x y\""; }));
  };
  run.record("{ \"k\":[1, true,null] ,\"a\": [ { \"b\" : \"x y\\\"\" ,\n\"c\":[ 1 , 2 ]} ,\"s\",{\"t\":1} ] }");
  EXPECT_EQ(compact_texts, (Texts{R"({"b":"x y\"","c":[1,2]})", "s", R"({"t":1})"}));
  EXPECT_EQ(scalars, (Texts{"1", "true", "x y\"", "1", "2", "s", "1"}));
}

// The compact form is kept for one event only, although the next one's bytes may stand in the same place.
TEST(Walk, CompactTextIsForgottenWithTheEvent) {
  plan::SourceProgram program = json_source({"a"});
  const plan::PlanPtr plan = plan_of({program});
  Decoder decoder(plan);
  Collector collector(plan);
  Texts seen;
  collector.inspect = [&](const EventView& event) { seen.emplace_back(event.compact_text(event.slot(0)[0])); };
  std::string buffer(256, '\0');
  Origin origin;
  TimeUs clock = 0;
  for (const std::string_view json : {R"({"a":{ "b":1}})", R"({"a":{ "c":2}})"}) {
    buffer.replace(0, json.size(), json);
    RawRecord record;
    record.bytes = std::string_view(buffer).substr(0, json.size());
    decoder.decode(record, origin, clock, collector);
  }
  EXPECT_EQ(seen, (Texts{R"({"b":1})", R"({"c":2})"}));
}

// Backslashes before, in and behind what is read, also where an index makes the walk go back.
TEST(Walk, EscapesInAnyOrder) {
  EXPECT_EQ(values("a[1].b", R"({"x":"\\","a":[{"b":"p"},{"c":"\\","b":"q"},{"b":"\\"}],"y":"\\"})"), (Texts{"sq"}));
  plan::SourceProgram program = json_source({"a.b", "a[0].b", "a[0].c", "z", "a.c"});
  Decoding run(plan_of({program}));
  run.record(R"({"a":[{"b":"1\\","c":"2"},{"b":"3\u0041","c":"\\4"}],"\u007a":"5","z":"6"})");
  ASSERT_EQ(run.events().size(), 1U);
  EXPECT_EQ(run.events()[0].texts[0], (Texts{"1\\", "3A"}));
  EXPECT_EQ(run.events()[0].texts[1], (Texts{"1\\"}));
  EXPECT_EQ(run.events()[0].texts[2], (Texts{"2"}));
  EXPECT_EQ(run.events()[0].texts[3], (Texts{"5"}));
}

TEST(JsonText, Numbers) {
  EXPECT_TRUE(json_number("-0.5e+10"));
  EXPECT_FALSE(json_number(""));
  EXPECT_FALSE(json_number("1 "));
  EXPECT_FALSE(json_number("1.e5"));
}

}  // namespace
}  // namespace vedette::event::test
