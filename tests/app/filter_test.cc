// Filters, levels, titles and time zones on the built program: replay, explain, rules, check and test.
#include <gtest/gtest.h>

#include "tests/app/events.h"
#include "tests/app/program.h"

namespace vedette::tests {
namespace {

const char* const kRules = R"(title: Sign-in failed
id: 11111111-1111-4111-8111-111111111111
name: login_failed
logsource: {product: okta, service: okta}
detection:
  selection: {eventType: user.session.start, outcome.result: FAILURE}
  by_root: {actor.alternateId|startswith: root}
  condition: selection
level: low
level-when: [{critical: by_root}]
alert: {title: 'Failed sign-in of {actor.alternateId} from {client.ipAddress} ({level})'}
---
title: Three failed sign-ins
id: 22222222-2222-4222-8222-222222222222
name: three_failures
correlation:
  type: event_count
  rules: [login_failed]
  group-by: [actor.alternateId]
  timespan: 10m
  condition: {gte: 3}
  generate: true
level: high
)";

const char* const kFilter = R"(title: Load test
id: 33333333-3333-4333-8333-333333333333
name: load_test
logsource: {product: okta}
expires: 2026-05-05
owner: identity team
reason: the load test signs in with wrong passwords
filter:
  rules: [login_failed]
  robot: {'actor.alternateId|expand': '%robots%'}
  condition: not robot
)";

constexpr TimeUs kMidnight = kStart + 15 * kHourUs;  // 2026-05-05T00:00:00Z

// Five failures of the robot around midnight, one of root before and one of bob after.
std::string around_midnight() {
  std::string out;
  for (const int second : {-3, -2, -1, 0, 1})
    out += login_failure(10 + second, kMidnight + second * kSecondUs, "robot@acme.example") + "\n";
  return login_failure(1, kMidnight - kHourUs, "root@acme.example") + "\n" + out +
         login_failure(99, kMidnight + kMinuteUs, "bob@acme.example") + "\n";
}

struct Files {
  Folder folder;
  std::string rules, events;
  Files() {
    folder.write("rules/rule.yml", kRules);
    folder.write("rules/exceptions/load.yml", kFilter);
    folder.write("lists/robots.txt", "robot@*\n");
    rules = folder.path("rules");
    events = folder.write("events.ndjson", around_midnight());
  }
  [[nodiscard]] Outcome replay(const std::string& format) const {
    return run({"replay", "--rules", rules, "--format", format, events});
  }
};

