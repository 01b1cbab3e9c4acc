// Fixes change what they name and nothing else.
#include <gtest/gtest.h>

#include "tests/check/support.h"

namespace vedette::rules::test {
namespace {

std::string rule(const std::string& selection, const std::string& newline = "\n") {
  std::string text =
      "title: T\nid: 9b7c1f52-0000-4000-8000-000000000001\nlogsource: {product: okta}\ndetection:\n  selection:\n" + selection +
      "  condition: selection\n";
  std::string out;
  for (const char c : text) out += c == '\n' ? newline : std::string(1, c);
  return out;
}

std::string fixed(const std::string& text) {
  CheckSettings with = settings();
  with.read_test = {};
  return check_and_fix({{"rule.yml", text}}, options(), with).files.front().text;
}

TEST(Fix, LineEndsByteOrderMarksAndCommentsStay) {
  EXPECT_EQ(
      fixed(rule(
          "    eventType:   # note\n      - user.session.start   # kept\n      - user.session.end\n      - USER.session.start\n",
          "\r\n")),
      rule("    eventType:   # note\n      - user.session.start   # kept\n      - user.session.end\n", "\r\n"));
  EXPECT_EQ(fixed("\xEF\xBB\xBF" + rule("    outcome.reason|contains: '*\xC3\xA9t\xC3\xA9*'\n")),
            "\xEF\xBB\xBF" + rule("    outcome.reason|contains: '\xC3\xA9t\xC3\xA9'\n"));
  const std::string commented = rule("    eventType:\n      - user.session.start\n      - user.session.start # the same\n");
  EXPECT_EQ(fixed(commented), commented) << "a comment is never lost";
}

TEST(Fix, SeveralFixesOfOneItemTakeRounds) {
  EXPECT_EQ(fixed(rule("    outcome.reason|contains|all:\n      - '*denied*'\n      - 'denied'\n")),
            rule("    outcome.reason|contains: 'denied'\n"));
  EXPECT_EQ(fixed(rule("    outcome.reason|re:\n      - '.*denied.*'\n      - '.*locked'\n")),
            rule("    outcome.reason|contains|cased:\n      - 'denied'\n      - 'locked'\n"));
  EXPECT_EQ(fixed(rule("    EventType: user.session.start\n    outcome.Result: [FAILURE, failure]\n")),
            rule("    eventType: user.session.start\n    outcome.result: FAILURE\n"));
}

TEST(Fix, TextThatWouldReadAsSomethingElseIsQuoted) {
  EXPECT_EQ(fixed(rule("    outcome.reason|re: .*[a-z] x\n")), rule("    outcome.reason|re: '[a-z] x'\n"));
  EXPECT_EQ(fixed(rule("    outcome.reason|re: .*null\n    actor.id|re: .*\\d+\n")),
            rule("    outcome.reason|contains|cased: 'null'\n    actor.id|re: \\d+\n"));
  EXPECT_EQ(fixed(rule("    outcome.reason|contains: '*it''s*'\n")), rule("    outcome.reason|contains: 'it''s'\n"));
  EXPECT_EQ(fixed(rule("    outcome.reason|contains: \"*it's*\"\n")), rule("    outcome.reason|contains: \"it's\"\n"));
}

TEST(Fix, WhatIsNotPlainlyThereIsLeftAlone) {
  const std::string escaped = rule("    outcome.reason|contains: \"*\\x64enied*\"\n");
  EXPECT_EQ(fixed(escaped), escaped);
  const std::string folded = rule("    outcome.reason|contains: '*two\n      lines*'\n");
  EXPECT_EQ(fixed(folded), folded);
  // A key that is there already would be a duplicate.
  const std::string taken = rule("    outcome.reason: '*denied*'\n    outcome.reason|contains: locked\n");
  EXPECT_EQ(fixed(taken), taken);
  // An escaped star is a star; a regex's escaped dot is a dot.
  const std::string literal = rule("    outcome.reason|contains: '\\*denied\\*'\n    actor.id|re: 'a[bc]\\.*'\n");
  EXPECT_EQ(fixed(literal), literal);
}

TEST(Fix, OneFilesFixesDoNotTouchAnother) {
  CheckSettings with = settings();
  with.read_test = {};
  const std::string second =
      "title: U\nid: 9b7c1f52-0000-4000-8000-000000000002\nlogsource: {product: okta}\ndetection:\n  selection:\n    "
      "eventType: user.session.end\n  condition: selection\n";
  const Fixed both = check_and_fix({{"a.yml", rule("    outcome.reason|contains: '*x*'\n")}, {"b.yml", second}}, options(), with);
  EXPECT_EQ(both.files[0].text, rule("    outcome.reason|contains: 'x'\n"));
  EXPECT_EQ(both.files[1].text, second);
  ASSERT_EQ(both.applied.size(), 1U);
  EXPECT_EQ(both.applied[0].code, "V2133");
  EXPECT_EQ(both.applied[0].where.file, "a.yml");
}

TEST(Fix, BrokenFilesAreFixedWhereTheyAreWhole) {
  CheckSettings with = settings();
  with.read_test = {};
  const std::string text =
      rule("    outcome.reason|contains: '*x*'\n") + "---\ntitle: U\nlogsource: {product: okta}\ndetection: {}\n";
  const Fixed out = check_and_fix({{"a.yml", text}}, options(), with);
  EXPECT_TRUE(out.checked.findings.has_errors());
  EXPECT_NE(out.files[0].text.find("contains: 'x'"), std::string::npos);
}

TEST(UnifiedDiff, ReadsAsPatchDoes) {
  EXPECT_EQ(unified_diff("f", "a\nb\n", "a\nb\n"), "");
  EXPECT_EQ(unified_diff("f", "a\nb\nc\n", "a\nB\nc\n"), "--- f\n+++ f\n@@ -1,3 +1,3 @@\n a\n-b\n+B\n c\n");
  EXPECT_EQ(unified_diff("f", "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12\nx", "1\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12\ny\n"),
            "--- f\n+++ f\n@@ -1,5 +1,4 @@\n 1\n-2\n 3\n 4\n 5\n@@ -10,4 +9,4 @@\n 10\n 11\n 12\n-x\n\\ No newline at end of "
            "file\n+y\n");
  EXPECT_EQ(unified_diff("f", "", "a\n"), "--- f\n+++ f\n@@ -0,0 +1 @@\n+a\n");
}

}  // namespace
}  // namespace vedette::rules::test
