// The other commands on the built program: usage, check, test, explain, rules, init, version, run.
#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <regex>

#include "engine/base/diagnostic_codes.h"
#include "tests/app/events.h"
#include "tests/app/program.h"

namespace vedette::tests {
namespace {

namespace fs = std::filesystem;

const std::string& rules() {
  static const std::string path = source_path("tests/app/data/rules");
  return path;
}

TEST(Usage, MistakesAreExitCodeTwoWithAHint) {
  const Outcome unknown = run({"reply"});
  EXPECT_EQ(unknown.code, 2);
  EXPECT_NE(unknown.err.find("did you mean 'replay'"), std::string::npos) << unknown.err;
  EXPECT_EQ(run({}).code, 2);
  EXPECT_EQ(run({"replay"}).code, 2);
  EXPECT_EQ(run({"replay", "--nonsense", "x"}).code, 2);
  EXPECT_EQ(run({"replay", "--from", "yesterday", "x"}).code, 2);
  EXPECT_EQ(run({"replay", "--fail-on", "severe", "x"}).code, 2);
  const Outcome tenant = run({"replay", "--tenant", "", "--rules", rules(), "/dev/null"});
  EXPECT_EQ(tenant.code, 2);
  EXPECT_NE(tenant.err.find("--tenant: a tenant has a name"), std::string::npos) << tenant.err;
  EXPECT_EQ(run({"schema", "rules"}).code, 2);
}

TEST(Usage, EveryCommandsHelpHasAnExample) {
  EXPECT_EQ(run({"--help"}).code, 0);
  for (const char* command :
       {"replay", "check", "test", "explain", "rules", "run", "store", "init", "version", "schema", "completion"}) {
    const Outcome help = run({command, "--help"});
    EXPECT_EQ(help.code, 0);
    EXPECT_NE(help.out.find(std::string("Example:\n  vedette ") + command), std::string::npos) << help.out;
  }
}

TEST(Version, IsThatOfTheProject) {
  EXPECT_EQ(run({"version"}).out.rfind("vedette " VEDETTE_PROJECT_VERSION " (", 0), 0U);
  EXPECT_NE(run({"version", "--json"}).out.find("\"version\":\"" VEDETTE_PROJECT_VERSION "\""), std::string::npos);
}

TEST(Check, ErrorsFailAndWarningsFailWhenStrict) {
  const Folder folder;
  EXPECT_EQ(run({"check", rules(), "--format", "json"}).code, 0);
  const std::string bad = folder.write(
      "bad.yml", "title: t\nlogsource: {product: okta}\ndetection: {selection: {a|startwith: b}, condition: selection}\n");
  const Outcome human = run({"check", bad});
  EXPECT_EQ(human.code, 1);
  EXPECT_NE(human.out.find(bad + ":3:"), std::string::npos) << human.out;
  EXPECT_NE(human.out.find("^"), std::string::npos) << human.out;
  EXPECT_NE(human.out.find("startswith"), std::string::npos) << human.out;
  const Outcome json = run({"check", bad, "--format", "jsonl"});
  EXPECT_NE(json.out.find("{\"severity\":\"error\",\"code\":\"V1004\""), std::string::npos) << json.out;
  const std::string warns =
      folder.write("warns.yml", "title: t\nlogsource: {product: okta}\ndetection: {selection: {a: b}, condition: selection}\n");
  EXPECT_EQ(run({"check", warns}).code, 0);
  EXPECT_EQ(run({"check", warns, "--strict"}).code, 1);
  EXPECT_EQ(run({"check", folder.path("none")}).code, 2);
}

// Every configuration code, with its caret, by golden files: tests/app/golden/V9001_name.yml and .txt.
TEST(Check, ConfigurationDiagnosticsAreAsRecorded) {
  std::map<std::string, int> seen;
  for (const auto& entry : fs::directory_iterator(source_path("tests/app/golden"))) {
    const fs::path path = entry.path();
    if (path.extension() != ".yml") continue;
    const std::string code = path.stem().string().substr(0, 5);
    ++seen[code];
    const Folder folder;
    folder.write(path.filename().string(), read_file(path.string()));
    folder.write("rules/none.yml", "");
    const Outcome outcome = run({"check", "-c", path.filename().string(), "--rules", rules()}, "", folder.path());
    const std::string expected = read_file(path.parent_path().string() + "/" + path.stem().string() + ".txt");
    EXPECT_EQ(outcome.code, 1) << path << outcome.err;
    EXPECT_EQ(outcome.out, expected) << path;
    EXPECT_NE(expected.find("[" + code + "]"), std::string::npos) << path;
  }
  for (const auto& entry : fs::directory_iterator(source_path("tests/connect/golden"))) {  // vd_test_connect
    if (entry.path().extension() == ".yml") ++seen[entry.path().stem().string().substr(0, 5)];
  }
  for (const DiagnosticCode& code : kDiagnosticCodes) {
    if (!code.code.starts_with("V9")) continue;
    EXPECT_GE(seen[std::string(code.code)], 1) << code.code;
    EXPECT_LE(seen[std::string(code.code)], 4) << code.code;
  }
}

TEST(Explain, ShowsEveryTermWithTheEventsValues) {
  const Folder folder;
  const std::string text = login_failure(1, kStart, "eve@acme.example") + "\n" +
                           okta_event("e2", kStart, "user.session.start", "robot@acme.example", "FAILURE") + "\n" +
                           okta_event("e3", kStart, "user.session.end", "eve@acme.example", "SUCCESS") + "\n";
  const Outcome outcome = run({"explain", "okta_failed", "--rules", rules(), folder.write("e.ndjson", text)});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(outcome.out, read_file(source_path("tests/app/golden/explain.out")));
}

TEST(Explain, AFileNamesItsRulesAndACorrelationItsBaseRules) {
  const std::string event = login_failure(1, kStart, "eve@acme.example") + "\n";
  const Outcome file = run({"explain", rules() + "/failures.yml", "-"}, event);
  EXPECT_EQ(file.code, 0) << file.err;
  EXPECT_NE(file.out.find("okta_failed  matches"), std::string::npos) << file.out;
  const Outcome correlation = run({"explain", "okta_many_failed", "--rules", rules(), "-"}, event);
  EXPECT_NE(correlation.err.find("not there yet"), std::string::npos);
  EXPECT_NE(correlation.out.find("okta_failed  matches"), std::string::npos);
  EXPECT_EQ(run({"explain", "okta_faild", "--rules", rules(), "-"}, event).code, 2);
}

TEST(Rules, ListAndShow) {
  const Outcome list = run({"rules", "list", "--rules", rules()});
  EXPECT_EQ(list.code, 0) << list.err;
  EXPECT_TRUE(std::regex_search(list.out, std::regex("okta_failed +low +base +okta/okta"))) << list.out;
  EXPECT_TRUE(std::regex_search(list.out, std::regex("okta_many_failed +high +correlation +event_count >= 5 in 10 m")))
      << list.out;
  EXPECT_EQ(run({"rules", "list", "--rules", rules(), "--format", "jsonl"}).out.rfind("{\"id\":\"2b5b3f9e", 0), 0U);
  const Outcome show = run({"rules", "show", "okta_failed", "--rules", rules()});
  EXPECT_EQ(show.code, 0);
  EXPECT_NE(show.out.find("Failed Okta sign-in"), std::string::npos) << show.out;
  EXPECT_NE(show.out.find("eventType"), std::string::npos) << show.out;
  const Outcome missing = run({"rules", "show", "okta_fail", "--rules", rules()});
  EXPECT_EQ(missing.code, 2);
  EXPECT_NE(missing.err.find("did you mean 'okta_failed'"), std::string::npos) << missing.err;
}

TEST(Rules, ShowSaysWhatACorrelationLooksFor) {
  const Folder folder;
  const std::string base = "logsource: {product: okta}\ndetection: {selection: {eventType: x}, condition: selection}\n---\n";
  const std::string path = folder.write(
      "r.yml", "title: A\nname: a\n" + base + "title: B\nname: b\n" + base +
                   "title: C\nname: c\ncorrelation:\n  type: temporal_ordered\n  rules: [a, b]\n  group-by: [actor.id]\n"
                   "  timespan: 10m\n  condition: a and not b\n---\n"
                   "title: M\nname: m\ncorrelation:\n  type: metrics\n  rules: [a]\n  group-by: [actor.id]\n  timespan: 10m\n"
                   "  values: {n: count}\n  condition: n >= 3 and n < 9\n  until: [b]\n");
  const Outcome ordered = run({"rules", "show", "c", "--rules", path});
  EXPECT_NE(ordered.out.find("of           a\nof           b (must not occur)\n"), std::string::npos) << ordered.out;
  const Outcome metrics = run({"rules", "show", "m", "--rules", path});
  EXPECT_NE(metrics.out.find("condition    metrics: n >= 3 and n < 9 in 10 m\n"), std::string::npos) << metrics.out;
  EXPECT_NE(metrics.out.find("of           b (starts the group afresh)\n"), std::string::npos) << metrics.out;
}

TEST(Init, WritesFilesThatPassTheirOwnCheckAndTest) {
  const Folder folder;
  const Outcome written = run({"init", "watch"}, "", folder.path());
  ASSERT_EQ(written.code, 0) << written.err;
  const std::string watch = folder.path("watch");
  const Outcome check = run({"check", "-c", "vedette.yml", "--strict"}, "", watch);
  EXPECT_EQ(check.code, 0) << check.out << check.err;
  EXPECT_EQ(check.out, "");  // no notes either: it is the first thing that anybody sees
  const Outcome tested = run({"test"}, "", watch);
  EXPECT_EQ(tested.code, 0) << tested.out << tested.err;
  EXPECT_NE(tested.out.find("3 cases"), std::string::npos) << tested.out;
  const std::string before = read_file(watch + "/vedette.yml");
  folder.write("watch/rules/admin_granted.yml", "mine");
  EXPECT_EQ(run({"init", "watch"}, "", folder.path()).code, 2);
  EXPECT_EQ(read_file(watch + "/vedette.yml"), before);
  EXPECT_EQ(read_file(watch + "/rules/admin_granted.yml"), "mine");
}

TEST(TestCommand, FailuresSayHowNearTheRuleCame) {
  const Folder folder;
  folder.write("rules/failures.yml", read_file(rules() + "/failures.yml"));
  std::string events;
  for (int i = 0; i < 4; ++i) {
    events += fmt::format(
        "      - {{at: {}s, source: okta, event: {{eventType: user.session.start, actor: {{alternateId: eve}}, outcome: "
        "{{result: FAILURE}}}}}}\n",
        i);
  }
  folder.write("rules/failures.test.yml", "tests:\n  - name: four are not five\n    start: 2026-05-04T09:00:00Z\n    events:\n" +
                                              events + "    expect: []\n" +
                                              "  - name: four should be five\n    start: 2026-05-04T09:00:00Z\n    events:\n" +
                                              events + "    expect:\n      - {rule: okta_many_failed}\n");
  const Outcome outcome = run({"test", folder.path("rules"), "--junit", folder.path("junit.xml")});
  EXPECT_EQ(outcome.code, 1) << outcome.out << outcome.err;
  EXPECT_NE(outcome.out.find("four should be five"), std::string::npos) << outcome.out;
  EXPECT_NE(outcome.out.find("closest: "), std::string::npos) << outcome.out;
  EXPECT_EQ(outcome.out.find("four are not five"), std::string::npos) << outcome.out;
  const std::string junit = read_file(folder.path("junit.xml"));
  EXPECT_NE(junit.find("tests=\"2\" failures=\"1\""), std::string::npos) << junit;
  EXPECT_EQ(run({"test", folder.path("rules"), "-k", "are not"}).code, 0);
  EXPECT_EQ(run({"test", folder.path("rules"), "-k", "no such case"}).code, 2);
}

// ---- run -------------------------------------------------------------------------------------------------------------

std::string config(const std::string& sources) {
  return "rules: {paths: [\"" + rules() + "\"]}\nsources:\n" + sources + "log: {format: json, level: debug}\n";
}

TEST(Version, AsCommandAndAsFlag) {
  const Outcome command = run({"version"}), flag = run({"--version"});
  EXPECT_EQ(flag.code, 0) << flag.err;
  EXPECT_EQ(flag.out, command.out);
  EXPECT_EQ(flag.out.rfind("vedette ", 0), 0U) << flag.out;
}

TEST(Run, AFileReadToItsEndEndsTheServiceWithItsAlerts) {
  const Folder folder;
  const TimeUs now =
      std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::system_clock::now().time_since_epoch()).count();
  std::string events;
  for (int i = 0; i < 5; ++i) events += login_failure(i, now - kMinuteUs + i * kSecondUs, "eve@acme.example") + "\n";
  for (int i = 5; i < 12; ++i) events += login_failure(i, now - 7 * kHourUs, "late@acme.example") + "\n";
  folder.write("events.ndjson", events);
  const std::string path = folder.write("vedette.yml", config("  - {name: f, type: file, path: events.ndjson}\n"));
  const Outcome outcome = run({"run", "-c", path});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_NE(outcome.err.find("no `store` is configured"), std::string::npos) << outcome.err;
  EXPECT_NE(outcome.err.find("latency_ms="), std::string::npos) << outcome.err;
  EXPECT_NE(outcome.err.find("12 events, 12 matched, 7 late, 0 refused, 1 alerts"), std::string::npos) << outcome.err;
  EXPECT_EQ(outcome.out.rfind("{\"alert_id\":", 0), 0U) << outcome.out;
  EXPECT_NE(outcome.out.find("\"rule\":\"okta_many_failed\""), std::string::npos);
}

TEST(Run, ListensOnAFreePortSaysWhereAndEndsOnSigterm) {
  const Folder folder;
  const std::string path = folder.write(
      "vedette.yml", config("  - {name: in, type: http, listen: \"127.0.0.1:0\"}\n") + "admin: {listen: \"127.0.0.1:0\"}\n");
  Running service({"run", "-c", path}, folder);
  ASSERT_TRUE(service.wait_for("/metrics")) << service.err();
  EXPECT_TRUE(std::regex_search(service.err(), std::regex("(^|\n)listening http://127\\.0\\.0\\.1:[1-9][0-9]*/ingest\n")))
      << service.err();
  service.signal(SIGTERM);
  EXPECT_EQ(service.wait(), 0);
}

TEST(Run, CopiesThatDifferAreAMetric) {
  const Folder folder;
  const TimeUs now =
      std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::system_clock::now().time_since_epoch()).count();
  folder.write("events.ndjson", login_failure(1, now - kMinuteUs, "eve@acme.example") + "\n" +
                                    login_failure(1, now - kMinuteUs + kSecondUs, "eve@acme.example") + "\n");
  const std::string path = folder.write("vedette.yml", config("  - {name: f, type: file, path: events.ndjson, follow: true}\n") +
                                                           "admin: {listen: \"127.0.0.1:0\"}\n");
  Running service({"run", "-c", path}, folder);
  ASSERT_TRUE(service.wait_for("/metrics")) << service.err();
  std::smatch match;
  const std::string err = service.err();
  ASSERT_TRUE(std::regex_search(err, match, std::regex("listening (http://[0-9.:]*/metrics)")));
  const std::string fetch = "curl -s -o '" + folder.path("metrics") + "' " + match[1].str();
  std::string metrics;
  for (int i = 0; i < 100 && metrics.find("vedette_id_conflicts_total 1\n") == std::string::npos; ++i) {
    ASSERT_EQ(std::system(("sleep 0.1; " + fetch).c_str()), 0);
    metrics = read_file(folder.path("metrics"));
  }
  EXPECT_NE(metrics.find("# TYPE vedette_id_conflicts_total counter\nvedette_id_conflicts_total 1\n"), std::string::npos)
      << metrics;
  service.signal(SIGTERM);
  EXPECT_EQ(service.wait(), 0);
}