std::size_t count_of(const std::string& text, const std::string& part) {
  std::size_t count = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

TEST(FilterEndToEnd, ExpiresInTheMiddleOfAReplay) {
  const Files files;
  const Outcome all = files.replay("jsonl");
  ASSERT_EQ(all.code, 0) << all.err;
  EXPECT_EQ(count_of(all.out, "\n"), 4U) << all.out;
  EXPECT_EQ(count_of(all.out, "\"rule\":\"login_failed\""), 4U);
  EXPECT_EQ(count_of(all.out, "robot@acme.example"), 2U);  // the two titles from midnight on
  EXPECT_EQ(count_of(all.out, "\"rule\":\"three_failures\""), 0U);
  EXPECT_NE(all.err.find("filtered 3 by load_test"), std::string::npos) << all.err;

  files.folder.write("rules/exceptions/load.yml", "");
  const Outcome unfiltered = files.replay("jsonl");
  EXPECT_EQ(count_of(unfiltered.out, "\n"), 9U) << unfiltered.out;
  EXPECT_EQ(count_of(unfiltered.out, "\"rule\":\"three_failures\""), 2U);  // before midnight, and in the hour after it
  EXPECT_EQ(unfiltered.err.find("filtered"), std::string::npos) << unfiltered.err;
}

TEST(FilterEndToEnd, LevelsAndTitlesAreShown) {
  const Files files;
  const Outcome json = files.replay("jsonl");
  EXPECT_NE(json.out.find("\"level\":\"critical\",\"time\":\"2026-05-04T23:00:00.000000Z\""), std::string::npos) << json.out;
  EXPECT_NE(json.out.find("\"title\":\"Failed sign-in of root@acme.example from ? (critical)\""), std::string::npos) << json.out;
  EXPECT_NE(json.out.find("\"title\":\"Failed sign-in of bob@acme.example from ? (low)\""), std::string::npos) << json.out;
  const Outcome human = files.replay("human");
  EXPECT_NE(human.out.find("  title    Failed sign-in of bob@acme.example from ? (low)\n"), std::string::npos) << human.out;
  EXPECT_NE(human.err.find("alerts   4  1 critical  3 low"), std::string::npos) << human.err;
}

TEST(FilterEndToEnd, ExplainShowsFiltersAndLevels) {
  const Files files;
  const auto explain = [&](TimeUs t, const std::string& user) {
    const std::string event = files.folder.write("event.json", login_failure(1, t, user));
    return run({"explain", "--rules", files.rules, "login_failed", event}).out;
  };
  const std::string before = explain(kMidnight - kSecondUs, "robot@acme.example");
  EXPECT_NE(before.find("login_failed  does not match"), std::string::npos) << before;
  EXPECT_NE(before.find("  no  filter load_test\n    no  not\n      yes robot: actor.alternateId|expand: '%robots%'"),
            std::string::npos)
      << before;
  const std::string after = explain(kMidnight, "robot@acme.example");
  EXPECT_NE(after.find("login_failed  matches"), std::string::npos) << after;
  EXPECT_NE(after.find("  --  filter load_test ended 2026-05-05\n"), std::string::npos) << after;
  const std::string root = explain(kMidnight - kSecondUs, "root@acme.example");
  EXPECT_NE(root.find("  yes filter load_test\n"), std::string::npos) << root;
  EXPECT_NE(root.find("  yes level critical\n    yes by_root"), std::string::npos) << root;
  const std::string plan = run({"explain", "--rules", files.rules, "login_failed"}).out;
  EXPECT_NE(plan.find("    filter load_test until 2026-05-05: (not (actor.alternateId startswith 'robot@'))\n"
                      "    critical when (actor.alternateId startswith 'root')\n"),
            std::string::npos)
      << plan;
}

TEST(FilterEndToEnd, CatalogueAndCheckKnowThem) {
  const Files files;
  const Outcome list = run({"rules", "list", "--rules", files.rules});
  EXPECT_NE(list.out.find("load_test                      filter       1 rule until 2026-05-05\n"), std::string::npos)
      << list.out;
  const Outcome json = run({"rules", "list", "--rules", files.rules, "--format", "jsonl"});
  EXPECT_NE(json.out.find("\"rule\":\"load_test\",\"title\":\"Load test\",\"level\":null,\"status\":null,\"kind\":\"filter\""),
            std::string::npos)
      << json.out;
  const Outcome show = run({"rules", "show", "--rules", files.rules, "login_failed"});
  EXPECT_NE(show.out.find("    filter load_test until 2026-05-05: (not ("), std::string::npos) << show.out;
  const Outcome check = run({"check", "--rules", files.rules});
  EXPECT_NE(check.err.find("2 rules and 1 filter in 2 files"), std::string::npos) << check.err;
}

// The filter stands in another file than the rule, and names rules that this test does not read.
TEST(FilterEndToEnd, RuleTestsApplyTheFiltersOfTheirFiles) {
  const Files files;
  files.folder.write("rules/exceptions/more.yml",
                     "title: Elsewhere\nid: 44444444-4444-4444-8444-444444444444\nname: elsewhere\nlogsource: {product: okta}\n"
                     "filter:\n  rules: [login_failed, rule_of_another_file]\n  s: {actor.alternateId: eve@acme.example}\n"
                     "  condition: not s\n");
  const auto test = [&](const std::string& expectation) {
    files.folder.write("rules/rule.test.yml",
                       "rules: [rule.yml, exceptions/load.yml, exceptions/more.yml]\n"
                       "tests:\n"
                       "  - name: the robot is left out\n"
                       "    start: 2026-05-04T09:00:00Z\n"
                       "    events:\n"
                       "      - {at: 1s, source: okta, id: a, event: {eventType: user.session.start, outcome: {result: FAILURE}, "
                       "actor: {alternateId: robot@acme.example}}}\n"
                       "      - {at: 2s, source: okta, id: b, event: {eventType: user.session.start, outcome: {result: FAILURE}, "
                       "actor: {alternateId: eve@acme.example}}}\n"
                       "      - {at: 3s, source: okta, id: c, event: {eventType: user.session.start, outcome: {result: FAILURE}, "
                       "actor: {alternateId: root@acme.example}}}\n"
                       "    expect:\n" +
                           expectation);
    return run({"test", files.rules});
  };
  const Outcome good = test("      - {rule: login_failed, at: 3s, level: critical}\n");
  EXPECT_EQ(good.code, 0) << good.out << good.err;
  const Outcome bad = test("      - {rule: login_failed, at: 3s}\n      - {rule: login_failed, at: 1s}\n");
  EXPECT_EQ(bad.code, 1) << bad.out << bad.err;
}

TEST(FilterEndToEnd, SilenceNamesFilters) {
  const Files files;
  const std::string events = files.folder.write("quiet.ndjson", login_failure(1, kMidnight - kSecondUs, "robot@acme.example"));
  const Outcome quiet = run({"replay", "--rules", files.rules, events});
  EXPECT_EQ(quiet.out, "");
  EXPECT_NE(quiet.err.find("1 removed by filters"), std::string::npos) << quiet.err;
  EXPECT_EQ(quiet.err.find("never true: by_root"), std::string::npos) << quiet.err;
}

// Berlin: 2026-03-29 02:00 becomes 03:00, 2026-10-25 03:00 becomes 02:00.
TEST(TimeZoneEndToEnd, BothChangesOfTheClock) {
  const Folder folder;
  const std::string rules = folder.write("rules.yml",
                                         "title: At two\nid: 11111111-1111-4111-8111-111111111111\nname: at_two\n"
                                         "logsource: {product: okta}\ntimezone: Europe/Berlin\ndetection:\n"
                                         "  s: {'published|hour': 2}\n  condition: s\n---\n"
                                         "title: On Sunday\nid: 22222222-2222-4222-8222-222222222222\nname: on_25\n"
                                         "logsource: {product: okta}\ntimezone: Europe/Berlin\ndetection:\n"
                                         "  s: {'published|day': 25, 'published|hour|gte': 23}\n  condition: s\n");
  const auto fires = [&](const std::string& time, const std::string& rule) {
    const std::string event = folder.write("e.json", login_failure(1, *parse_iso8601(time), "x"));
    const Outcome out = run({"replay", "--rules", rules, "--format", "jsonl", "--quiet", event});
    return out.out.find("\"rule\":\"" + rule + "\"") != std::string::npos;
  };
  EXPECT_TRUE(fires("2026-03-28T01:30:00Z", "at_two"));
  EXPECT_FALSE(fires("2026-03-29T00:59:59Z", "at_two"));  // 01:59:59
  EXPECT_FALSE(fires("2026-03-29T01:00:00Z", "at_two"));  // 03:00: there is no two o'clock
  EXPECT_FALSE(fires("2026-03-29T01:59:59Z", "at_two"));
  EXPECT_TRUE(fires("2026-03-30T00:00:00Z", "at_two"));
  EXPECT_FALSE(fires("2026-10-24T23:59:59Z", "at_two"));
  EXPECT_TRUE(fires("2026-10-25T00:00:00Z", "at_two"));  // 02:00, summer time
  EXPECT_TRUE(fires("2026-10-25T01:00:00Z", "at_two"));  // 02:00 again
  EXPECT_TRUE(fires("2026-10-25T01:59:59Z", "at_two"));
  EXPECT_FALSE(fires("2026-10-25T02:00:00Z", "at_two"));
  EXPECT_TRUE(fires("2026-10-25T22:00:00Z", "on_25"));
  EXPECT_TRUE(fires("2026-10-25T22:59:59Z", "on_25"));
  EXPECT_FALSE(fires("2026-10-25T23:00:00Z", "on_25"));  // Monday in Berlin
}

}  // namespace
}  // namespace vedette::tests
