// Whether brokers can be reached, take our credentials and have some topics: for a look before anything starts. Blocks for
// at most the timeout, and once more as long for each topic. Creates nothing, reads no record. Any thread.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "connectors/net/kafka_client.h"

namespace vedette::connectors {

struct KafkaProbe {
  std::vector<std::string> brokers;
  KafkaSecurity security = {};
  KafkaSettings properties = {};  // further librdkafka settings
  std::vector<std::string> topics = {};
  std::chrono::milliseconds timeout{5000};
};

// An error names the brokers or the topic, and what they said last.
[[nodiscard]] Status probe_kafka(const KafkaProbe& probe);

}  // namespace vedette::connectors
