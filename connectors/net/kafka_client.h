// What the Kafka source and sink share of librdkafka's configuration. The C types are only named here. Used while a
// client is being made, by one thread; reporters are called from librdkafka's threads too.
#pragma once

#include <chrono>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "connectors/net/log.h"
#include "engine/base/result.h"

struct rd_kafka_conf_s;

namespace vedette::connectors {

using KafkaSettings = std::map<std::string, std::string>;

// How a cluster is reached and what we say who we are. Empty: not used. Paths are PEM files.
struct KafkaSecurity {
  bool tls = false;          // also on with any of ca, cert, key
  std::string ca;            // authorities that are trusted; empty: the system's
  std::string cert, key;     // our own certificate and its key, both or none
  std::string key_password;  // of an encrypted key
  std::string mechanism;     // SASL: PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512
  std::string user, password;
};

// The settings of librdkafka that say the same. An error names the option at fault and the remedy, never a secret.
[[nodiscard]] Result<KafkaSettings> kafka_security_settings(const KafkaSecurity& security);

// Applies `defaults`, then `overrides` (a person's own), to the configuration. An error names the setting, never its value.
[[nodiscard]] Status apply_kafka_settings(rd_kafka_conf_s* conf, const KafkaSettings& defaults, const KafkaSettings& overrides);

// "a:9092,b:9092".
[[nodiscard]] std::string join_brokers(const std::vector<std::string>& brokers);

// Lets a message of one kind through once a minute.
class LogThrottle {
 public:
  [[nodiscard]] bool admits(const std::string& kind);

 private:
  std::mutex mutex_;
  std::map<std::string, std::chrono::steady_clock::time_point> last_;
};

// Where librdkafka's own threads report to: `opaque` of the configuration must be a KafkaReporter.
struct KafkaReporter {
  std::string name;
  Log log;
  mutable LogThrottle throttle = {};
  void report(LogLevel level, const std::string& message) const {
    if (log) log(level, name, message);
  }
  // At most once a minute for each kind; for what a broker that is away makes us say again and again.
  void report_seldom(LogLevel level, const std::string& kind, const std::string& message) const {
    if (throttle.admits(kind)) report(level, message);
  }
};
void report_kafka_events(rd_kafka_conf_s* conf, KafkaReporter* reporter);

}  // namespace vedette::connectors