TEST(Run, ShadowRulesAreToldAtTheStartAndNeverSent) {
  const Folder folder;
  const std::string rule =
      "logsource: {product: okta}\ndetection: {selection: {eventType: user.session.start}, condition: selection}\nlevel: high\n";
  folder.write("rules/a.yml", "title: loud\nid: 1a6b4c1e-0000-4000-8000-000000000001\nstatus: test\n" + rule);
  folder.write("rules/b.yml", "title: tried\nid: 1a6b4c1e-0000-4000-8000-000000000002\nstatus: experimental\n" + rule);
  folder.write("rules/c.yml", "title: muted\nid: 1a6b4c1e-0000-4000-8000-000000000003\nstatus: test\nmode: shadow\n" + rule);
  folder.write("events.ndjson", login_failure(1, kStart, "eve@acme.example") + "\n");
  const std::string tail = "sources:\n  - {name: f, type: file, path: events.ndjson}\nlog: {format: json, level: info}\n";
  const Outcome outcome = run({"run", "-c", folder.write("vedette.yml", "rules: {paths: [rules]}\n" + tail)});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_NE(outcome.err.find("2 shadow rules, counted but never sent to sinks: 1 with mode: shadow, 1 with status: experimental"),
            std::string::npos)
      << outcome.err;
  EXPECT_NE(outcome.err.find("3 alerts"), std::string::npos) << outcome.err;
  EXPECT_NE(outcome.out.find("\"rule\":\"loud\""), std::string::npos) << outcome.out;
  EXPECT_EQ(outcome.out.find("\"rule\":\"tried\""), std::string::npos) << outcome.out;
  EXPECT_EQ(outcome.out.find("\"rule\":\"muted\""), std::string::npos) << outcome.out;
  const Outcome plain = run({"run", "-c", folder.write("plain.yml", "rules: {paths: [rules/a.yml]}\n" + tail)});
  EXPECT_EQ(plain.code, 0) << plain.err;
  EXPECT_EQ(plain.err.find("shadow"), std::string::npos) << plain.err;
}

