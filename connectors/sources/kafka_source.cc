#include "connectors/sources/kafka_source.h"

#include <fmt/format.h>
#include <librdkafka/rdkafka.h>

#include <array>
#include <atomic>
#include <deque>
#include <set>
#include <thread>
#include <tuple>
#include <utility>

#include "connectors/net/kafka_client.h"
#include "connectors/sources/batch_builder.h"

namespace vedette::connectors {
namespace {

constexpr std::size_t kMessagesPerPoll = 500;
constexpr int kPollMs = 10;  // a batch consume waits this long for more messages: it bounds the added latency
constexpr int kMetadataTimeoutMs = 1000;
constexpr int kOffsetTimeoutMs = 3000;
constexpr DurationUs kMaxAhead = 5 * kMinuteUs;  // of a record's own stamp against the receive time
constexpr std::size_t kConfluentHeader = 5;      // magic byte 0 and a four-byte schema id

struct MessageDeleter {
  void operator()(rd_kafka_message_t* message) const { rd_kafka_message_destroy(message); }
};
using Message = std::unique_ptr<rd_kafka_message_t, MessageDeleter>;
struct ListDeleter {
  void operator()(rd_kafka_topic_partition_list_t* list) const { rd_kafka_topic_partition_list_destroy(list); }
};
using PartitionList = std::unique_ptr<rd_kafka_topic_partition_list_t, ListDeleter>;

// A partition that is assigned to us.
struct Partition {
  explicit Partition(std::shared_ptr<const event::Origin> origin) : builder(std::move(origin)) {}
  BatchBuilder builder;
  std::int64_t next = RD_KAFKA_OFFSET_BEGINNING;  // what to read next; logical until something was read
};
using PartitionKey = std::pair<std::string, std::int32_t>;

std::string_view payload_of(const rd_kafka_message_t& message) {
  std::string_view bytes(static_cast<const char*>(message.payload), message.len);
  if (bytes.size() >= kConfluentHeader && bytes.front() == '\0') bytes.remove_prefix(kConfluentHeader);
  return bytes;
}

TimeUs arrival_of(const rd_kafka_message_t& message, TimeUs now) {
  rd_kafka_timestamp_type_t type = RD_KAFKA_TIMESTAMP_NOT_AVAILABLE;
  const std::int64_t ms = rd_kafka_message_timestamp(&message, &type);
  const TimeUs latest = now + kMaxAhead;
  if (type == RD_KAFKA_TIMESTAMP_NOT_AVAILABLE || ms < 0) return now;
  return ms > latest / 1000 ? latest : ms * 1000;
}

}  // namespace

class KafkaSource::Impl {
 public:
  Impl(KafkaSourceOptions options, OriginFactory origins, Clock clock, Log log)
      : options_(std::move(options)),
        origins_(std::move(origins)),
        clock_(std::move(clock)),
        reporter_{options_.name, std::move(log)} {}
  ~Impl() { stop(); }

  const std::string& name() const { return options_.name; }
  Status start(BatchSink& sink);
  void stop();
  KafkaSourceCounters counters() const { return {records_, tombstones_, errors_, pauses_, partition_count_}; }

 private:
  void run();
  void refresh_partitions();
  bool discover(const std::string& topic);
  bool add_partition(const std::string& topic, std::int32_t id, bool from_latest);
  void assign();
  void consume();
  void take_message(const rd_kafka_message_t& message, TimeUs now);
  void take_error(const rd_kafka_message_t& message);
  void hand_over();
  void pause(bool paused);
  Partition* find(const rd_kafka_message_t& message);
  PartitionList list_of_all() const;

  const KafkaSourceOptions options_;
  const OriginFactory origins_;
  const Clock clock_;
  KafkaReporter reporter_;
  BatchSink* sink_ = nullptr;
  rd_kafka_t* client_ = nullptr;
  rd_kafka_queue_t* queue_ = nullptr;
  std::thread thread_;
  std::atomic<bool> stopping_ = false;

  // The rest belongs to the thread.
  std::map<PartitionKey, Partition> partitions_;
  std::set<std::string> met_;      // topics about which a broker has answered
  std::set<std::string> missing_;  // those that did not exist when last asked
  std::chrono::steady_clock::time_point next_refresh_{};
  std::deque<event::RecordBatch> pending_;  // refused by the sink so far
  std::array<rd_kafka_message_t*, kMessagesPerPoll> messages_{};
  bool paused_ = false;
  bool reassign_ = false;

