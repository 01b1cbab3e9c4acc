// The runner of rule tests: what it accepts, what it refuses, how it explains a failure.
#include "rules/test/runner.h"

#include <gtest/gtest.h>

#include "rules/source/load.h"

namespace vedette::rules {
namespace {

constexpr const char* kRules = R"(title: Failed sign-in
id: 00000000-0000-4000-8000-000000000001
name: failed
logsource: {product: okta, service: okta}
detection:
  selection: {eventType: user.session.start, outcome.result: FAILURE}
  condition: selection
---
title: Three failures
id: 00000000-0000-4000-8000-000000000002
name: three
level: high
correlation:
  type: event_count
  rules: [failed]
  group-by: [actor.alternateId]
  timespan: 1m
  condition: {gte: 3}
---
title: Lone rule
id: 00000000-0000-4000-8000-000000000003
name: lone
logsource: {product: okta, service: okta}
detection:
  selection: {eventType: user.account.lock}
  condition: selection
)";

TestReport run(const std::string& text, const std::string& rules = kRules) {
  Diagnostics diagnostics;
  TestOptions options;
  options.sources = load_sources(builtin_sources(), diagnostics);
  options.read = [&](const std::string& path) -> Result<yaml::File> {
    if (path != "dir/x.yml") return Error{"cannot be opened", path};
    return yaml::File{path, rules};
  };
  return run_test_file({"dir/x.test.yml", text}, options);
}

std::string failure(int at, const std::string& who = "alice") {
  return "      - {at: " + std::to_string(at) +
         "s, source: okta, event: {eventType: user.session.start, actor: {alternateId: " + who +
         "}, outcome: {result: FAILURE}}}\n";
}

std::string one_case(const std::string& events, const std::string& expect) {
  return "tests:\n  - name: t\n    events:\n" + events + "    expect: " + expect + "\n";
}

std::string first_failure(const TestReport& report) {
  return report.cases.empty() || report.cases[0].failures.empty() ? "" : report.cases[0].failures[0];
}
std::string closest(const TestReport& report) {
  return report.cases.empty() || report.cases[0].closest.empty() ? "" : report.cases[0].closest[0];
}

std::string first_code(const TestReport& report) {
  return report.diagnostics.items().empty() ? "" : report.diagnostics.items()[0].code;
}

testing::AssertionResult holds(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos ? testing::AssertionSuccess() : testing::AssertionFailure() << text;
}

TEST(Runner, PassesInEveryOrder) {
  const TestReport report = run(one_case(failure(0) + failure(30) + failure(60),
                                         "[{rule: three, at: 1m, count: 3, level: high, group: {actor.alternateId: alice}}]"));
  ASSERT_EQ(report.cases.size(), 1U);
  EXPECT_TRUE(report.ok()) << first_failure(report) << closest(report);
  EXPECT_EQ(report.cases[0].runs, 7U);
  EXPECT_EQ(report.cases[0].events, 3U);
  EXPECT_EQ(report.cases[0].alerts, 1U);
}

TEST(Runner, EveryAttributeIsCompared) {
  const std::string events = failure(0) + failure(30) + failure(60);
  const auto fails = [&](const std::string& expect) { return first_failure(run(one_case(events, expect))); };
  EXPECT_EQ(fails("[{rule: three, at: 59s}]"), "`three` fired otherwise: at 1m, not 59s");
  EXPECT_EQ(fails("[{rule: three, count: 4}]"), "`three` fired otherwise: count 3, not 4");
  EXPECT_EQ(fails("[{rule: three, level: low}]"), "`three` fired otherwise: level high, not low");
  EXPECT_EQ(fails("[{rule: three, group: {actor.alternateId: bob}}]"),
            "`three` fired otherwise: group actor.alternateId=alice, not actor.alternateId=bob");
  EXPECT_EQ(fails("[]"), "unexpected alert: `three` at 1m, count 3, level high, group actor.alternateId=alice");
  EXPECT_EQ(fails("[{rule: three}, {rule: three}]"), "`three` did not fire");
  EXPECT_EQ(fails("[{rule: 00000000-0000-4000-8000-000000000002}]"), "");
}

TEST(Runner, ExplainsHowNearACorrelationCame) {
  const TestReport report = run(one_case(failure(0) + failure(30) + failure(61), "[{rule: three}]"));
  EXPECT_EQ(first_failure(report), "`three` did not fire");
  EXPECT_EQ(closest(report),
            "`failed` matched 3 times; at most 2 of 3 events within 1 m for actor.alternateId alice, 3 over 1 m 1 s altogether.");
  EXPECT_TRUE(holds(closest(run(one_case(failure(0) + failure(1, "unknown") + failure(2), "[{rule: three}]"))),
                    "(1 left out for want of actor.alternateId)"));
}

TEST(Runner, ExplainsWhatABaseRuleMissed) {
  const std::string success =
      "      - {at: 5s, source: okta, id: s1, event: {eventType: user.session.start, actor: {alternateId: alice}, outcome: "
      "{result: SUCCESS}}}\n";
  const std::string text = closest(run(one_case(success, "[{rule: three}]")));
  EXPECT_TRUE(holds(text, "1 event of 1 could reach `failed`, 0 matched"));
  EXPECT_TRUE(holds(text, "s1 at 5s"));
  EXPECT_TRUE(holds(text, "outcome.result"));
  EXPECT_TRUE(holds(text, "SUCCESS"));
  const std::string ssh = "      - {at: 5s, source: sshd, text: 'Failed password for alice from 192.0.2.7 port 1 ssh2'}\n";
  EXPECT_EQ(closest(run(one_case(ssh, "[{rule: lone}]"))),
            "None of the 1 event is of a source with its log source (product okta, service okta).");
}

TEST(Runner, SaysThatAReferredRuleMakesNoAlerts) {
  EXPECT_TRUE(holds(closest(run(one_case(failure(0), "[{rule: failed}]"))), "it makes no alerts of its own"));
}

TEST(Runner, EventsKeepTheirJsonTypes) {
  const std::string rules =
      "title: r\nid: 00000000-0000-4000-8000-000000000004\nlogsource: {product: okta}\ndetection:\n"
      "  selection:\n    a|gte: 3\n    b: 'true'\n    c: null\n    d: '7'\n  condition: selection\n";
  EXPECT_TRUE(
      run(one_case("      - {source: okta, event: {a: 3.5, b: true, c: null, d: '7'}}\n", "[{rule: r, at: 0s, count: 1}]"), rules)
          .ok());
  EXPECT_FALSE(run(one_case("      - {source: okta, event: {a: 2.5, b: true, c: null, d: '7'}}\n", "[{rule: r}]"), rules).ok());
  EXPECT_FALSE(run(one_case("      - {source: okta, event: {a: 3.5, b: true, c: 0, d: '7'}}\n", "[{rule: r}]"), rules).ok());
}

TEST(Runner, AGivenIdAndTimeStay) {
  const std::string one =
      "      - {at: 1s, source: okta, event: {uuid: x, eventType: user.account.lock, published: '2026-01-05T09:00:00Z'}}\n";
  const TestReport report = run(one_case(one + one, "[{rule: lone, at: 1m}]"));
  EXPECT_EQ(first_failure(report), "`lone` fired otherwise: at 1s, not 1m");  // 09:00 is ahead of its arrival and clamped to it
  EXPECT_EQ(report.cases.at(0).alerts, 1U);                                   // one event, twice
}

TEST(Runner, RefusesWhatItDoesNotKnow) {
  EXPECT_EQ(first_code(run("test: []\n")), "V8001");
  EXPECT_EQ(first_code(run("rules: [x.yml]\n")), "V8002");
  EXPECT_EQ(first_code(run("tests: [7]\n")), "V8003");
  EXPECT_EQ(first_code(run(one_case("      - {at: later, source: okta, event: {}}\n", "[]"))), "V8004");
  EXPECT_EQ(first_code(run(one_case("      - {source: octa, event: {}}\n", "[]"))), "V8005");
  EXPECT_EQ(first_code(run(one_case(failure(0), "[{rule: thre}]"))), "V8006");
  EXPECT_EQ(first_code(run(one_case("      - {source: okta, text: x}\n", "[]"))), "V8007");
  EXPECT_EQ(first_code(run("rules: [y.yml]\n" + one_case(failure(0), "[]"))), "V8008");
  EXPECT_FALSE(
      run(one_case(failure(0), "[]"), "title: broken\nlogsource: {product: okta}\ndetection: {condition: nothing}\n").ok());
}

TEST(Runner, FiltersOfTheFileApplyAndAreNamed) {
  const std::string filter =
      "---\ntitle: Alice may\nid: 00000000-0000-4000-8000-000000000009\nlogsource: {product: okta}\nfilter:\n"
      "  rules: [lone, rule_of_another_file]\n  expires: 2026-01-06\n  alice: {actor.alternateId: alice}\n"
      "  condition: not alice\n";
  const auto lock = [](const std::string& day, const std::string& who) {
    return "      - {source: okta, event: {eventType: user.account.lock, published: '" + day +
           "T08:00:00Z', actor: {alternateId: " + who + "}}}\n";
  };
  const auto on = [&](const std::string& day, const std::string& who, const std::string& expect) {
    std::string test = one_case(lock(day, who), expect);
    test.insert(test.find("    events:"), "    start: " + day + "T08:00:00Z\n");
    return run(test, kRules + filter);
  };
  EXPECT_TRUE(on("2026-01-05", "alice", "[]").ok());
  EXPECT_TRUE(on("2026-01-05", "bob", "[{rule: lone}]").ok());
  EXPECT_TRUE(on("2026-01-06", "alice", "[{rule: lone}]").ok());
  EXPECT_TRUE(holds(closest(on("2026-01-05", "alice", "[{rule: lone}]")), "missed because filter `Alice may` removes it."));
}

TEST(Runner, ARaisedAlertIsOneAlertOfItsLastLevel) {
  const std::string rules =
      "title: r\nid: 00000000-0000-4000-8000-000000000004\nlogsource: {product: okta}\nlevel: low\n"
      "level-when: [{high: b}]\nsuppress: {by: [a], for: 1h}\ndetection:\n  s: {a: x}\n  b: {b: y}\n  condition: s\n";
  const std::string events =
      "      - {at: 1s, source: okta, event: {a: x}}\n      - {at: 2s, source: okta, event: {a: x, b: y}}\n"
      "      - {at: 3s, source: okta, event: {a: x}}\n";
  EXPECT_TRUE(run(one_case(events, "[{rule: r, level: high, at: 2s}]"), rules).ok());
  EXPECT_FALSE(run(one_case(events, "[{rule: r, level: low}]"), rules).ok());
}

TEST(Runner, OffsetsMayBeSums) {
  EXPECT_TRUE(run(one_case(failure(0) + failure(30) + failure(60), "[{rule: three, at: 0m60s}]")).ok());
}

}  // namespace
}  // namespace vedette::rules
