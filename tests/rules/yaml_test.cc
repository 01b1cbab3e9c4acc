#include <gtest/gtest.h>

#include "rules/yaml/node.h"

namespace vedette::yaml {
namespace {

struct Parsed {
  File file;
  Diagnostics diagnostics;
  std::vector<Node> documents;
};

Parsed read(std::string text) {
  Parsed out;
  out.file = {"t.yml", std::move(text)};
  out.documents = parse(out.file, out.diagnostics);
  return out;
}

std::string first_code(const Parsed& parsed) {
  return parsed.diagnostics.items().empty() ? "" : parsed.diagnostics.items().front().code;
}

std::string place(const Location& where) {
  return std::to_string(where.line) + ":" + std::to_string(where.column) + "+" + std::to_string(where.length);
}

TEST(Yaml, ScalarsKeepTheirSourceText) {
  const Parsed parsed = read("a: 00000429\nb: yes\nc: 0x17\nd: 2024-01-01\ne: '4625'\nf: null\ng: ~\nh:\ni: ''\n");
  ASSERT_EQ(parsed.documents.size(), 1U);
  const Node& map = parsed.documents[0];
  EXPECT_EQ(map.find("a")->text, "00000429");
  EXPECT_EQ(map.find("b")->text, "yes");
  EXPECT_EQ(map.find("c")->text, "0x17");
  EXPECT_EQ(map.find("d")->text, "2024-01-01");
  EXPECT_TRUE(map.find("e")->quoted);
  EXPECT_FALSE(map.find("a")->quoted);
  EXPECT_EQ(map.find("f")->kind, NodeKind::null);
  EXPECT_EQ(map.find("f")->text, "null");
  EXPECT_EQ(map.find("g")->text, "~");
  EXPECT_EQ(map.find("h")->kind, NodeKind::null);
  EXPECT_EQ(map.find("h")->text, "");
  EXPECT_EQ(map.find("i")->kind, NodeKind::scalar);
}

TEST(Yaml, MissingValueBeforeAKeyNamedNullIsEmpty) {
  const Parsed parsed = read("a:\nnull: 3\nb:\n  - \nnulla: 1\n");
  ASSERT_EQ(parsed.documents.size(), 1U);
  EXPECT_EQ(parsed.documents[0].find("a")->text, "");
  ASSERT_NE(parsed.documents[0].find("null"), nullptr);
  EXPECT_EQ(parsed.documents[0].find("b")->items.at(0).text, "");
}

TEST(Yaml, PlacesAreOneBasedCodePoints) {
  const Parsed parsed = read("é: ü\nkey: 'a''b'\nlist:\n  - x\n  - {k: vé}\n");
  const Node& map = parsed.documents.at(0);
  EXPECT_EQ(place(map.entries[0].first.where), "1:1+1");
  EXPECT_EQ(place(map.entries[0].second.where), "1:4+1");
  EXPECT_EQ(place(map.find("key")->where), "2:6+6");
  EXPECT_EQ(place(map.find("list")->items[0].where), "4:5+1");
  EXPECT_EQ(place(map.find("list")->items[1].find("k")->where), "5:9+2");
}

TEST(Yaml, PlacesInsideScalars) {
  const std::string text =
      "plain: one two\nsingle: 'it''s two'\ndouble: \"a\\tb two\"\nblock: |\n  one\n  two three\nfold: >-\n   one\n   "
      "two\nmulti: one\n  two\n";
  const Parsed parsed = read(text);
  const Node& map = parsed.documents.at(0);
  const auto find = [&](std::string_view key, std::string_view token) {
    const Node& node = *map.find(key);
    return place(place_in(parsed.file, node, node.text.find(token), token.size()));
  };
  EXPECT_EQ(find("plain", "two"), "1:12+3");
  EXPECT_EQ(find("single", "two"), "2:16+3");
  EXPECT_EQ(find("double", "two"), "3:15+3");
  EXPECT_EQ(find("block", "two"), "6:3+3");
  EXPECT_EQ(find("block", "three"), "6:7+5");
  EXPECT_EQ(find("fold", "two"), "9:4+3");
  EXPECT_EQ(find("multi", "two"), "11:3+3");
}

TEST(Yaml, PlacesFromLeftToRightAreThoseAskedForAlone) {
  const std::string text =
      "plain: one  two é three\nsingle: 'it''s  two'\ndouble: \"a\\tb\\n two \\u00e9 x\\\n  y\"\nblock: |\n  one\n\n  two  "
      "three\n"
      "fold: >-\n   one\n   two\n\n   three\nmulti: one\n  two\n";
  const Parsed parsed = read(text);
  const Node& map = parsed.documents.at(0);
  for (const auto& [key, node] : map.entries) {
    ScalarPlaces places(parsed.file, node);
    for (const int round : {1, 2}) {
      for (std::size_t at = 0; at <= node.text.size(); ++at) {
        if (at < node.text.size() && (static_cast<unsigned char>(node.text[at]) & 0xC0U) == 0x80U) continue;
        EXPECT_EQ(place(places.at(at, 1)), place(place_in(parsed.file, node, at, 1))) << key.text << " " << at << " " << round;
      }
    }
  }
}

TEST(Yaml, RefusesWhatItMust) {
  const std::pair<const char*, const char*> cases[] = {
      {"a: [1\n", "V0001"},      {"a: &x 1\nb: *x\n", "V0002"}, {"a: *x*\n", "V0002"},  {"a:\n  <<: {b: 1}\n", "V0003"},
      {"a: 1\na: 2\n", "V0004"}, {"a: !!str 1\n", "V0005"},     {"a: ! x\n", "V0005"},  {"a: !x {b: 1}\n", "V0005"},
      {"a: \x01\n", "V0006"},    {"a: \xC2\x85\n", "V0006"},    {"a: \xFF\n", "V0007"}, {"a: \xED\xA0\x80\n", "V0007"},
      {"a: \"b\n", "V0011"},     {"a: 'b''\n", "V0011"},        {": 1\n", "V0012"},     {"? [a]\n: 1\n", "V0012"},
  };
  for (const auto& [text, code] : cases) EXPECT_EQ(first_code(read(text)), code) << text;
}

TEST(Yaml, Limits) {
  EXPECT_EQ(first_code(read(std::string(256 * 1024, '#'))), "");
  EXPECT_EQ(first_code(read(std::string(256 * 1024 + 1, '#'))), "V0008");
  EXPECT_EQ(first_code(read(std::string(32, '[') + std::string(32, ']'))), "");
  EXPECT_EQ(first_code(read(std::string(33, '[') + std::string(33, ']'))), "V0009");
  std::string many = "[";
  for (int i = 0; i < 99'999; ++i) many += "a,";
  EXPECT_EQ(first_code(read(many + "]")), "");
  EXPECT_EQ(first_code(read(many + "a]")), "V0010");
}

TEST(Yaml, DuplicateKeysKeepTheFirstAndTheRest) {
  const Parsed parsed = read("a: 1\n'a': {x: 1}\nb: 2\nb: 3\n");
  ASSERT_EQ(parsed.diagnostics.items().size(), 2U);
  EXPECT_EQ(place(parsed.diagnostics.items()[0].where), "2:1+3");
  ASSERT_EQ(parsed.documents.size(), 1U);
  EXPECT_TRUE(parsed.documents[0].broken);
  EXPECT_EQ(parsed.documents[0].find("a")->text, "1");
  EXPECT_EQ(parsed.documents[0].find("b")->text, "2");
}

TEST(Yaml, DocumentsBeforeABrokenOneAreReturned) {
  const Parsed parsed = read(
      "\xEF\xBB\xBF"
      "a: 1\n---\n---\nb: 2\n---\nc: [\n");
  EXPECT_EQ(parsed.documents.size(), 2U);
  EXPECT_EQ(first_code(parsed), "V0001");
}

TEST(Yaml, LineOf) {
  const File file{"t.yml",
                  "\xEF\xBB\xBF"
                  "one\r\ntwo\n"};
  EXPECT_EQ(line_of(file, 1), "one");
  EXPECT_EQ(line_of(file, 2), "two");
  EXPECT_EQ(line_of(file, 9), "");
}

}  // namespace
}  // namespace vedette::yaml
