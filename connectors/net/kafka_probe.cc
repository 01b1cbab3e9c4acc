#include "connectors/net/kafka_probe.h"

#include <fmt/format.h>
#include <librdkafka/rdkafka.h>

#include <array>
#include <memory>
#include <mutex>

namespace vedette::connectors {
namespace {

struct ClientEnd {
  void operator()(rd_kafka_t* client) const { rd_kafka_destroy(client); }
};
struct TopicEnd {
  void operator()(rd_kafka_topic_t* topic) const { rd_kafka_topic_destroy(topic); }
};
using Client = std::unique_ptr<rd_kafka_t, ClientEnd>;
using Topic = std::unique_ptr<rd_kafka_topic_t, TopicEnd>;

// What librdkafka's threads said last: why a time-out came about.
class LastWord {
 public:
  void say(const std::string& word) {
    const std::lock_guard lock(mutex_);
    word_ = word;
  }
  [[nodiscard]] std::string text() const {
    const std::lock_guard lock(mutex_);
    return word_;
  }

 private:
  mutable std::mutex mutex_;
  std::string word_;
};

Result<Client> make_client(const KafkaProbe& probe, KafkaReporter& reporter) {
  auto settings = kafka_security_settings(probe.security);
  if (!settings.ok()) return settings.error();
  (*settings)["bootstrap.servers"] = join_brokers(probe.brokers);
  (*settings)["allow.auto.create.topics"] = "false";
  rd_kafka_conf_t* conf = rd_kafka_conf_new();
  report_kafka_events(conf, &reporter);
  if (Status applied = apply_kafka_settings(conf, *settings, probe.properties); !applied.ok()) {
    rd_kafka_conf_destroy(conf);
    return applied.error();
  }
  std::array<char, 512> reason{};
  Client client(rd_kafka_new(RD_KAFKA_CONSUMER, conf, reason.data(), reason.size()));
  if (client) return client;
  rd_kafka_conf_destroy(conf);
  return Error{reason.data()};
}

Status look(rd_kafka_t* client, rd_kafka_topic_t* topic, const std::string& what, const KafkaProbe& probe, const LastWord& last) {
  const rd_kafka_metadata_t* found = nullptr;
  const auto code = rd_kafka_metadata(client, 0, topic, &found, static_cast<int>(probe.timeout.count()));
  rd_kafka_poll(client, 0);  // hands out what was reported
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
    const std::string word = last.text();
    return Error{fmt::format("{}{}{}", rd_kafka_err2str(code), word.empty() ? "" : ": ", word), what};
  }
  Status status;
  for (int i = 0; topic != nullptr && i < found->topic_cnt; ++i) {
    if (found->topics[i].err != RD_KAFKA_RESP_ERR_NO_ERROR) status = Error{rd_kafka_err2str(found->topics[i].err), what};
  }
  rd_kafka_metadata_destroy(found);
  return status;
}

}  // namespace

Status probe_kafka(const KafkaProbe& probe) {
  LastWord last;
  KafkaReporter reporter{"probe",
                         [&last](LogLevel, std::string_view, std::string_view message) { last.say(std::string(message)); }};
  auto client = make_client(probe, reporter);
  if (!client.ok()) return client.error();
  if (const Status there = look(client->get(), nullptr, join_brokers(probe.brokers), probe, last); !there.ok()) return there;
  for (const std::string& name : probe.topics) {
    const Topic topic(rd_kafka_topic_new(client->get(), name.c_str(), nullptr));
    if (!topic) return Error{rd_kafka_err2str(rd_kafka_last_error()), "topic " + name};
    if (const Status there = look(client->get(), topic.get(), "topic " + name, probe, last); !there.ok()) return there;
  }
  return {};
}

}  // namespace vedette::connectors
