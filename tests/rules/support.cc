#include "tests/rules/support.h"

namespace vedette::rules::test {
namespace {

plan::FieldPath path(const std::string& text) { return *plan::parse_field_path(text); }

plan::FieldExpr expr(const std::string& text) { return *parse_field_expr(text); }

plan::SourcePlan okta() {
  plan::SourcePlan source;
  source.name = "okta";
  source.logsources = {{"", "okta", "okta"}};
  for (const char* field : {"uuid",
                            "published",
                            "eventType",
                            "displayMessage",
                            "legacyEventType",
                            "outcome.result",
                            "outcome.reason",
                            "actor.alternateId",
                            "actor.id",
                            "actor.type",
                            "client.ipAddress",
                            "client.userAgent.os",
                            "target.displayName",
                            "target.type",
                            "target.id",
                            "target.alternateId",
                            "securityContext.isProxy",
                            "debugContext.debugData.behaviors",
                            "request.ipChain.ip",
                            "severity"}) {
    source.fields.push_back(path(field));
  }
  source.encoded.push_back(path("debugContext.debugData.behaviors"));
  source.canonical.push_back({path("client.ipChain"), path("request.ipChain"), false});
  source.canonical.push_back({std::nullopt, path("outcome.result"), true});
  plan::Normalise login;
  login.when = {{path("eventType"), {"user.session.start"}}};
  login.category = "authentication";
  plan::FieldExpr outcome = expr("outcome.result");
  outcome.map = {{"SUCCESS", "success"}, {"FAILURE", "failure"}};
  outcome.map_else = "unknown";
  login.set = {
      {"event.outcome", outcome}, {"identity.user", expr("actor.alternateId|person")}, {"source.ip", expr("client.ipAddress")}};
  plan::Normalise verify = login;
  verify.when = {{path("eventType"), {"user.authentication.*"}}};
  source.normalise = {login, verify};
  source.content_hash = "0000000000000000";
  return source;
}

plan::SourcePlan sshd() {
  plan::SourcePlan source;
  source.name = "sshd";
  source.text = true;
  source.accept = 2 * kHourUs;
  source.logsources = {{"", "linux", "sshd"}, {"", "linux", "auth"}, {"", "linux", "syslog"}};
  for (const char* field : {"program", "message", "user", "ip"}) source.fields.push_back(path(field));
  plan::Normalise failed;
  failed.when = {{path("message"), {"Failed *"}}};
  failed.category = "authentication";
  plan::FieldExpr failure;
  failure.constant = "failure";
  failed.set = {{"event.outcome", failure}, {"identity.user", expr("user|person")}};
  source.normalise = {failed};
  return source;
}

plan::SourcePlan json() {
  plan::SourcePlan source;
  source.name = "json";
  return source;
}

}  // namespace

CompileOptions options() {
  CompileOptions out;
  out.sources = {okta(), sshd(), json()};
  out.lists["admins"] = {"root", "adm*"};
  out.lists["networks"] = {"10.0.0.0/8", "192.168.0.0/16"};
  out.lists["empty"] = {};
  out.json_logsources = {{"", "azure", "signinlogs"}};
  return out;
}

Compiled compile_text(const std::string& text, const CompileOptions& with) {
  Compiled out;
  const std::vector<yaml::File> files = {{"t.yml", text}};
  out.rules = compile(files, with, out.diagnostics);
  return out;
}

std::string Compiled::codes() const {
  std::string out;
  for (const Diagnostic& diagnostic : diagnostics.items()) {
    if (diagnostic.code == "V2001" || diagnostic.code == "V2002") continue;
    out += (out.empty() ? "" : " ") + diagnostic.code;
  }
  return out;
}

std::string Compiled::arm(std::size_t rule, const std::string& source) const {
  if (rules.plan == nullptr) return "no plan: " + codes();
  for (const plan::SourceProgram& program : plan().sources) {
    if (program.source.name != source) continue;
    for (const plan::Arm& arm : program.arms) {
      if (arm.rule == rule) return plan::print_arm(program, arm);
    }
  }
  return "no arm";
}

std::string rule(const std::string& detection, const std::string& extra) {
  return "title: T\nid: 11111111-1111-4111-8111-111111111111\nlogsource: {product: okta}\n" + extra + "detection:\n" + detection;
}

std::string item(const std::string& text, const CompileOptions& with) {
  const Compiled compiled = compile_text(rule("  selection:\n    " + text + "\n  condition: selection\n"), with);
  return compiled.rules.plan == nullptr ? compiled.codes() : compiled.arm();
}

}  // namespace vedette::rules::test
