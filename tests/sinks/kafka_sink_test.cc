// The Kafka sink against librdkafka's mock cluster (a broker inside this process).
#include "connectors/sinks/kafka_sink.h"

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#include "tests/sinks/support.h"

namespace vedette::connectors {
namespace {

using namespace std::chrono_literals;
using testing::alert_of;
using testing::alerts_of;
using testing::eventually;
using Next = Delivery::Next;

constexpr std::int16_t kProduceRequest = 0;

struct Message {
  std::int32_t partition = 0;
  std::string key, value, alert_id, revision;
};

std::string header_of(const rd_kafka_message_t* message, const char* name) {
  rd_kafka_headers_t* headers = nullptr;
  const void* bytes = nullptr;
  std::size_t size = 0;
  if (rd_kafka_message_headers(message, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR ||
      rd_kafka_header_get_last(headers, name, &bytes, &size) != RD_KAFKA_RESP_ERR_NO_ERROR)
    return "?";
  return {static_cast<const char*>(bytes), size};
}

class KafkaSinkTest : public ::testing::Test {
 protected:
  KafkaSinkTest() {
    rd_kafka_conf_t* conf = rd_kafka_conf_new();
    rd_kafka_conf_set(conf, "log_level", "0", nullptr, 0);
    owner_ = rd_kafka_new(RD_KAFKA_PRODUCER, conf, nullptr, 0);
    cluster_ = rd_kafka_mock_cluster_new(owner_, 1);
    rd_kafka_mock_topic_create(cluster_, "alerts", 4, 1);
    options_.name = "bus";
    options_.brokers = {rd_kafka_mock_cluster_bootstraps(cluster_)};
    options_.topic = "alerts";
    options_.delivery_timeout = 10s;
  }
  ~KafkaSinkTest() override {
    sink_.reset();
    rd_kafka_mock_cluster_destroy(cluster_);
    rd_kafka_destroy(owner_);
  }
  KafkaSink& start() {
    sink_ = std::make_unique<KafkaSink>(options_, log_.log());
    const Status started = sink_->start();
    EXPECT_TRUE(started.ok()) << started.error().to_string();
    return *sink_;
  }
  // Everything in the topic, once `count` messages are there.
  [[nodiscard]] std::vector<Message> read(std::size_t count) const {
    rd_kafka_conf_t* conf = rd_kafka_conf_new();
    for (const auto& [key, value] : std::map<std::string, std::string>{
             {"bootstrap.servers", options_.brokers[0]}, {"group.id", "check"}, {"fetch.wait.max.ms", "5"}, {"log_level", "0"}})
      rd_kafka_conf_set(conf, key.c_str(), value.c_str(), nullptr, 0);
    rd_kafka_t* consumer = rd_kafka_new(RD_KAFKA_CONSUMER, conf, nullptr, 0);
    rd_kafka_poll_set_consumer(consumer);
    rd_kafka_topic_partition_list_t* list = rd_kafka_topic_partition_list_new(4);
    for (int p = 0; p < 4; ++p) rd_kafka_topic_partition_list_add(list, "alerts", p)->offset = 0;
    rd_kafka_assign(consumer, list);
    rd_kafka_topic_partition_list_destroy(list);
    std::vector<Message> out;
    for (int i = 0; i < 200 && out.size() < count; ++i) {
      rd_kafka_message_t* message = rd_kafka_consumer_poll(consumer, 100);
      if (message == nullptr) continue;
      if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
        out.push_back({message->partition, std::string(static_cast<const char*>(message->key), message->key_len),
                       std::string(static_cast<const char*>(message->payload), message->len), header_of(message, "alert_id"),
                       header_of(message, "revision")});
      }
      rd_kafka_message_destroy(message);
    }
    rd_kafka_consumer_close(consumer);
    rd_kafka_destroy(consumer);
    return out;
  }

  rd_kafka_t* owner_ = nullptr;
  rd_kafka_mock_cluster_t* cluster_ = nullptr;
  testing::LogBook log_;
  KafkaSinkOptions options_;
  std::unique_ptr<KafkaSink> sink_;
};

TEST_F(KafkaSinkTest, KeyedByGroupWithIdAndRevisionAndInOrder) {
  std::vector<OutboxAlert> alerts = alerts_of(1, 40);
  for (OutboxAlert& alert : alerts) {
    alert.group_key = "user" + std::to_string(alert.number % 5);
    alert.revision = 1 + static_cast<std::uint32_t>(alert.number % 3);
  }
  alerts.push_back(alert_of(41, "single"));
  alerts.back().group_key = "";
  const Delivery delivery = start().deliver(alerts);
  EXPECT_EQ(delivery.next, Next::done) << delivery.reason;
  EXPECT_EQ(delivery.delivered, 41u);
  const std::vector<Message> got = read(41);
  ASSERT_EQ(got.size(), 41u);
  std::map<std::string, std::int32_t> partition_of;
  std::map<std::string, int> last;
  for (const Message& message : got) {
    EXPECT_EQ(message.value, "{\"alert_id\":\"" + message.alert_id + "\"}");
    if (message.alert_id == "single") {
      EXPECT_EQ(message.key, "single");
      continue;
    }
    const int n = std::stoi(message.alert_id.substr(1));
    EXPECT_EQ(message.key, "user" + std::to_string(n % 5));
    EXPECT_EQ(message.revision, std::to_string(1 + n % 3));
    EXPECT_EQ(partition_of.try_emplace(message.key, message.partition).first->second, message.partition);
    EXPECT_GT(n, last[message.key]);
    last[message.key] = n;
  }
  EXPECT_EQ(partition_of.size(), 5u);
}

TEST_F(KafkaSinkTest, ABrokerThatIsAwayIsTriedAgain) {
  options_.delivery_timeout = 600ms;
  KafkaSink& sink = start();
  rd_kafka_mock_broker_set_down(cluster_, 1);
  const Delivery down = sink.deliver(alerts_of(1, 3));
  EXPECT_EQ(down.next, Next::retry);
  EXPECT_EQ(down.delivered, 0u);
  EXPECT_FALSE(down.reason.empty());
  rd_kafka_mock_broker_set_up(cluster_, 1);
  Delivery up;
  ASSERT_TRUE(eventually([&] { return (up = sink.deliver(alerts_of(1, 3))).next == Next::done; }, 20s)) << up.reason;
  EXPECT_EQ(up.delivered, 3u);
  EXPECT_GE(read(3).size(), 3u);
}

TEST_F(KafkaSinkTest, WhatIsTooLargeIsRejectedAndNothingOvertakesIt) {
  options_.properties = {{"message.max.bytes", "2000"}};
  std::vector<OutboxAlert> alerts = alerts_of(1, 3);
  alerts[1].json = std::string(5000, 'x');
  KafkaSink& sink = start();
  const Delivery delivery = sink.deliver(alerts);
  EXPECT_EQ(delivery.next, Next::rejected);
  EXPECT_EQ(delivery.delivered, 1u);
  EXPECT_NE(delivery.reason.find("too large"), std::string::npos) << delivery.reason;
  EXPECT_EQ(sink.deliver(std::span(alerts).subspan(2)).delivered, 1u);
  const std::vector<Message> got = read(2);
  ASSERT_EQ(got.size(), 2u);
  EXPECT_EQ(got[0].alert_id, "a1");
  EXPECT_EQ(got[1].alert_id, "a3");
}

TEST_F(KafkaSinkTest, AProducerThatFailedForGoodIsReplaced) {
  KafkaSink& sink = start();
  ASSERT_EQ(sink.deliver(alerts_of(1, 1)).delivered, 1u);
  rd_kafka_mock_push_request_errors(cluster_, kProduceRequest, 1, RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER);
  const std::vector<OutboxAlert> alerts = alerts_of(2, 20);
  std::span<const OutboxAlert> rest(alerts);
  const Delivery failed = sink.deliver(rest);
  EXPECT_EQ(failed.next, Next::retry);
  rest = rest.subspan(failed.delivered);
  EXPECT_FALSE(rest.empty());
  EXPECT_NE(log_.text().find("is replaced"), std::string::npos) << log_.text();
  const Delivery again = sink.deliver(rest);
  EXPECT_EQ(again.delivered, rest.size()) << again.reason;
  std::vector<std::string> wanted, ids;
  for (const OutboxAlert& alert : alerts_of(1, 20)) wanted.push_back(alert.alert_id);
  for (const Message& message : read(20)) ids.push_back(message.alert_id);
  EXPECT_EQ(ids, wanted);
}

TEST_F(KafkaSinkTest, CancelEndsAWaitForABrokerThatIsAway) {
  KafkaSink& sink = start();
  rd_kafka_mock_broker_set_down(cluster_, 1);
  std::thread canceller([&] {
    std::this_thread::sleep_for(200ms);
    sink.cancel();
  });
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_EQ(sink.deliver(alerts_of(1, 3)).next, Next::retry);
  canceller.join();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 4s);
  EXPECT_EQ(sink.deliver(alerts_of(1, 3)).reason, "cancelled");
}

TEST_F(KafkaSinkTest, BadSettingsAreNamedWithoutTheirValues) {
  options_.properties = {{"sasl.passwort", "hunter2"}};
  KafkaSink sink(options_, log_.log());
  const Status started = sink.start();
  ASSERT_FALSE(started.ok());
  EXPECT_NE(started.error().to_string().find("bus: sasl.passwort"), std::string::npos) << started.error().to_string();
  EXPECT_EQ((started.error().to_string() + log_.text()).find("hunter2"), std::string::npos);
}

}  // namespace
}  // namespace vedette::connectors
