// A topic as a pipe, with no wait of its own beyond a producer's 2 ms: lines of standard input become messages as they come, or
// messages that come become lines of standard output. Usage: vedette-bench-kafka produce|consume BROKERS TOPIC.
#include <librdkafka/rdkafka.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

namespace {

constexpr int kForever = 3'600'000;

[[noreturn]] void give_up(std::string_view what, std::string_view why) {
  std::fprintf(stderr, "%.*s: %.*s\n", static_cast<int>(what.size()), what.data(), static_cast<int>(why.size()), why.data());
  std::exit(4);
}

rd_kafka_t* open(rd_kafka_type_t type, const std::vector<std::pair<std::string, std::string>>& settings) {
  rd_kafka_conf_t* conf = rd_kafka_conf_new();
  char error[512];
  for (const auto& [name, value] : settings) {
    if (rd_kafka_conf_set(conf, name.c_str(), value.c_str(), error, sizeof error) != RD_KAFKA_CONF_OK) give_up(name, error);
  }
  rd_kafka_t* client = rd_kafka_new(type, conf, error, sizeof error);
  if (client == nullptr) give_up("rdkafka", error);
  return client;
}

void produce_line(rd_kafka_t* client, rd_kafka_topic_t* topic, std::string_view line) {
  // The value is copied.
  while (rd_kafka_produce(topic, RD_KAFKA_PARTITION_UA, RD_KAFKA_MSG_F_COPY, const_cast<char*>(line.data()), line.size(), nullptr,
                          0, nullptr) != 0) {
    if (rd_kafka_last_error() != RD_KAFKA_RESP_ERR__QUEUE_FULL) give_up("produce", rd_kafka_err2str(rd_kafka_last_error()));
    rd_kafka_poll(client, 10);
  }
}

int produce(const std::string& brokers, const std::string& name) {
  rd_kafka_t* client =
      open(RD_KAFKA_PRODUCER, {{"bootstrap.servers", brokers}, {"linger.ms", "2"}, {"sticky.partitioning.linger.ms", "2"}});
  rd_kafka_topic_t* topic = rd_kafka_topic_new(client, name.c_str(), nullptr);
  std::string rest;
  std::vector<char> buffer(1 << 16);
  for (ssize_t got = 0; (got = ::read(STDIN_FILENO, buffer.data(), buffer.size())) > 0;) {
    rest.append(buffer.data(), static_cast<std::size_t>(got));
    std::size_t begin = 0;
    for (std::size_t end = 0; (end = rest.find('\n', begin)) != std::string::npos; begin = end + 1) {
      produce_line(client, topic, std::string_view(rest).substr(begin, end - begin));
    }
    rest.erase(0, begin);
    rd_kafka_poll(client, 0);
  }
  const bool sent = rd_kafka_flush(client, 30'000) == RD_KAFKA_RESP_ERR_NO_ERROR;
  rd_kafka_topic_destroy(topic);
  rd_kafka_destroy(client);
  return sent ? 0 : 4;
}

// All partitions from where they end now; says so on standard error.
void assign_all(rd_kafka_t* client, const std::string& name) {
  rd_kafka_topic_t* topic = rd_kafka_topic_new(client, name.c_str(), nullptr);
  const rd_kafka_metadata_t* metadata = nullptr;
  if (rd_kafka_metadata(client, 0, topic, &metadata, 10'000) != RD_KAFKA_RESP_ERR_NO_ERROR) give_up(name, "no metadata");
  rd_kafka_topic_partition_list_t* partitions = rd_kafka_topic_partition_list_new(8);
  for (int i = 0; i < metadata->topics[0].partition_cnt; ++i) {
    rd_kafka_topic_partition_list_add(partitions, name.c_str(), metadata->topics[0].partitions[i].id)->offset =
        RD_KAFKA_OFFSET_END;
  }
  rd_kafka_assign(client, partitions);
  rd_kafka_topic_partition_list_destroy(partitions);
  rd_kafka_metadata_destroy(metadata);
  rd_kafka_topic_destroy(topic);
}

int consume(const std::string& brokers, const std::string& name) {
  rd_kafka_t* client = open(RD_KAFKA_CONSUMER, {{"bootstrap.servers", brokers},
                                                {"group.id", "vedette-bench"},
                                                {"enable.auto.commit", "false"},
                                                {"fetch.wait.max.ms", "5"}});
  rd_kafka_poll_set_consumer(client);
  assign_all(client, name);
  std::fputs("ready\n", stderr);
  while (true) {
    rd_kafka_message_t* message = rd_kafka_consumer_poll(client, kForever);
    if (message == nullptr) continue;
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
      std::string line(static_cast<const char*>(message->payload), message->len);
      line += '\n';
      if (::write(STDOUT_FILENO, line.data(), line.size()) < 0) return 0;
    }
    rd_kafka_message_destroy(message);
  }
}

}  // namespace

int main(int argc, char** argv) {
  const std::string mode = argc == 4 ? argv[1] : "";
  if (mode == "produce") return produce(argv[2], argv[3]);
  if (mode == "consume") return consume(argv[2], argv[3]);
  std::fputs("usage: vedette-bench-kafka produce|consume BROKERS TOPIC\n", stderr);
  return 2;
}
