// Strings that hold structure: what a path that goes on into a string finds there.
#include <gtest/gtest.h>

#include "engine/event/pair_text.h"
#include "tests/event/support.h"

namespace vedette::event::test {
namespace {

using Texts = std::vector<std::string>;

std::string json_string(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) out += c == '"' || c == '\\' ? std::string("\\") + c : std::string(1, c);
  return out + "\"";
}

// The values of each slot, joined: kind letter and text, and the number of the object where paths tell objects apart.
Texts slots_of(const plan::SourceProgram& program, const std::string& json) {
  Decoding run(plan_of({program}));
  run.record(json);
  Texts out;
  for (const Refused& refused : run.rejects()) out.push_back("! " + refused.message);
  for (const Seen& event : run.events()) {
    for (std::size_t slot = 0; slot < event.slots.size(); ++slot) {
      out.emplace_back();
      for (std::size_t i = 0; i < event.slots[slot].size(); ++i) {
        const Value& value = event.slots[slot][i];
        out.back() += (i > 0 ? " " : "") + std::string(1, "zbnso"[static_cast<int>(value.kind)]) + event.texts[slot][i];
        if (value.element != 0) out.back() += "@" + std::to_string(value.element);
      }
    }
  }
  return out;
}

std::string inside(const std::string& path, const std::string& text) {
  const Texts out = slots_of(json_source({path}), "{\"a\":" + json_string(text) + "}");
  return out.size() == 1 ? out[0] : "?";
}

TEST(Inside, Json) {
  EXPECT_EQ(inside("a.risk.level", R"({"risk":{"level":"LOW"},"behaviors":{"New Device":"POSITIVE"}})"), "sLOW");
  EXPECT_EQ(inside("a.behaviors.New Device", R"( {"risk":{}, "behaviors" : {"New Device":"POSITIVE"}} )"), "sPOSITIVE");
  EXPECT_EQ(inside("a.x", R"([{"x":1},{"x":[true,null]},[{"x":"é"}],7])"), "n1 btrue z sé");
  EXPECT_EQ(inside("a[1].x", R"([{"x":1},{"x":2}])"), "n2");
  EXPECT_EQ(inside("a[0]", R"(["p","q"])"), "sp");
  EXPECT_EQ(inside("a.x", R"({"x":{"y":1}})"), R"(o{"y":1})");
  EXPECT_EQ(inside("a.x", R"({"x":1,"x":2})"), "n1");
  EXPECT_EQ(inside("a.x", R"({"\u0078":"a\"b\\c"})"), R"(sa"b\c)");
  EXPECT_EQ(inside("a.x", R"({"x":[]})"), "z");
}

TEST(Inside, MalformedJsonIsAbsentAsAWhole) {
  for (const char* text :
       {R"({"x":1)", R"({"x":1}})", R"({"x":1}y)", R"({"x":1,})", R"({"x":1 "y":2})", R"({"x":01})", R"([{"x":1})",
        R"({"x":1,"y":tru})", R"({"x":1,"y":"\q"})", R"({"x":1]})", "", " ", "{", "[", "x", R"("x")"})
    EXPECT_EQ(inside("a.x", text), "") << text;
}

TEST(Inside, Pairs) {
  const std::string behaviors = "{New Geo-Location=NEGATIVE, New Device=POSITIVE, Velocity=UNKNOWN}";
  EXPECT_EQ(inside("a.New Device", behaviors), "sPOSITIVE");
  EXPECT_EQ(inside("a.New Geo-Location", behaviors), "sNEGATIVE");
  EXPECT_EQ(inside("a.Velocity", behaviors), "sUNKNOWN");
  EXPECT_EQ(inside("a.New IP", behaviors), "");
  const std::string risk = "{reasons=Anomalous Location, Anomalous Device, level=MEDIUM}";
  EXPECT_EQ(inside("a.reasons", risk), "sAnomalous Location, Anomalous Device");
  EXPECT_EQ(inside("a.level", risk), "sMEDIUM");
  EXPECT_EQ(inside("a.level", "  { level =x}  "), "sx");
  EXPECT_EQ(inside("a.x", "{x=, y=}"), "s");
  EXPECT_EQ(inside("a.x", "{x=1, x=2}"), "s1");
  EXPECT_EQ(inside("a.x", "{x=a=b,c=d, e}"), "sa=b,c=d, e");
  EXPECT_EQ(inside("a.x", "{w={p=1, x=9}, x=2}"), "s2");
  EXPECT_EQ(inside("a.w", "{w={p=1, x=9}, x=2}"), "s{p=1, x=9}");
  EXPECT_EQ(inside("a.w.x", "{w={p=1, x=9}, x=2}"), "s9");
  EXPECT_EQ(inside("a.w.x", R"({w={"x":3}, x=2})"), "n3");
  EXPECT_EQ(inside("a.x", "{x=\xC3\xA9}"), "s\xC3\xA9");
}

TEST(Inside, MalformedPairsAreAbsent) {
  for (const char* text :
       {"{x=1", "x=1}", "{x=1}}", "{x=1} y", "{=1}", "{ =1, x=2}", "{y, x=1}", "{x=}{", "{x={1}", "{{x=1}}", "{x}"})
    EXPECT_EQ(inside("a.x", text), "") << text;
}

TEST(Inside, OnlyStringsAreRead) {
  EXPECT_EQ(slots_of(json_source({"a.x"}), R"({"a":{"x":"{\"x\":1}"}})"), (Texts{R"(s{"x":1})"}));
  EXPECT_EQ(slots_of(json_source({"a.x"}), R"({"a":[1,true,null]})"), (Texts{""}));
}

TEST(Inside, TheStringItselfAndWhatFollowsIt) {
  const std::string event = R"({"a":"{\"x\":\"\\\\1\"}","b":"c\\d","e":["{x=1}",{"x":2},"{\"x\":3}"]})";
  EXPECT_EQ(slots_of(json_source({"a", "a.x", "b", "e.x", "e"}), event),
            (Texts{R"(s{"x":"\\1"})", R"(s\1)", R"(sc\d)", "s1 n2 n3", R"(s{x=1} o{"x":2} s{"x":3})"}));
}

