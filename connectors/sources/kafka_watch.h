// What a Kafka source asks the brokers beside reading: which partitions there are and where to begin in them, where they
// end (lag, caught up, up or down), what became of offsets that a broker refuses, who else is in the group; and it writes
// the group's offsets. Owned by the source; a thread of its own, since every question may wait for a broker. All members
// may be called from any thread, start() and stop() from the owner's. Offsets are record numbers, intervals steady time.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "connectors/net/kafka_client.h"
#include "connectors/sources/kafka_presence.h"
#include "connectors/sources/kafka_source.h"

struct rd_kafka_s;
struct rd_kafka_queue_s;

namespace vedette::connectors {

using KafkaPartitionKey = std::pair<std::string, std::int32_t>;

// Where reading is to begin or to go on.
struct KafkaPlace {
  KafkaPartitionKey key;
  std::int64_t next = 0;  // an offset, or kFromStart
  bool first = false;     // nothing of the partition was ever committed
  static constexpr std::int64_t kFromStart = -2;
};

class KafkaWatch {
 public:
  KafkaWatch(const KafkaSourceOptions& options, const Clock& clock, const KafkaReporter& reporter);
  ~KafkaWatch();

  // Fails when another consumer, or another Vedette, is active in the group. The client outlives stop().
  [[nodiscard]] Status start(rd_kafka_s* client);
  void stop();

  // For the reading thread: partitions to add or to move, once each.
  [[nodiscard]] std::vector<KafkaPlace> take_places();
  // Everything before these offsets has been offered.
  void offered(const std::vector<std::pair<KafkaPartitionKey, std::int64_t>>& next);
  // A broker does not have this offset: take_places() will tell where to go on.
  void refused(const KafkaPartitionKey& key, std::int64_t next);

  // Another Vedette reads for the group: nothing more may be read until it has gone.
  [[nodiscard]] bool halted() const { return halted_; }

  void committed(const std::string& partition, const std::string& resume);
  [[nodiscard]] SourceHealth health() const;
  [[nodiscard]] std::vector<KafkaPartitionState> states() const;
  void count(KafkaSourceCounters& counters) const;

 private:
  using Steady = std::chrono::steady_clock;
  struct State {
    std::int64_t next = -1, end = -1;
    std::int64_t target = -1;  // the end that this round asks for
    std::string problem;
    bool vanished = false;
  };
  // Who else is in the group.
  struct GroupLook {
    bool answered = false;  // by the cluster
    bool unsupported = false;
    std::uint32_t members = 0;
    std::string who;
  };

  void run();
  void discover();
  void discover_topic(const std::string& topic);
  void take_topic(const std::string& topic, const std::vector<std::int32_t>& ids);
  [[nodiscard]] bool begin_partition(const KafkaPartitionKey& key, bool known_topic, KafkaPlace& place);
  void mark_vanished(const std::string& topic, const std::set<std::int32_t>& there);
  void probe();
  void take_ends(const std::map<KafkaPartitionKey, std::int64_t>& ends, TimeUs asked);
  void set_contact(bool up, const std::string& reason);
  void close_round();  // with the lock
  void resolve_refused();
  void resolve(const KafkaPartitionKey& key, std::int64_t next);
  [[nodiscard]] GroupLook look_at_group() const;
  void check_group();
  [[nodiscard]] std::string stranger_message(const GroupLook& look) const;
  [[nodiscard]] Status wait_for_company();
  void check_presence();
  void take_company(KafkaCompany company, const KafkaPresence::Look& look);
  [[nodiscard]] std::string company_message() const;
  void add_beats(std::map<KafkaPartitionKey, std::int64_t>& offsets);
  void commit();
  void commit_offsets(std::map<KafkaPartitionKey, std::int64_t> offsets);
  void committed_to_group(int error);

  const KafkaSourceOptions& options_;
  const Clock& clock_;
  const KafkaReporter& reporter_;
  rd_kafka_s* client_ = nullptr;
  rd_kafka_queue_s* commit_queue_ = nullptr;
  std::thread thread_;

  // Of the thread alone.
  Steady::time_point next_discovery_{}, next_group_look_{}, next_presence_{}, next_beat_{};
  KafkaPresence presence_;
  bool may_read_ = false;  // no other Vedette does
  int unanswered_presence_ = 0;
  std::vector<std::string> beats_;                           // topics in the commit that is under way
  std::map<KafkaPartitionKey, std::int64_t> group_offsets_;  // as last written, or found
  bool group_checked_ = false;
  bool committing_ = false;
  int unanswered_looks_ = 0;

  mutable std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;
  std::map<KafkaPartitionKey, State> states_;
  std::set<std::string> met_;      // topics about which a broker has answered
  std::set<std::string> missing_;  // those that did not exist when last asked
  std::vector<KafkaPlace> places_;
  std::map<KafkaPartitionKey, std::int64_t> refused_;
  std::map<KafkaPartitionKey, std::int64_t> to_commit_;
  bool contact_ = false;
  std::string contact_reason_ = "no broker has answered yet";
  Steady::time_point contact_lost_{};
  std::string group_refusal_;  // why nothing is read; empty: we may
  std::string group_warning_;
  std::string presence_refusal_, presence_warning_;  // the same about other Vedettes
  bool round_open_ = false;
  TimeUs round_asked_ = SourceHealth::kNoTime;
  Steady::time_point round_began_{};
  TimeUs complete_to_ = SourceHealth::kNoTime;
  Steady::time_point complete_since_{};

  std::atomic<bool> news_ = false;
  std::atomic<std::uint64_t> history_gaps_ = 0, group_refusals_ = 0;
  std::atomic<std::uint32_t> group_strangers_ = 0, presence_strangers_ = 0;
  std::atomic<bool> halted_ = false;
};

}  // namespace vedette::connectors
