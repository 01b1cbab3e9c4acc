// new_value, value_change and travel; exports, titles and references by tag.
#include <gtest/gtest.h>

#include "engine/plan/print.h"
#include "tests/rules/support.h"

namespace vedette::rules::test {
namespace {

// One correlation over rule a, without timespan.
Compiled over_a(const std::string& type, const std::string& rest) {
  return with_bases("  type: " + type + "\n  rules: [a]\n  group-by: [actor.id]\n" + rest);
}

TEST(CorrelationTypes, NewValue) {
  const auto made = [](const std::string& rest) { return over_a("new_value", "  timespan: 14d\n" + rest); };
  const Compiled compiled = made("  condition: {field: [client.ipAddress, severity]}\n  learn: 7d\n  first: fire\n");
  EXPECT_EQ(meaning(compiled), "refutable; learn 604800000000 us, first fires; by values");
  const plan::CorrelationPlan& plan = compiled.plan().correlations[0];
  EXPECT_EQ(plan.suppress.for_us, 14 * kDayUs);
  EXPECT_EQ(plan.suppress.by, std::vector<std::uint32_t>{0});
  EXPECT_FALSE(plan.suppress.given);
  EXPECT_EQ(plan.value_names, (std::vector<std::string>{"client.ipAddress", "severity"}));
  EXPECT_EQ(plan.retention, 14 * kDayUs + 6 * kHourUs + 14 * kDayUs + 7 * kDayUs);
  EXPECT_EQ(meaning(made("  condition: {field: x}\n  learn: 0\n  first: ignore\n")),
            "refutable; learn 0 us, first ignored; by values");
  EXPECT_EQ(meaning(made("  field: x\n")), "refutable; learn 0 us, first ignored; by values");
  EXPECT_EQ(made("").codes(), "V1208");
  EXPECT_EQ(made("  condition: {field: x, gte: 2}\n").codes(), "V1207");
  EXPECT_EQ(made("  field: x\n  suppress: {for: 1h}\n").codes(), "V1220");
  EXPECT_EQ(made("  field: x\n  learn: soon\n").codes(), "V1231");
  EXPECT_EQ(made("  field: x\n  first: true\n").codes(), "V1231");
  EXPECT_EQ(over_a("new_value", "  field: x\n").codes(), "V1002");
  EXPECT_EQ(over_a("event_count", "  timespan: 1h\n  condition: {gte: 2}\n  first: fire\n").codes(), "V1220");
}

TEST(CorrelationTypes, ValueChange) {
  const Compiled compiled = over_a("value_change", "  condition: {field: [client.ipAddress, client.userAgent.os], all: true}\n");
  EXPECT_EQ(meaning(compiled), "all differ");
  EXPECT_EQ(compiled.plan().correlations[0].window, kDayUs);
  EXPECT_EQ(compiled.plan().correlations[0].inputs[0].values.size(), 2U);
  EXPECT_EQ(meaning(over_a("value_change", "  timespan: 1h\n  condition: {field: x}\n")), "");
  EXPECT_EQ(meaning(over_a("value_change", "  field: x\n  condition: {all: false}\n")), "");
  EXPECT_EQ(over_a("value_change", "  condition: {field: x, all: yes}\n").codes(), "V1207");
  EXPECT_EQ(over_a("value_change", "  condition: {field: x, gt: 3}\n").codes(), "V1207");
  EXPECT_EQ(over_a("value_change", "  condition: {all: true}\n").codes(), "V1208");
}

TEST(CorrelationTypes, Travel) {
  const auto made = [](const std::string& condition) {
    return over_a("travel", "  field: client.geo\n  condition: " + condition + "\n");
  };
  const Compiled compiled = made("{speed_kmh: {gte: 900}, distance_km: {gt: 299.50, gte: 0}}");
  EXPECT_EQ(meaning(compiled), "speed_kmh >= 900; distance_km > 299.5 and >= 0");
  EXPECT_EQ(compiled.plan().correlations[0].window, kDayUs);
  EXPECT_EQ(compiled.plan().correlations[0].value_names, std::vector<std::string>{"client.geo"});
  EXPECT_EQ(meaning(made("{speed_kmh: {gt: 900}}")), "speed_kmh > 900");
  EXPECT_EQ(meaning(over_a("travel", "  condition: {field: g, speed_kmh: {gt: 900}}\n")), "speed_kmh > 900");
  EXPECT_EQ(over_a("travel", "  field: [g, h]\n  condition: {speed_kmh: {gt: 900}}\n").codes(), "V1208");
  EXPECT_EQ(over_a("travel", "  field: g\n").codes(), "V1206");
  for (const char* wrong : {"{distance_km: {gte: 3}}", "{speed_kmh: {lt: 900}}", "{speed_kmh: 900}", "{speed_kmh: {gte: -1}}",
                            "{speed_kmh: {gte: fast}}", "{speed_kmh: {}}"})
    EXPECT_EQ(made(wrong).codes(), "V1235") << wrong;
  EXPECT_EQ(made("{speed_kmh: {gte: 900}, gte: 3}").codes(), "V1207");
}

const std::string kSpray =
    "  type: event_count\n  rules: [a, b]\n  group-by: [client.ipAddress]\n  timespan: 10m\n  condition: {gte: 3}\n";

TEST(CorrelationTypes, Exports) {
  const std::string inner = kSpray + "  export: {users: {distinct: 'actor.alternateId|cased'}}\n";
  const auto outer = [&](const std::string& member, const std::string& rest = "") {
    return compile_text(base_rule("a", 1) + base_rule("b", 2) + base_rule("s", 9) + correlation_rule("spray", 2, inner) +
                        correlation_rule("outer", 3,
                                         "  type: temporal_ordered\n  rules: [spray, s]\n  timespan: 30m\n  group-by: ['" +
                                             member + "']\n" + rest));
  };
  const Compiled compiled = outer("users");
  ASSERT_NE(compiled.rules.plan, nullptr) << compiled.codes();
  const plan::CorrelationPlan& spray = compiled.plan().correlations.at(0);
  ASSERT_EQ(spray.exports.size(), 1U);
  ASSERT_EQ(spray.exports[0].values.size(), 2U);
  EXPECT_EQ(compiled.plan().rules[1].columns.at(spray.exports[0].values[1].column).name, "actor.alternateId|cased");
  const plan::Binding& binding = compiled.plan().correlations.at(1).inputs[0].members[0];
  EXPECT_EQ(binding.inner_export, 0);
  EXPECT_EQ(binding.inner_member, -1);
  EXPECT_TRUE(binding.fold);
  EXPECT_NE(plan::print_plan(compiled.plan()).find("    export 'users'\n    exported column:1 column:1\n"), std::string::npos);
  const Compiled alias = outer("user", "  aliases: {user: {spray: users, s: user}}\n");
  EXPECT_EQ(alias.plan().correlations.at(1).inputs[0].members[0].inner_export, 0);
  EXPECT_EQ(outer("users", "  aliases: {users: {s: user}}\n").codes(), "");
  EXPECT_EQ(outer("users|cased").plan().correlations.at(1).inputs[0].members[0].fold, false);
  EXPECT_EQ(outer("users|local").codes(), "V1212");
}

TEST(CorrelationTypes, ExportErrors) {
  const auto codes = [](const std::string& exported) { return with_bases(kSpray + "  export: " + exported + "\n").codes(); };
  EXPECT_EQ(codes("{users: {distinct: actor.id}, os: {distinct: x}}"), "");
  for (const char* wrong : {"users", "{}", "{users: actor.id}", "{users: {count: actor.id}}", "{users: {distinct: [x, y]}}",
                            "{users: {distinct: x, of: a}}", "{u-s: {distinct: x}}", "{users: {distinct: ''}}"})
    EXPECT_EQ(codes(wrong), "V1230") << wrong;
  EXPECT_EQ(meaning_of("temporal", "  export: {users: {distinct: x}}\n"), "V1220");
  EXPECT_EQ(meaning_of("value_avg", "  condition: {field: x, gte: 3}\n  export: {users: {distinct: x}}\n"), "V1220");
  EXPECT_EQ(meaning_of("event_count", "  condition: {lt: 3}\n  export: {users: {distinct: x}}\n"), "V1230");
}

TEST(CorrelationTypes, Titles) {
  const Compiled compiled = compile_text(
      base_rule("a", 1) + base_rule("s", 9) +
      correlation_rule(
          "c", 1,
          "  type: metrics\n  rules: [a, s]\n  group-by: [user]\n  timespan: 10m\n  aliases: {user: {a: actor.id, s: user}}\n"
          "  values: {attempts: count}\n  condition: attempts >= 3\n",
          "alert: {title: '{rule}: {attempts} of {user} {{x}} at {client.ipAddress|lower} in {span}, {count} {level}'}\n"));
  ASSERT_NE(compiled.rules.plan, nullptr) << compiled.codes();
  const plan::Title& title = compiled.plan().correlations[0].title;
  std::string kinds;
  for (const plan::TitlePart& part : title) {
    using plan::TitleKind;
    switch (part.kind) {
      case TitleKind::text:
        kinds += part.text;
        break;
      case TitleKind::member:
      case TitleKind::metric:
        kinds += (part.kind == TitleKind::member ? "<member " : "<metric ") + std::to_string(part.index) + ">";
        break;
      case TitleKind::column:
        kinds += "<" + compiled.plan().rules[0].columns.at(part.column_of_rule.at(0)).name + "," +
                 compiled.plan().rules[1].columns.at(part.column_of_rule.at(1)).name + ">";
        break;
      default:
        kinds += "<built-in " + part.text + ">";
    }
  }
  EXPECT_EQ(
      kinds,
      "<built-in rule>: <metric 0> of <member 0> {x} at <client.ipAddress|lower,client.ipAddress|lower> in <built-in span>, "
      "<built-in count> <built-in level>");
  EXPECT_EQ(title[0].kind, plan::TitleKind::rule);
  EXPECT_EQ(title[8].kind, plan::TitleKind::span);
  EXPECT_EQ(with_bases(kSpray, "alert: {title: '{x|nope}'}\n").codes(), "V1009");
}

// The inputs of correlation c, in order.
std::string tagged(const std::string& tags, const std::string& more = "") {
  const std::string tag = "tags: [attack.T1110]\n";
  const Compiled compiled = compile_text(
      base_rule("b", 2, "tags: [attack.t1078, attack.T1110]\n") + base_rule("a", 1, tag) + base_rule("s", 9, "tags: [other]\n") +
      correlation_rule("c", 1, "  type: event_count\n  rules: {tags: " + tags + "}\n  timespan: 1d\n  condition: {gte: 3}\n",
                       tag) +
      more);
  if (compiled.rules.plan == nullptr) return compiled.codes();
  std::string out;
  for (const plan::CorrelationPlan& plan : compiled.plan().correlations) {
    if (plan.meta.name != "c") continue;
    for (const plan::Input& input : plan.inputs) {
      out += (out.empty() ? "" : " ") + (input.correlation ? compiled.plan().correlations[input.index].meta.name
                                                           : compiled.plan().rules[input.index].meta.name);
    }
  }
  return out;
}

TEST(CorrelationTypes, Tags) {
  EXPECT_EQ(tagged("[attack.t1110]"), "a b");
  EXPECT_EQ(tagged("attack.t1078"), "b");
  EXPECT_EQ(tagged("[attack.t1078, other]"), "b s");
  EXPECT_EQ(tagged("[nothing]"), "V1219");
  EXPECT_EQ(tagged("[]"), "V1219");
  EXPECT_EQ(tagged("[[a]]"), "V1219");
}

TEST(CorrelationTypes, TagsLeaveOutWhateverReadsThem) {
  const std::string tag = "tags: [attack.t1110]\n";
  const std::string count = "  type: event_count\n  timespan: 1d\n  condition: {gte: 3}\n  rules: ";
  EXPECT_EQ(tagged("[attack.t1110]", correlation_rule("inner", 0, count + "[s]\n", tag)), "a b inner");
  EXPECT_EQ(tagged("[attack.t1110]", correlation_rule("outer", 0, count + "[c]\n", tag)), "a b");
  EXPECT_EQ(tagged("[attack.t1110]",
                   correlation_rule("middle", 0, count + "[c]\n") + correlation_rule("outer", 3, count + "[middle]\n", tag)),
            "a b");
  // Two that would read each other by tag read the rules alone.
  EXPECT_EQ(tagged("[attack.t1110]", correlation_rule("twin", 0, count + "{tags: [attack.t1110]}\n", tag)), "a b");
}

TEST(CorrelationTypes, BrokenTaggedRulesAreLeftOut) {
  const std::string tag = "tags: [x]\n";
  CompileOptions with = options();
  with.skip_broken = true;
  const Compiled compiled = compile_text(
      base_rule("a", 1, tag) + base_rule("b", 2, tag + "level: wrong\n") +
          correlation_rule("d", 2, "  type: event_count\n  rules: [b]\n  timespan: 1d\n  condition: {gte: 3}\n", tag) +
          correlation_rule(
              "e", 3,
              "  type: event_count\n  rules: [a]\n  group-by: [z]\n  aliases: {z: {}}\n  timespan: 1d\n  condition: {gte: 3}\n",
              tag) +
          correlation_rule("c", 1, "  type: event_count\n  rules: {tags: x}\n  timespan: 1d\n  condition: {gte: 3}\n"),
      with);
  ASSERT_NE(compiled.rules.plan, nullptr);
  ASSERT_EQ(compiled.plan().correlations.size(), 1U) << compiled.codes();
  EXPECT_EQ(compiled.plan().correlations[0].inputs.size(), 1U);
}

}  // namespace
}  // namespace vedette::rules::test