TEST(Run, APortInUseIsARuntimeFailure) {
  const Folder folder;
  const std::string first = folder.write("vedette.yml", config("  - {name: in, type: http, listen: \"127.0.0.1:0\"}\n"));
  Running service({"run", "-c", first}, folder);
  ASSERT_TRUE(service.wait_for("/ingest\n")) << service.err();
  std::smatch match;
  const std::string err = service.err();
  ASSERT_TRUE(std::regex_search(err, match, std::regex("listening http://127\\.0\\.0\\.1:([0-9]+)/")));
  const Outcome second =
      run({"run", "-c",
           folder.write("second.yml", config("  - {name: in, type: http, listen: \"127.0.0.1:" + match[1].str() + "\"}\n"))});
  EXPECT_EQ(second.code, 4) << second.err;
  EXPECT_NE(second.err.find("source `in`: "), std::string::npos) << second.err;
  EXPECT_NE(second.err.find("`ss -ltnp 'sport = :" + match[1].str() + "'`"), std::string::npos) << second.err;
  service.signal(SIGINT);
  EXPECT_EQ(service.wait(), 0);
}

TEST(Run, AnUnusableConfigurationIsAUsageError) {
  const Folder folder;
  EXPECT_EQ(run({"run", "-c", folder.path("none.yml")}).code, 2);
  const Outcome later = run({"run", "-c", folder.write("s.yml", config("  - {name: f, type: okta_api}\n"))});
  EXPECT_EQ(later.code, 2);
  EXPECT_NE(later.err.find("`okta_api` does not exist yet"), std::string::npos) << later.err;
  const Outcome source = run({"run", "-c", folder.write("t.yml", config("  - {name: f, type: file, path: x, source: okt}\n"))});
  EXPECT_EQ(source.code, 2);
  EXPECT_NE(source.err.find("did you mean 'okta'"), std::string::npos) << source.err;
}

