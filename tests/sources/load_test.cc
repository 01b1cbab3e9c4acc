#include "rules/source/load.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "rules/sigma/load.h"

namespace vedette::rules {
namespace {

std::vector<plan::SourcePlan> load_text(const std::string& text, Diagnostics& diagnostics) {
  return load_sources({{"rules/sources/x.yml", text}}, diagnostics);
}

std::string all_messages(const Diagnostics& diagnostics) {
  std::string out;
  for (const Diagnostic& item : diagnostics.items()) out += render_human(item, false);
  return out;
}

const plan::SourcePlan* find(const std::vector<plan::SourcePlan>& plans, const std::string& name) {
  const auto at = std::find_if(plans.begin(), plans.end(), [&](const plan::SourcePlan& plan) { return plan.name == name; });
  return at == plans.end() ? nullptr : &*at;
}

constexpr const char* kMinimal = "source: x\nrecognise: {all: [a]}\ntime: {path: t}\n";

TEST(Sources, ShippedOnesLoadWithoutAWord) {
  Diagnostics diagnostics;
  const auto plans = load_sources(builtin_sources(), diagnostics);
  EXPECT_TRUE(diagnostics.items().empty()) << all_messages(diagnostics);
  ASSERT_EQ(plans.size(), 4U);
  EXPECT_EQ(plans[0].name, "aws_cloudtrail");
  EXPECT_EQ(plans[1].name, "json");
  EXPECT_EQ(plans[2].name, "okta");
  EXPECT_EQ(plans[3].name, "sshd");
  EXPECT_TRUE(plans[3].text);
  EXPECT_FALSE(plans[2].text);
}

TEST(Sources, OktaIsWhatTheFormatSays) {
  Diagnostics diagnostics;
  const auto plans = load_sources(builtin_sources(), diagnostics);
  const plan::SourcePlan* okta = find(plans, "okta");
  ASSERT_NE(okta, nullptr);
  ASSERT_EQ(okta->id.size(), 1U);
  EXPECT_EQ(okta->id[0].text(), "uuid");
  EXPECT_EQ(okta->time.at(0).path.text(), "published");
  EXPECT_EQ(okta->accept, 6 * kHourUs);
  EXPECT_EQ(okta->settle, 5 * kMinuteUs);
  ASSERT_EQ(okta->canonical.size(), 2U);
  EXPECT_EQ(okta->canonical[0].from->text(), "client.ipChain");
  EXPECT_EQ(okta->canonical[0].to.text(), "request.ipChain");
  EXPECT_FALSE(okta->canonical[0].upper);
  EXPECT_FALSE(okta->canonical[1].from.has_value());
  EXPECT_TRUE(okta->canonical[1].upper);
  EXPECT_EQ(okta->unwrap.at(0).text(), "data.events");
  EXPECT_EQ(okta->sentinels, (std::vector<std::string>{"unknown", "-", "null"}));
  EXPECT_EQ(okta->content_hash.size(), 16U);
}

TEST(Sources, SshdServesTheThreeLinuxServices) {
  Diagnostics diagnostics;
  const auto plans = load_sources(builtin_sources(), diagnostics);
  const plan::SourcePlan* sshd = find(plans, "sshd");
  ASSERT_NE(sshd, nullptr);
  std::vector<std::string> services;
  for (const plan::LogSource& source : sshd->logsources) {
    EXPECT_EQ(source.product, "linux");
    services.push_back(source.service);
  }
  EXPECT_EQ(services, (std::vector<std::string>{"sshd", "auth", "syslog"}));
  EXPECT_EQ(sshd->patterns.at(0).repeat_group, "repeat");
  EXPECT_EQ(sshd->patterns.at(0).inner_group, "inner");
}

TEST(Sources, ShippedListsParse) {
  Diagnostics diagnostics;
  std::map<std::string, std::vector<std::string>> lists;
  for (const yaml::File& file : builtin_lists()) parse_list(file, lists, diagnostics);
  EXPECT_TRUE(diagnostics.items().empty()) << all_messages(diagnostics);
  ASSERT_TRUE(lists.contains("shared_accounts"));
  ASSERT_TRUE(lists.contains("sensitive_apps"));
  const auto holds = [&](const char* list, const char* value) {
    return std::count(lists[list].begin(), lists[list].end(), value) == 1;
  };
  for (const char* account : {"root", "admin", "ubuntu", "ec2-user"}) EXPECT_TRUE(holds("shared_accounts", account)) << account;
  EXPECT_TRUE(holds("sensitive_apps", "Payroll"));
  EXPECT_TRUE(holds("sensitive_apps", "Okta Admin Console"));
}

TEST(Sources, AnOwnFileReplacesTheShippedOne) {
  Diagnostics diagnostics;
  auto files = builtin_sources();
  files.push_back(
      {"mine/okta.yml", "source: okta\nrecognise: {all: [uuid]}\ntime: {path: when, format: epoch_ms}\naccept: 1h\n"});
  const auto plans = load_sources(files, diagnostics);
  EXPECT_TRUE(diagnostics.items().empty()) << all_messages(diagnostics);
  ASSERT_EQ(plans.size(), 4U);
  EXPECT_EQ(plans[2].accept, kHourUs);
  EXPECT_EQ(plans[2].time.at(0).format, plan::TimeFormat::epoch_ms);
}

TEST(Sources, GenericJsonIsAlwaysThere) {
  Diagnostics diagnostics;
  const auto plans = load_text(kMinimal, diagnostics);
  ASSERT_EQ(plans.size(), 2U);
  EXPECT_EQ(plans[0].name, "json");
  EXPECT_EQ(plans[0].time.size(), 4U);
}

TEST(Sources, BrokenFilesAreLeftOutAndTheOthersStay) {
  Diagnostics diagnostics;
  const auto plans =
      load_sources({{"a.yml", "source: a\nrecognize: {all: [x]}\ntime: {path: t}\n"}, {"x.yml", kMinimal}}, diagnostics);
  EXPECT_EQ(find(plans, "a"), nullptr);
  EXPECT_NE(find(plans, "x"), nullptr);
  ASSERT_EQ(diagnostics.error_count(), 2U);  // the unknown key, and the recognise that is missing for it
  EXPECT_EQ(diagnostics.items()[0].code, "V7001");
  EXPECT_EQ(diagnostics.items()[0].hint, "did you mean `recognise`?");
  EXPECT_EQ(diagnostics.items()[0].where.line, 2);
  EXPECT_EQ(diagnostics.items()[0].where.column, 1);
}

TEST(Sources, EveryErrorOfAFileIsReported) {
  Diagnostics diagnostics;
  (void)load_text(
      "source: X!\nlogsource: [{produkt: okta}]\nrecognise: {all: ['']}\ntime: {path: t, format: iso}\naccept: soon\n"
      "timezone: Europe/Atlantis\nyear: 26\ncanonical: {a: 'b|lower'}\n"
      "normalise: [{category: authentication, set: {user.nam: x, user.name: 'x|shout'}}]\n"
      "patterns: [{name: p, regex: '('}, {name: q, regex: '(?P<a>x)', repeat: b}]\nfields: {}\n",
      diagnostics);
  std::vector<std::string> codes;
  for (const Diagnostic& item : diagnostics.items()) codes.push_back(item.code);
  std::sort(codes.begin(), codes.end());
  EXPECT_EQ(codes, (std::vector<std::string>{"V7001", "V7003", "V7004", "V7004", "V7005", "V7006", "V7007", "V7008", "V7009",
                                             "V7010", "V7011", "V7012", "V7013"}))
      << all_messages(diagnostics);
}

TEST(Sources, NormalisedFieldsMayMapAndBeConstant) {
  Diagnostics diagnostics;
  const auto plans =
      load_text(std::string(kMinimal) +
                    "normalise:\n  - when: {kind: [a, 'b*']}\n    category: c\n"
                    "    set: {event.outcome: {path: r, map: {'1': success}, else: unknown}, event.action: {value: login}, "
                    "user.name: 'target[type=User].id|lower'}\n",
                diagnostics);
  ASSERT_TRUE(diagnostics.items().empty()) << all_messages(diagnostics);
  const plan::Normalise& entry = find(plans, "x")->normalise.at(0);
  EXPECT_EQ(entry.when.at(0).values, (std::vector<std::string>{"a", "b*"}));
  ASSERT_EQ(entry.set.size(), 3U);
  EXPECT_EQ(entry.set[0].expr.map.at(0).second, "success");
  EXPECT_EQ(entry.set[0].expr.map_else, "unknown");
  EXPECT_EQ(entry.set[1].expr.constant, "login");
  EXPECT_EQ(entry.set[2].expr.filter->value, "User");
}

TEST(Zones, TransitionsAreThoseOfTheZone) {
  ZonePtr zone;
  ASSERT_TRUE(load_zone("Europe/Berlin", zone));
  ASSERT_NE(zone, nullptr);
  EXPECT_EQ(zone->name, "Europe/Berlin");
  EXPECT_EQ(zone->offset_at(*parse_iso8601("2026-01-15T00:00:00Z")), 3600);
  EXPECT_EQ(zone->offset_at(*parse_iso8601("2026-03-29T00:59:59.999999Z")), 3600);
  EXPECT_EQ(zone->offset_at(*parse_iso8601("2026-03-29T01:00:00Z")), 7200);
  EXPECT_EQ(zone->offset_at(*parse_iso8601("2026-10-25T00:59:59Z")), 7200);
  EXPECT_EQ(zone->offset_at(*parse_iso8601("2026-10-25T01:00:00Z")), 3600);
  EXPECT_EQ(zone->offset_at(*parse_iso8601("2099-07-01T00:00:00Z")), 7200);
  EXPECT_EQ(zone->offset_at(*parse_iso8601("1970-01-01T00:00:00Z")), 3600);
  ASSERT_TRUE(load_zone("America/New_York", zone));
  EXPECT_EQ(zone->offset_at(*parse_iso8601("2026-03-08T06:59:59Z")), -5 * 3600);
  EXPECT_EQ(zone->offset_at(*parse_iso8601("2026-03-08T07:00:00Z")), -4 * 3600);
}

TEST(Zones, UtcIsNullAndUnknownNamesFail) {
  ZonePtr zone = std::make_shared<ZoneTable>();
  EXPECT_TRUE(load_zone("UTC", zone));
  EXPECT_EQ(zone, nullptr);
  EXPECT_TRUE(load_zone("", zone));
  EXPECT_FALSE(load_zone("Mars/Olympus", zone));
  EXPECT_EQ(zone, nullptr);
}

}  // namespace
}  // namespace vedette::rules
