#include "connectors/sources/kafka_source.h"

#include <fmt/format.h>
#include <librdkafka/rdkafka.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <deque>
#include <thread>
#include <utility>

#include "connectors/net/kafka_client.h"
#include "connectors/sources/batch_builder.h"
#include "connectors/sources/kafka_value.h"
#include "connectors/sources/kafka_watch.h"

namespace vedette::connectors {
namespace {

constexpr std::size_t kMessagesPerPoll = 500;
constexpr int kPollMs = 10;                      // for the first message
constexpr int kGatherMs = 2;                     // for more behind it, unless there are enough: it bounds the added latency
constexpr DurationUs kMaxAhead = 5 * kMinuteUs;  // of a record's own stamp against the receive time

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
  std::int64_t next = KafkaPlace::kFromStart;  // what to read next
  std::int64_t resumed = -1;                   // the newest `resume` of a batch
  std::int64_t reported = -1;                  // what the watch knows to be offered
  bool refused = false;                        // the broker does not have `next`
};

TimeUs arrival_of(const rd_kafka_message_t& message, TimeUs now) {
  rd_kafka_timestamp_type_t type = RD_KAFKA_TIMESTAMP_NOT_AVAILABLE;
  const std::int64_t ms = rd_kafka_message_timestamp(&message, &type);
  const TimeUs latest = now + kMaxAhead;
  if (type == RD_KAFKA_TIMESTAMP_NOT_AVAILABLE || ms < 0) return now;
  return ms > latest / 1000 ? latest : ms * 1000;
}

}  // namespace

class KafkaSource::Impl final : private event::ElementSink {
 public:
  Impl(KafkaSourceOptions options, OriginFactory origins, Clock clock, Log log, RejectHandler on_reject)
      : options_(std::move(options)),
        origins_(std::move(origins)),
        clock_(std::move(clock)),
        reporter_{options_.name, std::move(log)},
        on_reject_(std::move(on_reject)),
        watch_(options_, clock_, reporter_) {}
  ~Impl() override { stop(); }

  const std::string& name() const { return options_.name; }
  Status start(BatchSink& sink);
  void stop();
  void committed(const std::string& partition, const std::string& resume) { watch_.committed(partition, resume); }
  SourceHealth health() const;
  KafkaSourceCounters counters() const;
  std::vector<KafkaPartitionState> partitions() const { return watch_.states(); }

 private:
  Status make_client();
  void run();
  void take_places();
  void adopt(const KafkaPlace& place);
  void assign();
  std::size_t poll();
  void consume();
  void take_message(const rd_kafka_message_t& message, TimeUs now);
  void on_element(std::string_view bytes, std::uint64_t line, std::uint64_t position) override;
  void on_reject(const event::Reject& reject) override;
  void take_end(Partition& partition, std::int64_t offset);
  void take_error(const rd_kafka_message_t& message);
  void close_batch(Partition& partition);
  void hand_over();
  void tell_offered();
  void pause(bool paused);
  Partition* find(const rd_kafka_message_t& message);
  PartitionList list_of_all() const;

  const KafkaSourceOptions options_;
  const OriginFactory origins_;
  const Clock clock_;
  KafkaReporter reporter_;
  const RejectHandler on_reject_;
  KafkaWatch watch_;
  BatchSink* sink_ = nullptr;
  rd_kafka_t* client_ = nullptr;
  rd_kafka_queue_t* queue_ = nullptr;
  std::thread thread_;
  std::atomic<bool> stopping_ = false;

  // The rest belongs to the thread.
  std::map<KafkaPartitionKey, Partition> partitions_;
  std::deque<event::RecordBatch> pending_;  // refused by the sink so far
  std::array<rd_kafka_message_t*, kMessagesPerPoll> messages_{};
  bool paused_ = false;
  // The message whose value is being unpacked.
  Partition* from_ = nullptr;
  std::uint64_t offset_ = 0;
  TimeUs arrival_ = event::kNoArrival;
  std::string unpacked_;

  std::atomic<std::uint64_t> records_ = 0, tombstones_ = 0, rejects_ = 0, errors_ = 0, pauses_ = 0;
  std::atomic<std::uint32_t> partition_count_ = 0;
  std::atomic<TimeUs> newest_ = SourceHealth::kNoTime;
};