// What rules need beside themselves comes by the configuration as it comes by options: source types, what other JSON is, and
// the lists beside the rules.
TEST(Run, ReadsSourceTypesOtherJsonAndTheListsBesideTheRules) {
  const Folder folder;
  folder.write("types/tickets.yml",
               "source: tickets\nlogsource: [{product: tickets}]\nrecognise: {all: [ticket, kind]}\nid: ticket\n"
               "time: {path: at, format: iso8601}\nfields: [ticket, kind, at]\n");
  folder.write("lists/kinds.txt", "break-glass\n");
  folder.write("rules/a.yml",
               "title: Ticket\nname: ticket\nlogsource: {product: tickets}\n"
               "detection: {s: {kind|expand: '%kinds%'}, condition: s}\n---\n"
               "title: Azure\nname: azure\nlogsource: {product: azure, service: signinlogs}\n"
               "detection: {s: {status: failure}, condition: s}\n");
  folder.write("events.ndjson",
               "{\"ticket\": \"t1\", \"kind\": \"break-glass\", \"at\": \"2026-05-04T09:00:00Z\"}\n"
               "{\"id\": \"z1\", \"time\": \"2026-05-04T09:00:00Z\", \"status\": \"failure\"}\n");
  const std::string path =
      folder.write("vedette.yml",
                   "rules: {paths: [rules], source_types: [types], json: [{product: azure, service: signinlogs}]}\nhealth: off\n"
                   "sources: [{name: all, type: file, path: events.ndjson}]\n");
  const Outcome out = run({"run", "-c", path});
  EXPECT_EQ(out.code, 0) << out.err;
  EXPECT_NE(out.out.find("\"rule\":\"ticket\""), std::string::npos) << out.out << out.err;
  EXPECT_NE(out.out.find("\"rule\":\"azure\""), std::string::npos) << out.out << out.err;
}

