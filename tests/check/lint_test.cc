// Where lints must stay quiet, and what they say of other forms than the golden files have.
#include <gtest/gtest.h>

#include <algorithm>

#include "rules/check/okta_event_types.h"
#include "tests/check/support.h"

namespace vedette::rules::test {
namespace {

// The codes of V21xx that a selection on Okta brings, without those about metadata.
std::string codes(const std::string& selection, const std::string& condition = "selection",
                  const std::string& logsource = "product: okta") {
  const Checked checked = check_text("title: T\nid: 9b7c1f52-0000-4000-8000-000000000001\nlogsource: {" + logsource +
                                     "}\ndetection:\n" + selection + "  condition: " + condition + "\n");
  EXPECT_FALSE(checked.findings.has_errors()) << render_human(checked.findings.items().front(), false);
  std::string out;
  for (const Diagnostic& diagnostic : checked.findings.items()) {
    if (diagnostic.code >= "V2120") out += (out.empty() ? "" : " ") + diagnostic.code;
  }
  return out;
}

std::string item(const std::string& text) { return codes("  selection:\n    " + text + "\n"); }

TEST(Catalogue, NamesAreSortedAndFoundInAnyCase) {
  const auto types = okta_event_types();
  EXPECT_GT(types.size(), 1200U);
  EXPECT_TRUE(std::is_sorted(types.begin(), types.end(), [](const auto& a, const auto& b) { return a.name < b.name; }));
  EXPECT_EQ(std::count_if(types.begin(), types.end(), [](const OktaEventType& type) { return type.hook; }), 314);
  const OktaEventType* type = find_okta_event_type("USER.session.START");
  ASSERT_NE(type, nullptr);
  EXPECT_EQ(type->name, "user.session.start");
  EXPECT_TRUE(type->hook);
  EXPECT_FALSE(find_okta_event_type("security.threat.detected")->hook);
  EXPECT_EQ(find_okta_event_type("user.session"), nullptr);
}

TEST(EventTypes, OnlyOfOktaAndOnlyWholeNames) {
  EXPECT_EQ(item("eventType: user.session.start"), "");
  EXPECT_EQ(item("eventType: User.Session.Start"), "");
  EXPECT_EQ(item("eventType: user.session.strt"), "V2121");
  EXPECT_EQ(item("eventType|re: user.session.s[t]rt"), "");
  EXPECT_EQ(item("eventType: security.threat.*"), "V2140");
  EXPECT_EQ(item("eventType|contains: threat"), "");
  EXPECT_EQ(item("eventType|startswith: securty."), "V2123");
  EXPECT_EQ(item("eventType|neq: security.threat.detected"), "V2141");
  EXPECT_EQ(codes("  selection:\n    eventType: AwsServiceEvent\n", "selection", "product: aws, service: cloudtrail"), "");
}

TEST(Fields, OfTheirSourceAlone) {
  EXPECT_EQ(item("debugContext.debugData.anything.at.all: x"), "");
  EXPECT_EQ(item("target.0.displayName: x"), "");
  EXPECT_EQ(item("target[type=User].alternateId: x"), "");
  EXPECT_EQ(item("src_ip: 10.0.0.1"), "V2124");
  EXPECT_EQ(codes("  selection:\n    target[any]:\n      type: User\n      displayName|contains: '*x*'\n"), "V2133");
  EXPECT_EQ(codes("  selection:\n    src_ip: x\n", "selection", "product: azure, service: signinlogs"), "");
  EXPECT_EQ(codes("  selection:\n    identity.user: x\n", "selection", "category: authentication"), "");
  EXPECT_EQ(codes("  selection:\n    processes.command: x\n", "selection", "category: authentication"), "V2124");
}

TEST(Fields, OfLookupsAreNotInFilters) {
  const Checked checked = check_text(
      "title: T\nname: t\nlogsource: {product: okta}\nlookup: {table: people.csv, key: actor.id, as: person}\n"
      "detection: {selection: {person.team: sales}, condition: selection}\n---\n"
      "title: F\nlogsource: {product: okta}\nfilter: {rules: [t], selection: {person.team: sales}, condition: not selection}\n");
  std::vector<std::string> hints;
  for (const Diagnostic& diagnostic : checked.findings.items()) {
    if (diagnostic.code == "V2124") hints.push_back(diagnostic.hint);
  }
  ASSERT_EQ(hints.size(), 1U);
  EXPECT_TRUE(hints.front().starts_with("filters see what events hold, not the `lookup`")) << hints.front();
}

// The findings V2125 and V2126 of a correlation over `a` (Okta), `b` (authentication, with a lookup) and `c` (other JSON).
std::string uses(const std::string& correlation) {
  const auto rule = [](const std::string& name, const std::string& logsource, const std::string& rest = "") {
    return "title: " + name + "\nname: " + name + "\nlogsource: {" + logsource + "}\n" + rest +
           "detection:\n  selection: {eventType: user.session.start}\n  condition: selection\n---\n";
  };
  const Checked checked =
      check_text(rule("a", "product: okta") +
                 rule("b", "category: authentication", "lookup: {table: people.csv, key: identity.user, as: person}\n") +
                 rule("c", "product: azure") + "title: T\nname: t\n" + correlation);
  std::string out;
  for (const Diagnostic& diagnostic : checked.findings.items()) {
    if (diagnostic.severity == Severity::error) out += diagnostic.code + ": " + diagnostic.message;
    if (diagnostic.code == "V2125" || diagnostic.code == "V2126") out += diagnostic.message + "; " + diagnostic.hint + "\n";
  }
  return out;
}

std::string counted(const std::string& rest, const std::string& after = "") {
  return uses("correlation:\n  type: value_count\n  timespan: 10m\n  " + rest + "\n" + after);
}

TEST(CorrelationFields, ThoseOfEveryRuleOrOfOne) {
  EXPECT_EQ(counted("rules: [a]\n  group-by: [actor.alternateId|local]\n  condition: {field: 'target[0].id', gte: 2}"), "");
  EXPECT_EQ(counted("rules: [c]\n  group-by: [anything]\n  condition: {field: at.all, gte: 2}"), "");
  EXPECT_EQ(counted("rules: [a, b]\n  group-by: [actor.alternateId]\n  condition: {field: identity.user, gte: 2}"), "")
      << "counted values may be those of one rule";
  EXPECT_EQ(counted("rules: [a, b]\n  group-by: [identity.user]\n  condition: {field: actor.id, gte: 2}"),
            "events of `a` have no field `identity.user`; it is a normalised name, which rules of a category have: "
            "`logsource: {category: authentication, product: okta}`\n");
  EXPECT_EQ(counted("rules: [b]\n  group-by: [identity.usr]\n  condition: {field: actor.id, gte: 2}"),
            "events of `b` have no field `identity.usr`; did you mean `identity.user`?\n");
  EXPECT_EQ(counted("rules: [a]\n  group-by: [actor.id]\n  condition: {field: process.commandLine, gte: 2}"),
            "events of `a` have no field `process.commandLine`; `vedette rules fields SOURCE` lists what it has\n");
}

TEST(CorrelationFields, AliasesRuleByRule) {
  const std::string end = "\n  group-by: [who]\n  condition: {field: who, gte: 2}";
  EXPECT_EQ(counted("rules: [a, b]\n  aliases: {who: {a: actor.alternateId|local, b: identity.user}}" + end), "");
  EXPECT_EQ(counted("rules: [a, b]\n  aliases: {who: {a: identity.user, b: identity.user}}" + end).substr(0, 46),
            "events of `a` have no field `identity.user`; i");
}

TEST(CorrelationFields, OfMetricsTheRulesThatAreCounted) {
  const auto metrics = [](const std::string& of) {
    return uses(
        "correlation:\n  type: metrics\n  rules: [a, b]\n  group-by: [actor.id]\n  timespan: 1h\n  values: {n: {distinct: "
        "identity.user" +
        of + "}}\n  condition: n >= 2\nalert: {title: '{n} {span} {actor.id}'}\n");
  };
  EXPECT_EQ(metrics(""), "");
  EXPECT_EQ(metrics(", of: b"), "");
  EXPECT_EQ(metrics(", of: a").substr(0, 44), "events of `a` have no field `identity.user`;");
}

TEST(TitleNames, FieldsMembersAndLookups) {
  const auto title = [](const std::string& text) {
    return counted(
        "rules: [a, b]\n  aliases: {who: {a: actor.id, b: actor.id}}\n  group-by: [who]\n"
        "  condition: {field: actor.id, gte: 2}",
        "alert: {title: '" + text + "'}\n");
  };
  EXPECT_EQ(title("{count} {level} {rule} {who} {actor.displayName} {person.team} {identity.user} {{x}}"), "");
  EXPECT_EQ(title("{actor.displayNam}"),
            "`actor.displayNam` in the title is no field of the events, and always `?`; did you mean `actor.displayName`?\n");
  EXPECT_EQ(title("{cuont}"),
            "`cuont` in the title is no field of the events, and always `?`; `vedette rules fields SOURCE` lists "
            "what it has\n");
}

TEST(Values, WhatIsMeantIsLeftAlone) {
  EXPECT_EQ(item("outcome.reason|contains: 'a*b'"), "");
  EXPECT_EQ(item("outcome.reason|contains: '\\*x'"), "");
  EXPECT_EQ(item("outcome.reason|startswith: '*x'"), "");
  EXPECT_EQ(item("outcome.reason|re: 'a.*b'"), "");
  EXPECT_EQ(item("outcome.reason|re: '^[0-9]+$'"), "");
  EXPECT_EQ(item("outcome.reason|re: '^123$'"), "") << "as a value, 123 would also equal 1.23e2";
  EXPECT_EQ(item("outcome.reason|re: '(?i)a+'"), "V2136");
  EXPECT_EQ(item("outcome.reason|re|i: '(?i)a+'"), "");
  EXPECT_EQ(item("outcome.reason: ['a', 'b', 'A']"), "V2132");
  EXPECT_EQ(item("outcome.reason|cased: ['a', 'b', 'A']"), "");
  EXPECT_EQ(item("client.ipAddress|startswith: '300'"), "");
  EXPECT_EQ(item("client.ipAddress|startswith: '10.1.'"), "V2139");
  EXPECT_EQ(item("client.ipAddress|cidr: 10.0.0.0/8"), "");
}

TEST(Logic, ContradictionsAreCertain) {
  const std::string two = "  one:\n    eventType: user.session.start\n  two:\n    eventType: user.session.end\n";
  EXPECT_EQ(codes(two, "one and two"), "V2151");
  EXPECT_EQ(codes(two, "all of them"), "V2151");
  EXPECT_EQ(codes(two, "one or two"), "");
  EXPECT_EQ(codes(two, "1 of them"), "");
  EXPECT_EQ(codes(two, "one and not two"), "");
  // Any member of an array may match: no contradiction.
  EXPECT_EQ(codes("  one:\n    target.type: User\n  two:\n    target.type: AppInstance\n", "one and two"), "");
  EXPECT_EQ(codes("  one:\n    eventType: [user.session.start, user.session.end]\n  two:\n    eventType: user.session.end\n",
                  "one and two"),
            "");
  EXPECT_EQ(codes("  one:\n    eventType: user.session.start\n  two:\n    eventType|contains: end\n", "one and two"), "");
}

TEST(Logic, ConditionsThatOnlyExclude) {
  const std::string two = "  one:\n    eventType: user.session.start\n  two:\n    outcome.result: SUCCESS\n";
  EXPECT_EQ(codes(two, "not one and not two"), "V2153");
  EXPECT_EQ(codes(two, "not (one or two)"), "V2153");
  EXPECT_EQ(codes(two, "one or not two"), "V2153");
  EXPECT_EQ(codes(two, "one and not two"), "");
}

TEST(Filters, AreJudgedByTheGivenDay) {
  const auto text = [](const std::string& expires) {
    return "title: R\nid: 9b7c1f52-0000-4000-8000-000000000001\nname: r\nlogsource: {product: okta}\ndetection:\n  selection:\n"
           "    eventType: user.session.start\n  condition: selection\n---\ntitle: F\nid: 9b7c1f52-0000-4000-8000-000000000002\n"
           "owner: me\nreason: it\nexpires: " +
           expires +
           "\nlogsource: {product: okta}\nfilter:\n  rules: [r]\n  exception:\n"
           "    actor.id: x\n  condition: not exception\n";
  };
  const auto filters = [&](const std::string& expires) {
    std::string out;
    const Checked checked = check_text(text(expires));
    for (const Diagnostic& d : checked.findings.items()) {
      if (d.code.starts_with("V217")) out += d.code;
    }
    return out;
  };
  // Today is 2026-11-23, noon.
  EXPECT_EQ(filters("2026-11-23"), "V2171");
  EXPECT_EQ(filters("2026-11-24"), "V2172");
  EXPECT_EQ(filters("2026-12-23"), "V2172");
  EXPECT_EQ(filters("2026-12-24"), "");
}

TEST(Check, BrokenDocumentsAreNotLinted) {
  const Checked checked = check_text(
      "title: T.\nlogsource: {product: okta}\ndetection:\n  selection:\n    eventType|nope: '*x*'\n  condition: selection\n");
  for (const Diagnostic& diagnostic : checked.findings.items()) EXPECT_LT(diagnostic.code, "V2100");
}

}  // namespace
}  // namespace vedette::rules::test
