// Kafka topics as a live source: all partitions are self-assigned (no group rebalancing), new ones are picked up, a full
// queue pauses them while polling goes on. librdkafka stays inside the .cc. One thread of its own.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "connectors/net/log.h"
#include "connectors/sources/record_source.h"

namespace vedette::connectors {

struct KafkaSourceOptions {
  std::string name;
  std::vector<std::string> brokers;
  std::vector<std::string> topics;
  std::string group = "vedette";
  bool from_latest = false;  // start: latest, else earliest; partitions that appear later are read from their start
  std::map<std::string, std::string> properties = {};  // further librdkafka settings (TLS, SASL); never logged
  std::chrono::milliseconds metadata_interval{5000};
};

struct KafkaSourceCounters {
  std::uint64_t records = 0, tombstones = 0, errors = 0, pauses = 0;
  std::uint32_t partitions = 0;
};

class KafkaSource final : public RecordSource {
 public:
  // One origin per topic and partition; called on the source's thread when a partition is assigned.
  using OriginFactory = std::function<std::shared_ptr<const event::Origin>(const std::string& topic, int partition)>;

  KafkaSource(KafkaSourceOptions options, OriginFactory origins, Clock clock, Log log);
  ~KafkaSource() override;

  [[nodiscard]] const std::string& name() const override;
  // Fails on settings that librdkafka refuses; an unreachable broker is retried and logged.
  [[nodiscard]] Status start(BatchSink& sink) override;
  void stop() override;
  [[nodiscard]] KafkaSourceCounters counters() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace vedette::connectors
