// The normalised fields of the shipped source types: an event, and what a category rule sees of it.
#include <gtest/gtest.h>

#include "engine/match/matcher.h"
#include "engine/run/worker.h"
#include "rules/sigma/load.h"
#include "rules/source/load.h"
#include "rules/test/runner.h"

namespace vedette::rules {
namespace {

// Whether a rule of the category with this selection matches the event.
bool matches(const std::string& source, const std::string& event, const std::string& category, const std::string& selection) {
  static const TestOptions shipped = [] {
    Diagnostics diagnostics;
    TestOptions options;
    options.sources = load_sources(builtin_sources(), diagnostics);
    for (const yaml::File& file : builtin_lists()) parse_list(file, options.lists, diagnostics);
    options.identity_domains = {"acme.example"};
    return options;
  }();
  TestOptions options = shipped;
  options.read = [&](const std::string& path) -> Result<yaml::File> {
    return yaml::File{path, "title: r\nid: 00000000-0000-4000-8000-000000000001\nlogsource: {category: " + category +
                                "}\ndetection:\n  selection: {" + selection + "}\n  condition: selection\n"};
  };
  const std::string form = source == "sshd" ? "text: " : "event: ";
  const TestReport report = run_test_file(
      {"t.test.yml", "tests: [{name: t, events: [{source: " + source + ", " + form + event + "}], expect: []}]\n"}, options);
  for (const Diagnostic& item : report.diagnostics.items())
    EXPECT_NE(item.severity, Severity::error) << render_human(item, false) << event << selection;
  return !report.cases.empty() && report.cases[0].alerts == 1;
}

std::string okta(const std::string& type, const std::string& rest) {
  return "{eventType: " + type + ", actor: {type: User, alternateId: Ann@acme.example}, client: {ipAddress: 192.0.2.7}, " + rest +
         "}";
}

TEST(Normalised, OktaSignIn) {
  const std::string event =
      okta("user.session.start", "outcome: {result: FAILURE}, authenticationContext: {externalSessionId: s1}, device: {id: d1}");
  EXPECT_TRUE(matches("okta", event, "authentication",
                      "event.action: login, event.outcome: failure, user.name: ann@acme.example, user.email: ann@acme.example, "
                      "identity.user: ann, "
                      "source.ip: 192.0.2.7, session.id: s1, device.id: d1"));
  EXPECT_FALSE(matches("okta", event, "authentication", "event.outcome: success"));
  EXPECT_FALSE(matches("okta", event, "account_change", "event.outcome: failure"));
  EXPECT_TRUE(matches("okta", okta("user.session.start", "outcome: {result: Deny}"), "authentication", "event.outcome: failure"));
  EXPECT_TRUE(
      matches("okta", okta("user.session.start", "outcome: {result: CHALLENGE}"), "authentication", "event.outcome: unknown"));
  EXPECT_FALSE(
      matches("okta", okta("user.session.end", "outcome: {result: SUCCESS}"), "authentication", "event.outcome: success"));
  EXPECT_FALSE(matches("okta", okta("user.authentication.auth_via_AD_agent", "outcome: {result: FAILURE}"), "authentication",
                       "event.outcome: failure"));
}

TEST(Normalised, OktaFactorAndApplication) {
  EXPECT_TRUE(matches("okta",
                      okta("user.authentication.auth_via_mfa",
                           "outcome: {result: SUCCESS}, debugContext: {debugData: {factor: OKTA_VERIFY_PUSH}}"),
                      "authentication", "event.action: mfa, mfa.factor: OKTA_VERIFY_PUSH, identity.user: ann"));
  const std::string sso = okta("user.authentication.sso",
                               "outcome: {result: SUCCESS}, target: [{type: AppUser, alternateId: x}, {type: AppInstance, "
                               "alternateId: Payroll, displayName: SAML 2.0 App}]");
  EXPECT_TRUE(matches("okta", sso, "authentication", "event.action: sso, app.name: Payroll"));
  EXPECT_TRUE(matches("okta", sso, "application_access",
                      "event.action: sso, app.name: Payroll, event.outcome: success, identity.user: ann"));
  EXPECT_FALSE(matches("okta", sso, "application_access", "app.name: x"));
  EXPECT_TRUE(matches("okta", okta("user.session.access_admin_app", "outcome: {result: SUCCESS}"), "application_access",
                      "app.name: Okta Admin Console"));
  EXPECT_TRUE(matches("okta",
                      okta("app.generic.unauth_app_access_attempt",
                           "outcome: {result: FAILURE}, target: [{type: AppInstance, alternateId: Payroll}]"),
                      "application_access", "event.action: denied, event.outcome: failure, app.name: Payroll"));
}

TEST(Normalised, OktaAccountChangesAreOfTheTarget) {
  const std::string reset =
      okta("user.account.reset_password", "outcome: {result: SUCCESS}, target: [{type: User, alternateId: bob@acme.example}]");
  EXPECT_TRUE(matches(
      "okta", reset, "account_change",
      "event.action: password_reset, identity.user: bob, user.target.name: bob@acme.example, user.name: ann@acme.example"));
  EXPECT_FALSE(matches("okta", reset, "account_change", "identity.user: ann"));
  const std::string own = okta("user.mfa.factor.activate",
                               "outcome: {result: SUCCESS}, target: [{type: AuthenticatorEnrollment, alternateId: unknown}]");
  EXPECT_TRUE(matches("okta", own, "account_change", "event.action: mfa_add, identity.user: ann"));
  EXPECT_TRUE(matches("okta", okta("user.mfa.factor.reset_all", "outcome: {result: SUCCESS}, target: null"), "account_change",
                      "event.action: mfa_reset, identity.user: ann"));
  EXPECT_TRUE(matches("okta", okta("user.account.update_password", "outcome: {result: SUCCESS}, target: []"), "account_change",
                      "event.action: password_change"));
}

std::string console(const std::string& identity, const std::string& result) {
  return "{eventSource: signin.amazonaws.com, eventName: ConsoleLogin, awsRegion: r, sourceIPAddress: 192.0.2.7, userIdentity: "
         "{" +
         identity + "}, responseElements: {ConsoleLogin: " + result + "}}";
}

TEST(Normalised, AwsConsole) {
  EXPECT_TRUE(matches("aws_cloudtrail", console("type: IAMUser, userName: Ann", "Failure"), "authentication",
                      "event.outcome: failure, identity.user: ann, user.name: Ann, source.ip: 192.0.2.7"));
  EXPECT_TRUE(matches("aws_cloudtrail", console("type: AssumedRole, principalId: 'AROAEXAMPLE:ann@acme.example'", "Success"),
                      "authentication", "event.outcome: success, identity.user: ann, user.name: ann@acme.example"));
  EXPECT_TRUE(matches("aws_cloudtrail", console("type: AssumedRole, principalId: 'AROAEXAMPLE:ann@acme.example'", "Success"),
                      "application_access", "app.name: AWS Console, identity.user: ann"));
  EXPECT_FALSE(matches("aws_cloudtrail", console("type: Root, arn: 'arn:aws:iam::1:root'", "Failure"), "authentication",
                       "identity.user|exists: true"));
  EXPECT_FALSE(
      matches("aws_cloudtrail", console("type: Root, userName: root", "Failure"), "authentication", "identity.user: '*'"));
  EXPECT_FALSE(
      matches("aws_cloudtrail",
              "{eventSource: signin.amazonaws.com, eventName: CheckMfa, awsRegion: r, responseElements: {CheckMfa: Failure}}",
              "authentication", "event.outcome: '*'"));
}

TEST(Normalised, AwsAccountChanges) {
  const std::string start = "{eventSource: iam.amazonaws.com, awsRegion: r, userIdentity: {type: IAMUser, userName: ann}, ";
  EXPECT_TRUE(matches("aws_cloudtrail", start + "eventName: ChangePassword}", "account_change",
                      "event.action: password_change, event.outcome: success, identity.user: ann"));
  EXPECT_TRUE(matches("aws_cloudtrail", start + "eventName: ChangePassword, errorCode: AccessDenied}", "account_change",
                      "event.outcome: failure, identity.user: ann"));
  EXPECT_FALSE(matches("aws_cloudtrail", start + "eventName: ChangePassword, errorCode: AccessDenied}", "account_change",
                       "event.outcome: success"));
  EXPECT_TRUE(matches("aws_cloudtrail", start + "eventName: DeactivateMFADevice, requestParameters: {userName: bob}}",
                      "account_change", "event.action: mfa_remove, event.outcome: success, identity.user: bob"));
  EXPECT_FALSE(matches("aws_cloudtrail",
                       start + "eventName: DeactivateMFADevice, errorCode: X, requestParameters: {userName: bob}}",
                       "account_change", "event.outcome: success"));
}

TEST(Normalised, SshSignIns) {
  const std::string failed = "'Failed password for ann from 192.0.2.7 port 1 ssh2'";
  EXPECT_TRUE(matches("sshd", failed, "authentication",
                      "event.action: login, event.outcome: failure, identity.user: ann, user.name: ann, source.ip: 192.0.2.7"));
  EXPECT_TRUE(matches("sshd", "'Accepted publickey for ann from 192.0.2.7 port 1 ssh2: RSA SHA256:x'", "authentication",
                      "event.outcome: success"));
  EXPECT_TRUE(matches("sshd", "'host1 sshd-session[9]: Failed password for ann from 192.0.2.7 port 1 ssh2'", "authentication",
                      "event.outcome: failure"));
  EXPECT_FALSE(matches("sshd", "'host1 myapp[9]: Failed password for ann from 192.0.2.7 port 1 ssh2'", "authentication",
                       "event.outcome: failure"));
  EXPECT_FALSE(matches("sshd", "'Invalid user ann from 192.0.2.7 port 1'", "authentication", "user.name: ann"));
  EXPECT_FALSE(matches("sshd", "'Failed password for root from 192.0.2.7 port 1 ssh2'", "authentication", "identity.user: '*'"));
  EXPECT_TRUE(matches("sshd", "'Failed password for root from 192.0.2.7 port 1 ssh2'", "authentication", "user.name: root"));
}

TEST(Normalised, ALineWithoutAHeaderIsTakenForSshds) {
  Diagnostics diagnostics;
  CompileOptions options;
  options.sources = load_sources(builtin_sources(), diagnostics);
  const std::string rule =
      "title: r\nlogsource: {category: authentication}\ndetection: {selection: {event.outcome: failure}, condition: selection}\n";
  const CompiledRules compiled = compile({{"r.yml", rule}}, options, diagnostics);
  ASSERT_NE(compiled.plan, nullptr);
  run::Worker worker(compiled.plan, *match::MatchProgram::build(compiled.plan));
  event::RecordBatch batch;
  batch.origin = std::make_shared<event::Origin>();
  const std::string line = "Failed password for ann from 192.0.2.7 port 1 ssh2";
  batch.buffer = line + std::string(event::kPadding, '\0');
  batch.records.push_back({std::string_view(batch.buffer).substr(0, line.size()), 1'781'000'000'000'000, 0, 1});
  correlate::HitBatch hits;
  TimeUs line_clock = 0;
  worker.process(batch, line_clock, hits);
  EXPECT_EQ(hits.counters.matched, 1U);
}

}  // namespace
}  // namespace vedette::rules
