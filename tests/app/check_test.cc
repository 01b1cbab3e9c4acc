// `vedette check` on the built program: fixes, what is not portable, formats, expected alerts.
#include <gtest/gtest.h>

#include <filesystem>

#include "tests/app/program.h"

namespace vedette::tests {
namespace {

namespace fs = std::filesystem;

const std::string kRule =
    "title: Denied\n"
    "id: 9b7c1f52-0000-4000-8000-000000000001\n"
    "name: denied\n"
    "logsource: {product: okta, service: okta}\n"
    "detection:\n"
    "  selection:\n"
    "    EventType: user.session.start   # kept\n"
    "    outcome.reason|contains: '*denied*'\n"
    "  condition: 1 of them\n"
    "level: low\n";
const std::string kFixed =
    "title: Denied\n"
    "id: 9b7c1f52-0000-4000-8000-000000000001\n"
    "name: denied\n"
    "logsource: {product: okta, service: okta}\n"
    "detection:\n"
    "  selection:\n"
    "    eventType: user.session.start   # kept\n"
    "    outcome.reason|contains: 'denied'\n"
    "  condition: selection\n"
    "level: low\n";

std::string event(const std::string& id, const std::string& time, const std::string& reason) {
  return R"({"uuid":")" + id + R"(","published":")" + time + R"(","eventType":"user.session.start","outcome":{"reason":")" +
         reason + "\"}}\n";
}

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

TEST(CheckFix, ChangesTheFileAndSaysWhat) {
  const Folder folder;
  const std::string path = folder.write("rules/a.yml", kRule);
  fs::permissions(path, fs::perms::owner_read | fs::perms::owner_write | fs::perms::group_read);
  const Outcome fixed = run({"check", path, "--fix"});
  EXPECT_EQ(fixed.code, 0) << fixed.err;
  EXPECT_EQ(read_file(path), kFixed);
  EXPECT_TRUE(has(fixed.err, "a.yml:7: write `eventType` [V2003]")) << fixed.err;
  EXPECT_TRUE(has(fixed.err, "a.yml:8: remove the wildcard [V2133]")) << fixed.err;
  EXPECT_FALSE(has(fixed.out, "V2003")) << "what is fixed is not found again: " << fixed.out;
  EXPECT_EQ(fs::status(path).permissions(), fs::perms::owner_read | fs::perms::owner_write | fs::perms::group_read);
  EXPECT_EQ(std::distance(fs::directory_iterator(folder.path("rules")), fs::directory_iterator()), 1);
  const Outcome again = run({"check", path, "--fix"});
  EXPECT_FALSE(has(again.err, "fixed ")) << again.err;
  EXPECT_EQ(read_file(path), kFixed);
}

TEST(CheckFix, ADryRunIsADiff) {
  const Folder folder;
  const std::string path = folder.write("a.yml", kRule);
  const Outcome dry = run({"check", path, "--fix", "--dry-run"});
  EXPECT_EQ(dry.code, 0);
  EXPECT_EQ(read_file(path), kRule);
  EXPECT_EQ(dry.out, "--- " + path + "\n+++ " + path +
                         "\n@@ -4,7 +4,7 @@\n logsource: {product: okta, service: okta}\n detection:\n   selection:\n"
                         "-    EventType: user.session.start   # kept\n-    outcome.reason|contains: '*denied*'\n"
                         "-  condition: 1 of them\n+    eventType: user.session.start   # kept\n"
                         "+    outcome.reason|contains: 'denied'\n+  condition: selection\n level: low\n");
  EXPECT_EQ(run({"check", path, "--dry-run"}).code, 2);
}

TEST(CheckFix, AFileBehindALinkIsFixedInItsPlace) {
  const Folder folder;
  const std::string path = folder.write("real/a.yml", kRule);
  fs::create_directories(folder.path("rules"));
  fs::create_symlink(path, folder.path("rules/a.yml"));
  EXPECT_EQ(run({"check", folder.path("rules"), "--fix"}).code, 0);
  EXPECT_TRUE(fs::is_symlink(folder.path("rules/a.yml")));
  EXPECT_EQ(read_file(path), kFixed);
}

TEST(CheckNotes, NeverFailAndAreCountedWhenThereAreMany) {
  const Folder folder;
  std::string text;
  for (int i = 1; i <= 5; ++i) {
    std::string one = kFixed;
    one.replace(one.find("0001"), 4, "000" + std::to_string(i));
    one.replace(one.find("name: denied"), 12, "name: denied" + std::to_string(i));
    text += one + "---\n";
  }
  const std::string path = folder.write("a.yml", text);
  const Outcome human = run({"check", path, "--strict"});
  EXPECT_EQ(human.code, 0) << human.out;
  EXPECT_TRUE(has(human.out, "note[V2110]: 2 more of these")) << human.out;
  EXPECT_TRUE(has(human.err, "ok 5 rules in 1 file: 0 errors, 0 warnings, ")) << human.err;
  EXPECT_FALSE(has(run({"check", path, "--format", "jsonl"}).out, "more of these"));
}

TEST(CheckPortable, ListsWhatGoesBeyondSigma) {
  const Folder folder;
  const std::string plain = folder.write("plain.yml", kRule);
  const Outcome none = run({"check", plain, "--portable", "--strict"});
  EXPECT_EQ(none.code, 0);
  EXPECT_EQ(none.out, "");
  const std::string path = folder.write("a.yml", kRule + "suppress: {by: [actor.id|lower], for: 1h}\n");
  const Outcome portable = run({"check", path, "--portable"});
  EXPECT_EQ(portable.code, 0);
  EXPECT_TRUE(has(portable.out, "note[V2191]: key `suppress`")) << portable.out;
  EXPECT_TRUE(has(portable.out, "note[V2193]: `actor.id|lower`")) << portable.out;
  EXPECT_FALSE(has(portable.out, "V2003")) << portable.out;
  EXPECT_EQ(run({"check", path, "--portable", "--strict"}).code, 1);
}

TEST(CheckFormats, SarifIsOneLog) {
  const Folder folder;
  const std::string path = folder.write("a.yml", kRule);
  const Outcome sarif = run({"check", path, "--format", "sarif"});
  EXPECT_EQ(sarif.code, 0);
  EXPECT_TRUE(has(sarif.out, R"("version":"2.1.0")"));
  EXPECT_TRUE(has(sarif.out, R"("version":")" VEDETTE_PROJECT_VERSION "\""));
  EXPECT_TRUE(has(sarif.out, R"("ruleId":"V2133")"));
  EXPECT_EQ(run({"check", path, "--format", "xml"}).code, 2);
}

