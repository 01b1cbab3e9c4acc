// `lookup` and `enrich` from YAML to what matches: rules through the real compiler, decoder and matcher.
#include <gtest/gtest.h>

#include "rules/enrich/address_table.h"
#include "tests/enrich/support.h"

namespace vedette::test {
namespace {

using Texts = std::vector<std::string>;

std::string rule(const std::string& name, const std::string& extra, const std::string& selection,
                 const std::string& logsource = "{product: okta}") {
  return "title: " + name + "\nid: 11111111-1111-4111-8111-1111111111" + (name.size() > 1 ? name : "0" + name) + "\nname: r" +
         name + "\n" + extra + "\nlogsource: " + logsource + "\ndetection:\n  s:\n    " + selection + "\n  condition: s\n---\n";
}

std::string okta(const std::string& actor, const std::string& address = "203.0.113.7") {
  return R"({"uuid":"1","eventType":"user.session.start","published":"2026-01-01T00:00:00Z","actor":{"id":")" + actor +
         R"("},"client":{"ipAddress":")" + address + R"("},"target":[{"id":"00u1"},{"id":"00u9"}]})";
}

rules::CompileOptions with_tables() {
  rules::CompileOptions out = options();
  out.tables["admins.csv"] = {"admins.csv", "id,team,role\n00u1,Ops,Super\n00u2,,Help Desk\n"};
  return out;
}

const std::string kLookup = "lookup: {table: admins.csv, key: actor.id, as: person}";

TEST(Lookup, FieldsOfTheRow) {
  const std::string rules = rule("1", kLookup, "person.team: ops") + rule("2", kLookup, "person.role|contains: desk") +
                            rule("3", kLookup, "person.team: null") + rule("4", kLookup, "person.id|exists: true") +
                            rule("5", kLookup, "person.team|neq: ops") + rule("6", kLookup, "actor.id|fieldref: person.id");
  const Outcome out = run(rules, {okta("00u1"), okta("00U2"), okta("00u3")}, with_tables());
  EXPECT_EQ(out.codes, "");
  EXPECT_EQ(out.rules, (Texts{"r1 r4 r6", "r2 r3 r4 r5 r6", "r3 r5"}));
  EXPECT_NE(out.printed.find("admins.csv(actor.id).team = 'ops'"), std::string::npos) << out.printed;
  EXPECT_NE(out.printed.find("table 'admins.csv' "), std::string::npos) << out.printed;
}

TEST(Lookup, KeysAreFieldExpressions) {
  const std::string rules =
      rule("1", "lookup: {table: admins.csv, key: 'target[id=00u9].id', as: t}", "t.role: Super") +
      rule("2", "lookup: {table: admins.csv, key: target.id, as: t}", "t.role: Super") +
      rule("3", "lookup:\n  - {table: admins.csv, key: user.name, as: who}\n  - {table: admins.csv, key: actor.id|upper, as: p}",
           "who.team: ops\n    p.team: ops", "{category: authentication}");
  rules::CompileOptions with = with_tables();
  with.tables["admins.csv"].text += "alice,Ops,x\n";
  std::string event = okta("00u1");
  event.insert(event.find(R"("id":"00u1")"), R"("alternateId":"ALICE",)");
  const Outcome out = run(rules, {event, okta("00u2")}, with);
  EXPECT_EQ(out.codes, "");
  EXPECT_EQ(out.rules, (Texts{"r2 r3", "r2"}));
}

TEST(Lookup, LevelsAndTitles) {
  const std::string rules =
      rule("1", kLookup + "\nalert: {title: 'Seen {person.role} of {actor.id}'}", "eventType: user.session.start");
  const Outcome out = run(rules, {okta("00u1"), okta("00u3")}, with_tables());
  EXPECT_EQ(out.codes, "");
  EXPECT_EQ(out.columns, (Texts{"person.role=Super actor.id=00u1", "actor.id=00u3"}));
}

TEST(Lookup, TheTableIsPartOfThePlanHash) {
  const std::string rules = rule("1", kLookup, "person.team: ops");
  rules::CompileOptions with = with_tables();
  const Outcome before = run(rules, {}, with);
  with.tables["admins.csv"].text += "00u7,Ops,x\n";
  const Outcome after = run(rules, {}, with);
  EXPECT_NE(before.hash, after.hash);
  with.tables["other.csv"] = {"other.csv", "a,b\n"};
  EXPECT_EQ(run(rules, {}, with).hash, after.hash);
}

