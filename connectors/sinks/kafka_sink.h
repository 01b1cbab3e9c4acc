// Alerts to a Kafka topic: value the alert's JSON, key its group key, header alert_id. Idempotent producer, bounded
// queue: deliver() waits for room. Failures are counted and logged. librdkafka stays inside the .cc.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "connectors/net/log.h"
#include "connectors/sinks/alert_sink.h"

namespace vedette::connectors {

struct KafkaSinkOptions {
  std::string name;
  std::vector<std::string> brokers;
  std::string topic;
  std::map<std::string, std::string> properties = {};  // further librdkafka settings (TLS, SASL); never logged
  std::uint32_t queue_messages = 10'000;
  std::chrono::milliseconds delivery_timeout{30000};
  std::chrono::milliseconds stop_timeout{10000};
};

class KafkaSink final : public AlertSink {
 public:
  KafkaSink(KafkaSinkOptions options, Log log);
  ~KafkaSink() override;

  [[nodiscard]] const std::string& name() const override;
  // Fails on settings that librdkafka refuses; an unreachable broker is retried and logged.
  [[nodiscard]] Status start() override;
  void deliver(const alert::Alert& alert, std::string_view json) override;
  // Does not wait for the broker: delivery goes on in the background.
  [[nodiscard]] Status flush() override;
  // Waits for the broker, at most stop_timeout.
  [[nodiscard]] Status stop() override;
  [[nodiscard]] std::uint64_t failed() const override;
  [[nodiscard]] std::uint64_t delivered() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace vedette::connectors
