// The byte scanner: what becomes an element, and where it says that the element was.
#include <gtest/gtest.h>

#include "tests/event/support.h"

namespace vedette::event::test {
namespace {

using Texts = std::vector<std::string>;

// The same elements whatever the chunks are.
void expect_frames(std::string_view stream, const Texts& expected, std::size_t rejects = 0,
                   Framing framing = Framing::automatic) {
  for (std::size_t chunk : {std::size_t{0}, std::size_t{1}, std::size_t{2}, std::size_t{3}, std::size_t{7}, std::size_t{64}}) {
    const Elements out = frame(stream, chunk, framing);
    EXPECT_EQ(out.texts(), expected) << "chunks of " << chunk << " of " << stream;
    EXPECT_EQ(out.rejects.size(), rejects) << "chunks of " << chunk << " of " << stream;
  }
}

TEST(Framer, Lines) {
  expect_frames("{\"a\":1}\n{\"b\":2}\n", {"{\"a\":1}", "{\"b\":2}"});
  expect_frames("{\"a\":1}\n{\"b\":2}", {"{\"a\":1}", "{\"b\":2}"});
  expect_frames("{\"a\":1}", {"{\"a\":1}"});
  expect_frames("\n\n  \n{\"a\":1}\n\n \t\n{\"b\":2}\n\n", {"{\"a\":1}", "{\"b\":2}"});
  expect_frames("", {});
  expect_frames("\n", {});
}

TEST(Framer, LinesWithCarriageReturnsAndMark) {
  expect_frames("\xEF\xBB\xBF{\"a\":1}\r\n{\"b\":2}\r\n", {"{\"a\":1}", "{\"b\":2}"});
  expect_frames("\xEF\xBB\xBF[{\"a\":1},\r\n{\"b\":2}]\r\n", {"{\"a\":1}", "{\"b\":2}"});
  expect_frames("\xEF\xBB\xBFtext\r\n", {"text"});
  expect_frames("\xEF\xBB", {"\xEF\xBB"});
  expect_frames("\xEF\xBBx\n", {"\xEF\xBBx"});
}

TEST(Framer, BrokenLinesAreHandedOver) {
  expect_frames("{\"a\":1}\n{\"b\":\nnonsense\n{\"c\":3}\n", {"{\"a\":1}", "{\"b\":", "nonsense", "{\"c\":3}"});
  expect_frames("{\"a\":\"x\n{\"b\":2}\n", {"{\"a\":\"x", "{\"b\":2}"});
  expect_frames("{\"a\":1]\n{\"b\":2}\n", {"{\"a\":1]", "{\"b\":2}"});
  expect_frames("{\"a\":1} x\n{\"b\":2}\n", {"{\"a\":1} x", "{\"b\":2}"});
  expect_frames("{\"a\":1},\n{\"b\":2}\n", {"{\"a\":1},", "{\"b\":2}"});
  expect_frames("{\"a\":", {"{\"a\":"});
}

TEST(Framer, TextLines) {
  expect_frames("Mar  5 10:30:01 h sshd[1]: x\n second\n", {"Mar  5 10:30:01 h sshd[1]: x", " second"});
  expect_frames(" leading blanks stay\nx\n", {" leading blanks stay", "x"}, 0, Framing::lines);
  expect_frames("{\n}\n[\n", {"{", "}", "["}, 0, Framing::lines);
}

TEST(Framer, TextWithLeadingBlanks) {
  expect_frames(" a\nb\n", {" a", "b"});
  expect_frames("\n \n\t  x{\n b\n", {"\t  x{", " b"});
}

TEST(Framer, Arrays) {
  expect_frames("[{\"a\":1},{\"b\":[1,{\"c\":2}]}]", {"{\"a\":1}", "{\"b\":[1,{\"c\":2}]}"});
  expect_frames("[\n  {\"a\": 1},\n  {\"b\": 2}\n]\n", {"{\"a\": 1}", "{\"b\": 2}"});
  expect_frames("[]", {});
  expect_frames("[ ]\n", {});
  expect_frames("[{\"a\":1}]\n[{\"b\":2},{\"c\":3}]\n", {"{\"a\":1}", "{\"b\":2}", "{\"c\":3}"});
  expect_frames("[1, \"two\" ,null]", {"1", "\"two\"", "null"});
  expect_frames("[[{\"a\":1}],{\"b\":2}]", {"[{\"a\":1}]", "{\"b\":2}"});
}

TEST(Framer, Records) {
  expect_frames("{\"Records\":[{\"a\":1},{\"b\":2}]}", {"{\"a\":1}", "{\"b\":2}"});
  expect_frames("{ \"records\" : [ {\"a\":1} , {\"b\":2} ] , \"next\": {\"x\":[\"]}\"]} }\n", {"{\"a\":1}", "{\"b\":2}"});
  expect_frames("{\"Records\":[]}\n{\"Records\":[{\"a\":1}]}\n", {"{\"a\":1}"});
  expect_frames("{\n \"Records\": [\n  {\n   \"a\": 1\n  }\n ]\n}\n", {"{\n   \"a\": 1\n  }"});
  expect_frames("[{\"Records\":[1]}]", {"{\"Records\":[1]}"});
  // Not the first key, not an array, nested: an ordinary object.
  expect_frames("{\"x\":1,\"Records\":[1]}\n", {"{\"x\":1,\"Records\":[1]}"});
  expect_frames("{\"Records\":{\"a\":1}}\n", {"{\"Records\":{\"a\":1}}"});
  expect_frames("{\"a\":{\"Records\":[1]}}\n", {"{\"a\":{\"Records\":[1]}}"});
  expect_frames("{\"RecordsX\":[1]}\n", {"{\"RecordsX\":[1]}"});
}

TEST(Framer, PrettyPrintedAndConcatenated) {
  expect_frames("{\n  \"a\": \"}\"\n}\n{\n  \"b\": [\n1]\n}\n", {"{\n  \"a\": \"}\"\n}", "{\n  \"b\": [\n1]\n}"});
  expect_frames("{\"a\":1}{\"b\":2} {\"c\":3}\n{\"d\":4}", {"{\"a\":1}", "{\"b\":2}", "{\"c\":3}", "{\"d\":4}"});
  expect_frames("{\"a\":1}[{\"b\":2}]", {"{\"a\":1}", "{\"b\":2}"});
}

TEST(Framer, StringsHideBrackets) {
  expect_frames("[{\"a\":\"\\\"]},{[\"},{\"b\":\"\\\\\"}]", {"{\"a\":\"\\\"]},{[\"}", "{\"b\":\"\\\\\"}"});
  expect_frames("[\"a\\\"]\",{\"b\":1}]", {"\"a\\\"]\"", "{\"b\":1}"});
}

TEST(Framer, BadElementInAnArrayEndsItOnce) {
  expect_frames("[{\"a\":1},{\"b\":2],{\"c\":3}]", {"{\"a\":1}"}, 1);
  expect_frames("[{\"a\":1},,{\"c\":3}]", {"{\"a\":1}"}, 1);
  expect_frames("[{\"a\":1} {\"c\":3}]", {"{\"a\":1}"}, 1);
  expect_frames("[{\"a\":1},]", {"{\"a\":1}"}, 1);
  expect_frames("[,{\"a\":1}]", {}, 1);
  expect_frames("[{\"a\":1},{\"b\":2", {"{\"a\":1}"}, 1);
  expect_frames("[{\"a\":1},", {"{\"a\":1}"}, 1);
  expect_frames("[{\"a\":1}", {"{\"a\":1}"}, 1);
  expect_frames("{\"Records\":[{\"a\":1}]", {"{\"a\":1}"}, 1);
  expect_frames("[\n{\"a\":1},\n{\"b\":2],\n{\"c\":3},\n{\"d\":4}\n]\n", {"{\"a\":1}"}, 1);
  expect_frames("[\n{\"a\":1},\n{\"b\":2],\n{\"c\":3}\n]\n[{\"e\":5}]\n", {"{\"a\":1}", "{\"e\":5}"}, 1);
  expect_frames("[\n{\"a\":1}\n[1]\n]\n", {"{\"a\":1}"}, 1);
  expect_frames("{\"Records\":[{\"a\":1},{\"b\":]}]}\n{\"Records\":[{\"c\":3}]}\n", {"{\"a\":1}", "{\"c\":3}"}, 1);
}

TEST(Framer, BrokenValuesResumeAtTheNextLine) {
  expect_frames("{\n\"a\":1\n}\n{\n\"b\":]\n}\n{\n\"c\":3\n}\n", {"{\n\"a\":1\n}", "{\n\"c\":3\n}"}, 1);
  expect_frames("{\n\"a\":1,\n{\"b\":2}\n{\"c\":3}\n", {"{\"b\":2}", "{\"c\":3}"}, 1);
  expect_frames("{\n\"a\":1", {}, 1);
  // Only a value that begins its line starts anew.
  expect_frames("{\"a\":\n:\n x {\"b\":2}\n{\"c\":3}\n", {"{\"c\":3}"}, 1);
}

TEST(Framer, PlacesOfElements) {
  const Elements lines = frame("\n{\"a\":1}\r\n\n{\"b\":2}");
  ASSERT_EQ(lines.elements.size(), 2U);
  EXPECT_EQ(lines.elements[0].line, 2U);
  EXPECT_EQ(lines.elements[0].position, 1U);
  EXPECT_EQ(lines.elements[1].line, 4U);
  EXPECT_EQ(lines.elements[1].position, 11U);
  for (std::size_t chunk = 0; chunk < 9; ++chunk) {
    const Elements array = frame("[\n{\"a\":\n1},\n {\"b\":2}]", chunk);
    ASSERT_EQ(array.elements.size(), 2U);
    EXPECT_EQ(array.elements[0].line, 2U);
    EXPECT_EQ(array.elements[0].position, 2U);
    EXPECT_EQ(array.elements[1].line, 4U);
    EXPECT_EQ(array.elements[1].position, 13U);
  }
}

TEST(Framer, RejectsNameTheirPlace) {
  const Elements out = frame("[{\"a\":1},\n{\"b\":2],{}]\n", 4);
  ASSERT_EQ(out.rejects.size(), 1U);
  EXPECT_EQ(out.rejects[0].reason, "framing");
  EXPECT_EQ(out.rejects[0].line, 2U);
  EXPECT_EQ(out.rejects[0].position, 10U);
  EXPECT_NE(out.rejects[0].message.find("at byte 6"), std::string::npos) << out.rejects[0].message;
}

TEST(Framer, OverLongElementsArePassedOver) {
  Limits limits;
  limits.element_bytes = 16;
  const std::string big = "{\"big\":\"" + std::string(50, 'x') + "\"}";
  for (const std::string& stream :
       {"{\"a\":1}\n" + big + "\n{\"b\":2}\n", "[{\"a\":1}," + big + ",{\"b\":2}]", "{\"a\":1}{\"c\":\n1}" + big + "{\"b\":2}",
        "{\"Records\":[{\"a\":1}," + big + ",{\"b\":2}]}"}) {
    for (std::size_t chunk : {0U, 1U, 5U, 30U}) {
      const Elements out = frame(stream, chunk, Framing::automatic, limits);
      ASSERT_EQ(out.rejects.size(), 1U) << stream << " by " << chunk;
      EXPECT_EQ(out.rejects[0].reason, "size");
      EXPECT_EQ(out.rejects[0].bytes, big.substr(0, 16)) << stream << " by " << chunk;
      EXPECT_EQ(out.texts().front(), "{\"a\":1}");
      EXPECT_EQ(out.texts().back(), "{\"b\":2}");
    }
  }
  for (std::size_t chunk : {0U, 1U, 30U}) {
    const Elements first = frame(big + "\n{\"b\":2}\n{\"c\":3\n{\"d\":4}\n", chunk, Framing::automatic, limits);
    EXPECT_EQ(first.texts(), (Texts{"{\"b\":2}", "{\"c\":3", "{\"d\":4}"})) << chunk;
    EXPECT_EQ(first.rejects.size(), 1U);
  }
}

TEST(Framer, DeepNestingIsLeftToTheDecoder) {
  const std::string deep = std::string(100, '[') + std::string(100, ']');
  expect_frames("[" + deep + ",{\"a\":1}]", {deep, "{\"a\":1}"});
  std::string mixed = "1";
  for (int i = 0; i < 50; ++i) mixed = "{\"a\":[" + mixed + "]}";
  expect_frames("[" + mixed + ",{\"a\":1}]", {mixed, "{\"a\":1}"});
}

// One line of 8 MB: nothing but the current element is held.
TEST(Framer, LongRecordsLineStreams) {
  std::string stream = "{\"Records\":[";
  const int count = 20'000;
  for (int i = 0; i < count; ++i)
    stream += (i == 0 ? "" : ",") + ("{\"eventID\":\"" + std::to_string(i) + "\",\"pad\":\"" + std::string(380, 'p') + "\"}");
  stream += "]}";
  const Elements out = frame(stream, 65536);
  EXPECT_EQ(out.elements.size(), static_cast<std::size_t>(count));
  EXPECT_TRUE(out.rejects.empty());
  EXPECT_EQ(out.elements[19'999].bytes.substr(0, 20), "{\"eventID\":\"19999\",\"");
}

}  // namespace
}  // namespace vedette::event::test
