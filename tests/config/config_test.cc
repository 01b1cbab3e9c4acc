// What a configuration means: every key as a typed value, the defaults, and what is warned about. What is wrong with one is
// in tests/app/golden.
#include "app/config.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "app/byte_size.h"
#include "engine/base/diagnostic_codes.h"

namespace vedette::tests {
namespace {

using app::Config;
using app::SinkKind;
using app::SourceKind;
using connectors::HttpAuthKind;

const std::string kSigning = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3";

struct Read {
  Config config;
  std::string said;  // codes and messages, a line each
};

Read read(const std::string& text) {
  setenv("VEDETTE_TEST_SECRET", "s3cret", 1);
  setenv("VEDETTE_TEST_SIGNING", kSigning.c_str(), 1);
  Diagnostics found;
  Read out;
  out.config = app::parse_config({"/etc/vedette/vedette.yml", text}, found);
  for (const Diagnostic& item : found.items()) out.said += item.code + " " + item.message + "\n";
  return out;
}

const std::string kRules = "rules: {paths: [rules]}\n";
const std::string kFile = "sources: [{name: f, type: file, path: a.log}]\n";

Read with_source(const std::string& source) { return read(kRules + "sources:\n  - " + source + "\n"); }
Read with_sink(const std::string& sink) { return read(kRules + kFile + "sinks:\n  - " + sink + "\n"); }

TEST(Config, LeavesWhatIsNotSaidAtItsDefault) {
  const Read got = read(kRules + kFile);
  EXPECT_EQ(got.said, "");
  const Config& config = got.config;
  EXPECT_FALSE(config.store.durable());
  EXPECT_EQ(config.store.evidence_keep, 7 * kDayUs);
  EXPECT_EQ(config.store.evidence_bytes, 4'000'000'000U);
  EXPECT_EQ(config.store.memory_budget, 1'000'000'000U);
  EXPECT_EQ(config.reload, app::ReloadMode::signal);
  EXPECT_EQ(config.drain_timeout, 10 * kSecondUs);
  EXPECT_TRUE(config.routes.empty());
  ASSERT_EQ(config.sinks.size(), 1U);
  EXPECT_EQ(config.sinks[0].name, "stdout");
  EXPECT_EQ(config.sinks[0].kind, SinkKind::standard_output);
  EXPECT_EQ(config.rule_paths, std::vector<std::string>{"/etc/vedette/rules"});
  EXPECT_EQ(config.sources[0].file.path, "/etc/vedette/a.log");
  EXPECT_EQ(config.sources[0].tenant, "default");
}

TEST(Config, ReadsTheStoreAndTheService) {
  const Read got = read(
      "store: {path: ./data, evidence: {keep: 24h, max_bytes: 64MiB}, memory: {budget: 256MB}}\n"
      "rules: {paths: [/r], lists: [l], reload: watch}\ndrain_timeout: 1m\n" +
      kFile);
  EXPECT_EQ(got.said, "");
  EXPECT_TRUE(got.config.store.durable());
  EXPECT_EQ(got.config.store.path, "/etc/vedette/data");
  EXPECT_EQ(got.config.store.evidence_keep, kDayUs);
  EXPECT_EQ(got.config.store.evidence_bytes, 64U << 20);
  EXPECT_EQ(got.config.store.memory_budget, 256'000'000U);
  EXPECT_EQ(got.config.reload, app::ReloadMode::watch);
  EXPECT_EQ(got.config.drain_timeout, kMinuteUs);
}

TEST(Config, ReadsAnHttpSourceWithTlsAndLimits) {
  const Read got = with_source(
      "{name: in, type: http, listen: \"0.0.0.0:8443\", path: /in, auth: {bearer: [{env: VEDETTE_TEST_SECRET}]}, tls: {cert: "
      "c.pem, "
      "key: /k.pem}, limits: {body: 1MB, inflated: 2MB, connections: 8}, source: auto, unwrap: [a.b], timezone: Europe/Paris, "
      "year: "
      "2026}");
  EXPECT_EQ(got.said, "");
  const app::SourceConfig& source = got.config.sources.at(0);
  EXPECT_EQ(source.kind, SourceKind::http);
  EXPECT_EQ(source.source, "");
  EXPECT_EQ(source.unwrap, std::vector<std::string>{"a.b"});
  EXPECT_EQ(source.year, 2026);
  EXPECT_EQ(source.http.listen, "0.0.0.0:8443");
  EXPECT_EQ(source.http.path, "/in");
  EXPECT_EQ(source.http.tls->certificate, "/etc/vedette/c.pem");
  EXPECT_EQ(source.http.tls->key, "/k.pem");
  EXPECT_EQ(source.http.body_bytes, 1'000'000U);
  EXPECT_EQ(source.http.inflated_bytes, 2'000'000U);
  EXPECT_EQ(source.http.connections, 8);
  EXPECT_EQ(source.http.auth.kind, HttpAuthKind::bearer);
  EXPECT_EQ(source.http.auth.secrets, std::vector<std::string>{"s3cret"});
}

TEST(Config, ReadsWhatASourceIsExpectedToSend) {
  const Read got =
      with_source("{name: f, type: file, path: a, silent_after: 2h, canary: {contains: canary-1, every: 5m, grace: 30s}}");
  EXPECT_EQ(got.said, "");
  const app::SourceConfig& source = got.config.sources.at(0);
  EXPECT_EQ(source.silent_after, 2 * kHourUs);
  EXPECT_EQ(source.canary->contains, "canary-1");
  EXPECT_EQ(source.canary->every, 5 * kMinuteUs);
  EXPECT_EQ(source.canary->grace, 30 * kSecondUs);
  const Read never = with_source("{name: f, type: file, path: a, silent_after: off, canary: {contains: canary-1, every: 5m}}");
  EXPECT_EQ(never.said, "");
  EXPECT_EQ(never.config.sources.at(0).silent_after, 0);
  EXPECT_EQ(never.config.sources.at(0).canary->grace, kMinuteUs);
  const Read neither = read(kRules + kFile);
  EXPECT_FALSE(neither.config.sources.at(0).silent_after || neither.config.sources.at(0).canary);
  EXPECT_TRUE(neither.config.health_alerts);
  EXPECT_FALSE(read(kRules + kFile + "health: off\n").config.health_alerts);
}

TEST(Config, ReadsEveryWayOfProvingWhoSends) {
  const auto auth = [](const std::string& text) {
    const Read got = with_source("{name: in, type: http, listen: \"127.0.0.1:1\", auth: " + text + "}");
    EXPECT_EQ(got.said, "") << text;
    return got.config.sources.at(0).http.auth;
  };
  const auto basic = auth("{basic: [{user: a, password: {env: VEDETTE_TEST_SECRET}}]}");
  EXPECT_EQ(basic.kind, HttpAuthKind::basic);
  EXPECT_EQ(basic.secrets, std::vector<std::string>{"a:s3cret"});
  const auto key = auth("{api_key: {header: X-Api-Key, values: [{env: VEDETTE_TEST_SECRET}]}}");
  EXPECT_EQ(key.kind, HttpAuthKind::api_key);
  EXPECT_EQ(key.header, "X-Api-Key");
  EXPECT_EQ(key.secrets.size(), 1U);
  const auto signed_bodies = auth("{standard_webhooks: {secrets: [{env: VEDETTE_TEST_SIGNING}], tolerance: 2m}}");
  EXPECT_EQ(signed_bodies.kind, HttpAuthKind::standard_webhooks);
  EXPECT_EQ(signed_bodies.secrets, std::vector<std::string>{kSigning});
  EXPECT_EQ(signed_bodies.tolerance, std::chrono::minutes(2));
  const Read hook = with_source(
      "{name: o, type: okta_hook, listen: \"127.0.0.1:1\", auth: {secrets: [{env: VEDETTE_TEST_SECRET}, {env: "
      "VEDETTE_TEST_SIGNING}]}}");
  EXPECT_EQ(hook.said, "");
  EXPECT_EQ(hook.config.sources[0].http.auth.kind, HttpAuthKind::authorization);
  EXPECT_EQ(hook.config.sources[0].http.auth.secrets.size(), 2U);
  EXPECT_EQ(hook.config.sources[0].source, "okta");
}

TEST(Config, ReadsKafkaOnBothSides) {
  const std::string connection =
      "brokers: [\"k:9093\"], tls: {ca: ca.pem, cert: c.pem, key: k.pem, key_password: {env: VEDETTE_TEST_SECRET}}, sasl: "
      "{mechanism: "
      "SCRAM-SHA-512, user: v, password: {env: VEDETTE_TEST_SECRET}}, properties: {fetch.wait.max.ms: 10}";
  const Read got =
      read(kRules + "sources:\n  - {name: s, type: kafka, topics: [a, b], start: latest, source: {a: okta, b: auto}, " +
           connection + "}\nsinks:\n  - {name: o, type: kafka, topic: t, dead_letter: d.jsonl, " + connection + "}\n");
  EXPECT_EQ(got.said, "");
  const app::KafkaSourceConfig& source = got.config.sources.at(0).kafka;
  EXPECT_TRUE(source.from_latest);
  EXPECT_EQ(source.topic_source, (std::map<std::string, std::string>{{"a", "okta"}, {"b", ""}}));
  for (const app::KafkaConnection& one : {source.connection, got.config.sinks.at(0).kafka.connection}) {
    EXPECT_EQ(one.brokers, std::vector<std::string>{"k:9093"});
    EXPECT_TRUE(one.security.tls);
    EXPECT_EQ(one.security.ca, "/etc/vedette/ca.pem");
    EXPECT_EQ(one.security.cert, "/etc/vedette/c.pem");
    EXPECT_EQ(one.security.key, "/etc/vedette/k.pem");
    EXPECT_EQ(one.security.key_password, "s3cret");
    EXPECT_EQ(one.security.mechanism, "SCRAM-SHA-512");
    EXPECT_EQ(one.security.user, "v");
    EXPECT_EQ(one.security.password, "s3cret");
    EXPECT_EQ(one.properties, (connectors::KafkaSettings{{"fetch.wait.max.ms", "10"}}));
  }
  EXPECT_EQ(got.config.sinks[0].kafka.topic, "t");
  EXPECT_EQ(got.config.sinks[0].dead_letter, "/etc/vedette/d.jsonl");
}

TEST(Config, ReadsFileAndWebhookSinks) {
  const Read file = with_sink(
      "{name: f, type: file, path: alerts.jsonl, rotate: {size: 100MB, daily: true, keep: 3}, min_level: high, on_continuation: "
      "drop, "
      "repeat_interval: 12h}");
  EXPECT_EQ(file.said, "");
  const app::SinkConfig& sink = file.config.sinks.at(0);
  EXPECT_EQ(sink.file.path, "/etc/vedette/alerts.jsonl");
  EXPECT_EQ(sink.file.rotate.size, 100'000'000U);
  EXPECT_TRUE(sink.file.rotate.daily);
  EXPECT_EQ(sink.file.rotate.keep, 3);
  EXPECT_EQ(sink.min_level, plan::Level::high);
  EXPECT_EQ(sink.on_continuation, app::OnContinuation::drop);
  EXPECT_EQ(sink.repeat_interval, 12 * kHourUs);
  const Read hook = with_sink(
      "{name: w, type: webhook, url: \"https://h.example/x\", secrets: [{env: VEDETTE_TEST_SIGNING}], headers: {Authorization: "
      "{env: "
      "VEDETTE_TEST_SECRET}, X-Team: ops}, body: '{\"text\": {{reason}}}', timeout: 3s, allow: [10.0.0.0/8, \"fd00::/8\"], ca: "
      "ca.pem, "
      "dead_letter: dead/w.jsonl}");
  EXPECT_EQ(hook.said, "");
  const app::WebhookConfig& webhook = hook.config.sinks.at(0).webhook;
  EXPECT_EQ(webhook.url, "https://h.example/x");
  EXPECT_EQ(webhook.secrets, std::vector<std::string>{kSigning});
  EXPECT_EQ(webhook.headers, (std::map<std::string, std::string>{{"Authorization", "s3cret"}, {"X-Team", "ops"}}));
  EXPECT_EQ(webhook.body, "{\"text\": {{reason}}}");
  EXPECT_EQ(webhook.timeout, 3 * kSecondUs);
  EXPECT_EQ(webhook.allow.size(), 2U);
  EXPECT_EQ(webhook.ca, "/etc/vedette/ca.pem");
}

TEST(Config, ReadsRoutes) {
  const Read got =
      read(kRules + kFile +
           "sinks: [{name: a, type: stdout}, {name: b, type: file, path: b}]\nroutes:\n"
           "  - {match: {level: high, tags: [x, y], rule: r, source: okta, tenant: [t]}, to: [a, b]}\n  - {to: b}\n");
  EXPECT_EQ(got.said, "");
  ASSERT_EQ(got.config.routes.size(), 2U);
  const app::RouteConfig& route = got.config.routes[0];
  EXPECT_EQ(route.level, plan::Level::high);
  EXPECT_EQ(route.tags, (std::vector<std::string>{"x", "y"}));
  EXPECT_EQ(route.rules, std::vector<std::string>{"r"});
  EXPECT_EQ(route.sources, std::vector<std::string>{"okta"});
  EXPECT_EQ(route.tenants, std::vector<std::string>{"t"});
  EXPECT_EQ(route.to, (std::vector<std::string>{"a", "b"}));
  EXPECT_FALSE(got.config.routes[1].level);
  EXPECT_EQ(got.config.routes[1].to, std::vector<std::string>{"b"});
}

TEST(Config, ClearTextIsWarnedOfButNotBehindLoopbackOrSignatures) {
  const auto said = [](const std::string& listen, const std::string& auth) {
    return with_source("{name: in, type: http, listen: \"" + listen + "\", auth: " + auth + "}").said;
  };
  const std::string bearer = "{bearer: [{env: VEDETTE_TEST_SECRET}]}";
  EXPECT_EQ(said("0.0.0.0:80", bearer).substr(0, 5), "V9011");
  EXPECT_EQ(said("127.0.0.1:80", bearer), "");
  EXPECT_EQ(said("0.0.0.0:80", "{standard_webhooks: {secrets: [{env: VEDETTE_TEST_SIGNING}]}}"), "");
}

TEST(Config, TheExampleOfEveryListIsAccepted) {
  const Read got =
      read(kRules + kFile + "identities: {aliases: [i.csv], domains: [acme.com], learn: off}\nenrich: {databases: [g.mmdb]}\n" +
           "admin: {listen: \"127.0.0.1:9600\", token: {env: VEDETTE_TEST_SECRET}}\nlog: {format: human, level: debug}\n");
  EXPECT_EQ(got.said, "");
  EXPECT_EQ(got.config.admin->token, "s3cret");
  EXPECT_FALSE(got.config.log_json);
  EXPECT_EQ(got.config.databases, std::vector<std::string>{"/etc/vedette/g.mmdb"});
}

TEST(ByteSize, UnitsAndWhatIsNone) {
  EXPECT_EQ(app::parse_byte_size("0"), 0U);
  EXPECT_EQ(app::parse_byte_size("1500"), 1500U);
  EXPECT_EQ(app::parse_byte_size("64MB"), 64'000'000U);
  EXPECT_EQ(app::parse_byte_size("64 MiB"), 64U << 20);
  EXPECT_EQ(app::parse_byte_size("4gb"), 4'000'000'000U);
  EXPECT_EQ(app::parse_byte_size("2TiB"), std::uint64_t{2} << 40);
  EXPECT_EQ(app::parse_byte_size("7B"), 7U);
  for (const char* wrong : {"", "MB", "64M", "6.5MB", "-1", "1 ", "1  MB", "1MBs", "99999999999999999999", "20000000TB"})
    EXPECT_FALSE(app::parse_byte_size(wrong)) << wrong;
  for (const std::uint64_t bytes : {0ULL, 1ULL, 1500ULL, 4'000'000'000ULL, 1ULL << 20, 5ULL << 40})
    EXPECT_EQ(app::parse_byte_size(app::format_byte_size(bytes)), bytes);
  EXPECT_EQ(app::format_byte_size(16 << 20), "16MiB");
  EXPECT_EQ(app::format_byte_size(4'000'000'000), "4GB");
}

}  // namespace
}  // namespace vedette::tests
