// A mock cluster inside this process, a producer to it and a source from it.
#pragma once

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#include <map>

#include "connectors/sources/kafka_source.h"
#include "tests/connectors/support.h"

namespace vedette::connectors::testing {

inline constexpr TimeUs kNow = 1'700'000'000'000'000;

class MockKafkaTest : public ::testing::Test {
 protected:
  MockKafkaTest() {
    rd_kafka_conf_t* quiet = rd_kafka_conf_new();
    rd_kafka_conf_set(quiet, "log_level", "0", nullptr, 0);
    owner_ = rd_kafka_new(RD_KAFKA_PRODUCER, quiet, nullptr, 0);
    cluster_ = rd_kafka_mock_cluster_new(owner_, 1);
    rd_kafka_conf_t* conf = rd_kafka_conf_new();
    rd_kafka_conf_set(conf, "bootstrap.servers", brokers().c_str(), nullptr, 0);
    rd_kafka_conf_set(conf, "linger.ms", "0", nullptr, 0);
    rd_kafka_conf_set(conf, "log_level", "0", nullptr, 0);
    producer_ = rd_kafka_new(RD_KAFKA_PRODUCER, conf, nullptr, 0);
  }
  ~MockKafkaTest() override {
    source_.reset();
    rd_kafka_destroy(producer_);
    rd_kafka_mock_cluster_destroy(cluster_);
    rd_kafka_destroy(owner_);
  }

  [[nodiscard]] std::string brokers() const { return rd_kafka_mock_cluster_bootstraps(cluster_); }
  void create(const std::string& topic, int partitions) { rd_kafka_mock_topic_create(cluster_, topic.c_str(), partitions, 1); }

  // size < 0: a tombstone. timestamp 0: the time of the call.
  void produce(const std::string& topic, int partition, const std::string& value, std::int64_t timestamp_ms = 0,
               bool tombstone = false) {
    const rd_kafka_resp_err_t error =
        rd_kafka_producev(producer_, RD_KAFKA_V_TOPIC(topic.c_str()), RD_KAFKA_V_PARTITION(partition),
                          RD_KAFKA_V_VALUE(tombstone ? nullptr : const_cast<char*>(value.data()), tombstone ? 0 : value.size()),
                          RD_KAFKA_V_TIMESTAMP(timestamp_ms), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_END);
    ASSERT_EQ(error, RD_KAFKA_RESP_ERR_NO_ERROR);
  }
  void flush() { ASSERT_EQ(rd_kafka_flush(producer_, 10'000), RD_KAFKA_RESP_ERR_NO_ERROR); }

  [[nodiscard]] KafkaSourceOptions options_for(const std::vector<std::string>& topics) const {
    KafkaSourceOptions options;
    options.name = "identity";
    options.brokers = {brokers()};
    options.topics = topics;
    options.metadata_interval = std::chrono::milliseconds(200);
    options.probe_interval = std::chrono::milliseconds(100);
    options.properties = {{"fetch.wait.max.ms", "5"}};  // the mock does not wake long polls
    return options;
  }
  void run_source(const KafkaSourceOptions& options) {
    const auto origins = [](const std::string& topic, int partition) {
      auto origin = std::make_shared<event::Origin>();
      origin->source_name = "identity";
      origin->partition = topic + "/" + std::to_string(partition);
      return origin;
    };
    const auto on_reject = [this](const event::Origin& origin, const event::Reject& reject) {
      const std::lock_guard lock(reject_mutex_);
      rejects_.push_back(origin.partition + "@" + std::to_string(reject.position) + " " + std::string(reject.reason) + ": " +
                         reject.message);
    };
    source_ = std::make_unique<KafkaSource>(
        options, origins, [] { return kNow; }, log_.log(), on_reject);
    const Status started = source_->start(batches_);
    ASSERT_TRUE(started.ok()) << started.error().to_string();
  }
  void consume(const std::vector<std::string>& topics, bool latest = false) {
    KafkaSourceOptions options = options_for(topics);
    options.from_latest = latest;
    run_source(options);
  }
  bool says(const std::string& text) {
    return eventually([&] { return log_.text().find(text) != std::string::npos; });
  }
  // Records by partition, in order.
  [[nodiscard]] std::map<std::string, std::vector<std::string>> received() const {
    std::map<std::string, std::vector<std::string>> out;
    batches_.inspect([&](const std::vector<event::RecordBatch>& batches) {
      for (const auto& batch : batches) {
        for (const auto& record : batch.records) out[batch.origin->partition].emplace_back(record.bytes);
      }
    });
    return out;
  }
  bool receives(std::size_t count) {
    return eventually([&] { return batches_.records().size() >= count; }, std::chrono::seconds(20));
  }
  rd_kafka_t* owner_ = nullptr;
  rd_kafka_mock_cluster_t* cluster_ = nullptr;
  rd_kafka_t* producer_ = nullptr;
  std::mutex reject_mutex_;
  std::vector<std::string> rejects_;
  testing::LogBook log_;
  testing::RecordingSink batches_;
  std::unique_ptr<KafkaSource> source_;
};

}  // namespace vedette::connectors::testing
