// Modifiers and values: every legal chain gives the right test, every illegal one its code.
#include <gtest/gtest.h>

#include "tests/rules/support.h"

namespace vedette::rules::test {
namespace {

struct Case {
  const char* item;
  const char* printed;
};

void expect_all(std::initializer_list<Case> cases) {
  for (const Case& c : cases) EXPECT_EQ(item(c.item), c.printed) << c.item;
}

TEST(Item, PlainValues) {
  expect_all({
      {"eventType: user.session.start", "(eventType = 'user.session.start')"},
      {"eventType: [a, b]", "((eventType = 'a' or eventType = 'b'))"},
      {"eventType: ''", "(eventType = '')"},
      {"eventType: null", "(eventType is null)"},
      {"eventType:", "(eventType is null)"},
      {"eventType: 'null'", "(eventType = 'null')"},
      {"eventType: 4625", "(eventType = 4625)"},
      {"eventType: '4625'", "(eventType = 4625)"},
      {"eventType: 00000429", "(eventType = '00000429')"},
      {"eventType: 0x17", "(eventType = '0x17')"},
      {"eventType: yes", "(eventType = 'yes')"},
      {"eventType: -1.50e3", "(eventType = -1.50e3)"},
      {"eventType: ' a '", "(eventType = ' a ')"},
  });
}

TEST(Item, WildcardsAndEscapes) {
  expect_all({
      {"eventType: 'a*'", "(eventType startswith 'a')"},
      {"eventType: '*a'", "(eventType endswith 'a')"},
      {"eventType: '*a*'", "(eventType contains 'a')"},
      {"eventType: 'a?b*c'", "(eventType like 'a?b*c')"},
      {"eventType: '*'", "(eventType like '*')"},
      {"eventType: 'a**b'", "(eventType like 'a*b')"},
      {R"(eventType: 'a\*')", R"((eventType = 'a\*'))"},
      {R"(eventType: 'a\\*')", R"((eventType startswith 'a\\'))"},
      {R"(eventType: 'a\\\*')", R"((eventType = 'a\\\*'))"},
      {R"(eventType: 'a\\\\')", R"((eventType = 'a\\\\'))"},
      {R"(eventType: 'a\\b')", R"((eventType = 'a\\b'))"},
      {R"(eventType: 'a\b')", R"((eventType = 'a\\b'))"},
      {R"(eventType: 'a\')", R"((eventType = 'a\\'))"},
      {R"(eventType: '\?x')", R"((eventType = '\?x'))"},
  });
}

TEST(Item, StringModifiers) {
  expect_all({
      {"eventType|contains: a", "(eventType contains 'a')"},
      {"eventType|contains: '*'", "(eventType like '*')"},
      {"eventType|startswith: a", "(eventType startswith 'a')"},
      {"eventType|startswith: '*a'", "(eventType contains 'a')"},
      {"eventType|endswith: 'a?'", "(eventType like '*a?')"},
      {"eventType|contains|all: [a, b]", "((eventType contains 'a' and eventType contains 'b'))"},
      {"eventType|all|contains: [a, b]", "((eventType contains 'a' and eventType contains 'b'))"},
      {"eventType|cased: A", "(eventType = 'A' cased)"},
      {"eventType|contains|cased: A", "(eventType contains 'A' cased)"},
      {"eventType|neq: [a, b]", "(not (eventType = 'a' or eventType = 'b'))"},
      {"eventType|contains|all|neq: [a, b]", "(not (eventType contains 'a' and eventType contains 'b'))"},
      {"eventType|contains: 12", "(eventType contains '12')"},
      {"eventType|exists: true", "(eventType exists)"},
      {"eventType|exists: 'false'", "(eventType does not exist)"},
      {"eventType|fieldref: actor.id", "(eventType = field actor.id)"},
      {"eventType|fieldref|endswith: actor.id", "(eventType endswith field actor.id)"},
      {"eventType|fieldref|cased|neq: actor.id", "(not (eventType = field actor.id cased))"},
  });
}

TEST(Item, Expressions) {
  expect_all({
      {"eventType|re: 'a.*b$'", "(eventType matches 'a.*b$')"},
      {"eventType|re|i: a", "(eventType matches '(?i)a')"},
      {"eventType|re|s|m|i: a", "(eventType matches '(?ims)a')"},
      {"eventType|re|neq: a", "(not (eventType matches 'a'))"},
      {"severity|gte: 5", "(severity >= 5)"},
      {"severity|lt: '5.50'", "(severity < 5.50)"},
      {"severity|gt: 007", "(severity > 7)"},
      {"severity|lte|neq: 5", "(not (severity <= 5))"},
      {"published|hour: [1, 2]", "((hour(published) == 1 or hour(published) == 2))"},
      {"published|hour|gte: 20", "(hour(published) >= 20)"},
      {"published|week|neq: 3", "(not (week(published) == 3))"},
      {"client.ipAddress|cidr: 10.1.0.0/16", "(client.ipAddress in 10.1.0.0/16 [00000000000000000000ffff0a010000/112])"},
      {"client.ipAddress|cidr: 10.1.2.3", "(client.ipAddress in 10.1.2.3 [00000000000000000000ffff0a010203/128])"},
      {"client.ipAddress|cidr: '2001:db8::/32'", "(client.ipAddress in 2001:db8::/32 [20010db8000000000000000000000000/32])"},
  });
}

TEST(Item, Encodings) {
  expect_all({
      {"eventType|base64: foobar", "(eventType = 'Zm9vYmFy')"},
      {"eventType|base64|contains: foo", "(eventType contains 'Zm9v')"},
      {"eventType|base64offset|contains: foobar",
       "((eventType contains 'Zm9vYmFy' or eventType contains 'Zvb2Jhc' or eventType contains 'mb29iYX'))"},
      {"eventType|wide|base64: cmd", "(eventType = 'YwBtAGQA')"},
      {"eventType|utf16le|base64: cmd", "(eventType = 'YwBtAGQA')"},
      {"eventType|utf16be|base64: cmd", "(eventType = 'AGMAbQBk')"},
      {"eventType|utf16|base64: cmd", "(eventType = '//5jAG0AZAA=')"},
      {R"(eventType|base64: 'a\*b')", "(eventType = 'YSpi')"},
      {"eventType|windash: '-x'",
       "((eventType = '-x' or eventType = '/x' or eventType = '–x' or eventType = '—x' or eventType = '―x'))"},
      {"eventType|windash: 'a-x'", "(eventType = 'a-x')"},
      {"eventType|windash: 'a - x'", "(eventType = 'a - x')"},
  });
}

TEST(Item, WindashExpandsEveryCombination) {
  const std::string printed = item("eventType|contains|windash: ' -a /b'");
  EXPECT_NE(printed.find("contains ' -a -b'"), std::string::npos) << printed;
  EXPECT_NE(printed.find("contains ' /a –b'"), std::string::npos) << printed;
  std::size_t count = 0;
  for (std::size_t at = printed.find("contains"); at != std::string::npos; at = printed.find("contains", at + 1)) ++count;
  EXPECT_EQ(count, 25U);
}

TEST(Item, Placeholders) {
  expect_all({
      {"actor.id|expand: '%admins%'", "((actor.id = 'root' or actor.id startswith 'adm'))"},
      {"actor.id|contains|expand: '%admins%'", "((actor.id contains 'root' or actor.id contains 'adm'))"},
      {"actor.id|contains|all|expand: '%admins%'", "((actor.id contains 'root' and actor.id contains 'adm'))"},
      {"actor.id|expand: 'x%admins%y'", "((actor.id = 'xrooty' or actor.id like 'xadm*y'))"},
      {R"(actor.id|expand: '\%plain%admins%')", "((actor.id = '%plainroot' or actor.id startswith '%plainadm'))"},
      {"actor.id|expand: '%empty%'", "(never)"},
      {"actor.id: '%admins%'", "(actor.id = '%admins%')"},
      {"actor.id|expand: '%nothing%'", "V1014"},
      {"client.ipAddress|cidr|expand: '%networks%'",
       "((client.ipAddress in 10.0.0.0/8 [00000000000000000000ffff0a000000/104] or client.ipAddress in 192.168.0.0/16 "
       "[00000000000000000000ffffc0a80000/112]))"},
  });
}

TEST(Item, RefusedChains) {
  expect_all({
      {"eventType|startwith: a", "V1004"},
      {"eventType|: a", "V1004"},
      {"eventType|contains|contains: a", "V1005"},
      {"eventType|contains|startswith: a", "V1005"},
      {"eventType|contains|re: a", "V1005"},
      {"eventType|re|contains: a", "V1005"},
      {"eventType|re|cased: a", "V1005"},
      {"eventType|i: a", "V1005"},
      {"eventType|re|neq|i: a", "V1005"},
      {"eventType|exists|neq: true", "V1005"},
      {"eventType|cidr|contains: 10.0.0.0/8", "V1005"},
      {"eventType|gt|lt: 5", "V1005"},
      {"eventType|gt|hour: 5", "V1005"},
      {"eventType|hour|minute: 5", "V1005"},
      {"eventType|hour|contains: 5", "V1005"},
      {"eventType|contains|fieldref: a", "V1005"},
      {"eventType|contains|base64: a", "V1005"},
      {"eventType|base64|windash: a", "V1005"},
      {"eventType|wide: a", "V1005"},
      {"eventType|base64|wide: a", "V1005"},
      {"eventType|base64|expand: a", "V1005"},
      {"'|startswith': a", "V1005"},
      {"'|exists': true", "V1005"},
      {"eventType|exists: maybe", "V1006"},
      {"eventType|gt: x", "V1006"},
      {"eventType|contains: null", "V1006"},
      {"eventType|base64: 'a*'", "V1006"},
      {"eventType|base64offset|contains: ab", "V1006"},
      {"eventType|windash: '-a -b -c -d -e -f'", "V1006"},
      {"eventType|re: '(a'", "V1007"},
      {"eventType|re: '(?=a)b'", "V1007"},
      {"eventType|cidr: 10.0.0.0/33", "V1008"},
      {"eventType|cidr: hello", "V1008"},
      {"eventType|cidr: 10.0.0.0/", "V1008"},
      {"eventType|cidr: 10.0.0.0/-1", "V1008"},
      {"eventType|cidr: 10.0.0/8", "V1008"},
      {"eventType|cidr: 'fe80::1%eth0/64'", "V1008"},
      {"a..b: x", "V1009"},
      {"eventType: []", "V1010"},
      {"eventType: [[a]]", "V1003"},
      {"eventType: {a: b}", "V1003"},
      {"'target[any]': User", "V1401"},
      {"'[any]': {type: User}", "V1401"},
      {"'target[any]': {}", "V1401"},
      {"'target[any]': {'a[type=User].id': x}", "V1401"},
      {"'target[any].id': {type: User}", "V1401"},
      {"'target[all]': {type: User}", "V1402"},
      {"'target[any]': {'a[any]': {b: c}}", "V1403"},
      {"'target[any]': {type|containz: User}", "V1004"},
      {"'target[any]': {type: {a: b}}", "V1003"},
      {"target: {type: User}", "V1003"},
      {"'target[type=].id': x", "V1009"},
  });
}

TEST(Item, WarningsOnly) {
  const auto codes = [](const char* text) {
    return compile_text(rule(std::string("  selection:\n    ") + text + "\n  condition: selection\n")).codes();
  };
  EXPECT_EQ(codes("eventType: [a, null]"), "V2004");
  EXPECT_EQ(codes("client.ipAddress|cidr: 10.1.0.1/16"), "V2005");
  EXPECT_EQ(codes("eventType|all: a"), "V2008");
  EXPECT_EQ(codes("eventType|expand: a"), "V2012");
  EXPECT_EQ(codes("eventtype: a"), "V2003");
  EXPECT_EQ(codes("eventTyp: a"), "V2014");
  EXPECT_EQ(codes("unheard.of: a"), "");
}

TEST(Item, FieldNames) {
  expect_all({
      {"eventtype: a", "(eventType = 'a')"},
      {"Target.displayname: a", "(target.displayName = 'a')"},
      {"target{}.displayName: a", "(target.displayName = 'a')"},
      {"target.0.displayName: a", "(target[0].displayName = 'a')"},
      {"target[1].type: a", "(target[1].type = 'a')"},
      {"debugcontext.debugdata.other: a", "(debugContext.debugData.other = 'a')"},
      {"event.outcome: a", "(event.outcome = 'a')"},
  });
}

TEST(Item, MembersOfArrays) {
  expect_all({
      {"'target[any]': {type: User}", "(some target[any] with (target[any].type = 'User'))"},
      {"target[any]: {type: AppInstance, displayName|contains: [Admin, Root], alternateId: null}",
       "(some target[any] with (target[any].type = 'AppInstance' and (target[any].displayName contains 'Admin' or "
       "target[any].displayName contains 'Root') and target[any].alternateId is null))"},
      {"target[any]: {type|neq: User, id|fieldref: actor.id}",
       "(some target[any] with (not (target[any].type = 'User') and target[any].id = field actor.id))"},
      {"target{}[any]: {Type: User}", "(some target[any] with (target[any].type = 'User'))"},
      {"target.0[any]: {detail.x: 1}", "(some target[0][any] with (target[0][any].detail.x = 1))"},
      {"request.ipChain[any]: {ip|cidr: 10.0.0.0/8}",
       "(some request.ipChain[any] with (request.ipChain[any].ip in 10.0.0.0/8 [00000000000000000000ffff0a000000/104]))"},
      {"target[type=User].alternateId|endswith: x", "(target[type=User].alternateId endswith 'x')"},
      {"target[type=a|b].id|contains: x", "(target[type=a|b].id contains 'x')"},
      {"target{}.id: x", "(target.id = 'x')"},
      {"target[0].id: x", "(target[0].id = 'x')"},
      {"debugContext.debugData.behaviors.New Device: POSITIVE", "(debugContext.debugData.behaviors.New Device = 'POSITIVE')"},
  });
}

TEST(Item, Keywords) {
  EXPECT_EQ(compile_text(rule("  keywords: [foo, 'b*r']\n  condition: keywords\n")).arm(),
            "(((any) contains 'foo' or (any) like '*b*r*'))");
  EXPECT_EQ(compile_text(rule("  keywords: foo\n  condition: keywords\n")).arm(), "((any) contains 'foo')");
  EXPECT_EQ(compile_text(rule("  keywords:\n    '|all': [foo, bar]\n  condition: keywords\n")).arm(),
            "(((any) contains 'foo' and (any) contains 'bar'))");
  EXPECT_EQ(compile_text(rule("  keywords:\n    '|re': fo+\n  condition: keywords\n")).arm(), "((any) matches 'fo+')");
  EXPECT_EQ(
      compile_text(rule("  mixed:\n    - foo\n    - eventType: a\n      actor.id: b\n    - bar\n  condition: mixed\n")).arm(),
      "((eventType = 'a' and actor.id = 'b') or ((any) contains 'foo' or (any) contains 'bar'))");
  EXPECT_EQ(compile_text(rule("  keywords: [null]\n  condition: keywords\n")).codes(), "V1006");
  EXPECT_EQ(compile_text(rule("  keywords: ['']\n  condition: keywords\n")).codes(), "V1006");
}

}  // namespace
}  // namespace vedette::rules::test