TEST(Lookup, Errors) {
  const auto codes = [](const std::string& extra, const std::string& selection) {
    return run(rule("1", extra, selection), {}, with_tables()).codes;
  };
  EXPECT_EQ(codes(kLookup, "person: x"), "V1412");
  EXPECT_EQ(codes(kLookup, "person.name: x"), "V1412");
  EXPECT_EQ(codes(kLookup, "'person[0].team': x"), "V1412");
  EXPECT_EQ(codes(kLookup, "'person[id=00u1].team': x"), "V1412");
  EXPECT_EQ(codes(kLookup, "'target[any]': {id|fieldref: person.name}"), "V1412");
  EXPECT_EQ(codes(kLookup + "\nalert: {title: '{person.name}'}", "person.team: x"), "V1412");
  EXPECT_EQ(codes("lookup: [1]", "a: x"), "V1410");
  EXPECT_EQ(codes("lookup: []", "a: x"), "V1410");
  EXPECT_EQ(codes("lookup: {table: admins.csv, key: 'a..b', as: p}", "a: x"), "V1410");
  EXPECT_EQ(codes("lookup: {table: admins.csv, key: a, as: p.q}", "a: x"), "V1410");
  EXPECT_EQ(codes(kLookup + "\nenrich: {person: client.ipAddress}", "a: x"), "V1420");
  EXPECT_EQ(codes("lookup: {table: no.csv, key: a, as: p}", "p.q: x"), "V1411");
}

TEST(Enrich, Addresses) {
  const Folder folder;
  for (const int version : {4, 6}) {
    city_database(version).write(folder.file("city.mmdb"));
    rules::CompileOptions with = options();
    with.addresses = rules::open_addresses({folder.file("city.mmdb")}).value();
    const std::string enrich = "enrich: {geo: client.ipAddress}";
    const std::string rules = rule("1", enrich, "geo.country: fr") + rule("2", enrich, "geo.city: Tokyo") +
                              rule("3", enrich, "geo.city: null") + rule("4", enrich, "geo.location: '48.8582,2.3387'") +
                              rule("5", enrich, "geo.location: '-0.5,2'");
    const Outcome out = run(rules,
                            {okta("a", "203.0.113.7"), okta("a", "198.51.100.255"), okta("a", "192.0.2.1"), okta("a", "10.0.0.1"),
                             okta("a", "2001:DB8:1::5"), okta("a", "::ffff:203.0.113.7"), okta("a", "nonsense"), okta("a", "")},
                            with);
    EXPECT_EQ(out.codes, "");
    EXPECT_EQ(out.rules, (Texts{"r1 r4", "r2", "r3", "r3", version == 6 ? "r1 r5" : "r3", "r1 r4", "r3", "r3"})) << version;
  }
}

TEST(Enrich, SeveralFilesAndColumns) {
  const Folder folder;
  city_database(6).write(folder.file("city.mmdb"));
  asn_database().write(folder.file("asn.mmdb"));
  rules::CompileOptions with = options();
  with.addresses = rules::open_addresses({folder.file("asn.mmdb"), folder.file("city.mmdb")}).value();
  const std::string rules = rule(
      "1",
      "enrich: {geo: client.ipAddress}\nsuppress: {by: [geo.country, geo.asn, geo.organization|lower, geo.location], for: 1h}",
      "geo.asn|gte: 64000\n    geo.asn: 64500");
  const Outcome out = run(rules, {okta("a"), okta("a", "198.51.100.1")}, with);
  EXPECT_EQ(out.codes, "");
  EXPECT_EQ(out.rules, (Texts{"r1", ""}));
  EXPECT_EQ(out.columns, (Texts{"geo.country=FR geo.asn=64500 geo.organization|lower=example net geo.location=48.8582,2.3387"}));
  EXPECT_NE(out.printed.find("column 1 = enrich(client.ipAddress).asn"), std::string::npos) << out.printed;
}

