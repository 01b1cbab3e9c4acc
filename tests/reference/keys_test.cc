// Every documented key is accepted as its example shows, what is not documented is refused where a table is closed, and the
// parsers look for no key that no table has.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <map>
#include <regex>
#include <set>

#include "app/config_keys.h"
#include "rules/reference/correlation_keys.h"
#include "rules/reference/source_keys.h"
#include "rules/reference/test_keys.h"
#include "rules/sigma/load.h"
#include "rules/source/load.h"
#include "rules/test/runner.h"
#include "tests/reference/files.h"
#include "tests/reference/no_addresses.h"

namespace vedette::tests {
namespace {

using namespace rules::reference;

std::string errors_of(const std::string& text) {
  Diagnostics found;
  rules::CompileOptions options;
  options.sources = rules::load_sources(rules::builtin_sources(), found);
  options.tables["admins.csv"] = {"admins.csv", "id,team\n1,ops\n"};
  options.addresses = std::make_shared<const NoAddresses>();
  (void)rules::compile({{"rules.yml", text}}, options, found);
  std::string out;
  for (const Diagnostic& item : found.items()) {
    if (item.severity == Severity::error) out += render_human(item, false);
  }
  return out;
}

using Lines = std::map<std::string, std::string>;

std::string yaml_of(const Lines& lines, const std::string& indent) {
  std::string out;
  for (const auto& [key, value] : lines) out += fmt::format("{}{}: {}\n", indent, key, value);
  return out;
}

// A rule of every name that the examples mention, each tagged.
std::string prelude(const std::set<std::string>& without = {}) {
  std::string out;
  for (const std::string name :
       {"okta_login_failure", "okta_login", "aws_login", "login_failed", "login_success", "push_denied", "okta_admin_granted"}) {
    if (without.contains(name)) continue;
    out += fmt::format(
        "title: {0}\nname: {0}\ntags: [attack.credential-access]\nlogsource: {{product: okta, service: okta}}\n"
        "detection: {{selection: {{eventType: {0}}}, condition: selection}}\n---\n",
        name);
  }
  return out;
}

TEST(Keys, OfEveryDocument) {
  for (const Key& key : kDocumentKeys) {
    if (key.name == "action") continue;
    Lines lines = {{"title", "T"}, {"logsource", "{product: okta}"}, {"detection", "{s: {a: b}, condition: s}"}};
    lines[std::string(key.name)] = key.example;
    EXPECT_EQ(errors_of(yaml_of(lines, "")), "") << key.name;
  }
  EXPECT_EQ(errors_of("action: global\ntitle: T\nlogsource: {product: okta}\n---\ndetection: {s: {a: b}, condition: s}\n"), "");
}

TEST(Keys, OfRules) {
  for (const Key& key : kRuleKeys) {
    Lines lines = {
        {"title", "T"}, {"logsource", "{product: okta}"}, {"detection", "{s: {a: b}, is_super_admin: {c: d}, condition: s}"}};
    lines[std::string(key.name)] = key.example;
    EXPECT_EQ(errors_of(yaml_of(lines, "")), "") << key.name;
  }
}

// A correlation that takes the key.
Lines host_of(std::string_view key) {
  Lines lines = {{"type", "event_count"}, {"rules", "[login_failed]"}, {"timespan", "10m"}, {"condition", "{gte: 3}"}};
  const auto use = [&](const Lines& more) {
    for (const auto& [name, value] : more) lines[name] = value;
  };
  if (key == "aliases") use({{"rules", "[okta_login, aws_login]"}, {"group-by", "[user]"}});
  if (key == "percentile") use({{"type", "value_percentile"}, {"condition", "{field: f, gt: 1}"}});
  if (key == "values" || key == "until" || key == "level-when")
    use({{"type", "metrics"}, {"values", "{attempts: count}"}, {"condition", "attempts >= 3"}});
  if (key == "learn" || key == "first" || key == "decide")
    use({{"type", "new_value"}, {"group-by", "[actor.id]"}, {"condition", "{field: f}"}});
  if (key == "settle" || key == "max_hold") use({{"condition", "{eq: 3}"}});
  if (key == "field") use({{"type", "travel"}, {"condition", "{speed_kmh: {gte: 900}}"}});
  return lines;
}

TEST(Keys, OfCorrelations) {
  for (const Key& key : kCorrelationKeys) {
    Lines lines = host_of(key.name);
    lines[std::string(key.name)] = key.example;
    EXPECT_EQ(errors_of(prelude() + "title: C\ncorrelation:\n" + yaml_of(lines, "  ")), "") << key.name;
  }
  for (const Key& key : kEitherKeys) {
    const std::string beside = fmt::format("{}: {}\n", key.name, key.example);
    EXPECT_EQ(errors_of(prelude() + "title: C\n" + beside + "correlation:\n" + yaml_of(host_of(key.name), "  ")), "") << key.name;
  }
}

TEST(Keys, OfConditionsMetricsAndExports) {
  const auto condition = [](const std::string& type, const std::string& text) {
    return errors_of(prelude() + "title: C\ncorrelation:\n" +
                     yaml_of({{"type", type}, {"rules", "[login_failed]"}, {"timespan", "1h"}, {"condition", text}}, "  "));
  };
  for (const Key& key : kOperators)
    EXPECT_EQ(condition("event_count", fmt::format("{{{}: {}}}", key.name, key.example)), "") << key.name;
  EXPECT_EQ(condition("value_count", "{field: actor.alternateId, gte: 2}"), "");
  EXPECT_EQ(condition("value_percentile", "{field: a, percentile: 95, gte: 2}"), "");
  EXPECT_EQ(condition("value_change", "{field: a, all: true}"), "");
  for (const TypeRow& row : kTypeRows) {
    if (row.condition_schema == kTextSchema || row.condition_schema == kEitherSchema || row.type == "travel") continue;
    EXPECT_EQ(condition(std::string(row.type), std::string(row.example)), "") << row.type;
  }
  for (const Key& key : kMetricKeys) {
    const std::string metric = key.name == "of" ? fmt::format("{{distinct: actor.id, of: {}}}", key.example)
                                                : fmt::format("{{{}: {}}}", key.name, key.example);
    Lines lines = host_of("values");
    lines["rules"] = "[login_failed, push_denied]";
    lines["values"] = fmt::format("{{attempts: {}}}", metric);
    EXPECT_EQ(errors_of(prelude() + "title: C\ncorrelation:\n" + yaml_of(lines, "  ")), "") << key.name;
  }
}

TEST(Keys, OfFilters) {
  const std::string body = "{rules: [okta_admin_granted], s: {a: b}, condition: not s";
  for (const Key& key : kFilterDocumentKeys) {
    Lines lines = {{"title", "F"}, {"logsource", "{product: okta}"}, {"filter", body + "}"}};
    lines[std::string(key.name)] = key.example;
    EXPECT_EQ(errors_of(prelude() + yaml_of(lines, "")), "") << key.name;
  }
  for (const Key& key : kFilterOwnKeys)
    EXPECT_EQ(errors_of(prelude() + fmt::format("title: F\nlogsource: {{product: okta}}\nfilter: {}, {}: {}}}\n", body, key.name,
                                                key.example)),
              "")
        << key.name;
}

TEST(Keys, OfSourceTypes) {
  for (const Key& key : kSourceKeys) {
    Lines lines = {{"source", "x"}, {"recognise", "{all: [a]}"}, {"time", "{path: t}"}};
    lines[std::string(key.name)] = key.example;
    Diagnostics found;
    (void)rules::load_sources({{"x.yml", yaml_of(lines, "")}}, found);
    for (const Diagnostic& item : found.items()) ADD_FAILURE() << key.name << "\n" << render_human(item, false);
  }
}

TEST(Keys, OfRuleTests) {
  rules::TestOptions with;
  Diagnostics ignored;
  with.sources = rules::load_sources(rules::builtin_sources(), ignored);
  with.read = [](const std::string& path) -> Result<yaml::File> { return yaml::File{path, prelude()}; };
  const std::string event = "{at: 5s, source: okta, event: {eventType: x}}";
  const auto check = [&](std::string_view name, const Lines& lines) {
    const rules::TestReport report = rules::run_test_file({"x.test.yml", yaml_of(lines, "")}, with);
    for (const Diagnostic& item : report.diagnostics.items()) {
      if (item.code < "V80") continue;  // of the rules
      ADD_FAILURE() << name << "\n" << render_human(item, false);
    }
  };
  for (const Key& key : kTestFileKeys) {
    Lines lines = {{"tests", "[{name: a, events: [], expect: []}]"}};
    lines[std::string(key.name)] = key.example;
    check(key.name, lines);
  }
  for (const Key& key : kCaseKeys) {
    Lines lines = {{"name", "a"}, {"events", "[" + event + "]"}, {"expect", "[]"}};
    lines[std::string(key.name)] = key.example;
    std::string text;
    for (const auto& [name, value] : lines) text += fmt::format("{}{}: {}", text.empty() ? "" : ", ", name, value);
    check(key.name, {{"tests", "[{" + text + "}]"}});
  }
  for (const Key& key : kExpectKeys) {
    const std::string rule = key.name == "rule" ? "" : "rule: okta_admin_granted, ";
    check(key.name, {{"tests", fmt::format("[{{name: a, events: [], expect: [{{{}{}: {}}}]}}]", rule, key.name, key.example)}});
  }
  for (const Key& key : kEventKeys) {
    const std::string rest = key.name == "text"     ? "source: sshd, "
                             : key.name == "event"  ? "source: okta, "
                             : key.name == "source" ? "event: {a: b}, "
                                                    : "source: okta, event: {a: b}, ";
    check(key.name, {{"tests", fmt::format("[{{name: a, events: [{{{}{}: {}}}], expect: []}}]", rest, key.name, key.example)}});
  }
}

TEST(Keys, UnknownOnesAreRefused) {
  const std::string correlation = "title: C\ncorrelation:\n" + yaml_of(host_of("type"), "  ");
  EXPECT_NE(errors_of(prelude() + correlation + "  zzz: 1\n").find("V1202"), std::string::npos);
  EXPECT_NE(errors_of(prelude() + correlation + "suppress: {zzz: 1}\n").find("V1015"), std::string::npos);
  const std::string rule = "title: T\nlogsource: {product: okta}\ndetection: {s: {a: b}, condition: s}\n";
  EXPECT_NE(errors_of(rule + "alert: {zzz: 1}\n").find("V1251"), std::string::npos);
  EXPECT_NE(errors_of(rule + "lookup: {table: admins.csv, key: a, as: p, zzz: 1}\n").find("V1410"), std::string::npos);
  EXPECT_NE(errors_of(rule + "level-when: [{zzz: s}]\n").find("V1011"), std::string::npos);
}

// What the parsers look up by name stands in a table.
TEST(Keys, NoParserKnowsMore) {
  std::set<std::string> known;
  const auto add = [&](std::span<const Key> keys) {
    for (const Key& key : keys) known.emplace(key.name);
  };
  for (const Table* table : {&kDocumentTable,
                             &kRuleTable,
                             &kLogSourceTable,
                             &kDetectionTable,
                             &kSuppressTable,
                             &kAlertTable,
                             &kLookupTable,
                             &kFilterDocumentTable,
                             &kFilterTable,
                             &kCorrelationTable,
                             &kCorrelationDocumentTable,
                             &kMetricTable,
                             &kExportTable,
                             &kTagReferenceTable,
                             &kSourceTable,
                             &kRecogniseTable,
                             &kTimeTable,
                             &kNormaliseTable,
                             &kSetTable,
                             &kPatternTable,
                             &kTestFileTable,
                             &kCaseTable,
                             &kEventTable,
                             &kExpectTable,
                             &kIdentityTable,
                             &kAliasTable,
                             &app::kConfigTable})
    add(table->keys);
  const auto add_all = [&](const auto& tables) {
    for (const Table* table : tables) add(table->keys);
  };
  add_all(app::kConfigTables);
  add_all(app::kSourceTables);
  add_all(app::kInnerSourceTables);
  add_all(app::kSinkTables);
  add_all(app::kInnerSinkTables);
  add(kConditionFieldKeys);
  // Words of conditions, the list of accounts that are no person, marks of secret settings.
  for (const char* word : {"and", "or", "not", "shared_accounts", "password", "secret"}) known.insert(word);
  // The name of a call, its other arguments, and the key.
  const std::regex lookup(
      R"re((?:find|either|of_types|text_of|texts_of|optional|require|required|required_list|text|texts|boolean|number|word|paths?|map|duration|size|required_path|secrets)\((?:\*?[A-Za-z_]+, )?"([a-z_-]+)")re");
  int found = 0;
  for (const char* folder : {"rules/sigma", "rules/source", "rules/test"}) {
    for (const fs::path& path : files_below(kRoot / folder, ".cc")) {
      const std::string text = read(path);
      for (std::sregex_iterator at(text.begin(), text.end(), lookup), end; at != end; ++at) {
        EXPECT_TRUE(known.contains((*at)[1])) << path.filename() << ": " << (*at)[1] << " stands in no table of keys";
        ++found;
      }
    }
  }
  for (const char* name : {"config.cc", "config_parts.cc", "config_sources.cc", "config_sinks.cc"}) {
    const std::string config = read(kRoot / "app" / name);
    for (std::sregex_iterator at(config.begin(), config.end(), lookup), end; at != end; ++at) {
      EXPECT_TRUE(known.contains((*at)[1])) << name << ": " << (*at)[1] << " stands in no table of keys";
      ++found;
    }
  }
  EXPECT_GE(found, 150);
}

}  // namespace
}  // namespace vedette::tests
