// The Kafka source and sink against librdkafka's mock cluster (a broker inside this process).
#include "connectors/sinks/kafka_sink.h"
#include "connectors/sources/kafka_source.h"
#include "tests/connectors/kafka_support.h"

namespace vedette::connectors {
namespace {

using testing::eventually;
using testing::kNow;
class KafkaTest : public testing::MockKafkaTest {
 protected:
  ~KafkaTest() override { sink_.reset(); }

  void start_sink(const std::string& topic, std::uint32_t queue = 1000,
                  std::chrono::milliseconds timeout = std::chrono::seconds(10)) {
    KafkaSinkOptions options;
    options.name = "bus";
    options.brokers = {brokers()};
    options.topic = topic;
    options.queue_messages = queue;
    options.delivery_timeout = timeout;
    options.stop_timeout = timeout;
    sink_ = std::make_unique<KafkaSink>(options, log_.log());
    ASSERT_TRUE(sink_->start().ok());
  }
  static alert::Alert alert_of(const std::string& id, const std::string& key) {
    alert::Alert alert;
    alert.alert_id = id;
    alert.key_text = key;
    return alert;
  }

  std::unique_ptr<KafkaSink> sink_;
};

TEST_F(KafkaTest, ReadsAllPartitionsOfAllTopicsFromTheStart) {
  create("okta", 3);
  create("aws", 1);
  for (int i = 0; i < 30; ++i) produce("okta", i % 3, "{\"n\":" + std::to_string(i) + "}");
  produce("aws", 0, "{\"x\":1}");
  flush();
  consume({"okta", "aws"});
  ASSERT_TRUE(receives(31)) << log_.text();
  auto got = received();
  ASSERT_EQ(got.size(), 4u);
  for (int p = 0; p < 3; ++p) {
    const auto& records = got["okta/" + std::to_string(p)];
    ASSERT_EQ(records.size(), 10u);
    for (int i = 0; i < 10; ++i) EXPECT_EQ(records[static_cast<std::size_t>(i)], "{\"n\":" + std::to_string(i * 3 + p) + "}");
  }
  EXPECT_EQ(got["aws/0"], (std::vector<std::string>{"{\"x\":1}"}));
  EXPECT_EQ(source_->counters().partitions, 4u);
  EXPECT_EQ(source_->counters().records, 31u);
  // What comes later, soon.
  produce("okta", 1, "{\"later\":1}");
  flush();
  EXPECT_TRUE(receives(32));
}

TEST_F(KafkaTest, StartsAtTheEndWhenAsked) {
  create("okta", 2);
  for (int i = 0; i < 20; ++i) produce("okta", i % 2, "old");
  flush();
  consume({"okta"}, true);
  ASSERT_TRUE(eventually([&] { return source_->counters().partitions == 2; }));
  EXPECT_NE(log_.text().find("reading okta/1 from offset 10"), std::string::npos) << log_.text();
  produce("okta", 0, "new");
  flush();
  ASSERT_TRUE(receives(1));
  EXPECT_EQ(batches_.records(), (std::vector<std::string>{"new"}));
}

TEST_F(KafkaTest, StampsWithTheRecordsTimeWithinBounds) {
  create("okta", 1);
  const std::int64_t now_ms = kNow / 1000;
  for (const std::int64_t ms : {now_ms - 5000, now_ms + 60'000, now_ms + 3'600'000}) produce("okta", 0, "{}", ms);
  flush();
  consume({"okta"});
  ASSERT_TRUE(receives(3));
  batches_.inspect([](const std::vector<event::RecordBatch>& batches) {
    std::vector<TimeUs> stamps;
    std::uint64_t offset = 0;
    for (const auto& batch : batches) {
      for (const auto& record : batch.records) {
        stamps.push_back(record.arrival);
        EXPECT_EQ(record.position, offset++);
      }
    }
    EXPECT_EQ(stamps, (std::vector<TimeUs>{kNow - 5 * kSecondUs, kNow + kMinuteUs, kNow + 5 * kMinuteUs}));
  });
}

// The sink refuses now and then: partitions pause, nothing is lost, doubled or reordered.
TEST_F(KafkaTest, BackpressureLosesNothing) {
  create("okta", 2);
  constexpr int kRecords = 6000;
  for (int i = 0; i < kRecords; ++i) {
    produce("okta", i % 2, "{\"n\":" + std::to_string(i) + "}");
    if (i % 500 == 0) flush();
  }
  flush();
  batches_.set_full(true);
  consume({"okta"});
  for (std::uint64_t round = 1; round <= 4; ++round) {
    ASSERT_TRUE(eventually([&] { return source_->counters().pauses == round; })) << round;
    batches_.allow(3);
  }
  batches_.set_full(false);
  ASSERT_TRUE(receives(kRecords));
  EXPECT_GE(source_->counters().pauses, 4u);
  auto got = received();
  for (int p = 0; p < 2; ++p) {
    const auto& records = got["okta/" + std::to_string(p)];
    ASSERT_EQ(records.size(), static_cast<std::size_t>(kRecords / 2));
    for (std::size_t i = 0; i < records.size(); ++i) {
      ASSERT_EQ(records[i], "{\"n\":" + std::to_string(static_cast<int>(i) * 2 + p) + "}");
    }
  }
}

TEST_F(KafkaTest, WaitsForATopicThatDoesNotExist) {
  // The mock makes topics that are asked for; an unknown one is an error that we tell it to give.
  create("okta", 1);
  rd_kafka_mock_topic_set_error(cluster_, "okta", RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART);
  create("aws", 1);
  consume({"okta", "aws"}, true);
  ASSERT_TRUE(eventually([&] { return log_.text().find("topic okta does not exist; waiting for it") != std::string::npos; }))
      << log_.text();
  ASSERT_TRUE(eventually([&] { return source_->counters().partitions == 1; }));
  for (const char* value : {"a1", "a2", "a3"}) produce("aws", 0, value);
  flush();
  ASSERT_TRUE(receives(3));
  rd_kafka_mock_topic_set_error(cluster_, "okta", RD_KAFKA_RESP_ERR_NO_ERROR);
  produce("okta", 0, "first");
  flush();
  // Made after we began: read from its start although latest was asked for. The other topic goes on where it was.
  ASSERT_TRUE(receives(4)) << log_.text();
  produce("aws", 0, "a4");
  flush();
  ASSERT_TRUE(receives(5));
  auto got = received();
  EXPECT_EQ(got["aws/0"], (std::vector<std::string>{"a1", "a2", "a3", "a4"}));
  EXPECT_EQ(got["okta/0"], (std::vector<std::string>{"first"}));
}

TEST_F(KafkaTest, ComesBackAfterTheBrokerWasDown) {
  create("okta", 1);
  produce("okta", 0, "before");
  flush();
  consume({"okta"});
  ASSERT_TRUE(receives(1));
  rd_kafka_mock_broker_set_down(cluster_, 1);
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  rd_kafka_mock_broker_set_up(cluster_, 1);
  produce("okta", 0, "after");
  flush();
  EXPECT_TRUE(receives(2)) << log_.text();
  EXPECT_EQ(batches_.records(), (std::vector<std::string>{"before", "after"}));
}

TEST_F(KafkaTest, RefusesUnknownSettingsWithoutTellingTheirValues) {
  KafkaSourceOptions options;
  options.name = "identity";
  options.brokers = {brokers()};
  options.topics = {"okta"};
  options.properties = {{"sasl.passwort", "hunter2"}};
  KafkaSource source(
      options, {}, [] { return kNow; }, log_.log());
  const Status started = source.start(batches_);
  ASSERT_FALSE(started.ok());
  EXPECT_NE(started.error().to_string().find("sasl.passwort"), std::string::npos);
  EXPECT_EQ(started.error().to_string().find("hunter2"), std::string::npos);
  KafkaSinkOptions sink_options;
  sink_options.name = "bus";
  sink_options.topic = "alerts";
  sink_options.properties = {{"acks", "hunter2"}};
  KafkaSink sink(sink_options, log_.log());
  const Status sink_started = sink.start();
  ASSERT_FALSE(sink_started.ok());
  EXPECT_NE(sink_started.error().to_string().find("bus: acks"), std::string::npos) << sink_started.error().to_string();
  EXPECT_EQ((sink_started.error().to_string() + log_.text()).find("hunter2"), std::string::npos);
}

TEST_F(KafkaTest, AlertsGoOutKeyedByTheirGroup) {
  create("alerts", 4);
  start_sink("alerts");
  for (int i = 0; i < 40; ++i) {
    const std::string id = "id" + std::to_string(i);
    sink_->deliver(alert_of(id, "user" + std::to_string(i % 5)), "{\"alert_id\":\"" + id + "\"}");
  }
  sink_->deliver(alert_of("single", ""), "{\"alert_id\":\"single\"}");
  ASSERT_TRUE(sink_->flush().ok());
  const Status stopped = sink_->stop();
  EXPECT_TRUE(stopped.ok()) << stopped.error().to_string();
  EXPECT_EQ(sink_->delivered(), 41u);
  EXPECT_EQ(sink_->failed(), 0u);
  consume({"alerts"});
  ASSERT_TRUE(receives(41));
  // One key, one partition: alerts of a group stay in order.
  std::map<int, std::string> place_of_user;
  for (const auto& [partition, values] : received()) {
    int previous = -1;
    for (const std::string& value : values) {
      if (value.find("single") != std::string::npos) continue;
      const int n = std::stoi(value.substr(value.find("id", 3 + 8) + 2));
      const auto [place, fresh] = place_of_user.try_emplace(n % 5, partition);
      EXPECT_EQ(place->second, partition) << value;
      EXPECT_TRUE(fresh || n > previous);
      previous = n;
    }
  }
  EXPECT_EQ(place_of_user.size(), 5u);
}

TEST_F(KafkaTest, TheAlertIdIsAHeaderAndTheGroupTheKey) {
  create("alerts", 1);
  start_sink("alerts");
  sink_->deliver(alert_of("f00d", "alice"), "{}");
  ASSERT_TRUE(sink_->stop().ok());
  rd_kafka_conf_t* conf = rd_kafka_conf_new();
  rd_kafka_conf_set(conf, "bootstrap.servers", brokers().c_str(), nullptr, 0);
  rd_kafka_conf_set(conf, "group.id", "check", nullptr, 0);
  rd_kafka_t* consumer = rd_kafka_new(RD_KAFKA_CONSUMER, conf, nullptr, 0);
  rd_kafka_poll_set_consumer(consumer);
  rd_kafka_topic_partition_list_t* list = rd_kafka_topic_partition_list_new(1);
  rd_kafka_topic_partition_list_add(list, "alerts", 0)->offset = 0;
  rd_kafka_assign(consumer, list);
  rd_kafka_topic_partition_list_destroy(list);
  rd_kafka_message_t* message = nullptr;
  for (int i = 0; i < 100 && message == nullptr; ++i) message = rd_kafka_consumer_poll(consumer, 100);
  ASSERT_NE(message, nullptr);
  ASSERT_EQ(message->err, RD_KAFKA_RESP_ERR_NO_ERROR);
  EXPECT_EQ(std::string_view(static_cast<const char*>(message->key), message->key_len), "alice");
  rd_kafka_headers_t* headers = nullptr;
  const void* id = nullptr;
  std::size_t size = 0;
  ASSERT_EQ(rd_kafka_message_headers(message, &headers), RD_KAFKA_RESP_ERR_NO_ERROR);
  ASSERT_EQ(rd_kafka_header_get_last(headers, "alert_id", &id, &size), RD_KAFKA_RESP_ERR_NO_ERROR);
  EXPECT_EQ(std::string_view(static_cast<const char*>(id), size), "f00d");
  rd_kafka_message_destroy(message);
  rd_kafka_consumer_close(consumer);
  rd_kafka_destroy(consumer);
}

TEST_F(KafkaTest, FailuresAreCountedAndNamedByAlertId) {
  create("alerts", 1);
  start_sink("alerts", 1000, std::chrono::milliseconds(700));
  rd_kafka_mock_broker_set_down(cluster_, 1);
  sink_->deliver(alert_of("dead01", "k"), "{\"secret\":\"payload\"}");
  sink_->deliver(alert_of("dead02", "k"), "{\"secret\":\"payload\"}");
  EXPECT_TRUE(eventually([&] { return sink_->failed() == 2; })) << log_.text();
  EXPECT_NE(log_.text().find("alert dead01 was not delivered"), std::string::npos);
  EXPECT_EQ(log_.text().find("payload"), std::string::npos);
  rd_kafka_mock_broker_set_up(cluster_, 1);
}

TEST_F(KafkaTest, AFullQueueWaitsInsteadOfDropping) {
  create("alerts", 1);
  start_sink("alerts", 10);
  rd_kafka_mock_broker_set_rtt(cluster_, 1, 20);
  for (int i = 0; i < 200; ++i) sink_->deliver(alert_of("id" + std::to_string(i), "k"), "{}");
  EXPECT_TRUE(sink_->stop().ok());
  EXPECT_EQ(sink_->delivered(), 200u);
  EXPECT_EQ(sink_->failed(), 0u);
}

// The idempotent producer's end is not the sink's: what was not delivered goes out through a new one.
TEST_F(KafkaTest, AProducerThatFailedForGoodIsReplaced) {
  create("alerts", 1);
  start_sink("alerts");
  sink_->deliver(alert_of("id0", "k"), "0");
  ASSERT_TRUE(eventually([&] { return sink_->delivered() == 1; }));
  constexpr std::int16_t kProduceRequest = 0;
  rd_kafka_mock_push_request_errors(cluster_, kProduceRequest, 1, RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER);
  for (int i = 1; i <= 50; ++i) sink_->deliver(alert_of("id" + std::to_string(i), "k"), std::to_string(i));
  ASSERT_TRUE(eventually([&] { return sink_->delivered() == 51; })) << sink_->delivered() << "\n" << log_.text();
  EXPECT_NE(log_.text().find("was replaced"), std::string::npos) << log_.text();
  EXPECT_EQ(sink_->failed(), 0u);
  consume({"alerts"});
  ASSERT_TRUE(receives(51));
  std::vector<std::string> wanted;
  for (int i = 0; i <= 50; ++i) wanted.push_back(std::to_string(i));
  EXPECT_EQ(batches_.records(), wanted);
}

TEST_F(KafkaTest, StoppingWithoutABrokerEndsAndCounts) {
  create("alerts", 1);
  start_sink("alerts", 1000, std::chrono::milliseconds(600));
  rd_kafka_mock_broker_set_down(cluster_, 1);
  sink_->deliver(alert_of("lost", "k"), "{}");
  const auto begin = std::chrono::steady_clock::now();
  static_cast<void>(sink_->stop().ok());
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(5));
  EXPECT_EQ(sink_->failed(), 1u);
  EXPECT_EQ(sink_->delivered(), 0u);
  rd_kafka_mock_broker_set_up(cluster_, 1);
}

}  // namespace
}  // namespace vedette::connectors