  std::atomic<std::uint64_t> records_ = 0, tombstones_ = 0, errors_ = 0, pauses_ = 0;
  std::atomic<std::uint32_t> partition_count_ = 0;
};

Status KafkaSource::Impl::start(BatchSink& sink) {
  const KafkaSettings defaults = {
      {"client.id", "vedette"},
      {"bootstrap.servers", join_brokers(options_.brokers)},
      {"group.id", options_.group},
      {"enable.auto.commit", "false"},
      {"enable.auto.offset.store", "false"},
      {"auto.offset.reset", "error"},  // never a silent jump
      {"allow.auto.create.topics", "false"},
      {"check.crcs", "true"},
      {"fetch.wait.max.ms", "50"},
      {"fetch.error.backoff.ms", "100"},
      {"socket.nagle.disable", "true"},
      {"queued.min.messages", "20000"},
      {"queued.max.messages.kbytes", "65536"},
      {"reconnect.backoff.max.ms", "2000"},
  };
  rd_kafka_conf_t* conf = rd_kafka_conf_new();
  report_kafka_events(conf, &reporter_);
  if (Status applied = apply_kafka_settings(conf, defaults, options_.properties); !applied.ok()) {
    rd_kafka_conf_destroy(conf);
    return Error{applied.error().to_string(), options_.name};
  }
  std::array<char, 512> reason{};
  client_ = rd_kafka_new(RD_KAFKA_CONSUMER, conf, reason.data(), reason.size());
  if (client_ == nullptr) {
    rd_kafka_conf_destroy(conf);
    return Error{fmt::format("the Kafka consumer cannot be made: {}", reason.data()), options_.name};
  }
  rd_kafka_poll_set_consumer(client_);
  queue_ = rd_kafka_queue_get_consumer(client_);
  sink_ = &sink;
  thread_ = std::thread([this] { run(); });
  return {};
}

void KafkaSource::Impl::stop() {
  stopping_ = true;
  if (thread_.joinable()) thread_.join();
  if (client_ == nullptr) return;
  rd_kafka_queue_destroy(queue_);
  rd_kafka_consumer_close(client_);
  rd_kafka_destroy(client_);
  client_ = nullptr;
}

void KafkaSource::Impl::run() {
  while (!stopping_) {
    refresh_partitions();
    consume();
    hand_over();
  }
  rd_kafka_assign(client_, nullptr);
}

// Asks for the topics' partitions from time to time; assigns the whole list anew, at our own offsets, when it grew.
void KafkaSource::Impl::refresh_partitions() {
  const auto now = std::chrono::steady_clock::now();
  if (now >= next_refresh_) {
    for (const std::string& topic : options_.topics) reassign_ = discover(topic) || reassign_;
    next_refresh_ = std::chrono::steady_clock::now() + options_.metadata_interval;
  }
  if (reassign_) assign();
  reassign_ = false;
}

// True when partitions were added.
bool KafkaSource::Impl::discover(const std::string& topic) {
  rd_kafka_topic_t* handle = rd_kafka_topic_new(client_, topic.c_str(), nullptr);
  if (handle == nullptr) return false;
  const rd_kafka_metadata_t* metadata = nullptr;
  rd_kafka_resp_err_t error = rd_kafka_metadata(client_, 0, handle, &metadata, kMetadataTimeoutMs);
  rd_kafka_topic_destroy(handle);
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) {
    reporter_.report(LogLevel::warning, fmt::format("no broker tells about topic {}: {}", topic, rd_kafka_err2str(error)));
    return false;
  }
  bool grew = false;
  const bool first_answer = !met_.contains(topic);
  if (metadata->topic_cnt == 1) error = metadata->topics[0].err;
  if (error == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART) {
    if (missing_.insert(topic).second)
      reporter_.report(LogLevel::warning, fmt::format("topic {} does not exist; waiting for it", topic));
    met_.insert(topic);
  } else if (error != RD_KAFKA_RESP_ERR_NO_ERROR) {
    reporter_.report(LogLevel::warning, fmt::format("topic {}: {}", topic, rd_kafka_err2str(error)));
  } else if (metadata->topic_cnt == 1) {
    bool all_added = true;
    for (int i = 0; i < metadata->topics[0].partition_cnt; ++i) {
      const std::int32_t id = metadata->topics[0].partitions[i].id;
      if (partitions_.contains({topic, id})) continue;
      const bool added = add_partition(topic, id, options_.from_latest && first_answer);
      grew = grew || added;
      all_added = all_added && added;
    }
    if (all_added) met_.insert(topic);
    missing_.erase(topic);
  }
  rd_kafka_metadata_destroy(metadata);
  return grew;
}

