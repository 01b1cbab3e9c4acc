// The Kafka source and its offsets: where it begins and goes on, what it does when a broker has no such offset, what it
// knows of ends and outages. Against the mock cluster.
#include "tests/connectors/kafka_support.h"

namespace vedette::connectors {
namespace {

using testing::eventually;
using testing::kNow;
using Lines = std::vector<std::string>;

class KafkaOffsetsTest : public testing::MockKafkaTest {
 protected:
  // A run that begins where the store says.
  void resume(const std::vector<std::string>& topics, std::map<std::string, std::string> places, bool latest = false) {
    KafkaSourceOptions options = options_for(topics);
    options.from_latest = latest;
    options.resume_at = [places = std::move(places)](const std::string& partition) -> std::optional<std::string> {
      const auto found = places.find(partition);
      if (found == places.end()) return std::nullopt;
      return found->second;
    };
    run_source(options);
  }
  void produce_numbers(const std::string& topic, int partition, int from, int to) {
    for (int i = from; i < to; ++i) produce(topic, partition, std::to_string(i));
    flush();
  }
  static Lines numbers(int from, int to) {
    Lines out;
    for (int i = from; i < to; ++i) out.push_back(std::to_string(i));
    return out;
  }
  bool caught_up() {
    return eventually([&] { return source_->health().caught_up; });
  }
  // Offset that the group has for the partition, -1001: none.
  std::int64_t group_offset(const std::string& topic, int partition) {
    rd_kafka_conf_t* conf = rd_kafka_conf_new();
    rd_kafka_conf_set(conf, "bootstrap.servers", brokers().c_str(), nullptr, 0);
    rd_kafka_conf_set(conf, "group.id", "vedette", nullptr, 0);
    rd_kafka_t* client = rd_kafka_new(RD_KAFKA_CONSUMER, conf, nullptr, 0);
    rd_kafka_topic_partition_list_t* list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(list, topic.c_str(), partition);
    const rd_kafka_resp_err_t error = rd_kafka_committed(client, list, 5000);
    const std::int64_t offset = error == RD_KAFKA_RESP_ERR_NO_ERROR ? list->elems[0].offset : -1;
    rd_kafka_topic_partition_list_destroy(list);
    rd_kafka_destroy(client);
    return offset;
  }
};

TEST_F(KafkaOffsetsTest, GoesOnAtItsOwnOffsets) {
  create("okta", 3);
  for (int p = 0; p < 3; ++p) produce_numbers("okta", p, 0, 20);
  resume({"okta"}, {{"okta/0", "15"}, {"okta/1", "20"}});
  ASSERT_TRUE(receives(25)) << log_.text();
  ASSERT_TRUE(caught_up());
  auto got = received();
  EXPECT_EQ(got["okta/0"], numbers(15, 20));
  EXPECT_EQ(got["okta/1"], Lines{});
  EXPECT_EQ(got["okta/2"], numbers(0, 20));
  EXPECT_EQ(source_->counters().history_gaps, 0u);
}

// Whatever batch was the last to be committed, exactly what is behind it comes again.
TEST_F(KafkaOffsetsTest, EveryPlaceIsExact) {
  create("okta", 2);
  for (int p = 0; p < 2; ++p) produce_numbers("okta", p, 0, 700);
  batches_.set_full(true);
  consume({"okta"});
  ASSERT_TRUE(eventually([&] { return source_->counters().pauses > 0; }));
  batches_.set_full(false);
  ASSERT_TRUE(receives(1400));
  source_->stop();
  std::map<std::string, std::vector<std::pair<std::string, int>>> places;
  batches_.inspect([&](const auto& batches) {
    for (const auto& batch : batches) {
      auto& known = places[batch.origin->partition];
      const int before = known.empty() ? 0 : known.back().second;
      known.emplace_back(batch.resume, before + static_cast<int>(batch.records.size()));
    }
  });
  ASSERT_EQ(places.size(), 2u);
  for (const auto& [partition, known] : places) {
    ASSERT_GE(known.size(), 2u);
    for (const auto& [place, count] : known) EXPECT_EQ(place, std::to_string(count)) << partition;
  }
}

TEST_F(KafkaOffsetsTest, LatestIsAskedForOnce) {
  create("okta", 2);
  produce_numbers("okta", 0, 0, 5);
  consume({"okta"}, true);
  ASSERT_TRUE(caught_up()) << log_.text();
  // The ends are places to go on from, though nothing was read.
  std::map<std::string, std::string> places;
  batches_.inspect([&](const auto& batches) {
    for (const auto& batch : batches) {
      EXPECT_TRUE(batch.records.empty());
      places[batch.origin->partition] = batch.resume;
    }
  });
  EXPECT_EQ(places, (std::map<std::string, std::string>{{"okta/0", "5"}, {"okta/1", "0"}}));
  source_->stop();
  produce_numbers("okta", 0, 5, 8);
  produce_numbers("okta", 1, 0, 2);
  // A partition without a place, of a topic that has some, was made while we were away.
  places.erase("okta/1");
  resume({"okta"}, places, true);
  ASSERT_TRUE(receives(5)) << log_.text();
  auto got = received();
  EXPECT_EQ(got["okta/0"], numbers(5, 8));
  EXPECT_EQ(got["okta/1"], numbers(0, 2));
}

// The mock keeps 5 MiB of a partition: what is older is gone.
TEST_F(KafkaOffsetsTest, AGapIsSaidAloudAndGoesOnWithTheOldest) {
  create("okta", 1);
  const std::string large(8000, 'x');
  for (int i = 0; i < 1000; ++i) {
    produce("okta", 0, std::to_string(i) + large);
    if (i % 50 == 49) flush();
  }
  flush();
  resume({"okta"}, {{"okta/0", "3"}});
  ASSERT_TRUE(says("history_gap: okta/0: the ")) << log_.text();
  ASSERT_TRUE(caught_up()) << log_.text();
  EXPECT_EQ(source_->counters().history_gaps, 1u);
  const Lines records = batches_.records();
  ASSERT_FALSE(records.empty());
  const int first = std::stoi(records.front());
  EXPECT_GT(first, 3);
  EXPECT_EQ(records.size(), static_cast<std::size_t>(1000 - first));
  EXPECT_NE(log_.text().find("going on with the oldest kept, " + std::to_string(first)), std::string::npos) << log_.text();
}

TEST_F(KafkaOffsetsTest, AnOffsetBeyondTheEndIsAnErrorWithARemedy) {
  create("okta", 2);
  for (int p = 0; p < 2; ++p) produce_numbers("okta", p, 0, 5);
  resume({"okta"}, {{"okta/0", "9"}, {"okta/1", "3"}});
  ASSERT_TRUE(says("okta/0: our offset 9 is beyond the partition's end 5")) << log_.text();
  EXPECT_NE(log_.text().find("another `name`"), std::string::npos);
  ASSERT_TRUE(receives(2));
  EXPECT_FALSE(source_->health().up);
  EXPECT_FALSE(source_->health().caught_up);
  EXPECT_NE(source_->health().reason.find("okta/0"), std::string::npos);
  const auto partitions = source_->partitions();
  ASSERT_EQ(partitions.size(), 2u);
  EXPECT_FALSE(partitions[0].problem.empty());
  EXPECT_TRUE(partitions[1].problem.empty());
  // Never what is below: not even when more comes, until the end is there again.
  produce_numbers("okta", 0, 5, 12);
  ASSERT_TRUE(receives(5)) << log_.text();
  EXPECT_EQ(received()["okta/0"], numbers(9, 12));
  EXPECT_TRUE(caught_up());
  EXPECT_EQ(source_->counters().history_gaps, 0u);
}

TEST_F(KafkaOffsetsTest, APlaceThatIsNoOffsetIsAnError) {
  create("okta", 1);
  produce_numbers("okta", 0, 0, 3);
  resume({"okta"}, {{"okta/0", "three"}});
  ASSERT_TRUE(says("okta/0: the stored place 'three' is no offset")) << log_.text();
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  EXPECT_TRUE(batches_.records().empty());
  EXPECT_FALSE(source_->health().up);
}

TEST_F(KafkaOffsetsTest, TellsLagAndTheEnd) {
  create("okta", 2);
  produce_numbers("okta", 1, 0, 40);
  batches_.set_full(true);
  consume({"okta"});
  ASSERT_TRUE(eventually([&] { return source_->partitions().size() == 2 && source_->partitions()[1].end == 40; })) << log_.text();
  EXPECT_FALSE(source_->health().caught_up);  // read, perhaps, but not handed over
  EXPECT_TRUE(source_->health().up);
  batches_.set_full(false);
  ASSERT_TRUE(caught_up());
  const auto partitions = source_->partitions();
  EXPECT_EQ(partitions[1].next, 40);
  EXPECT_EQ(partitions[1].lag(), 0u);
  EXPECT_EQ(partitions[0].next, 0);
  EXPECT_EQ(source_->health().complete_to, kNow);
  EXPECT_EQ(source_->health().idle_since, kNow);
  batches_.set_full(true);
  produce_numbers("okta", 1, 40, 47);
  EXPECT_TRUE(eventually([&] { return source_->partitions()[1].lag() == 7; }));
  EXPECT_TRUE(eventually([&] { return !source_->health().caught_up; }));
  batches_.set_full(false);
  EXPECT_TRUE(caught_up());
}

// Down is down: no clock of this source may be ticked meanwhile, nor at once when it is back.
TEST_F(KafkaOffsetsTest, OutagesShowAndEnd) {
  create("okta", 1);
  produce_numbers("okta", 0, 0, 3);
  consume({"okta"});
  ASSERT_TRUE(caught_up());
  rd_kafka_mock_broker_set_down(cluster_, 1);
  ASSERT_TRUE(eventually([&] { return !source_->health().up; }));
  EXPECT_FALSE(source_->health().caught_up);
  EXPECT_NE(source_->health().reason.find("down or out of reach"), std::string::npos);
  std::this_thread::sleep_for(std::chrono::milliseconds(1500));
  std::size_t lines = 0;
  for (const char c : log_.text()) lines += c == '\n' ? 1 : 0;
  EXPECT_LT(lines, 15u) << log_.text();
  rd_kafka_mock_broker_set_up(cluster_, 1);
  produce_numbers("okta", 0, 3, 6);
  ASSERT_TRUE(receives(6)) << log_.text();
  ASSERT_TRUE(caught_up());
  EXPECT_TRUE(says("the brokers are back after"));
  EXPECT_EQ(batches_.records(), numbers(0, 6));
}

TEST_F(KafkaOffsetsTest, PartitionsThatVanishAreReported) {
  create("okta", 1);
  produce_numbers("okta", 0, 0, 3);
  consume({"okta"});
  ASSERT_TRUE(caught_up());
  rd_kafka_mock_topic_set_error(cluster_, "okta", RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART);
  ASSERT_TRUE(says("okta/0 has vanished from the cluster")) << log_.text();
  EXPECT_FALSE(source_->health().up);
  EXPECT_EQ(source_->partitions()[0].problem, "vanished from the cluster");
  rd_kafka_mock_topic_set_error(cluster_, "okta", RD_KAFKA_RESP_ERR_NO_ERROR);
  ASSERT_TRUE(says("okta/0 is there again"));
  produce_numbers("okta", 0, 3, 6);
  ASSERT_TRUE(receives(6)) << log_.text();
  EXPECT_TRUE(caught_up());
  EXPECT_EQ(batches_.records(), numbers(0, 6));
}

TEST_F(KafkaOffsetsTest, CommittedPlacesReachTheGroup) {
  create("okta", 2);
  produce_numbers("okta", 1, 0, 9);
  consume({"okta"});
  ASSERT_TRUE(receives(9));
  EXPECT_EQ(group_offset("okta", 1), RD_KAFKA_OFFSET_INVALID);  // offered is not durable
  source_->committed("okta/1", "7");
  source_->committed("nonsense", "7");
  source_->committed("okta/1", "nonsense");
  EXPECT_TRUE(eventually([&] { return group_offset("okta", 1) == 7; })) << log_.text();
  source_->committed("okta/1", "9");
  source_->stop();
  EXPECT_EQ(group_offset("okta", 1), 9);
}

// The group's offsets are for people; ours decide.
TEST_F(KafkaOffsetsTest, TheGroupsOffsetsDecideNothing) {
  create("okta", 1);
  produce_numbers("okta", 0, 0, 9);
  consume({"okta"});
  ASSERT_TRUE(receives(9));
  source_->committed("okta/0", "9");
  ASSERT_TRUE(eventually([&] { return group_offset("okta", 0) == 9; }));
  source_->stop();
  resume({"okta"}, {{"okta/0", "4"}});
  ASSERT_TRUE(receives(14)) << log_.text();
}

TEST_F(KafkaOffsetsTest, AnUnreachableClusterIsNoErrorAtStart) {
  KafkaSourceOptions options = options_for({"okta"});
  rd_kafka_mock_broker_set_down(cluster_, 1);
  const auto begin = std::chrono::steady_clock::now();
  run_source(options);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(4));
  EXPECT_FALSE(source_->health().up);
  create("okta", 1);
  rd_kafka_mock_broker_set_up(cluster_, 1);
  produce_numbers("okta", 0, 0, 3);
  EXPECT_TRUE(receives(3)) << log_.text();
  EXPECT_TRUE(caught_up());
}

TEST_F(KafkaOffsetsTest, SettingsThatCannotWorkFailAtStart) {
  testing::TempDir dir;
  const std::vector<std::map<std::string, std::string>> cases = {
      {{"security.protocol", "ssl"}, {"ssl.ca.location", dir.file("none.pem")}},
      {{"security.protocol", "ssl"}, {"ssl.certificate.location", dir.write("bad.pem", "no certificate")}},
      {{"security.protocol", "sasl_ssl"}, {"sasl.mechanism", "NONE"}, {"sasl.username", "u"}, {"sasl.password", "hunter2"}}};
  for (const auto& properties : cases) {
    KafkaSourceOptions options = options_for({"okta"});
    options.properties = properties;
    KafkaSource source(
        options, {}, [] { return kNow; }, log_.log());
    const Status started = source.start(batches_);
    ASSERT_FALSE(started.ok());
    const std::string text = started.error().to_string();
    EXPECT_NE(text.find("the Kafka consumer cannot be made: "), std::string::npos) << text;
    EXPECT_EQ((text + log_.text()).find("hunter2"), std::string::npos) << text;
  }
}

TEST(KafkaSecurity, SettingsFollowFromTheOptions) {
  testing::TempDir dir;
  KafkaSecurity security;
  EXPECT_TRUE(kafka_security_settings(security)->empty());
  security.tls = true;
  EXPECT_EQ(*kafka_security_settings(security), (KafkaSettings{{"security.protocol", "ssl"}}));
  security.ca = dir.write("ca.pem", "x");
  security.mechanism = "SCRAM-SHA-512";
  security.user = "vedette";
  security.password = "hunter2";
  EXPECT_EQ(*kafka_security_settings(security), (KafkaSettings{{"security.protocol", "sasl_ssl"},
                                                               {"ssl.ca.location", security.ca},
                                                               {"sasl.mechanism", "SCRAM-SHA-512"},
                                                               {"sasl.username", "vedette"},
                                                               {"sasl.password", "hunter2"}}));
  security = {.mechanism = "PLAIN", .user = "u", .password = "p"};
  EXPECT_EQ(kafka_security_settings(security)->at("security.protocol"), "sasl_plaintext");
}

TEST(KafkaSecurity, MistakesNameTheOptionAndNoSecret) {
  testing::TempDir dir;
  const std::string file = dir.write("a.pem", "x");
  const std::vector<std::pair<KafkaSecurity, std::string>> cases = {
      {{.cert = file}, "both `cert` and `key`"},
      {{.key = file}, "both `cert` and `key`"},
      {{.ca = dir.file("none.pem")}, "none.pem cannot be read: No such file"},
      {{.key_password = "hunter2"}, "belongs to a `key`"},
      {{.mechanism = "GSSAPI", .user = "u", .password = "hunter2"}, "'GSSAPI' is none of"},
      {{.mechanism = "PLAIN", .password = "hunter2"}, "PLAIN needs `user` and `password`"},
      {{.mechanism = "PLAIN", .user = "u"}, "PLAIN needs `user` and `password`"},
      {{.user = "u", .password = "hunter2"}, "need a `mechanism`"}};
  for (const auto& [security, wanted] : cases) {
    const auto settings = kafka_security_settings(security);
    ASSERT_FALSE(settings.ok()) << wanted;
    const std::string text = settings.error().to_string();
    EXPECT_NE(text.find(wanted), std::string::npos) << text;
    EXPECT_EQ(text.find("hunter2"), std::string::npos) << text;
  }
}

}  // namespace
}  // namespace vedette::connectors