TEST(Inside, StringsInStringsUpToThree) {
  std::string text = R"({"x":1})";
  Texts found;
  std::string path = "a";
  for (int level = 1; level <= 4; ++level) {
    path += ".x";
    found.push_back(inside(path, text));
    text = "{\"x\":" + json_string(text) + "}";
  }
  EXPECT_EQ(found, (Texts{"n1", "n1", "n1", ""}));
}

TEST(Inside, ObjectsAreToldApart) {
  plan::SourceProgram program = json_source({"a.x", "a"});
  program.slots[0].path.segments[0].each = true;
  program.slots[1].path.segments[0].each = true;
  EXPECT_EQ(slots_of(program, R"({"a":"[{\"x\":1},{\"x\":2},3]"})"), (Texts{"n1@1 n2@2", R"(o{"x":1}@1 o{"x":2}@2)"}));
  EXPECT_EQ(slots_of(program, R"({"a":["{x=1}","{\"x\":2}",{"x":3},"x"]})"),
            (Texts{"s1@1 n2@2 n3@3", R"(o{x=1}@1 o{"x":2}@2 o{"x":3}@3)"}));
}

// Identity, time and recognition are those of the event, never of a text inside it.
TEST(Inside, OnlySlotsReadStrings) {
  plan::SourceProgram program = json_source({"a.x"});
  program.source.id = {plan::parse_field_path("a.id").value()};
  Decoding run(plan_of({program}));
  run.record(R"({"a":"{\"id\":\"7\",\"x\":\"1\"}"})");
  ASSERT_EQ(run.events().size(), 1U);
  EXPECT_EQ(run.events()[0].texts[0], (Texts{"1"}));
  EXPECT_NE(run.events()[0].head.flags & kIdMade, 0);
}

TEST(Inside, DeepTextIsAbsent) {
  std::string text = "1";
  for (int i = 0; i < 70; ++i) text = "[" + text + "]";
  EXPECT_EQ(inside("a.x", "{\"x\":5,\"y\":" + text + "}"), "");
  EXPECT_EQ(inside("a.x", "{\"x\":5,\"y\":[[1]]}"), "n5");
}

}  // namespace
}  // namespace vedette::event::test