Status KafkaSource::Impl::make_client() {
  const KafkaSettings defaults = {
      {"client.id", "vedette"},
      {"bootstrap.servers", join_brokers(options_.brokers)},
      {"group.id", options_.group},
      {"enable.auto.commit", "false"},
      {"enable.auto.offset.store", "false"},
      {"enable.partition.eof", "true"},
      {"auto.offset.reset", "error"},  // never a silent jump
      {"allow.auto.create.topics", "false"},
      {"check.crcs", "true"},
      {"fetch.wait.max.ms", "50"},
      {"fetch.error.backoff.ms", "100"},
      {"socket.nagle.disable", "true"},
      {"socket.timeout.ms", "15000"},  // a half-open connection is noticed
      {"queued.min.messages", "20000"},
      {"queued.max.messages.kbytes", "65536"},
      {"reconnect.backoff.max.ms", "2000"},
  };
  Result<KafkaSettings> settings = kafka_security_settings(options_.security);
  if (!settings.ok()) return Error{settings.error().to_string(), options_.name};
  settings->insert(defaults.begin(), defaults.end());
  rd_kafka_conf_t* conf = rd_kafka_conf_new();
  report_kafka_events(conf, &reporter_);
  if (Status applied = apply_kafka_settings(conf, *settings, options_.properties); !applied.ok()) {
    rd_kafka_conf_destroy(conf);
    return Error{applied.error().to_string(), options_.name};
  }
  std::array<char, 512> reason{};
  client_ = rd_kafka_new(RD_KAFKA_CONSUMER, conf, reason.data(), reason.size());
  if (client_ != nullptr) return {};
  rd_kafka_conf_destroy(conf);
  return Error{fmt::format("the Kafka consumer cannot be made: {}", reason.data()), options_.name};
}

Status KafkaSource::Impl::start(BatchSink& sink) {
  if (Status made = make_client(); !made.ok()) return made;
  rd_kafka_poll_set_consumer(client_);
  queue_ = rd_kafka_queue_get_consumer(client_);
  sink_ = &sink;
  if (Status alone = watch_.start(client_); !alone.ok()) {
    stop();
    return alone;
  }
  thread_ = std::thread([this] { run(); });
  return {};
}

void KafkaSource::Impl::stop() {
  stopping_ = true;
  if (thread_.joinable()) thread_.join();
  watch_.stop();
  if (client_ == nullptr) return;
  rd_kafka_queue_destroy(queue_);
  rd_kafka_consumer_close(client_);
  rd_kafka_destroy(client_);
  client_ = nullptr;
}

void KafkaSource::Impl::run() {
  while (!stopping_) {
    take_places();
    consume();
    hand_over();
  }
  rd_kafka_assign(client_, nullptr);
}

// New partitions, and those that go on elsewhere: the whole list is assigned anew, at our own offsets.
void KafkaSource::Impl::take_places() {
  const std::vector<KafkaPlace> places = watch_.take_places();
  for (const KafkaPlace& place : places) adopt(place);
  if (!places.empty()) assign();
}

void KafkaSource::Impl::adopt(const KafkaPlace& place) {
  const auto& [topic, id] = place.key;
  auto found = partitions_.find(place.key);
  if (found == partitions_.end()) {
    found = partitions_.try_emplace(place.key, origins_(topic, id)).first;
    partition_count_ = static_cast<std::uint32_t>(partitions_.size());
    const std::string from = place.next < 0 ? "its start" : fmt::format("offset {}", place.next);
    reporter_.report(LogLevel::info, fmt::format("reading {}/{} from {}", topic, id, from));
  }
  Partition& partition = found->second;
  partition.next = std::max(partition.next, place.next);  // never back: what was read meanwhile was read
  partition.refused = false;
  if (!place.first) partition.resumed = place.next;
  // The end is where this partition begins for good: a restart must not begin at a later one.
  if (place.first && place.next >= 0) close_batch(partition);
}

PartitionList KafkaSource::Impl::list_of_all() const {
  PartitionList list(rd_kafka_topic_partition_list_new(static_cast<int>(partitions_.size())));
  for (const auto& [key, partition] : partitions_) {
    if (partition.refused) continue;
    rd_kafka_topic_partition_list_add(list.get(), key.first.c_str(), key.second)->offset = partition.next;
  }
  return list;
}

void KafkaSource::Impl::assign() {
  pause(false);  // a partition that was paused would stay so
  const rd_kafka_resp_err_t error = rd_kafka_assign(client_, list_of_all().get());
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) {
    reporter_.report(LogLevel::error, fmt::format("partitions cannot be assigned: {}", rd_kafka_err2str(error)));
  }
}

// A batch consume waits its whole time for a full batch, so the waiting for anything at all is done before.
std::size_t KafkaSource::Impl::poll() {
  messages_[0] = rd_kafka_consume_queue(queue_, kPollMs);
  if (messages_[0] == nullptr) return 0;
  const ssize_t more = rd_kafka_consume_batch_queue(queue_, kGatherMs, &messages_[1], messages_.size() - 1);
  return 1 + static_cast<std::size_t>(std::max<ssize_t>(more, 0));
}

void KafkaSource::Impl::consume() {
  const std::size_t n = poll();
  const TimeUs now = clock_();
  for (std::size_t i = 0; i < n; ++i) {
    const Message message(messages_[i]);
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
      take_message(*message, now);
    } else {
      take_error(*message);
    }
  }
  for (auto& [key, partition] : partitions_) {
    if (!partition.builder.empty()) close_batch(partition);
  }
}

Partition* KafkaSource::Impl::find(const rd_kafka_message_t& message) {
  if (message.rkt == nullptr) return nullptr;
  const auto found = partitions_.find(KafkaPartitionKey{rd_kafka_topic_name(message.rkt), message.partition});
  return found == partitions_.end() ? nullptr : &found->second;
}

