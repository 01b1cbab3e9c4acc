// Filter documents: whom they concern, what they add to the arms of a rule, hashes, and what is refused.
#include <gtest/gtest.h>

#include "tests/rules/support.h"

namespace vedette::rules::test {
namespace {

std::string login(const std::string& name, char id, const std::string& logsource = "{product: okta, service: okta}") {
  const std::string digit(1, id);
  return "title: " + name + "\nid: " + digit + "1111111-1111-4111-8111-111111111111\nname: " + name +
         "\nlogsource: " + logsource +
         "\ndetection:\n  selection: {eventType: user.session.start}\n  condition: selection\n---\n";
}

std::string filter(const std::string& rules, const std::string& extra = "", const std::string& logsource = "{product: okta}",
                   const std::string& body = "  selection: {client.ipAddress: 10.0.0.9}\n  condition: not selection\n") {
  return "title: Scanner\nid: f1111111-1111-4111-8111-111111111111\nlogsource: " + logsource + "\n" + extra +
         "filter:\n  rules: " + rules + "\n" + body;
}

// The filters of the rule's arms, one line each: source filter index: (node).
std::string filters_of(const Compiled& compiled, std::uint32_t rule) {
  if (compiled.rules.plan == nullptr) return "no plan: " + compiled.codes();
  std::string out;
  for (const plan::SourceProgram& program : compiled.plan().sources) {
    for (const plan::Arm& arm : program.arms) {
      for (const plan::ArmFilter& each : arm.filters) {
        if (arm.rule == rule)
          out +=
              program.source.name + " " + std::to_string(each.filter) + ": " + plan::print_node(program, arm, each.node) + "\n";
      }
    }
  }
  return out;
}

TEST(Filter, IsPartOfTheArmsOfTheRulesItNames) {
  const Compiled compiled = compile_text(login("a", 'a') + login("b", 'b') + filter("[a]"));
  EXPECT_EQ(compiled.codes(), "");
  EXPECT_EQ(compiled.rules.rules, 2U);
  EXPECT_EQ(compiled.rules.filters, 1U);
  EXPECT_EQ(compiled.arm(0), "(eventType = 'user.session.start')");
  EXPECT_EQ(filters_of(compiled, 0), "okta 0: (not (client.ipAddress = '10.0.0.9'))\n");
  EXPECT_EQ(filters_of(compiled, 1), "");
}

TEST(Filter, ExpiresIsGivenOnce) {
  const std::string body = "  selection: {client.ipAddress: 10.0.0.9}\n  condition: not selection\n  expires: 2026-12-31\n";
  EXPECT_EQ(compile_text(login("a", 'a') + filter("[a]", "", "{product: okta}", body)).codes(), "");
  EXPECT_EQ(compile_text(login("a", 'a') + filter("[a]", "expires: 2027-12-31\n", "{product: okta}", body)).codes(), "V1255");
}

TEST(Filter, ComesBeforeOrAfterItsRulesAndNamesThemByIdOrName) {
  const Compiled before = compile_text(filter("[a1111111-1111-4111-8111-111111111111, b, b]") + "---\n" + login("a", 'a') +
                                       login("b", 'b') + login("c", 'c') + "title: end\nid: e\naction: reset\n");
  EXPECT_EQ(before.codes(), "");
  EXPECT_NE(filters_of(before, 0), "");
  EXPECT_EQ(filters_of(before, 0), filters_of(before, 1));
  EXPECT_EQ(filters_of(before, 2), "");
}

TEST(Filter, AnyMeansEveryRuleOfItsLogsource) {
  const Compiled compiled =
      compile_text(login("a", 'a') + login("b", 'b', "{category: authentication}") + login("c", 'c', "{product: OKTA}") +
                   login("d", 'd', "{product: linux}") + filter("any"));
  EXPECT_EQ(compiled.codes(), "");
  EXPECT_NE(filters_of(compiled, 0), "");
  EXPECT_EQ(filters_of(compiled, 1), "");  // the rule does not say okta
  EXPECT_NE(filters_of(compiled, 2), "");
  EXPECT_EQ(filters_of(compiled, 3), "");
}

TEST(Filter, OfACategoryIsRewrittenPerEntry) {
  const Compiled compiled =
      compile_text(login("a", 'a', "{category: authentication}") +
                   filter("a", "", "{category: authentication}", "  s: {source.ip: 10.0.0.9}\n  condition: not s\n"));
  EXPECT_EQ(compiled.codes(), "");
  EXPECT_EQ(filters_of(compiled, 0),
            "okta 0: (not (client.ipAddress = '10.0.0.9'))\n"
            "okta 0: (not (client.ipAddress = '10.0.0.9'))\n"
            "sshd 0: (not (source.ip = '10.0.0.9'))\n");
}

TEST(Filter, IdentifiersAreItsOwn) {
  const std::string rule =
      "title: a\nid: a1111111-1111-4111-8111-111111111111\nname: a\nlogsource: {product: okta}\ndetection:\n"
      "  selection_one: {eventType: x}\n  selection: {eventType: y}\n  condition: 1 of selection*\n---\n";
  const Compiled compiled = compile_text(rule + filter("[a]", "", "{product: okta}",
                                                       "  selection_1: {severity: INFO}\n  selection_2: {severity: WARN}\n"
                                                       "  condition: not 1 of selection_*\n"));
  EXPECT_EQ(compiled.codes(), "");
  EXPECT_EQ(compiled.arm(0), "(eventType = 'x' or eventType = 'y')");
  EXPECT_EQ(filters_of(compiled, 0), "okta 0: (not (severity = 'INFO' or severity = 'WARN'))\n");
}

TEST(Filter, EndsOwnerAndReasonStandInsideOrOutside) {
  const Compiled outside =
      compile_text(login("a", 'a') + filter("[a]", "expires: 2026-12-31\nowner: identity team\nreason: nightly scan\n"));
  ASSERT_NE(outside.rules.plan, nullptr) << outside.codes();
  const plan::FilterPlan& made = outside.plan().filters[0];
  EXPECT_EQ(format_rfc3339(made.expires), "2026-12-31T00:00:00.000000Z");
  EXPECT_EQ(made.owner, "identity team");
  EXPECT_EQ(made.reason, "nightly scan");
  EXPECT_EQ(made.label(), "Scanner");
  const Compiled inside =
      compile_text(login("a", 'a') + filter("[a]", "", "{product: okta}",
                                            "  expires: 2026-12-31\n  owner: identity team\n  reason: nightly scan\n"
                                            "  selection: {client.ipAddress: 10.0.0.9}\n  condition: not selection\n"));
  ASSERT_NE(inside.rules.plan, nullptr) << inside.codes();
  EXPECT_EQ(inside.codes(), "");
  EXPECT_EQ(inside.plan().filters[0].expires, made.expires);
  EXPECT_EQ(inside.plan().filters[0].owner, made.owner);
  EXPECT_EQ(inside.plan().filters[0].reason, made.reason);
  EXPECT_EQ(inside.plan().hash, outside.plan().hash);
  const Compiled selections =
      compile_text(login("a", 'a') + filter("[a]", "", "{product: okta}",
                                            "  owner: {actor.id: x}\n  reason: [y]\n  condition: not owner and not reason\n"));
  EXPECT_EQ(selections.codes(), "");
  EXPECT_EQ(filters_of(selections, 0), "okta 0: (not (actor.id = 'x') and not ((any) contains 'y'))\n");
}

TEST(Filter, ChangesTheHashesOfWhatItFilters) {
  const auto of = [](const std::string& text) {
    Compiled compiled = compile_text(text);
    EXPECT_NE(compiled.rules.plan, nullptr) << compiled.codes();
    return compiled;
  };
  const std::string rules = login("a", 'a') + login("b", 'b');
  const Compiled none = of(rules + "title: x\nid: y\naction: reset\n");
  const Compiled plain = of(rules + filter("[a]"));
  const Compiled ending = of(rules + filter("[a]", "expires: 2026-12-31\n"));
  const Compiled other = of(rules + filter("[a]", "", "{product: okta}", "  s: {actor.id: x}\n  condition: not s\n"));
  const Compiled owned = of(rules + filter("[a]", "owner: me\n"));
  std::set<std::string> rule_hashes, plan_hashes;
  for (const Compiled* each : {&none, &plain, &ending, &other}) {
    rule_hashes.insert(each->plan().rules[0].meta.semantic_hash);
    plan_hashes.insert(each->plan().hash);
    EXPECT_EQ(each->plan().rules[1].meta.semantic_hash, none.plan().rules[1].meta.semantic_hash);
  }
  EXPECT_EQ(rule_hashes.size(), 4U);
  EXPECT_EQ(plan_hashes.size(), 4U);
  EXPECT_EQ(owned.plan().rules[0].meta.semantic_hash, plain.plan().rules[0].meta.semantic_hash);
}

TEST(Filter, ReadsListsAndItsOwnTimeZone) {
  const Compiled compiled = compile_text(login("a", 'a') + filter("[a]", "timezone: Europe/Berlin\n", "{product: okta}",
                                                                  "  s: {'actor.alternateId|expand': '%admins%'}\n"
                                                                  "  night: {'published|hour|lt': 6}\n"
                                                                  "  condition: not s or night\n"));
  EXPECT_EQ(compiled.codes(), "");
  EXPECT_EQ(filters_of(compiled, 0),
            "okta 0: (not ((actor.alternateId = 'root' or actor.alternateId startswith 'adm')) or hour(published, Europe/Berlin) "
            "< 6)\n");
  const Compiled unknown = compile_text(
      login("a", 'a') + filter("[a]", "", "{product: okta}", "  s: {'actor.id|expand': '%admns%'}\n  condition: not s\n"));
  ASSERT_EQ(unknown.codes(), "V1014");
  EXPECT_EQ(unknown.diagnostics.items()[0].where.line, 14);
}

TEST(Filter, WarnsOfItsOwnFieldsInItsOwnFile) {
  Compiled out;
  const std::vector<yaml::File> files = {
      {"rule.yml", login("a", 'a')},
      {"filter.yml", filter("[a]", "", "{product: okta}", "  s: {client.ipadress: 10.0.0.9}\n  condition: not s\n")}};
  out.rules = compile(files, options(), out.diagnostics);
  ASSERT_EQ(out.codes(), "V2014");
  EXPECT_EQ(out.diagnostics.items()[0].where.file, "filter.yml");
}

TEST(Filter, BrokenOnesAreLeftOutWhenAsked) {
  CompileOptions with = options();
  with.skip_broken = true;
  const Compiled compiled = compile_text(login("a", 'a') + filter("[a, nobody]"), with);
  EXPECT_EQ(compiled.codes(), "V1256");
  ASSERT_NE(compiled.rules.plan, nullptr);
  EXPECT_EQ(compiled.rules.skipped, 1U);
  EXPECT_TRUE(compiled.plan().filters.empty());
  EXPECT_EQ(filters_of(compiled, 0), "");
}

TEST(Filter, OfOtherFilesRulesIsFineWhereOnlySomeAreRead) {
  CompileOptions with = options();
  with.partial = true;
  const Compiled compiled = compile_text(login("a", 'a') + filter("[a, b]"), with);
  EXPECT_EQ(compiled.codes(), "");
  EXPECT_NE(filters_of(compiled, 0), "");
}

TEST(Filter, IsNoRuleForCorrelations) {
  const Compiled compiled = compile_text(
      login("a", 'a') + filter("[a]", "name: scanner\n") +
      "---\ntitle: c\nid: c1111111-1111-4111-8111-111111111111\ncorrelation:\n  type: event_count\n  rules: [scanner]\n"
      "  timespan: 5m\n  group-by: [actor.id]\n  condition: {gte: 2}\n");
  EXPECT_EQ(compiled.codes(), "V1203");
}

TEST(Filter, IdsAndNamesAreSharedWithRules) {
  EXPECT_EQ(compile_text(login("a", 'a') + filter("[a]", "name: a\n")).codes(), "V1013");
  EXPECT_EQ(compile_text(login("a", 'f') + filter("[a]")).codes(), "V1012");
}

}  // namespace
}  // namespace vedette::rules::test