bool KafkaSource::Impl::add_partition(const std::string& topic, std::int32_t id, bool from_latest) {
  std::int64_t low = 0, high = 0;
  if (from_latest) {
    const rd_kafka_resp_err_t error = rd_kafka_query_watermark_offsets(client_, topic.c_str(), id, &low, &high, kOffsetTimeoutMs);
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR) {
      reporter_.report(LogLevel::warning, fmt::format("the end of {}/{} is unknown: {}", topic, id, rd_kafka_err2str(error)));
      return false;
    }
  }
  const auto [place, added] = partitions_.try_emplace(PartitionKey{topic, id}, origins_(topic, id));
  if (from_latest) place->second.next = high;
  partition_count_ = static_cast<std::uint32_t>(partitions_.size());
  const std::string from = from_latest ? fmt::format("offset {}", high) : "its start";
  reporter_.report(LogLevel::info, fmt::format("reading {}/{} from {}", topic, id, from));
  return added;
}

PartitionList KafkaSource::Impl::list_of_all() const {
  PartitionList list(rd_kafka_topic_partition_list_new(static_cast<int>(partitions_.size())));
  for (const auto& [key, partition] : partitions_) {
    rd_kafka_topic_partition_list_add(list.get(), key.first.c_str(), key.second)->offset = partition.next;
  }
  return list;
}

void KafkaSource::Impl::assign() {
  const rd_kafka_resp_err_t error = rd_kafka_assign(client_, list_of_all().get());
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) {
    reporter_.report(LogLevel::error, fmt::format("partitions cannot be assigned: {}", rd_kafka_err2str(error)));
  }
  paused_ = false;
}

void KafkaSource::Impl::consume() {
  const ssize_t n = rd_kafka_consume_batch_queue(queue_, kPollMs, messages_.data(), messages_.size());
  const TimeUs now = clock_();
  for (ssize_t i = 0; i < n; ++i) {
    const Message message(messages_[static_cast<std::size_t>(i)]);
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
      take_message(*message, now);
    } else {
      take_error(*message);
    }
  }
  for (auto& [key, partition] : partitions_) {
    if (!partition.builder.empty()) partition.builder.take(pending_.emplace_back());
  }
}

Partition* KafkaSource::Impl::find(const rd_kafka_message_t& message) {
  const auto found = partitions_.find(PartitionKey{rd_kafka_topic_name(message.rkt), message.partition});
  return found == partitions_.end() ? nullptr : &found->second;
}

void KafkaSource::Impl::take_message(const rd_kafka_message_t& message, TimeUs now) {
  Partition* partition = find(message);
  // Below our own offset: fetched before an assignment or a pause, and already taken.
  if (partition == nullptr || message.offset < partition->next) return;
  partition->next = message.offset + 1;
  if (message.payload == nullptr) {
    ++tombstones_;
    return;
  }
  partition->builder.add(payload_of(message), arrival_of(message, now), 0, static_cast<std::uint64_t>(message.offset));
  ++records_;
  if (partition->builder.full()) partition->builder.take(pending_.emplace_back());
}

void KafkaSource::Impl::take_error(const rd_kafka_message_t& message) {
  ++errors_;
  const std::string place =
      message.rkt == nullptr ? "" : fmt::format("{}/{}: ", rd_kafka_topic_name(message.rkt), message.partition);
  Partition* partition = message.rkt == nullptr ? nullptr : find(message);
  if (message.err == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET && partition != nullptr) {
    reporter_.report(LogLevel::error,
                     fmt::format("{}records from offset {} on are no longer there: a gap; going on with the oldest kept", place,
                                 partition->next));
    partition->next = RD_KAFKA_OFFSET_BEGINNING;
    reassign_ = true;
    return;
  }
  reporter_.report(LogLevel::warning, place + rd_kafka_message_errstr(&message));
}

// Backpressure: while the sink refuses, the partitions are paused, and polling goes on.
void KafkaSource::Impl::hand_over() {
  while (!pending_.empty() && sink_->offer(pending_.front())) pending_.pop_front();
  pause(!pending_.empty());
}

void KafkaSource::Impl::pause(bool paused) {
  if (paused == paused_ || partitions_.empty()) return;
  const PartitionList list = list_of_all();
  if (paused) {
    rd_kafka_pause_partitions(client_, list.get());
    ++pauses_;
  } else {
    rd_kafka_resume_partitions(client_, list.get());
  }
  paused_ = paused;
}

KafkaSource::KafkaSource(KafkaSourceOptions options, OriginFactory origins, Clock clock, Log log)
    : impl_(std::make_unique<Impl>(std::move(options), std::move(origins), std::move(clock), std::move(log))) {}
KafkaSource::~KafkaSource() = default;
const std::string& KafkaSource::name() const { return impl_->name(); }
Status KafkaSource::start(BatchSink& sink) { return impl_->start(sink); }
void KafkaSource::stop() { impl_->stop(); }
KafkaSourceCounters KafkaSource::counters() const { return impl_->counters(); }

}  // namespace vedette::connectors
