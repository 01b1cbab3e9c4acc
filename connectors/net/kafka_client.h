// What the Kafka source and sink share of librdkafka's configuration. The C types are only named here. Used while a
// client is being made, by one thread.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "connectors/net/log.h"
#include "engine/base/result.h"

struct rd_kafka_conf_s;

namespace vedette::connectors {

using KafkaSettings = std::map<std::string, std::string>;

// Applies `defaults`, then `overrides` (a person's own), to the configuration. An error names the setting, never its value.
[[nodiscard]] Status apply_kafka_settings(rd_kafka_conf_s* conf, const KafkaSettings& defaults, const KafkaSettings& overrides);

// "a:9092,b:9092".
[[nodiscard]] std::string join_brokers(const std::vector<std::string>& brokers);

// Where librdkafka's own threads report to: `opaque` of the configuration must be a KafkaReporter.
struct KafkaReporter {
  std::string name;
  Log log;
  void report(LogLevel level, const std::string& message) const {
    if (log) log(level, name, message);
  }
};
void report_kafka_events(rd_kafka_conf_s* conf, KafkaReporter* reporter);

}  // namespace vedette::connectors
