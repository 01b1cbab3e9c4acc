#include "engine/match/matcher.h"

#include <gtest/gtest.h>

#include "tests/match/fixture.h"

namespace vedette::match {
namespace {

using fixture::FakeEvent;
using fixture::kind_test;
using fixture::pattern_test;
using fixture::PlanBuilder;
using plan::TestKind;

using Arms = std::vector<std::uint32_t>;
using Texts = std::vector<std::string>;

// One predicate on one field, as a rule of its own; true when an event with these values matches.
struct Single {
  PlanBuilder builder;
  std::unique_ptr<Matcher> matcher;

  explicit Single(std::vector<plan::ValueTest> tests, bool all = false, bool negate = false,
                  plan::TimePart part = plan::TimePart::none) {
    const std::uint32_t field = builder.field();
    builder.predicate(field, std::move(tests), all, negate);
    builder.program().predicates[0].part = part;
    builder.arm({0});
    matcher = std::make_unique<Matcher>(builder.build());
  }
  bool operator()(const std::vector<std::string>& values) const {
    FakeEvent event(1);
    event.set(0, values);
    std::vector<NodeTrace> nodes;
    const bool traced = matcher->trace(event, 0, nodes);
    const bool matched = !fixture::match(*matcher, event).empty();
    EXPECT_EQ(matched, traced);
    return matched;
  }
};

TEST(Predicate, TextFoldsAndNumbersCompareExactly) {
  const Single text({pattern_test("Admin")});
  EXPECT_TRUE(text({"aDMIN"}));
  EXPECT_FALSE(text({"admin "}));
  EXPECT_FALSE(text({"null"}));
  EXPECT_FALSE(text({}));
  const Single kelvin(
      {pattern_test("\xE2\x84\xAA"
                    "ey")});
  EXPECT_TRUE(kelvin({"key"}));
  EXPECT_TRUE(kelvin({"KEY"}));
  const Single number({pattern_test("4625")});
  EXPECT_TRUE(number({"4625"}));
  EXPECT_TRUE(number({"'4625'"}));
  EXPECT_TRUE(number({"4625.0"}));
  EXPECT_TRUE(number({"4.625e3"}));
  EXPECT_FALSE(number({"'4625.0'"}));
  const Single big({pattern_test("9007199254740993")});
  EXPECT_TRUE(big({"9007199254740993"}));
  EXPECT_FALSE(big({"9007199254740992"}));
  const Single boolean({pattern_test("True")});
  EXPECT_TRUE(boolean({"true"}));
  EXPECT_FALSE(boolean({"false"}));
}

TEST(Predicate, FormsOfPatterns) {
  EXPECT_TRUE(Single({pattern_test("ab*")})({"ABc"}));
  EXPECT_FALSE(Single({pattern_test("ab*")})({"cab"}));
  EXPECT_TRUE(Single({pattern_test("*bc")})({"ABC"}));
  EXPECT_FALSE(Single({pattern_test("*bc")})({"abcd"}));
  EXPECT_TRUE(Single({pattern_test("*b*")})({"aBc"}));
  EXPECT_TRUE(Single({pattern_test("a*b?d")})({"a--bbxd"}));
  EXPECT_FALSE(Single({pattern_test("a?c")})({"ac"}));
  EXPECT_TRUE(
      Single({pattern_test("a?c")})({"a\xC3\xA9"
                                     "c"}));
  EXPECT_FALSE(
      Single({pattern_test("a??c")})({"a\xC3\xA9"
                                      "c"}));
  EXPECT_TRUE(
      Single({pattern_test("*?b")})({"\xC3\xA9"
                                     "b"}));
  EXPECT_TRUE(Single({pattern_test("*")})({"''"}));
  EXPECT_FALSE(Single({pattern_test("*")})({"null"}));
  EXPECT_TRUE(Single({pattern_test("")})({"''"}));
  EXPECT_FALSE(Single({pattern_test("")})({"null"}));
  EXPECT_TRUE(Single({pattern_test("Ab*", true)})({"Abc"}));
  EXPECT_FALSE(Single({pattern_test("Ab*", true)})({"abc"}));
  EXPECT_FALSE(Single({pattern_test("Ab", true)})({"ab"}));
  EXPECT_TRUE(Single({pattern_test("*\"a\":1*")})({"{\"a\":1,\"b\":2}"}));
}

TEST(Predicate, ListsAllAndNegation) {
  const Single any({pattern_test("a"), pattern_test("b*"), kind_test(TestKind::null)});
  EXPECT_TRUE(any({"x", "A"}));
  EXPECT_TRUE(any({"bcd"}));
  EXPECT_TRUE(any({"null"}));
  EXPECT_FALSE(any({"x"}));
  const Single all({pattern_test("*a*"), pattern_test("*b*")}, true);
  EXPECT_TRUE(all({"ab"}));
  EXPECT_TRUE(all({"a", "b"}));
  EXPECT_FALSE(all({"a"}));
  const Single neither({pattern_test("a"), pattern_test("b")}, false, true);
  EXPECT_TRUE(neither({}));
  EXPECT_TRUE(neither({"c"}));
  EXPECT_FALSE(neither({"c", "b"}));
  std::vector<plan::ValueTest> many;
  for (int i = 0; i < 50; ++i) many.push_back(pattern_test("value" + std::to_string(i)));
  const Single set(many);
  EXPECT_TRUE(set({"VALUE37"}));
  EXPECT_FALSE(set({"value50"}));
}

TEST(Predicate, NullExistsAndEmptyArrays) {
  const Single null({kind_test(TestKind::null)});
  EXPECT_TRUE(null({}));
  EXPECT_TRUE(null({"null"}));
  EXPECT_TRUE(null({"a", "null"}));
  EXPECT_FALSE(null({"''"}));
  const Single exists({kind_test(TestKind::exists)});
  EXPECT_TRUE(exists({"null"}));
  EXPECT_FALSE(exists({}));
  plan::ValueTest absent = kind_test(TestKind::exists);
  absent.expected = false;
  EXPECT_TRUE(Single({absent})({}));
  EXPECT_FALSE(Single({absent})({"null"}));
}

TEST(Predicate, RegexIsAnUnanchoredCasedSearch) {
  plan::ValueTest regex = kind_test(TestKind::regex);
  regex.regex = "b+c";
  EXPECT_TRUE(Single({regex})({"abbcd"}));
  EXPECT_FALSE(Single({regex})({"ABBCD"}));
  EXPECT_FALSE(Single({regex})({"null"}));
  regex.regex = "(?i)^b+c$";
  EXPECT_TRUE(Single({regex})({"BBC"}));
  EXPECT_FALSE(Single({regex})({"aBBC"}));
}

TEST(Predicate, BrokenRegexIsAnError) {
  plan::ValueTest regex = kind_test(TestKind::regex);
  regex.regex = "(";
  PlanBuilder builder;
  builder.field();
  builder.predicate(0, {regex});
  EXPECT_EQ(builder.build(), nullptr);
}

TEST(Predicate, Comparisons) {
  plan::ValueTest more = kind_test(TestKind::compare);
  more.compare = plan::CompareOp::gt;
  more.number = "9007199254740992";
  const Single above({more});
  EXPECT_TRUE(above({"9007199254740993"}));
  EXPECT_TRUE(above({"'9007199254740992.5'"}));
  EXPECT_FALSE(above({"9007199254740992"}));
  EXPECT_FALSE(above({"true"}));
  EXPECT_FALSE(above({"abc"}));
  EXPECT_FALSE(above({}));
  more.compare = plan::CompareOp::lte;
  EXPECT_TRUE(Single({more})({"9007199254740992"}));
  EXPECT_FALSE(Single({more})({"9007199254740993"}));
}

TEST(Predicate, TimePartsStandForTheValue) {
  plan::ValueTest late = kind_test(TestKind::compare);
  late.compare = plan::CompareOp::gte;
  late.number = "20";
  const Single evening({late}, false, false, plan::TimePart::hour);
  EXPECT_TRUE(evening({"2026-01-05T21:59:00Z"}));
  EXPECT_FALSE(evening({"2026-01-05T19:59:59Z"}));
  EXPECT_FALSE(evening({"tomorrow"}));
  EXPECT_FALSE(evening({"null"}));
}

TEST(Predicate, FieldReferences) {
  PlanBuilder builder;
  const auto a = builder.field(), b = builder.field();
  plan::ValueTest test = kind_test(TestKind::field);
  test.other_field = b;
  builder.arm({builder.predicate(a, {test})});
  test.field_op = plan::FieldOp::endswith;
  builder.arm({builder.predicate(a, {test})});
  test.field_op = plan::FieldOp::equals;
  test.cased = true;
  builder.arm({builder.predicate(a, {test})});
  Matcher matcher(builder.build());
  auto event = builder.event();
  EXPECT_EQ(fixture::match(matcher, event.set(a, {"X"}).set(b, {"q", "x"})), (Arms{0, 1}));
  EXPECT_EQ(fixture::match(matcher, event.set(a, {"yx"}).set(b, {"X"})), (Arms{1}));
  EXPECT_EQ(fixture::match(matcher, event.set(a, {"x"}).set(b, {"x"})), (Arms{0, 1, 2}));
  EXPECT_EQ(fixture::match(matcher, event.set(a, {"null"}).set(b, {"null"})), (Arms{}));
  EXPECT_EQ(fixture::match(matcher, event.set(a, {}).set(b, {"x"})), (Arms{}));
}

TEST(Predicate, Keywords) {
  PlanBuilder builder;
  const auto a = builder.field(), b = builder.field();
  builder.arm({builder.predicate(plan::kNone, {pattern_test("*one*"), pattern_test("*two*")})});
  builder.arm({builder.predicate(plan::kNone, {pattern_test("*one*"), pattern_test("*two*")}, true)});
  builder.arm({builder.predicate(plan::kNone, {pattern_test("*one*")}, false, true)});
  Matcher matcher(builder.build());
  auto event = builder.event();
  EXPECT_EQ(fixture::match(matcher, event.set(a, {"xONEx"}).set(b, {"2"})), (Arms{0}));
  EXPECT_EQ(fixture::match(matcher, event.set(a, {"xONEx"}).set(b, {"Two"})), (Arms{0, 1}));
  EXPECT_EQ(fixture::match(matcher, event.set(a, {"x"}).set(b, {"Two"})), (Arms{0, 2}));
  EXPECT_EQ(fixture::match(matcher, event.set(a, {"x"}).set(b, {})), (Arms{2}));
}

TEST(Matcher, FirstArmOfARuleMakesTheHit) {
  PlanBuilder builder;
  const auto a = builder.field();
  builder.arm({builder.predicate(a, {pattern_test("x*")})});
  builder.arm({builder.predicate(a, {pattern_test("xy")})});
  builder.arm({builder.predicate(a, {pattern_test("xy")})});
  builder.program().arms[1].rule = 0;  // rules 0, 0, 2
  Matcher matcher(builder.build());
  auto event = builder.event();
  EXPECT_EQ(fixture::match(matcher, event.set(a, {"xy"})), (Arms{0, 2}));
  EXPECT_EQ(fixture::match(matcher, event.set(a, {"q", "XY"})), (Arms{0, 2}));
  EXPECT_EQ(fixture::match(matcher, event.set(a, {"xz"})), (Arms{0}));
}

TEST(Matcher, ComputedFields) {
  PlanBuilder builder;
  const auto a = builder.field(), key = builder.field();
  builder.plan().identity = plan::IdentityTable({"acme.com"}, {{"alice", "*", "al1"}}, {"root"});
  const auto with = [&](std::vector<plan::Transform> transforms) {
    plan::Field field;
    field.slot = 0;
    field.expr.transforms = std::move(transforms);
    return builder.field(field);
  };
  plan::Field filtered;
  filtered.slot = 0;
  filtered.filter_slot = 1;
  filtered.expr.filter = plan::ElementFilter{{}, "User"};
  plan::Field mapped;
  mapped.slot = 0;
  mapped.expr.map = {{"SUCCESS", "success"}, {"DENY", "failure"}};
  mapped.expr.map_else = "unknown";
  plan::Field constant;
  constant.expr.constant = "fixed";
  const std::uint32_t fields[] = {with({plan::Transform::local, plan::Transform::lower}),
                                  with({plan::Transform::domain}),
                                  with({plan::Transform::session}),
                                  with({plan::Transform::person}),
                                  with({plan::Transform::upper}),
                                  builder.field(filtered),
                                  builder.field(mapped),
                                  builder.field(constant)};
  auto& rule = builder.plan().rules;
  builder.arm({builder.predicate(a, {kind_test(TestKind::exists)}), builder.predicate(fields[7], {pattern_test("FIXED")})});
  for (const std::uint32_t field : fields) {
    rule[0].columns.push_back({"c" + std::to_string(field), true});
    builder.program().arms[0].columns.push_back(field);
  }
  Matcher matcher(builder.build());
  const auto columns = [&](const std::vector<std::string>& values, const std::vector<std::string>& keys) {
    auto event = builder.event();
    event.set(a, values, true).set(key, keys, true);
    EXPECT_EQ(fixture::match(matcher, event), (Arms{0}));
    Arena arena;
    std::vector<std::string> out;
    for (const auto& column : matcher.project(event, 0, arena).columns) {
      std::string text;
      for (const auto& each : column) text += (text.empty() ? "" : ",") + std::string(each.key);
      out.push_back(text);
    }
    return out;
  };
  EXPECT_EQ(columns({"Bob@ACME.com"}, {}),
            (Texts{"bob", "ACME.com", "Bob@ACME.com", "bob", "BOB@ACME.COM", "", "unknown", "fixed"}));
  EXPECT_EQ(columns({"arn:x/AL1"}, {"user"}),
            (Texts{"arn:x/al1", "", "AL1", "arn:x/al1", "ARN:X/AL1", "arn:x/AL1", "unknown", "fixed"}));
  EXPECT_EQ(columns({"root", "al1", "Success"}, {"App", "USER", "App"}),
            (Texts{"root,al1,success", "", "root,al1,Success", "alice,success", "ROOT,AL1,SUCCESS", "al1", "unknown,success",
                   "fixed"}));
  EXPECT_EQ(columns({"null"}, {}), (Texts{"", "", "", "", "", "", "unknown", "fixed"}));
}

TEST(Matcher, ColumnsAreFoldedDistinctAndWithoutSentinels) {
  PlanBuilder builder;
  const auto a = builder.field();
  builder.program().source.sentinels = {"Unknown", "-"};
  builder.arm({builder.predicate(a, {kind_test(TestKind::exists)})});
  builder.plan().rules[0].columns = {{"a", false}, {"a|cased", true}, {"b", false}};
  builder.program().arms[0].columns = {a, a, plan::kNone};
  Matcher matcher(builder.build());
  auto event = builder.event();
  event.set(a, {"B", "a", "unknown", "-", "''", "null", "b", "1", "1.0", "true", "{\"k\":1}"});
  Arena arena;
  const correlate::Hit hit = matcher.project(event, 0, arena);
  ASSERT_EQ(hit.columns.size(), 3u);
  const auto keys = [](const correlate::ColumnValues& column) {
    std::vector<std::string> out;
    for (const auto& value : column) out.emplace_back(value.key);
    return out;
  };
  EXPECT_EQ(keys(hit.columns[0]), (Texts{"b", "a", "1", "1.0", "true", "{\"k\":1}"}));
  EXPECT_EQ(hit.columns[0][0].original, "B");
  EXPECT_EQ(keys(hit.columns[1]), (Texts{"B", "a", "b", "1", "1.0", "true", "{\"k\":1}"}));
  EXPECT_EQ(keys(hit.columns[2]), (Texts{}));
  std::vector<std::string> many;
  for (int i = 0; i < 100; ++i) many.push_back("'v" + std::to_string(i) + "'");
  event.set(a, many);
  EXPECT_EQ(matcher.project(event, 0, arena).columns[0].size(), 64u);
}

TEST(Matcher, TraceShowsEveryNode) {
  PlanBuilder builder;
  const auto a = builder.field(), b = builder.field();
  builder.arm({builder.predicate(a, {pattern_test("x")}), builder.predicate(b, {pattern_test("y")})});
  Matcher matcher(builder.build());
  auto event = builder.event();
  std::vector<NodeTrace> nodes;
  EXPECT_FALSE(matcher.trace(event.set(a, {"q\"", "null", "7"}), 0, nodes));
  ASSERT_EQ(nodes.size(), 3u);
  EXPECT_EQ(nodes[0].field_text, "\"q\\\"\", null, 7");
  EXPECT_EQ(nodes[1].field_text, "(absent)");
  EXPECT_FALSE(nodes[1].result);
  EXPECT_TRUE(matcher.trace(event.set(a, {"x"}).set(b, {"Y"}), 0, nodes));
  EXPECT_TRUE(nodes[2].result);
}

}  // namespace
}  // namespace vedette::match
