#include "connectors/sinks/kafka_sink.h"

#include <fmt/format.h>
#include <librdkafka/rdkafka.h>

#include <array>
#include <atomic>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>

#include "connectors/net/kafka_client.h"

namespace vedette::connectors {
namespace {

constexpr int kPollMs = 100;
constexpr int kWarmUpMs = 1000;
constexpr int kPurgeMs = 1000;
constexpr std::chrono::milliseconds kRetryAfter{5};

}  // namespace

class KafkaSink::Impl {
 public:
  Impl(KafkaSinkOptions options, Log log) : options_(std::move(options)), reporter_{options_.name, std::move(log), this} {}
  ~Impl() {
    static_cast<void>(stop().ok());  // already reported there
  }

  const std::string& name() const { return options_.name; }
  Status start();
  void deliver(const alert::Alert& alert, std::string_view json);
  Status stop();
  std::uint64_t failed() const { return failed_; }
  std::uint64_t delivered() const { return delivered_; }

 private:
  struct Reporter : KafkaReporter {
    Reporter(std::string name_in, Log log_in, Impl* sink_in)
        : KafkaReporter{std::move(name_in), std::move(log_in)}, sink(sink_in) {}
    Impl* sink;
  };
  // An alert that a failed producer has not delivered.
  struct Unsent {
    std::string id, key, value;
  };
  Result<rd_kafka_t*> make_client();
  rd_kafka_resp_err_t send(std::string_view id, std::string_view key, std::string_view value);
  static void on_delivery(rd_kafka_t* client, const rd_kafka_message_t* message, void* opaque);
  void serve();
  void warm_up();
  void replace_client();
  void fail(std::string_view alert_id, rd_kafka_resp_err_t error);