TEST(Explain, WhatIsNotThereIsNamedForWhatItIs) {
  EXPECT_NE(run({"explain", "none.yml", "--rules", rules()}).err.find("none.yml: no such file"), std::string::npos);
  EXPECT_NE(run({"explain", "V0999", "--rules", rules()}).err.find("no diagnostic has the code V0999"), std::string::npos);
  EXPECT_NE(run({"rules", "show", "zzz", "--rules", rules()}).err.find("`vedette rules list` shows them"), std::string::npos);
}

// With a configuration that cannot say where its rules are, no others are looked at.
TEST(Check, AConfigurationWithoutUsableRulesIsReportedAlone) {
  const Folder folder;
  folder.write("rules/a.yml", "title: no detection\n");
  folder.write("vedette.yml", "rules: {paths: [rules]\nsources: [\n");
  const Outcome broken = run({"check", "-c", "vedette.yml"}, "", folder.path());
  EXPECT_EQ(broken.code, 1);
  EXPECT_NE(broken.out.find("error[V0001]"), std::string::npos) << broken.out;
  EXPECT_EQ(broken.out.find("rules/a.yml"), std::string::npos) << broken.out;
  EXPECT_NE(broken.err.find("the rules were not checked"), std::string::npos) << broken.err;
  folder.write("vedette.yml",
               "rules: {paths: [rules, none], lists: [nolists]}\nsources: [{name: in, type: http, listen: \"127.0.0.1:0\"}]\n");
  const Outcome missing = run({"check", "-c", "vedette.yml"}, "", folder.path());
  EXPECT_EQ(missing.code, 1);
  EXPECT_NE(missing.out.find("no such file or folder of rules: none\n --> vedette.yml:1:24"), std::string::npos) << missing.out;
  EXPECT_NE(missing.out.find("no such folder of lists: nolists"), std::string::npos) << missing.out;
  EXPECT_EQ(run({"run", "-c", "vedette.yml"}, "", folder.path()).code, 2);
}

TEST(Demo, TellsItsStoryAndFiresExactlyItsAlerts) {
  const std::string command = "DEMO_PACE=0 '" + source_path("demo/run.sh") + "' '" VEDETTE_PROGRAM "' >/dev/null 2>&1";
  EXPECT_EQ(std::system(command.c_str()), 0);
}

}  // namespace
}  // namespace vedette::tests
