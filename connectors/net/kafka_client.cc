#include "connectors/net/kafka_client.h"

#include <fmt/format.h>
#include <librdkafka/rdkafka.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

namespace vedette::connectors {
namespace {

constexpr int kSyslogWarning = 4;
constexpr std::chrono::minutes kThrottle{1};
constexpr std::size_t kMostKinds = 1000;

void on_log(const rd_kafka_t* client, int level, const char* facility, const char* text) {
  const auto* reporter = static_cast<const KafkaReporter*>(rd_kafka_opaque(client));
  if (reporter != nullptr && level <= kSyslogWarning) reporter->report_seldom(LogLevel::warning, facility, text);
}

void on_error(rd_kafka_t*, int code, const char* reason, void* opaque) {
  const char* what = rd_kafka_err2str(static_cast<rd_kafka_resp_err_t>(code));
  static_cast<const KafkaReporter*>(opaque)->report_seldom(LogLevel::warning, what, fmt::format("{}: {}", what, reason));
}

Status apply(rd_kafka_conf_t* conf, const KafkaSettings& settings) {
  for (const auto& [key, value] : settings) {
    const rd_kafka_conf_res_t code = rd_kafka_conf_set(conf, key.c_str(), value.c_str(), nullptr, 0);
    if (code == RD_KAFKA_CONF_UNKNOWN) return Error{"is not a setting of librdkafka", key};
    if (code != RD_KAFKA_CONF_OK) return Error{"has a value that librdkafka refuses", key};
  }
  return {};
}

Status add_tls(const KafkaSecurity& security, KafkaSettings& settings) {
  if (security.cert.empty() != security.key.empty()) {
    return Error{"a client certificate needs both `cert` and `key`", security.cert.empty() ? "cert" : "key"};
  }
  if (!security.key_password.empty() && security.key.empty())
    return Error{"belongs to a `key`, and there is none", "key_password"};
  const std::array<std::array<std::string, 3>, 3> files = {{{"ca", "ssl.ca.location", security.ca},
                                                            {"cert", "ssl.certificate.location", security.cert},
                                                            {"key", "ssl.key.location", security.key}}};
  for (const auto& [option, setting, path] : files) {
    if (path.empty()) continue;
    if (::access(path.c_str(), R_OK) != 0) return Error{fmt::format("{} cannot be read: {}", path, std::strerror(errno)), option};
    settings[setting] = path;
  }
  if (!security.key_password.empty()) settings["ssl.key.password"] = security.key_password;
  return {};
}

Status add_sasl(const KafkaSecurity& security, KafkaSettings& settings) {
  if (security.mechanism != "PLAIN" && security.mechanism != "SCRAM-SHA-256" && security.mechanism != "SCRAM-SHA-512") {
    return Error{
        fmt::format("'{}' is none of PLAIN, SCRAM-SHA-256 and SCRAM-SHA-512; others go through `properties`", security.mechanism),
        "mechanism"};
  }
  if (security.user.empty() || security.password.empty()) {
    return Error{fmt::format("{} needs `user` and `password`", security.mechanism), security.user.empty() ? "user" : "password"};
  }
  settings["sasl.mechanism"] = security.mechanism;
  settings["sasl.username"] = security.user;
  settings["sasl.password"] = security.password;
  return {};
}

}  // namespace

Result<KafkaSettings> kafka_security_settings(const KafkaSecurity& security) {
  KafkaSettings settings;
  if (Status added = add_tls(security, settings); !added.ok()) return added.error();
  const bool tls = security.tls || !settings.empty();
  const bool sasl = !security.mechanism.empty();
  if (!sasl && !(security.user.empty() && security.password.empty())) {
    return Error{"`user` and `password` need a `mechanism`: PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512", "mechanism"};
  }
  if (sasl) {
    if (Status added = add_sasl(security, settings); !added.ok()) return added.error();
  }
  if (tls || sasl) settings["security.protocol"] = tls ? (sasl ? "sasl_ssl" : "ssl") : "sasl_plaintext";
  return settings;
}

Status apply_kafka_settings(rd_kafka_conf_s* conf, const KafkaSettings& defaults, const KafkaSettings& overrides) {
  if (Status applied = apply(conf, defaults); !applied.ok()) return applied;
  return apply(conf, overrides);
}

std::string join_brokers(const std::vector<std::string>& brokers) { return fmt::format("{}", fmt::join(brokers, ",")); }

bool LogThrottle::admits(const std::string& kind) {
  const auto now = std::chrono::steady_clock::now();
  const std::lock_guard lock(mutex_);
  if (last_.size() >= kMostKinds) last_.clear();
  const auto [place, fresh] = last_.try_emplace(kind, now);
  if (!fresh && now - place->second < kThrottle) return false;
  place->second = now;
  return true;
}

void report_kafka_events(rd_kafka_conf_s* conf, KafkaReporter* reporter) {
  rd_kafka_conf_set_opaque(conf, reporter);
  rd_kafka_conf_set_log_cb(conf, on_log);
  rd_kafka_conf_set_error_cb(conf, on_error);
}

}  // namespace vedette::connectors