  const KafkaSinkOptions options_;
  Reporter reporter_;
  std::mutex mutex_;  // client_ is replaced by the serving thread only, and used by others under the lock
  rd_kafka_t* client_ = nullptr;
  std::deque<Unsent> unsent_;  // the serving thread's
  std::thread thread_;
  std::atomic<bool> stopping_ = false;
  std::atomic<std::uint64_t> delivered_ = 0, failed_ = 0;
};

Result<rd_kafka_t*> KafkaSink::Impl::make_client() {
  const KafkaSettings defaults = {
      {"client.id", "vedette"},
      {"bootstrap.servers", join_brokers(options_.brokers)},
      {"enable.idempotence", "true"},
      {"acks", "all"},
      {"linger.ms", "1"},
      {"compression.type", "lz4"},
      {"delivery.timeout.ms", std::to_string(options_.delivery_timeout.count())},
      {"queue.buffering.max.messages", std::to_string(options_.queue_messages)},
      {"queue.buffering.max.kbytes", "65536"},
      {"socket.nagle.disable", "true"},
      {"reconnect.backoff.max.ms", "2000"},
  };
  rd_kafka_conf_t* conf = rd_kafka_conf_new();
  report_kafka_events(conf, &reporter_);
  rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
  if (Status applied = apply_kafka_settings(conf, defaults, options_.properties); !applied.ok()) {
    rd_kafka_conf_destroy(conf);
    return Error{applied.error().to_string(), options_.name};
  }
  std::array<char, 512> reason{};
  rd_kafka_t* client = rd_kafka_new(RD_KAFKA_PRODUCER, conf, reason.data(), reason.size());
  if (client == nullptr) {
    rd_kafka_conf_destroy(conf);
    return Error{fmt::format("the Kafka producer cannot be made: {}", reason.data()), options_.name};
  }
  return client;
}

Status KafkaSink::Impl::start() {
  auto client = make_client();
  if (!client.ok()) return client.error();
  client_ = *client;
  thread_ = std::thread([this] { serve(); });
  return {};
}

// Serves delivery reports; a producer that failed for good is replaced.
void KafkaSink::Impl::serve() {
  warm_up();
  while (!stopping_) {
    rd_kafka_poll(client_, kPollMs);
    if (rd_kafka_fatal_error(client_, nullptr, 0) != RD_KAFKA_RESP_ERR_NO_ERROR) replace_client();
  }
}

// Learns about the topic at once; else the first alert waits for it.
void KafkaSink::Impl::warm_up() {
  rd_kafka_topic_t* topic = rd_kafka_topic_new(client_, options_.topic.c_str(), nullptr);
  if (topic == nullptr) return;
  const rd_kafka_metadata_t* metadata = nullptr;
  if (rd_kafka_metadata(client_, 0, topic, &metadata, kWarmUpMs) == RD_KAFKA_RESP_ERR_NO_ERROR)
    rd_kafka_metadata_destroy(metadata);
  rd_kafka_topic_destroy(topic);
}

// An idempotent producer that lost its sequence refuses everything from then on. What it has not delivered goes out again
// through a new one, first and in order; receivers drop repeats by alert_id.
void KafkaSink::Impl::replace_client() {
  const std::lock_guard lock(mutex_);
  rd_kafka_purge(client_, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
  rd_kafka_flush(client_, kPurgeMs);
  auto fresh = make_client();
  if (!fresh.ok()) return reporter_.report(LogLevel::error, fresh.error().to_string());
  rd_kafka_destroy(std::exchange(client_, *fresh));
  const std::deque<Unsent> again = std::exchange(unsent_, {});
  reporter_.report(LogLevel::error,
                   fmt::format("the producer failed for good and was replaced; {} alerts are sent again", again.size()));
  for (const Unsent& alert : again) {
    rd_kafka_resp_err_t error = send(alert.id, alert.key, alert.value);
    while (error == RD_KAFKA_RESP_ERR__QUEUE_FULL && !stopping_) {
      rd_kafka_poll(client_, kPollMs);
      error = send(alert.id, alert.key, alert.value);
    }
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR) fail(alert.id, error);
  }
}

rd_kafka_resp_err_t KafkaSink::Impl::send(std::string_view id, std::string_view key, std::string_view value) {
  return rd_kafka_producev(client_, RD_KAFKA_V_TOPIC(options_.topic.c_str()), RD_KAFKA_V_KEY(key.data(), key.size()),
                           RD_KAFKA_V_VALUE(const_cast<char*>(value.data()), value.size()),
                           RD_KAFKA_V_HEADER("alert_id", id.data(), static_cast<ssize_t>(id.size())),
                           RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_END);
}

void KafkaSink::Impl::deliver(const alert::Alert& alert, std::string_view json) {
  const std::string& key = alert.key_text.empty() ? alert.alert_id : alert.key_text;
  for (;;) {
    rd_kafka_resp_err_t error = RD_KAFKA_RESP_ERR__STATE;
    {
      const std::lock_guard lock(mutex_);
      if (client_ != nullptr) error = send(alert.alert_id, key, json);
    }
    if (error == RD_KAFKA_RESP_ERR_NO_ERROR) return;
    // Full: the oldest are delivered or time out, so the wait is bounded. Fatal: the serving thread replaces the producer.
    const bool passing = error == RD_KAFKA_RESP_ERR__QUEUE_FULL || error == RD_KAFKA_RESP_ERR__FATAL;
    if (!passing || stopping_) return fail(alert.alert_id, error);
    std::this_thread::sleep_for(kRetryAfter);
  }
}

void KafkaSink::Impl::on_delivery(rd_kafka_t* client, const rd_kafka_message_t* message, void* opaque) {
  Impl* sink = static_cast<Reporter*>(static_cast<KafkaReporter*>(opaque))->sink;
  if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
    ++sink->delivered_;
    return;
  }
  rd_kafka_headers_t* headers = nullptr;
  const void* bytes = nullptr;
  std::size_t size = 0;
  const bool known = rd_kafka_message_headers(message, &headers) == RD_KAFKA_RESP_ERR_NO_ERROR &&
                     rd_kafka_header_get_last(headers, "alert_id", &bytes, &size) == RD_KAFKA_RESP_ERR_NO_ERROR;
  const std::string_view id = known ? std::string_view(static_cast<const char*>(bytes), size) : "?";
  const bool fatal = rd_kafka_fatal_error(client, nullptr, 0) != RD_KAFKA_RESP_ERR_NO_ERROR;
  if (fatal && !sink->stopping_) {
    sink->unsent_.push_back({std::string(id), std::string(static_cast<const char*>(message->key), message->key_len),
                             std::string(static_cast<const char*>(message->payload), message->len)});
  } else {
    sink->fail(id, message->err);
  }
}

void KafkaSink::Impl::fail(std::string_view alert_id, rd_kafka_resp_err_t error) {
  ++failed_;
  reporter_.report(LogLevel::error, fmt::format("alert {} was not delivered: {}", alert_id, rd_kafka_err2str(error)));
}

Status KafkaSink::Impl::stop() {
  if (client_ == nullptr) return {};
  stopping_ = true;
  if (thread_.joinable()) thread_.join();
  rd_kafka_flush(client_, static_cast<int>(options_.stop_timeout.count()));
  const int left = rd_kafka_outq_len(client_);
  rd_kafka_purge(client_, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
  rd_kafka_flush(client_, kPurgeMs);
  rd_kafka_destroy(client_);
  client_ = nullptr;
  if (left > 0) return Error{fmt::format("{} alerts were not delivered before the end", left), options_.name};
  return {};
}

KafkaSink::KafkaSink(KafkaSinkOptions options, Log log) : impl_(std::make_unique<Impl>(std::move(options), std::move(log))) {}
KafkaSink::~KafkaSink() = default;
const std::string& KafkaSink::name() const { return impl_->name(); }
Status KafkaSink::start() { return impl_->start(); }
void KafkaSink::deliver(const alert::Alert& alert, std::string_view json) { impl_->deliver(alert, json); }
Status KafkaSink::flush() { return {}; }
Status KafkaSink::stop() { return impl_->stop(); }
std::uint64_t KafkaSink::failed() const { return impl_->failed(); }
std::uint64_t KafkaSink::delivered() const { return impl_->delivered(); }

}  // namespace vedette::connectors