TEST(Enrich, GroupsAndValuesOfCorrelations) {
  const Folder folder;
  city_database(6).write(folder.file("city.mmdb"));
  rules::CompileOptions with = options();
  with.addresses = rules::open_addresses({folder.file("city.mmdb")}).value();
  const std::string rules =
      rule("1", "enrich: {geo: client.ipAddress}", "eventType: user.session.start") +
      "title: New country\nid: 22222222-2222-4222-8222-222222222222\ncorrelation:\n  type: new_value\n"
      "  rules: [r1]\n  group-by: [actor.id]\n  timespan: 30d\n  condition: {field: geo.country}\n---\n"
      "title: Far\nid: 33333333-3333-4333-8333-333333333333\ncorrelation:\n  type: travel\n"
      "  rules: [r1]\n  group-by: [geo.city]\n  field: geo.location\n  condition: {speed_kmh: {gte: 900}}\n";
  const Outcome out = run(rules, {okta("a")}, with);
  EXPECT_EQ(out.codes, "");
  ASSERT_EQ(out.columns.size(), 1U);
  EXPECT_NE(out.columns[0].find("geo.country=FR"), std::string::npos) << out.columns[0];
  EXPECT_NE(out.columns[0].find("geo.location=48.8582,2.3387"), std::string::npos) << out.columns[0];
  const std::string unknown =
      "title: X\nid: 44444444-4444-4444-8444-444444444444\ncorrelation:\n  type: value_count\n  rules: [r1]\n"
      "  group-by: [geo.asn]\n  timespan: 1h\n  condition: {field: geo.contry, gte: 2}\n";
  EXPECT_EQ(run(rule("1", "enrich: {geo: client.ipAddress}", "a: x") + unknown, {}, with).codes, "V1421 V1412");
}

TEST(Enrich, WhatIsNotLoaded) {
  const std::string enrich = "enrich: {geo: client.ipAddress}";
  EXPECT_EQ(run(rule("1", enrich, "geo.country: FR"), {}, options()).codes, "V1421");
  EXPECT_EQ(run(rule("1", enrich, "geo.planet: FR"), {}, options()).codes, "V1412");
  EXPECT_EQ(run(rule("1", enrich, "eventType: a"), {}, options()).codes, "");
  EXPECT_EQ(run(rule("1", "enrich: {}", "a: x"), {}, options()).codes, "V1420");
  EXPECT_EQ(run(rule("1", "enrich: {geo: [a]}", "a: x"), {}, options()).codes, "V1420");
}

TEST(Enrich, FilesThatAreNone) {
  const Folder folder;
  EXPECT_FALSE(rules::open_addresses({folder.file("absent.mmdb")}).ok());
  MmdbWriter("Anonymous-IP", 6).write(folder.file("other.mmdb"));
  const auto other = rules::open_addresses({folder.file("other.mmdb")});
  ASSERT_FALSE(other.ok());
  EXPECT_NE(other.error().message.find("Anonymous-IP"), std::string::npos) << other.error().message;
  city_database(6).write(folder.file("city.mmdb"));
  const std::string whole = city_database(6).bytes();
  // Cut off behind here, libmaxminddb refuses the file, too, but leaks a little memory.
  const std::size_t end = whole.rfind("languages");
  ASSERT_NE(end, std::string::npos);
  for (std::size_t size = 0; size < end; size += 7) {
    std::filesystem::resize_file(folder.file("city.mmdb"), size);
    EXPECT_FALSE(rules::open_addresses({folder.file("city.mmdb")}).ok()) << size;
    city_database(6).write(folder.file("city.mmdb"));
  }
}

TEST(Enrich, TheFilesArePartOfThePlanHash) {
  const Folder folder;
  rules::CompileOptions with = options();
  std::vector<std::string> hashes;
  for (const char* network : {"203.0.113.0/24", "203.0.114.0/24"}) {
    MmdbWriter writer("GeoLite2-Country", 6);
    writer.add(network, mmdb_map({{"country", mmdb_map({{"iso_code", mmdb_text("FR")}})}}));
    writer.write(folder.file("country.mmdb"));
    with.addresses = rules::open_addresses({folder.file("country.mmdb")}).value();
    hashes.push_back(run(rule("1", "enrich: {geo: client.ipAddress}", "geo.country: FR"), {}, with).hash);
  }
  EXPECT_NE(hashes[0], hashes[1]);
}

}  // namespace
}  // namespace vedette::test
