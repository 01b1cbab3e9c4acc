#include "connectors/sinks/kafka_sink.h"

#include <fmt/format.h>
#include <librdkafka/rdkafka.h>

#include <array>
#include <atomic>
#include <optional>
#include <utility>

namespace vedette::connectors {
namespace {

constexpr int kPollMs = 50;
constexpr int kPurgePolls = 40;

// Errors that the same message meets again whenever it is sent.
bool never(rd_kafka_resp_err_t error) {
  switch (error) {
    case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
    case RD_KAFKA_RESP_ERR_INVALID_MSG:
    case RD_KAFKA_RESP_ERR_INVALID_RECORD:
    case RD_KAFKA_RESP_ERR_INVALID_MSG_SIZE:
      return true;
    default:
      return false;
  }
}

}  // namespace

class KafkaSink::Impl {
 public:
  Impl(KafkaSinkOptions options, Log log) : options_(std::move(options)), reporter_(options_.name, std::move(log), this) {}
  ~Impl() {
    if (client_ != nullptr) drop_client();
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  const std::string& name() const { return options_.name; }
  Status start();
  Delivery deliver(std::span<const OutboxAlert> alerts);
  void cancel() { cancelled_ = true; }

 private:
  using Code = rd_kafka_resp_err_t;
  struct Reporter : KafkaReporter {
    Reporter(std::string name_in, Log log_in, Impl* sink_in)
        : KafkaReporter{std::move(name_in), std::move(log_in)}, sink(sink_in) {}
    Impl* sink;
  };
  [[nodiscard]] Result<rd_kafka_t*> make_client();
  void drop_client();
  [[nodiscard]] bool failed_for_good() const;
  [[nodiscard]] Code send(const OutboxAlert& alert, std::size_t place);
  void wait_for_reports();
  [[nodiscard]] Delivery outcome() const;
  static void on_report(rd_kafka_t* client, const rd_kafka_message_t* message, void* opaque);

  const KafkaSinkOptions options_;
  Reporter reporter_;
  rd_kafka_t* client_ = nullptr;
  rd_kafka_topic_t* topic_ = nullptr;
  std::atomic<bool> cancelled_ = false;
  // Of the delivery under way: what became of each message. A message carries its delivery and place, so that a report that
  // comes after all belongs to nothing.
  std::uint32_t round_ = 0;
  std::vector<std::optional<Code>> reports_;
  std::size_t missing_ = 0;
};

Result<rd_kafka_t*> KafkaSink::Impl::make_client() {
  auto security = kafka_security_settings(options_.security);
  if (!security.ok()) return Error{security.error().to_string(), options_.name};
  KafkaSettings settings = {
      {"client.id", "vedette"},
      {"bootstrap.servers", join_brokers(options_.brokers)},
      {"enable.idempotence", "true"},
      {"acks", "all"},
      {"linger.ms", "1"},
      {"compression.type", "lz4"},
      {"delivery.timeout.ms", std::to_string(options_.delivery_timeout.count())},
      {"queue.buffering.max.kbytes", "65536"},
      {"socket.nagle.disable", "true"},
      {"reconnect.backoff.max.ms", "2000"},
  };
  settings.merge(std::move(security.value()));
  rd_kafka_conf_t* conf = rd_kafka_conf_new();
  report_kafka_events(conf, &reporter_);
  rd_kafka_conf_set_dr_msg_cb(conf, on_report);
  if (Status applied = apply_kafka_settings(conf, settings, options_.properties); !applied.ok()) {
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
  // Asks for the topic's leaders at once; else the first alert waits for them.
  topic_ = rd_kafka_topic_new(client_, options_.topic.c_str(), nullptr);
  return {};
}

void KafkaSink::Impl::drop_client() {
  rd_kafka_purge(client_, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
  if (topic_ != nullptr) rd_kafka_topic_destroy(std::exchange(topic_, nullptr));
  rd_kafka_destroy(std::exchange(client_, nullptr));
}

bool KafkaSink::Impl::failed_for_good() const { return rd_kafka_fatal_error(client_, nullptr, 0) != RD_KAFKA_RESP_ERR_NO_ERROR; }

rd_kafka_resp_err_t KafkaSink::Impl::send(const OutboxAlert& alert, std::size_t place) {
  const std::string& key = alert.group_key.empty() ? alert.alert_id : alert.group_key;
  const std::string revision = std::to_string(alert.revision);
  const std::uintptr_t tag = (static_cast<std::uintptr_t>(round_) << 32) | place;
  return rd_kafka_producev(client_, RD_KAFKA_V_TOPIC(options_.topic.c_str()), RD_KAFKA_V_KEY(key.data(), key.size()),
                           RD_KAFKA_V_VALUE(const_cast<char*>(alert.json.data()), alert.json.size()),
                           RD_KAFKA_V_HEADER("alert_id", alert.alert_id.data(), static_cast<ssize_t>(alert.alert_id.size())),
                           RD_KAFKA_V_HEADER("revision", revision.data(), static_cast<ssize_t>(revision.size())),
                           RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_OPAQUE(reinterpret_cast<void*>(tag)),
                           RD_KAFKA_V_END);
}

void KafkaSink::Impl::on_report(rd_kafka_t*, const rd_kafka_message_t* message, void* opaque) {
  Impl* sink = static_cast<Reporter*>(static_cast<KafkaReporter*>(opaque))->sink;
  const auto tag = reinterpret_cast<std::uintptr_t>(message->_private);
  const std::size_t place = tag & 0xffffffffU;
  if (tag >> 32 != sink->round_ || place >= sink->reports_.size() || sink->reports_[place]) return;
  sink->reports_[place] = message->err;
  --sink->missing_;
}

// Ends by itself: each message has its timeout. A producer that failed for good, or a cancel, is not waited for.
void KafkaSink::Impl::wait_for_reports() {
  while (missing_ > 0 && !cancelled_ && !failed_for_good()) rd_kafka_poll(client_, kPollMs);
  if (missing_ == 0) return;
  rd_kafka_purge(client_, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
  for (int i = 0; i < kPurgePolls && missing_ > 0; ++i) rd_kafka_poll(client_, kPollMs);
}

Delivery KafkaSink::Impl::outcome() const {
  Delivery out;
  for (const std::optional<Code>& report : reports_) {
    const Code code = report.value_or(RD_KAFKA_RESP_ERR__TIMED_OUT);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
      out.next = never(code) ? Delivery::Next::rejected : Delivery::Next::retry;
      out.reason = rd_kafka_err2str(code);
      return out;
    }
    ++out.delivered;
  }
  return out;
}

Delivery KafkaSink::Impl::deliver(std::span<const OutboxAlert> alerts) {
  if (cancelled_) return {.next = Delivery::Next::retry, .reason = "cancelled"};
  if (client_ == nullptr) {
    if (Status started = start(); !started.ok()) return {.next = Delivery::Next::retry, .reason = started.error().to_string()};
  }
  ++round_;
  reports_.assign(alerts.size(), std::nullopt);
  missing_ = alerts.size();
  for (std::size_t i = 0; i < alerts.size(); ++i) {
    Code code = send(alerts[i], i);
    // Full: the oldest are delivered or time out.
    for (; code == RD_KAFKA_RESP_ERR__QUEUE_FULL && !cancelled_; code = send(alerts[i], i)) rd_kafka_poll(client_, kPollMs);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) continue;
    // Those after it are not sent: they would overtake it.
    reports_[i] = code;
    reports_.resize(i + 1);
    missing_ -= alerts.size() - i;
    break;
  }
  wait_for_reports();
  Delivery out = outcome();
  if (failed_for_good()) {
    drop_client();
    reporter_.report(LogLevel::warning,
                     "the Kafka producer failed for good and is replaced; what it has not delivered is sent again");
  }
  return out;
}

KafkaSink::KafkaSink(KafkaSinkOptions options, Log log) : impl_(std::make_unique<Impl>(std::move(options), std::move(log))) {}
KafkaSink::~KafkaSink() = default;
const std::string& KafkaSink::name() const { return impl_->name(); }
Status KafkaSink::start() { return impl_->start(); }
Delivery KafkaSink::deliver(std::span<const OutboxAlert> alerts) { return impl_->deliver(alerts); }
void KafkaSink::cancel() { impl_->cancel(); }

}  // namespace vedette::connectors
