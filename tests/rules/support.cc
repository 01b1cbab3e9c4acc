#include "tests/rules/support.h"

#include "engine/plan/print.h"

namespace vedette::rules::test {
namespace {

plan::FieldPath path(const std::string& text) { return *plan::parse_field_path(text); }

plan::FieldExpr expr(const std::string& text) { return *parse_field_expr(text); }

// Every address is in one place; who routes it is not known.
class Addresses final : public plan::ValueTable {
 public:
  [[nodiscard]] const std::vector<std::string>& columns() const override { return columns_; }
  [[nodiscard]] bool find(std::string_view key, std::uint32_t column, std::string& out) const override {
    if (key.find('.') == std::string_view::npos) return false;
    out += column == 0 ? "FR" : column == 1 ? "Paris" : "48.85,2.35";
    return true;
  }
  [[nodiscard]] const std::string& content_hash() const override { return hash_; }

 private:
  std::vector<std::string> columns_ = {"country", "city", "location"};
  std::string hash_ = "0123456789abcdef";
};

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
  out.tables["admins.csv"] = {"admins.csv", "id,team,role\n00u1,Ops,Super\n00u2,,Help\n"};
  out.tables["broken.csv"] = {"broken.csv", "id,team\n00u1,Ops,Super\n"};
  out.addresses = std::make_shared<const Addresses>();
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

std::string base_rule(const std::string& name, int number, const std::string& extra) {
  return "title: " + name + "\nname: " + name + "\nid: 1111111" + std::to_string(number) + "-1111-4111-8111-111111111111\n" +
         extra + "logsource: {product: " + (number == 9 ? "linux" : "okta") + "}\ndetection:\n  s: {eventType: " + name +
         "}\n  condition: s\n---\n";
}

std::string correlation_rule(const std::string& name, int number, const std::string& body, const std::string& extra) {
  return "title: " + name + "\nname: " + name + "\nid: 2222222" + std::to_string(number) + "-1111-4111-8111-111111111111\n" +
         extra + "correlation:\n" + body + "---\n";
}

Compiled with_bases(const std::string& body, const std::string& extra) {
  return compile_text(base_rule("a", 1) + base_rule("b", 2) + base_rule("s", 9) + correlation_rule("c", 1, body, extra));
}

std::string meaning(const Compiled& compiled) {
  if (compiled.rules.plan == nullptr) return compiled.codes();
  std::string out;
  for (const char c : plan::print_meaning(compiled.plan().correlations.back()))
    out += c == '\n' ? std::string(";") : std::string(1, c);
  for (std::size_t at = out.find(";    "); at != std::string::npos; at = out.find(";    ")) out.replace(at, 5, "; ");
  if (!out.empty()) out = out.substr(4, out.size() - 5);
  return out;
}

std::string meaning_of(const std::string& type, const std::string& rest, const std::string& extra) {
  return meaning(with_bases("  type: " + type + "\n  rules: [a, b]\n  timespan: 10m\n" + rest, extra));
}

}  // namespace vedette::rules::test
