// Folding, UTF-8, JSON text, digests, hashing.
#include <gtest/gtest.h>
#include <re2/re2.h>

#include <set>

#include "engine/base/arena.h"
#include "engine/base/digest.h"
#include "engine/base/fold.h"
#include "engine/base/hash.h"
#include "engine/base/json_writer.h"
#include "engine/base/utf8.h"

namespace vedette {
namespace {

TEST(Fold, AsciiAndBeyond) {
  EXPECT_EQ(folded("Alice@ACME.com"), "alice@acme.com");
  EXPECT_EQ(folded("ÀÉÎ ΑΣ ЖЯ"), "àéî ασ жя");
  EXPECT_EQ(folded("ς"), "σ");                    // final sigma
  EXPECT_EQ(folded("\xE2\x84\xAA"), "k");         // Kelvin sign
  EXPECT_EQ(folded("\xC5\xBF"), "s");             // long s
  EXPECT_EQ(folded("\xE1\xBA\x9E"), "\xC3\x9F");  // capital sharp s -> sharp s, not ss
  EXPECT_EQ(folded("\xC3\x9F"), "\xC3\x9F");
  EXPECT_EQ(folded("\xC4\xB0"), "\xC4\xB0");  // dotted capital I has no simple folding
  EXPECT_EQ(folded("a\xFFZ"), "a\xFFz");      // malformed byte stays
  EXPECT_TRUE(is_folded("abc-\xC3\xA9"));
  EXPECT_FALSE(is_folded("\xC3\x89"));
  EXPECT_TRUE(equal_folded("STRASSE", "strasse"));
  EXPECT_FALSE(equal_folded("abc", "abcd"));
  EXPECT_TRUE(equal_folded("\xE2\x84\xAA", "K"));
}

// Independent view: two code points fold alike exactly when RE2's (?i) matches one with the other.
TEST(Fold, AgreesWithRe2OnEveryLetter) {
  int compared = 0;
  for (char32_t c = 0x80; c < 0x2000; ++c) {
    std::string self;
    append_utf8(self, c);
    std::string other;
    append_utf8(other, fold_code_point(c));
    if (c == U'\u1E9E') continue;  // RE2 of this version keeps it apart from the small letter
    EXPECT_TRUE(RE2::FullMatch(other, "(?i)" + RE2::QuoteMeta(self))) << std::hex << static_cast<unsigned>(c);
    ++compared;
  }
  EXPECT_GT(compared, 7000);
}

TEST(Fold, FoldingTwiceIsFoldingOnce) {
  for (char32_t c = 0; c < 0x1F000; ++c) EXPECT_EQ(fold_code_point(fold_code_point(c)), fold_code_point(c));
}

TEST(Utf8, RefusesOverlongSurrogatesAndTruncation) {
  EXPECT_TRUE(valid_utf8("a\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80"));
  for (const char* text :
       {"\xC0\x80", "\xED\xA0\x80", "\xE2\x82", "\xF4\x90\x80\x80", "\x80", "\xF5\x80\x80\x80", "\xE0\x80\x80"}) {
    EXPECT_FALSE(valid_utf8(text)) << text;
  }
  EXPECT_EQ(count_code_points("a\xC3\xA9\xE2\x82\xAC"), 3U);
}

TEST(JsonText, EscapesAndRepairs) {
  std::string out;
  append_json_string(out, std::string_view("a\"b\\c\n\x01\x7F\xFF\xC3\xA9", 11));
  EXPECT_EQ(out, "\"a\\\"b\\\\c\\n\\u0001\\u007f\xEF\xBF\xBD\xC3\xA9\"");
}

TEST(JsonText, Structure) {
  std::string out;
  JsonWriter json(out);
  json.begin_object();
  json.key("a");
  json.begin_array();
  json.number(std::int64_t{-1});
  json.string("x");
  json.null();
  json.end_array();
  json.key("b");
  json.boolean(true);
  json.key("c");
  json.begin_object();
  json.end_object();
  json.end_object();
  EXPECT_EQ(out, R"({"a":[-1,"x",null],"b":true,"c":{}})");
}

TEST(Digest, PartsAreUnambiguousAndStable) {
  // The vector of the correlation alert id in the format specification.
  EXPECT_EQ(
      to_hex(digest_parts({"vedette.alert.v1", "default", "11111111-1111-4111-8111-111111111111", "600000000", "alice", "1"})),
      "fc34b5ec4644027af1d6bab2a669b333");
  EXPECT_EQ(to_hex(digest_parts({"vedette.event-alert.v1", "default", "11111111-1111-4111-8111-111111111111", "okta",
                                 "33e9dcbc-3ed3-423b-acdf-7e44ab17ebdb"})),
            "46fb6aca0c273f79da11ff37a24d03e0");
  EXPECT_NE(digest_parts({"ab", "c"}), digest_parts({"a", "bc"}));
  const std::string large(2000, 'x');
  const std::string half(500, 'x');
  EXPECT_EQ(to_hex(digest_parts({large})), "d35b2f2385d304b215529f729b5ba706");
  EXPECT_NE(digest_parts({half, half}), digest_parts({std::string_view(large).substr(0, 1000)}));
}

TEST(Hash, SeparatesPartsSeedsAndLengths) {
  const HashSeed seed{1, 2};
  std::set<std::pair<std::uint64_t, std::uint64_t>> seen;
  for (std::size_t n = 0; n < 40; ++n) {
    const Hash128 hash = siphash128(std::string(n, '\0'), seed);
    seen.emplace(hash.low, hash.high);
  }
  EXPECT_EQ(seen.size(), 40U);
  EXPECT_NE(siphash128("a", seed), siphash128("a", HashSeed{1, 3}));
  Hasher128 one(seed), two(seed);
  one.add("ab");
  one.add("c");
  two.add("a");
  two.add("bc");
  EXPECT_NE(one.finish(), two.finish());
}

TEST(Arena, KeepsItsMemory) {
  Arena arena(1024);
  const std::string_view first = arena.copy("hello");
  EXPECT_EQ(first, "hello");
  const char* place = first.data();
  (void)arena.allocate(5000);
  arena.clear();
  EXPECT_EQ(arena.copy("again").data(), place);
}

}  // namespace
}  // namespace vedette
