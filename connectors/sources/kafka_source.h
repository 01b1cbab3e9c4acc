// Kafka topics as a live source: all partitions are self-assigned at our own offsets (no group rebalancing, never an
// automatic reset once an offset exists; a second Vedette in the group is refused), new ones are picked up, a full queue pauses
// them while polling goes on. `resume` of a partition ("topic/3") is the next offset in decimal. The group's offsets are written
// for lag displays only. librdkafka stays inside the .cc files. Two threads of its own: one reads, one asks the brokers.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "connectors/net/kafka_client.h"
#include "connectors/net/log.h"
#include "connectors/sources/record_source.h"

namespace vedette::connectors {

struct KafkaSourceOptions {
  std::string name;
  std::vector<std::string> brokers;
  std::vector<std::string> topics;
  std::string group = "vedette";
  std::string instance = {};  // whose offsets these are: the store's own id, the same at each start
  // Where a topic begins of which no partition has an offset of ours yet: its end, else its start. Partitions that appear
  // later are read from their start.
  bool from_latest = false;
  ResumeAt resume_at = {};
  std::set<std::string> text_topics = {};  // their values are lines of text, never arrays
  KafkaSecurity security = {};
  std::map<std::string, std::string> properties = {};  // further librdkafka settings; never logged
  std::size_t inflated_bytes = 16 << 20;               // of a compressed value
  std::chrono::milliseconds metadata_interval{5000};
  std::chrono::milliseconds probe_interval{1000};     // how often the ends of the partitions are asked for
  std::chrono::milliseconds group_interval{10000};    // how often other consumers of the group are looked for
  std::chrono::milliseconds presence_interval{3000};  // how often other Vedettes are, and are told of this one
};

struct KafkaPartitionState {
  std::string topic;
  std::int32_t partition = 0;
  std::int64_t next = -1;  // the offset to read next, everything before it offered; -1: not known yet
  std::int64_t end = -1;   // the partition's end when last asked
  std::string problem;     // why it is not read; empty: it is

  [[nodiscard]] std::uint64_t lag() const { return end > next && next >= 0 ? static_cast<std::uint64_t>(end - next) : 0; }
};

struct KafkaSourceCounters {
  std::uint64_t records = 0;     // a value may hold several
  std::uint64_t tombstones = 0;  // null and empty values, skipped
  std::uint64_t rejects = 0;     // values, or parts of them, that could not be unpacked
  std::uint64_t errors = 0;      // reported by the brokers
  std::uint64_t pauses = 0;
  std::uint64_t history_gaps = 0;     // times that records were gone before we read them
  std::uint64_t group_refusals = 0;   // offsets for lag displays that the group's coordinator did not take
  std::uint32_t partitions = 0;       // assigned
  std::uint32_t group_strangers = 0;  // other active consumers of the group, Vedettes too, when last asked
};

class KafkaSource final : public RecordSource {
 public:
  // One origin per topic and partition; called on the source's thread when a partition is assigned.
  using OriginFactory = std::function<std::shared_ptr<const event::Origin>(const std::string& topic, int partition)>;

  KafkaSource(KafkaSourceOptions options, OriginFactory origins, Clock clock, Log log, RejectHandler on_reject = {});
  ~KafkaSource() override;

  [[nodiscard]] const std::string& name() const override;
  // Fails on settings that librdkafka refuses and when another consumer or Vedette is active in the group; an unreachable broker
  // is retried and logged.
  [[nodiscard]] Status start(BatchSink& sink) override;
  void committed(const std::string& partition, const std::string& resume) override;
  [[nodiscard]] SourceHealth health() const override;
  void stop() override;
  [[nodiscard]] KafkaSourceCounters counters() const;
  [[nodiscard]] std::vector<KafkaPartitionState> partitions() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace vedette::connectors
