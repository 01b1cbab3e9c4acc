// Conditions: precedence, quantifiers, patterns, names that look like keywords, and every error.
#include <gtest/gtest.h>

#include "tests/rules/support.h"

namespace vedette::rules::test {
namespace {

const char* kSelections =
    "  a: {eventType: a}\n  b: {eventType: b}\n  c: {eventType: c}\n  sel_1: {eventType: s1}\n  sel_2: {eventType: s2}\n"
    "  _sel: {eventType: hidden}\n  notepad: {eventType: n}\n  order: {eventType: o}\n  all: {eventType: all}\n";

std::string printed(const std::string& condition) {
  const Compiled compiled = compile_text(rule(kSelections + ("  condition: " + condition) + "\n"));
  if (compiled.rules.plan == nullptr) {
    std::string out;
    for (const Diagnostic& diagnostic : compiled.diagnostics.items()) {
      if (diagnostic.severity == Severity::error) out += (out.empty() ? "" : " ") + diagnostic.code;
    }
    return out;
  }
  std::string text = compiled.arm();
  for (std::size_t at = text.find("eventType = '"); at != std::string::npos; at = text.find("eventType = '")) {
    const std::size_t end = text.find('\'', at + 13);
    text.replace(at, end + 1 - at, text.substr(at + 13, end - at - 13));
  }
  return text;
}

TEST(Condition, Precedence) {
  EXPECT_EQ(printed("a"), "(a)");
  EXPECT_EQ(printed("a or b and c"), "(a or (b and c))");
  EXPECT_EQ(printed("a and b or c"), "((a and b) or c)");
  EXPECT_EQ(printed("(a or b) and c"), "((a or b) and c)");
  EXPECT_EQ(printed("not a and b"), "(not (a) and b)");
  EXPECT_EQ(printed("not (a and b)"), "(not (a and b))");
  EXPECT_EQ(printed("not not a"), "(not (not (a)))");
  EXPECT_EQ(printed("not 1 of sel_* or a"), "(not (s1 or s2) or a)");
  EXPECT_EQ(printed("((a))"), "(a)");
}

TEST(Condition, OperatorsInAnyCase) {
  EXPECT_EQ(printed("a AND NOT b"), "(a and not (b))");
  EXPECT_EQ(printed("a Or b"), "(a or b)");
}

TEST(Condition, KeywordsAreWholeWords) {
  EXPECT_EQ(printed("notepad"), "(n)");
  EXPECT_EQ(printed("order and notepad"), "(o and n)");
  EXPECT_EQ(printed("all"), "(all)");
  EXPECT_EQ(printed("not(a)and(b)"), "(not (a) and b)");
}

TEST(Condition, Quantifiers) {
  EXPECT_EQ(printed("1 of sel_*"), "(s1 or s2)");
  EXPECT_EQ(printed("any of sel*"), "(s1 or s2)");
  EXPECT_EQ(printed("all of sel_*"), "(s1 and s2)");
  EXPECT_EQ(printed("all of *l_*"), "(s1 and s2)");
  EXPECT_EQ(printed("1 of them"), "(a or b or c or s1 or s2 or n or o or all)");
  EXPECT_EQ(printed("1 of sel_1"), "(s1)");
  EXPECT_EQ(printed("1 of _sel"), "(hidden)");
  EXPECT_EQ(printed("1 of *sel*"), "(s1 or s2)");
}

TEST(Condition, ListIsOr) { EXPECT_EQ(printed("[a and b, c]"), "((a and b) or c)"); }

TEST(Condition, Errors) {
  const std::pair<const char*, const char*> cases[] = {
      {"''", "V1101"},
      {"a b", "V1101"},
      {"a and", "V1101"},
      {"and a", "V1101"},
      {"a or or b", "V1101"},
      {"not", "V1101"},
      {"()", "V1101"},
      {"1 of", "V1101"},
      {"(a", "V1105"},
      {"a)", "V1105"},
      {"(a and (b)", "V1105"},
      {"(a b)", "V1101"},
      {"x", "V1102"},
      {"x and y", "V1102 V1102"},
      {"sel_*", "V1102"},
      {"1 of nope*", "V1103"},
      {"2 of sel_*", "V1106"},
      {"most of them", "V1106"},
      {"a | count() > 5", "V1104"},
      {"{a: b}", "V1003"},
      {"[]", "V1010"},
      {"~", "V1002"},
      {"1 of selection_*", "V1103"},
  };
  for (const auto& [condition, codes] : cases) EXPECT_EQ(printed(condition), codes) << condition;
}

TEST(Condition, DepthIsLimited) {
  EXPECT_EQ(printed(std::string(60, '(') + "a" + std::string(60, ')')), "(a)");
  EXPECT_EQ(printed(std::string(70, '(') + "a" + std::string(70, ')')), "V1107");
  std::string nots;
  for (int i = 0; i < 5000; ++i) nots += "not ";
  EXPECT_EQ(printed(nots + "a"), "V1107");
}

TEST(Condition, CaretsInsideQuotedAndFoldedText) {
  const auto where = [](const std::string& condition) {
    const Compiled compiled = compile_text(rule("  a: {eventType: x}\n  condition: " + condition));
    for (const Diagnostic& diagnostic : compiled.diagnostics.items()) {
      if (diagnostic.code == "V1102")
        return std::to_string(diagnostic.where.line) + ":" + std::to_string(diagnostic.where.column) + "+" +
               std::to_string(diagnostic.where.length);
    }
    return std::string("none");
  };
  EXPECT_EQ(where("a and nope\n"), "6:20+4");
  EXPECT_EQ(where("'a and nope'\n"), "6:21+4");
  EXPECT_EQ(where(">\n    a and\n    nope or a\n"), "8:5+4");
}

}  // namespace
}  // namespace vedette::rules::test
