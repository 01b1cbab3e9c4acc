// Fields beyond plain paths on the built program: members of arrays in explanations, tables beside the rules, databases of
// addresses by option and by configuration.
#include <gtest/gtest.h>

#include "tests/app/program.h"
#include "tests/enrich/mmdb_writer.h"

namespace vedette::tests {
namespace {

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

std::string rule(const std::string& extra, const std::string& selection) {
  return "title: t\nid: 11111111-1111-4111-8111-111111111111\nname: r1\nlogsource: {product: okta}\n" + extra +
         "detection:\n  s:\n    " + selection + "\n  condition: s\n";
}

const std::string kEvent =
    R"({"uuid":"1","eventType":"a","published":"2026-01-01T00:00:00Z","actor":{"id":"00u1"},"client":{"ipAddress":"203.0.113.7"},)"
    R"("target":[{"type":"User","displayName":"Admin"},{"type":"App","displayName":"Mail"}]})"
    "\n";

std::string country_database() {
  using namespace vedette::test;
  MmdbWriter writer("GeoLite2-Country", 6);
  writer.add("203.0.113.0/24", mmdb_map({{"country", mmdb_map({{"iso_code", mmdb_text("FR")}})}}));
  return writer.bytes();
}

TEST(Fields, ExplainShowsThatNoMemberHasAllParts) {
  const Folder folder;
  const std::string rules = folder.write("rules/r.yml", rule("", "target[any]: {type: App, displayName: Admin}"));
  const Outcome out = run({"explain", rules, folder.write("e.json", kEvent)});
  EXPECT_EQ(out.code, 0);
  EXPECT_TRUE(has(out.out, "no  s") && has(out.out, "yes type: App   event: \"User\", \"App\"") &&
              has(out.out, "yes displayName: Admin   event: \"Admin\", \"Mail\""))
      << out.out;
}

TEST(Fields, TheNearestMissOfATestNamesTheBlock) {
  const Folder folder;
  folder.write("rules/r.yml", rule("", "target[any]: {type: App, displayName: Admin}"));
  folder.write("rules/r.test.yml", "tests:\n  - name: same\n    events:\n      - {at: 0s, source: okta, event: " +
                                       kEvent.substr(0, kEvent.size() - 1) + "}\n    expect: [{rule: r1}]\n");
  const Outcome tested = run({"test", folder.path("rules")});
  EXPECT_EQ(tested.code, 1);
  EXPECT_TRUE(has(tested.out, "missed target[any] (no member has all of it)")) << tested.out;
}

TEST(Fields, TablesLieAmongTheLists) {
  const Folder folder;
  const std::string rules =
      folder.write("rules/r.yml", rule("lookup: {table: admins.csv, key: actor.id, as: person}\n", "person.team: Ops"));
  const std::string events = folder.write("e.json", kEvent);
  const Outcome without = run({"check", rules});
  EXPECT_EQ(without.code, 1);
  EXPECT_TRUE(has(without.out + without.err, "V1411")) << without.out;
  folder.write("lists/admins.csv", "id,team\n00u1,Ops\n");
  EXPECT_TRUE(has(run({"replay", "--rules", folder.path("rules"), "--format", "jsonl", events}).out, "\"rule\":\"r1\""));
  const std::string elsewhere = folder.write("more/lists/admins.csv", "id,team\n00u1,Dev\n");
  const Outcome other = run({"replay", "--rules", rules, "--lists", folder.path("more/lists"), "--format", "jsonl", events});
  EXPECT_EQ(other.code, 0) << other.err;
  EXPECT_EQ(other.out, "");
  folder.write("rules/r.test.yml", "tests:\n  - name: ops\n    events:\n      - {at: 0s, source: okta, event: " +
                                       kEvent.substr(0, kEvent.size() - 1) + "}\n    expect: [{rule: r1}]\n");
  const Outcome tested = run({"test", folder.path("rules")});
  EXPECT_EQ(tested.code, 0) << tested.out << tested.err;
}

TEST(Fields, DatabasesAreGivenByOptionOrConfiguration) {
  const Folder folder;
  const std::string rules = folder.write("rules/r.yml", rule("enrich: {geo: client.ipAddress}\n", "geo.country: FR"));
  const std::string events = folder.write("e.json", kEvent);
  const std::string database = folder.write("country.mmdb", country_database());
  const Outcome without = run({"check", rules});
  EXPECT_EQ(without.code, 1);
  EXPECT_TRUE(has(without.out + without.err, "V1421") && has(without.out + without.err, "--enrich FILE")) << without.out;
  EXPECT_EQ(run({"check", rules, "--enrich", database}).code, 0);
  const Outcome replayed = run({"replay", "--rules", rules, "--enrich", database, "--format", "jsonl", events});
  EXPECT_TRUE(has(replayed.out, "\"rule\":\"r1\"")) << replayed.err;
  EXPECT_TRUE(has(run({"explain", rules, events, "--enrich", database}).out, "yes s: geo.country: FR   event: \"FR\""));
  const Outcome broken = run({"replay", "--rules", rules, "--enrich", events, events});
  EXPECT_EQ(broken.code, 2);
  EXPECT_TRUE(has(broken.err, "not a MaxMind DB file")) << broken.err;

  const std::string sources = "sources: [{name: s, type: file, path: e.json, source: okta}]\n";
  const std::string config =
      folder.write("vedette.yml", "rules: {paths: [rules]}\nenrich: {databases: [country.mmdb]}\n" + sources);
  EXPECT_EQ(run({"check", "-c", config}).code, 0) << run({"check", "-c", config}).out;
  const std::string wrong = folder.write("wrong.yml", "rules: {paths: [rules]}\nenrich: {database: [country.mmdb]}\n" + sources);
  EXPECT_TRUE(has(run({"check", "-c", wrong}).out + run({"check", "-c", wrong}).err, "V9001"));
}

}  // namespace
}  // namespace vedette::tests