void KafkaSource::Impl::take_message(const rd_kafka_message_t& message, TimeUs now) {
  Partition* partition = find(message);
  // Below our own offset: fetched before an assignment or a pause, and already taken.
  if (partition == nullptr || partition->refused || message.offset < partition->next) return;
  partition->next = message.offset + 1;
  newest_ = now;
  from_ = partition;
  offset_ = static_cast<std::uint64_t>(message.offset);
  arrival_ = arrival_of(message, now);
  KafkaValueOptions options;
  options.text = options_.text_topics.contains(rd_kafka_topic_name(message.rkt));
  options.inflated_bytes = options_.inflated_bytes;
  const std::string_view value(static_cast<const char*>(message.payload), message.payload == nullptr ? 0 : message.len);
  if (!unpack_kafka_value(value, options, unpacked_, *this)) ++tombstones_;
  // Only here: a batch never ends inside a message.
  if (partition->builder.full()) close_batch(*partition);
}

void KafkaSource::Impl::on_element(std::string_view bytes, std::uint64_t line, std::uint64_t) {
  from_->builder.add(bytes, arrival_, line, offset_);
  ++records_;
}

void KafkaSource::Impl::on_reject(const event::Reject& reject) {
  ++rejects_;
  if (!on_reject_) return;
  event::Reject placed = reject;
  placed.position = offset_;
  placed.message = fmt::format("{} offset {}: {}", from_->builder.origin()->partition, offset_, reject.message);
  on_reject_(*from_->builder.origin(), placed);
}

// The end of a partition was reached; behind its last record there may be offsets without one (transactions, compaction).
void KafkaSource::Impl::take_end(Partition& partition, std::int64_t offset) {
  partition.next = std::max(partition.next, offset);
  if (partition.next != partition.resumed) close_batch(partition);
}

void KafkaSource::Impl::take_error(const rd_kafka_message_t& message) {
  Partition* partition = find(message);
  if (message.err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
    if (partition != nullptr && !partition->refused) take_end(*partition, message.offset);
    return;
  }
  ++errors_;
  if (message.err == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET && partition != nullptr) {
    partition->refused = true;
    watch_.refused({rd_kafka_topic_name(message.rkt), message.partition}, partition->next);
    return;
  }
  const std::string place =
      message.rkt == nullptr ? "" : fmt::format("{}/{}: ", rd_kafka_topic_name(message.rkt), message.partition);
  reporter_.report_seldom(LogLevel::warning, place + rd_kafka_err2name(message.err), place + rd_kafka_message_errstr(&message));
}

// A batch ends between two messages: whoever resumes behind it has all of it.
void KafkaSource::Impl::close_batch(Partition& partition) {
  event::RecordBatch& batch = pending_.emplace_back();
  partition.builder.take(batch);
  batch.resume = fmt::format("{}", partition.next);
  partition.resumed = partition.next;
}

// Backpressure: while the sink refuses, the partitions are paused, and polling goes on.
void KafkaSource::Impl::hand_over() {
  while (!pending_.empty() && sink_->offer(pending_.front())) pending_.pop_front();
  if (pending_.empty()) tell_offered();
  pause(!pending_.empty() || watch_.halted());
}

void KafkaSource::Impl::tell_offered() {
  std::vector<std::pair<KafkaPartitionKey, std::int64_t>> moved;
  for (auto& [key, partition] : partitions_) {
    if (partition.next < 0 || partition.next == partition.reported) continue;
    partition.reported = partition.next;
    moved.emplace_back(key, partition.next);
  }
  if (!moved.empty()) watch_.offered(moved);
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

SourceHealth KafkaSource::Impl::health() const {
  SourceHealth health = watch_.health();
  health.idle_since = newest_;
  return health;
}

KafkaSourceCounters KafkaSource::Impl::counters() const {
  KafkaSourceCounters counters{.records = records_,
                               .tombstones = tombstones_,
                               .rejects = rejects_,
                               .errors = errors_,
                               .pauses = pauses_,
                               .partitions = partition_count_};
  watch_.count(counters);
  return counters;
}

KafkaSource::KafkaSource(KafkaSourceOptions options, OriginFactory origins, Clock clock, Log log, RejectHandler on_reject)
    : impl_(std::make_unique<Impl>(std::move(options), std::move(origins), std::move(clock), std::move(log),
                                   std::move(on_reject))) {}
KafkaSource::~KafkaSource() = default;
const std::string& KafkaSource::name() const { return impl_->name(); }
Status KafkaSource::start(BatchSink& sink) { return impl_->start(sink); }
void KafkaSource::committed(const std::string& partition, const std::string& resume) { impl_->committed(partition, resume); }
SourceHealth KafkaSource::health() const { return impl_->health(); }
void KafkaSource::stop() { impl_->stop(); }
KafkaSourceCounters KafkaSource::counters() const { return impl_->counters(); }
std::vector<KafkaPartitionState> KafkaSource::partitions() const { return impl_->partitions(); }

}  // namespace vedette::connectors
