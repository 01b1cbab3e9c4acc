#include "connectors/net/kafka_client.h"

#include <fmt/format.h>
#include <librdkafka/rdkafka.h>

namespace vedette::connectors {
namespace {

constexpr int kSyslogWarning = 4;

void on_log(const rd_kafka_t* client, int level, const char*, const char* text) {
  const auto* reporter = static_cast<const KafkaReporter*>(rd_kafka_opaque(client));
  if (reporter != nullptr && level <= kSyslogWarning) reporter->report(LogLevel::warning, text);
}

void on_error(rd_kafka_t*, int code, const char* reason, void* opaque) {
  const char* what = rd_kafka_err2str(static_cast<rd_kafka_resp_err_t>(code));
  static_cast<const KafkaReporter*>(opaque)->report(LogLevel::warning, fmt::format("{}: {}", what, reason));
}

Status apply(rd_kafka_conf_t* conf, const KafkaSettings& settings) {
  for (const auto& [key, value] : settings) {
    const rd_kafka_conf_res_t code = rd_kafka_conf_set(conf, key.c_str(), value.c_str(), nullptr, 0);
    if (code == RD_KAFKA_CONF_UNKNOWN) return Error{"is not a setting of librdkafka", key};
    if (code != RD_KAFKA_CONF_OK) return Error{"has a value that librdkafka refuses", key};
  }
  return {};
}

}  // namespace

Status apply_kafka_settings(rd_kafka_conf_s* conf, const KafkaSettings& defaults, const KafkaSettings& overrides) {
  if (Status applied = apply(conf, defaults); !applied.ok()) return applied;
  return apply(conf, overrides);
}

std::string join_brokers(const std::vector<std::string>& brokers) { return fmt::format("{}", fmt::join(brokers, ",")); }

void report_kafka_events(rd_kafka_conf_s* conf, KafkaReporter* reporter) {
  rd_kafka_conf_set_opaque(conf, reporter);
  rd_kafka_conf_set_log_cb(conf, on_log);
  rd_kafka_conf_set_error_cb(conf, on_error);
}

}  // namespace vedette::connectors
