// The printed plan, and diagnostics as terminals and programs see them.
#include <gtest/gtest.h>

#include "engine/base/diagnostic_codes.h"
#include "tests/rules/support.h"

namespace vedette::rules::test {
namespace {

TEST(Print, Plan) {
  const Compiled compiled =
      compile_text(rule("  s: {eventType: a}\n  f: {outcome.result|contains: B}\n  condition: s and not f\n",
                        "name: base\nsuppress: {by: [actor.id], for: 1m}\n") +
                   "---\ntitle: C\nid: 22222222-2222-4222-8222-222222222222\nlevel: high\ncorrelation:\n  type: event_count\n  "
                   "rules: [base]\n  group-by: ['actor.alternateId|cased']\n"
                   "  timespan: 10m\n  condition: {gte: 3}\n");
  ASSERT_NE(compiled.rules.plan, nullptr) << compiled.codes();
  EXPECT_EQ(plan::print_plan(compiled.plan()),
            "rule 0 'base'\n"
            "    key 11111111-1111-4111-8111-111111111111 level medium hash " +
                compiled.plan().rules[0].meta.semantic_hash +
                "\n"
                "    logsource category= product=okta service=\n"
                "    column 0 actor.id\n"
                "    column 1 actor.alternateId|cased cased\n"
                "    suppress for 60000000 us by 0 (given)\n"
                "    accept 21600000000 us referred\n"
                "correlation 0 'C'\n"
                "    key 22222222-2222-4222-8222-222222222222 level high hash " +
                compiled.plan().correlations[0].meta.semantic_hash +
                "\n"
                "    event_count >= 3 in 600000000 us, level 0, accept 21600000000 us, retention 25800000000 us emits\n"
                "    group by 'actor.alternateId'\n"
                "    input rule 0 members column:1\n"
                "    suppress for 3600000000 us by 0\n"
                "source json \n"
                "source okta 0000000000000000\n"
                "    slot 0 eventType\n"
                "    slot 1 outcome.result upper\n"
                "    slot 2 actor.id\n"
                "    slot 3 actor.alternateId\n"
                "    arm of rule 0: (eventType = 'a' and not (outcome.result contains 'B'))\n"
                "        column 0 = actor.id\n"
                "        column 1 = actor.alternateId|cased\n"
                "source sshd \n");
}

TEST(Print, LongArmsAreCut) {
  std::string condition = "s";
  for (int i = 0; i < 5000; ++i) condition += " and s";
  const Compiled compiled = compile_text(rule("  s: {eventType: aaaaaaaaaaaaaaaaaaaa}\n  condition: " + condition + "\n"));
  ASSERT_NE(compiled.rules.plan, nullptr) << compiled.codes();
  EXPECT_EQ(compiled.arm().size(), 64U * 1024 + 4);
  EXPECT_TRUE(compiled.arm().ends_with("...)"));
}

Diagnostic sample() {
  return make_diagnostic("V1004", {"é.yml", 12, 4, 3}, "unknown modifier `ä\x1b`", "first\nsecond", "\té \x1b[x|äöü: b");
}

TEST(Print, HumanDiagnostic) {
  EXPECT_EQ(render_human(sample(), false),
            "error[V1004]: unknown modifier `ä\\x1b`\n"
            "  --> é.yml:12:4\n"
            "   |\n"
            "12 |  é \xEF\xBF\xBD[x|äöü: b\n"
            "   |    ^^^\n"
            "   = help: first\n"
            "     second\n");
  EXPECT_NE(render_human(sample(), true).find("\x1b[1;31merror[V1004]\x1b[0m: "), std::string::npos);
}

TEST(Print, HumanDiagnosticWithoutPlace) {
  EXPECT_EQ(render_human(make_diagnostic("V0008", {"a.yml", 0, 0, 1}, "too large"), false),
            "error[V0008]: too large\n --> a.yml\n");
}

TEST(Print, LongLinesAreCutAroundTheCaret) {
  const std::string text = render_human(
      make_diagnostic("V1004", {"a.yml", 1, 1001, 5}, "m", "h", std::string(1000, 'a') + "wrong" + std::string(1000, 'b')),
      false);
  const std::size_t token = text.find("wrong"), caret = text.find("^^^^^");
  ASSERT_NE(token, std::string::npos);
  const std::size_t token_line = text.rfind('\n', token), caret_line = text.rfind('\n', caret);
  EXPECT_EQ(token - token_line, caret - caret_line);
  EXPECT_LT(text.size(), 600U);
}

TEST(Print, JsonDiagnostic) {
  EXPECT_EQ(render_json(sample()),
            "{\"severity\":\"error\",\"code\":\"V1004\",\"file\":\"é.yml\",\"line\":12,\"column\":4,\"length\":3,"
            "\"message\":\"unknown modifier `ä\\u001b`\",\"hint\":\"first\\nsecond\"}");
}

TEST(Print, SortedByPlace) {
  Diagnostics diagnostics;
  diagnostics.add(make_diagnostic("V1005", {"b", 1, 1, 1}, ""));
  diagnostics.add(make_diagnostic("V1005", {"a", 2, 1, 1}, ""));
  diagnostics.add(make_diagnostic("V2001", {"a", 1, 9, 1}, ""));
  diagnostics.sort();
  EXPECT_EQ(diagnostics.items()[0].code, "V2001");
  EXPECT_EQ(diagnostics.items()[2].where.file, "b");
  EXPECT_EQ(diagnostics.error_count(), 2U);
  EXPECT_EQ(diagnostics.warning_count(), 1U);
}

}  // namespace
}  // namespace vedette::rules::test
