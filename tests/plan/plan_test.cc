#include <gtest/gtest.h>

#include "engine/plan/field_expr.h"
#include "engine/plan/field_path.h"
#include "engine/plan/identity.h"

namespace vedette::plan {
namespace {

TEST(FieldPath, Spellings) {
  EXPECT_EQ(parse_field_path("actor.alternateId")->text(), "actor.alternateId");
  EXPECT_EQ(parse_field_path("target{}.displayName")->text(), "target.displayName");
  EXPECT_EQ(parse_field_path("target[].displayName")->text(), "target.displayName");
  EXPECT_EQ(parse_field_path("target[1].type")->text(), "target[1].type");
  EXPECT_EQ(parse_field_path("target[1].type")->segments[0].index, 1);
  EXPECT_EQ(parse_field_path("cs-uri-query")->text(), "cs-uri-query");
  for (const char* bad : {"", ".", "a.", ".a", "a..b", "a[x]", "a[-1]", "[0]"}) EXPECT_FALSE(parse_field_path(bad).ok()) << bad;
}

TEST(FieldExpr, CanonicalText) {
  FieldExpr expr;
  expr.path = parse_field_path("target.alternateId").value();
  expr.filter = ElementFilter{parse_field_path("target.type").value(), "User"};
  expr.path.segments[0].each = expr.filter->key_path.segments[0].each = true;
  expr.transforms = {Transform::lower, Transform::person};
  EXPECT_EQ(expr.text(), "target[type=User].alternateId|lower|person");
  EXPECT_EQ(expr.path.text(), "target[any].alternateId");
  EXPECT_EQ(expr.path.keys(), "target.alternateId");
}

std::string person(const IdentityTable& table, std::string_view system, std::string_view account) {
  std::string out;
  return table.resolve(system, account, out) ? out : "(none)";
}

TEST(Identity, DomainsAliasesAndSharedAccounts) {
  const IdentityTable table({"acme.com"}, {{"alice", "sshd", "al"}, {"bob", "*", "Robert@other.org"}}, {"root", "ubuntu"});
  EXPECT_EQ(person(table, "okta", "Alice@ACME.com"), "alice");
  EXPECT_EQ(person(table, "okta", "alice@other.com"), "alice@other.com");
  EXPECT_EQ(person(table, "sshd", "AL"), "alice");
  EXPECT_EQ(person(table, "okta", "al"), "al");
  EXPECT_EQ(person(table, "okta", "robert@OTHER.org"), "bob");
  EXPECT_EQ(person(table, "sshd", "Root"), "(none)");
  EXPECT_EQ(person(table, "okta", "root@acme.com"), "(none)");
  EXPECT_EQ(person(table, "okta", "Root@evil.com"), "root@evil.com") << "not one of our domains";
  EXPECT_EQ(person(table, "okta", "root@sub.acme.com"), "root@sub.acme.com");
  const IdentityTable whole({"acme.com"}, {}, {"ops@other.org", "bot@acme.com"});
  EXPECT_EQ(person(whole, "okta", "Ops@other.org"), "(none)");
  EXPECT_EQ(person(whole, "okta", "bot@acme.com"), "(none)");
  EXPECT_EQ(person(whole, "okta", "bot"), "bot");
  EXPECT_EQ(person(table, "okta", ""), "(none)");
  EXPECT_EQ(person(table, "okta", "@acme.com"), "@acme.com");
  EXPECT_NE(table.content_hash(), IdentityTable({"acme.com"}, {}, {}).content_hash());
}

}  // namespace
}  // namespace vedette::plan