TEST(CheckNow, FiltersAreJudgedByIt) {
  const Folder folder;
  const std::string path = folder.write(
      "a.yml", kFixed +
                   "---\ntitle: F\nid: 9b7c1f52-0000-4000-8000-000000000002\nexpires: 2031-05-10\nlogsource: {product: okta}\n"
                   "filter:\n  rules: [denied]\n  exception:\n    actor.id: x\n  condition: not exception\n");
  const Outcome early = run({"check", path, "--now", "2031-04-01"});
  EXPECT_TRUE(has(early.out, "V2173")) << early.out;
  EXPECT_FALSE(has(early.out, "V2171") || has(early.out, "V2172")) << early.out;
  EXPECT_TRUE(has(run({"check", path, "--now", "2031-05-01"}).out, "expires in 9 days"));
  const Outcome late = run({"check", path, "--now", "2031-06-01", "--strict"});
  EXPECT_EQ(late.code, 1);
  EXPECT_TRUE(has(late.out, "V2171"));
}

TEST(CheckEvents, SaysHowManyAlertsADayAndWhyARuleIsSilent) {
  const Folder folder;
  const std::string rules = folder.write(
      "rules/a.yml", kFixed +
                         "---\ntitle: Ended\nid: 9b7c1f52-0000-4000-8000-000000000002\nname: ended\nlogsource: {product: okta}\n"
                         "detection:\n  selection:\n    eventType: user.session.end\n  condition: selection\n");
  const std::string events = folder.write(
      "events.ndjson", event("1", "2026-05-01T00:00:00Z", "denied") + event("2", "2026-05-02T00:00:00Z", "access denied") +
                           event("3", "2026-05-03T00:00:00Z", "fine") + event("4", "2026-05-05T00:00:00Z", "denied"));
  const Outcome rates = run({"check", rules, "--events", events});
  EXPECT_EQ(rates.code, 0) << rates.err;
  EXPECT_EQ(
      rates.out,
      "Expected alerts, over 4 events from 2026-05-01T00:00:00.000000Z to 2026-05-05T00:00:00.000000Z\n"
      "       matches        alerts    alerts/day\n"
      "             3             3          0.75  denied\n"
      "             0             0          0.00  ended\n"
      "                           3          0.75  all rules\n"
      "Never matched, and why:\n"
      "  ended: 4 events of its log source, 0 passed its first term (eventType: user.session.end); never true: selection\n");
  const Outcome missing = run({"check", rules, "--events", folder.path("none")});
  EXPECT_EQ(missing.code, 2);
  EXPECT_EQ(run({"check", rules, "--events", events, "--format", "sarif"}).code, 2);
}

}  // namespace
}  // namespace vedette::tests
