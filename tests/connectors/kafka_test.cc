// The Kafka source against librdkafka's mock cluster (a broker inside this process).
#include <algorithm>
#include <utility>

#include "connectors/sources/kafka_source.h"
#include "tests/connectors/kafka_support.h"

namespace vedette::connectors {
namespace {

using testing::eventually;
using testing::kNow;
class KafkaTest : public testing::MockKafkaTest {};

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

// The sink refuses for good: what has been read and waits here stays bounded, however much more there is.
TEST_F(KafkaTest, AFullSinkBoundsWhatIsRead) {
  create("okta", 1);
  constexpr int kRecords = 60'000;
  for (int i = 0; i < kRecords; ++i) {
    produce("okta", 0, std::to_string(i));
    if (i % 1000 == 999) flush();
  }
  batches_.set_full(true);
  consume({"okta"});
  ASSERT_TRUE(eventually([&] { return source_->counters().pauses > 0; })) << log_.text();
  // Paused partitions deliver what librdkafka had handed out already, and then nothing.
  std::uint64_t before = 0;
  ASSERT_TRUE(eventually([&] {
    const std::uint64_t now = source_->counters().records;
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
    return now == std::exchange(before, source_->counters().records);
  }));
  EXPECT_LT(source_->counters().records, static_cast<std::uint64_t>(kRecords) / 2);
  batches_.set_full(false);
  ASSERT_TRUE(receives(kRecords)) << log_.text();
}

// Two seconds for every answer: slower, and nothing is lost or read twice.
TEST_F(KafkaTest, ASlowBrokerIsOnlySlow) {
  create("okta", 2);
  for (int i = 0; i < 100; ++i) produce("okta", i % 2, std::to_string(i));
  flush();
  consume({"okta"});
  ASSERT_TRUE(receives(100)) << log_.text();
  ASSERT_TRUE(eventually([&] { return source_->health().up; }));
  for (int i = 100; i < 200; ++i) produce("okta", i % 2, std::to_string(i));
  flush();
  rd_kafka_mock_broker_set_rtt(cluster_, 1, 2000);
  for (int i = 200; i < 300; ++i) produce("okta", i % 2, std::to_string(i));
  flush();
  ASSERT_TRUE(receives(300)) << log_.text();
  std::vector<std::string> records = batches_.records();
  std::sort(records.begin(), records.end());
  EXPECT_EQ(std::unique(records.begin(), records.end()), records.end());
  EXPECT_EQ(records.size(), 300u);
  rd_kafka_mock_broker_set_rtt(cluster_, 1, 0);
  EXPECT_TRUE(eventually([&] { return source_->health().up; })) << source_->health().reason;
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
}

}  // namespace
}  // namespace vedette::connectors
