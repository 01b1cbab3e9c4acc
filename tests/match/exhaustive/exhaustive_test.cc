// All patterns and subjects over a small alphabet, through the real compiler and decoder, against the naive matcher:
// modifiers, wildcards, escapes, case, null, arrays, numbers.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/match/exhaustive/comparison.h"

#ifndef VEDETTE_EXHAUSTIVE_SYMBOLS
#define VEDETTE_EXHAUSTIVE_SYMBOLS 4
#endif

namespace vedette::match {
namespace {

constexpr std::size_t kSymbols = VEDETTE_EXHAUSTIVE_SYMBOLS;
constexpr std::size_t kChunks = 8;
const Texts kModifiers = {"",       "|contains",       "|startswith",       "|endswith",
                          "|cased", "|contains|cased", "|startswith|cased", "|endswith|cased"};

// Every text of up to `length` symbols.
Texts all_texts(std::size_t length, const std::string& alphabet = "aA*?\\b") {
  Texts out = {""};
  for (std::size_t begin = 0; length > 0; --length) {
    const std::size_t end = out.size();
    for (; begin < end; ++begin) {
      for (const char c : alphabet) out.push_back(out[begin] + c);
    }
  }
  return out;
}

class Strings : public ::testing::TestWithParam<std::size_t> {};

TEST_P(Strings, PatternsAndSubjects) {
  Texts rules;
  const Texts patterns = all_texts(kSymbols);
  for (std::size_t i = GetParam(); i < patterns.size(); i += kChunks) {
    for (const std::string& modifier : kModifiers)
      rules.push_back(rule_text(rules.size(), "f" + modifier + ": " + quoted(patterns[i])));
  }
  Comparison comparison(rules);
  ASSERT_TRUE(comparison.usable());
  for (const std::string& subject : all_texts(kSymbols)) comparison.compare(event_of(json_text(subject)));
  comparison.finish("patterns and subjects", 100);
}

INSTANTIATE_TEST_SUITE_P(Chunk, Strings, ::testing::Range<std::size_t>(0, kChunks),
                         [](const auto& param) { return std::to_string(param.param); });

TEST(Arrays, AnyMemberNullAndAbsence) {
  Texts rules;
  for (const std::string& pattern : all_texts(2)) {
    for (const std::string& modifier : kModifiers) {
      rules.push_back(rule_text(rules.size(), "f" + modifier + ": " + quoted(pattern)));
      rules.push_back(rule_text(rules.size(), "f" + modifier + "|neq: " + quoted(pattern)));
    }
    rules.push_back(rule_text(rules.size(), "f: " + quoted(pattern), "not s"));
    rules.push_back(rule_text(rules.size(), "f: [null, " + quoted(pattern) + "]"));
  }
  for (const char* selection : {"f: null", "f|exists: true", "f|exists: false", "f:", "f|neq: null"})
    rules.push_back(rule_text(rules.size(), selection));
  Comparison comparison(rules);
  ASSERT_TRUE(comparison.usable());
  Texts members = {"null", "[]", "true", "1", "{}", "[null]", "[[]]", "{\"a\":null}", "[\"a\",[\"b\"]]"};
  for (const std::string& text : all_texts(kSymbols > 3 ? 2 : 1)) members.push_back(json_text(text));
  comparison.compare("{}");
  comparison.compare("{\"F\":\"a\"}");
  for (const std::string& one : members) {
    comparison.compare(event_of(one));
    for (const std::string& two : members) comparison.compare(event_of("[" + one + ", " + two + "]"));
  }
  comparison.finish("arrays", 100);
}

TEST(Lists, AnyAndAll) {
  Texts rules;
  const Texts patterns = all_texts(2, "aA*b");
  for (const std::string& one : patterns) {
    for (const std::string& two : patterns) {
      for (const char* modifier : {"", "|all", "|contains|all", "|contains|all|neq", "|endswith", "|neq"}) {
        rules.push_back(rule_text(rules.size(), "f" + std::string(modifier) + ": [" + quoted(one) + ", " + quoted(two) + "]"));
      }
    }
  }
  Comparison comparison(rules);
  ASSERT_TRUE(comparison.usable());
  Texts subjects;
  for (const std::string& text : all_texts(3, "aAb")) subjects.push_back(json_text(text));
  for (const std::string& subject : subjects) comparison.compare(event_of(subject));
  for (const char* one : {"\"a\"", "\"b\"", "\"Ab\"", "null", "\"\""}) {
    for (const char* two : {"\"A\"", "\"bb\"", "\"ba\"", "\"\""})
      comparison.compare(event_of("[" + std::string(one) + "," + two + "]"));
  }
  comparison.finish("lists", 100);
}

TEST(Keywords, AnyScalar) {
  Texts rules;
  for (const std::string& pattern : all_texts(3)) {
    if (pattern.empty()) continue;
    rules.push_back(rule_text(rules.size(), "- " + quoted(pattern)));
  }
  for (const std::string& one : all_texts(1)) {
    for (const std::string& two : all_texts(1)) {
      if (one.empty() || two.empty()) continue;
      rules.push_back(rule_text(rules.size(), "'|all': [" + quoted(one + "b") + ", " + quoted(two) + "]"));
      rules.push_back(rule_text(rules.size(), "- " + quoted(one + "a") + "\n    - f: " + quoted(two)));
    }
  }
  Comparison comparison(rules);
  ASSERT_TRUE(comparison.usable());
  for (const std::string& subject : all_texts(3)) {
    const std::string text = json_text(subject);
    comparison.compare(event_of(text));
    comparison.compare("{\"x\":{\"f\":[" + text + ",true,{\"aab\":12}]},\"y\":\"ab\"}");
  }
  comparison.finish("keywords", 100);
}

TEST(Scalars, NumbersBooleansAndTheirSpellings) {
  const Texts spellings = {"0",
                           "-0",
                           "1",
                           "1.0",
                           "1.10",
                           "1e0",
                           "10e-1",
                           "01",
                           "+1",
                           "12",
                           "-12",
                           "120e-1",
                           "9007199254740992",
                           "9007199254740993",
                           "1e400",
                           "10e399",
                           "true",
                           "True",
                           "false",
                           "null",
                           "0x17",
                           "1_0",
                           ".5",
                           "0.5",
                           "5e-1",
                           "yes",
                           "NaN",
                           "1e",
                           "00000429"};
  Texts rules;
  for (const std::string& spelling : spellings) {
    for (const char* modifier : {"", "|contains", "|neq", "|cased", "|startswith"}) {
      rules.push_back(rule_text(rules.size(), "f" + std::string(modifier) + ": " + quoted(spelling)));
      if (spelling != "null") rules.push_back(rule_text(rules.size(), "f" + std::string(modifier) + ": " + spelling));
    }
    if (naive::compare_numbers(spelling, "0") == 2) continue;
    for (const char* modifier : {"gt", "gte", "lt", "lte"}) {
      rules.push_back(rule_text(rules.size(), "f|" + std::string(modifier) + ": " + spelling));
      rules.push_back(rule_text(rules.size(), "f|" + std::string(modifier) + "|neq: " + spelling));
    }
  }
  rules.push_back(rule_text(rules.size(), "f: [1, 12, 0.5, x, y, z, '1.10']"));
  Comparison comparison(rules);
  ASSERT_TRUE(comparison.usable());
  for (const char* number : {"0",
                             "-0",
                             "0.0",
                             "1",
                             "1.0",
                             "1.1",
                             "1e0",
                             "1E+0",
                             "10e-1",
                             "12",
                             "12.0",
                             "-12",
                             "-12e0",
                             "9007199254740992",
                             "9007199254740993",
                             "9007199254740993.0",
                             "1e400",
                             "10e399",
                             "0.5",
                             "0.50",
                             "5e-1",
                             "429",
                             "120",
                             "true",
                             "false",
                             "null",
                             "{\"a\":1}",
                             "[1,12]",
                             "[]"}) {
    comparison.compare(event_of(number));
  }
  for (const std::string& spelling : spellings) comparison.compare(event_of(json_text(spelling)));
  comparison.finish("scalars", 100);
}

TEST(Objects, CompareByCompactText) {
  Texts rules;
  for (const char* value :
       {R"({"a":[1,"x y"]})", R"({"A":[1,"X Y"]})", R"("a":[1)", R"({"a":{"b":null}})", "x y", R"({*})", "{}", R"(*:?1*)"}) {
    for (const std::string& modifier : kModifiers)
      rules.push_back(rule_text(rules.size(), "f" + modifier + ": " + quoted(value)));
  }
  rules.push_back(rule_text(rules.size(), R"(f|re: '^\{"a":\[\d,')"));
  rules.push_back(rule_text(rules.size(), "f|fieldref: g"));
  Comparison comparison(rules);
  ASSERT_TRUE(comparison.usable());
  for (const char* value :
       {R"({"a":[1,"x y"]})", R"({ "a" : [ 1 , "x y" ] })", "{\n\t\"a\": [1,\r\n\"x y\"]\n}", R"({ "a" : { "b" : null } })",
        "{ }", R"([ { "a" : 1 } , { "a" : [ 1, "x y" ] } ])", R"("{\"a\":[1,\"x y\"]}")", R"({"a":[1,"x  y"]})"}) {
    comparison.compare(event_of(value));
    comparison.compare("{\"f\" : " + std::string(value) + ", \"g\": {\"a\" : [1,\"x y\"] } }");
  }
  comparison.finish("objects", 100);
}

TEST(Folding, SimpleFoldingOfLetters) {
  const Texts letters = {"k",
                         "K",
                         "\xE2\x84\xAA",
                         "s",
                         "S",
                         "\xC5\xBF",
                         "\xC3\x9F",
                         "\xE1\xBA\x9E",
                         "\xCF\x83",
                         "\xCF\x82",
                         "\xCE\xA3",
                         "i",
                         "I",
                         "\xC4\xB0",
                         "\xC4\xB1",
                         "\xC3\xA9",
                         "\xC3\x89",
                         "ss",
                         "\xD0\x90",
                         "\xD0\xB0",
                         "a",
                         "\xF0\x90\x90\x80",
                         "\xF0\x90\x90\xA8",
                         "\xCE\x91",
                         "\xEF\xBC\xA1",
                         "\xEF\xBD\x81",
                         "\xC7\x85",
                         "\xC7\x84"};
  Texts rules;
  for (const std::string& letter : letters) {
    for (const std::string& modifier : kModifiers) {
      rules.push_back(rule_text(rules.size(), "f" + modifier + ": " + quoted(letter)));
      rules.push_back(rule_text(rules.size(), "f" + modifier + ": " + quoted("?" + letter + "*")));
    }
  }
  Comparison comparison(rules);
  ASSERT_TRUE(comparison.usable());
  for (const std::string& one : letters) {
    comparison.compare(event_of(json_text(one)));
    for (const std::string& two : letters) comparison.compare(event_of(json_text(one + two)));
  }
  comparison.finish("folding", 100);
}

TEST(Modifiers, TheOthers) {
  Texts rules;
  const auto add = [&](const std::string& selection) { rules.push_back(rule_text(rules.size(), selection)); };
  for (const char* regex : {"a", "^a", "b$", "a.c", "^$", "A|b", "[ab]+c", "a\\.b", "(?i)A"}) {
    for (const char* flags : {"", "|i", "|m", "|s", "|i|m|s"}) add("f|re" + std::string(flags) + ": " + quoted(regex));
  }
  for (const char* network :
       {"10.0.0.0/8", "10.1.2.3/32", "192.168.0.0/23", "0.0.0.0/0", "::/0", "2001:db8::/33", "::ffff:10.0.0.0/104"})
    add("f|cidr: " + quoted(network));
  for (const char* text : {"foobar", "foo", "fooo"}) {
    add("f|base64: " + quoted(text));
    add("f|base64offset|contains: " + quoted(text));
    add("f|wide|base64offset|contains: " + quoted(text));
    add("f|utf16le|base64|contains: " + quoted(text));
    add("f|utf16be|base64|contains: " + quoted(text));
    add("f|utf16|base64|contains: " + quoted(text));
  }
  for (const char* text : {"-a", " -ab /c", "/a-b", "a-b", "x -a*", "--a"}) {
    add("f|windash: " + quoted(text));
    add("f|windash|contains: " + quoted(text));
  }
  add("f|windash|contains|all: [' -a', ' /b']");
  for (const char* chain : {"", "|contains", "|startswith", "|endswith", "|cased", "|neq"})
    add("f|fieldref" + std::string(chain) + ": g");
  for (const char* part : {"minute", "hour", "day", "week", "month", "year"}) {
    for (const char* number : {"0", "1", "5", "8", "53", "2025", "[1, 2]"}) add("f|" + std::string(part) + ": " + number);
    for (const char* op : {"gt", "gte", "lt", "lte"}) add("f|" + std::string(part) + "|" + op + ": 8");
  }
  Comparison comparison(rules);
  ASSERT_TRUE(comparison.usable());
  Texts subjects = {"a",
                    "A",
                    "abc",
                    "a\nb",
                    "a\nc",
                    "xb\n",
                    "",
                    "abc\nabc",
                    "a.b",
                    "10.0.0.1",
                    "10.1.2.3",
                    "11.0.0.1",
                    "192.168.1.255",
                    "192.168.2.0",
                    "::ffff:10.1.2.3",
                    "2001:db8::1",
                    "2001:db8:8000::1",
                    "10.1.2",
                    "010.1.2.3",
                    "2026-01-05T08:00:00Z",
                    "2026-01-05 08:01:59.123",
                    "2024-12-30T23:30:00+01:00",
                    "2024-12-30T23:30:00-01:00",
                    "1767600000",
                    "1767600000123",
                    "2025-01-01T00:00:00Z",
                    "2020-12-31T12:53:00Z",
                    "Zm9vYmFy",
                    "xZm9vYmFyx",
                    "xmb29iYXy",
                    "Zvb2Jhcg",
                    "AGYAbwBvAGIAYQByAA==",
                    "ZgBvAG8AYgBhAHIA",
                    "-a",
                    "/a",
                    "\xE2\x80\x93"
                    "a",
                    "\xE2\x80\x94"
                    "a",
                    "\xE2\x80\x95"
                    "a",
                    " -ab -c",
                    " /ab -c x",
                    "/a/b",
                    "-a-b",
                    "a/b",
                    "a-b",
                    "x /abc",
                    "x -a /b",
                    "--a",
                    "-/a"};
  for (const std::string text : {"foobar", "foo", "fooo"}) {
    for (std::size_t before = 0; before < 4; ++before) {
      std::string padded = std::string(before, 'x') + text + "yy";
      std::string out;
      static const char* const kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
      for (std::size_t i = 0; i + 3 <= padded.size(); i += 3) {
        const unsigned bits = static_cast<unsigned>(padded[i]) << 16 | static_cast<unsigned>(padded[i + 1]) << 8 |
                              static_cast<unsigned>(padded[i + 2]);
        for (int shift = 18; shift >= 0; shift -= 6) out += kDigits[bits >> shift & 63];
      }
      subjects.push_back(out);
    }
  }
  for (const std::string& subject : subjects) {
    for (const char* other : {"", "a", "ABC", "B"})
      comparison.compare("{\"f\":" + json_text(subject) + ",\"g\":[\"" + other + "\",null]}");
    comparison.compare(event_of("[" + json_text(subject) + ",null,7]"));
  }
  for (const char* number : {"1767600000", "1767600000123", "null", "true", "0"}) comparison.compare(event_of(number));
  comparison.finish("other modifiers", 200);
}

}  // namespace
}  // namespace vedette::match
