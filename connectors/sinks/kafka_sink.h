// Alerts as messages of a Kafka topic: value the alert's JSON, key its group (so that one partition holds a group in order),
// headers alert_id and revision. An idempotent producer with acks=all; deliver() waits for the reports of all its messages.
// A producer that failed for good is replaced. librdkafka stays inside the .cc.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "connectors/net/kafka_client.h"
#include "connectors/net/log.h"
#include "connectors/sinks/sink.h"

namespace vedette::connectors {

struct KafkaSinkOptions {
  std::string name;
  std::vector<std::string> brokers;
  std::string topic;
  KafkaSecurity security = {};
  KafkaSettings properties = {};                      // further settings of librdkafka; never logged
  std::chrono::milliseconds delivery_timeout{30000};  // of one message, librdkafka's own retries included
};

class KafkaSink final : public Sink {
 public:
  KafkaSink(KafkaSinkOptions options, Log log);
  ~KafkaSink() override;

  [[nodiscard]] const std::string& name() const override;
  // Fails on settings that librdkafka refuses; a broker that is away is no error.
  [[nodiscard]] Status start() override;
  // Rejected: messages that the broker never takes (too large). Everything else is tried again.
  [[nodiscard]] Delivery deliver(std::span<const OutboxAlert> alerts) override;
  void cancel() override;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace vedette::connectors
