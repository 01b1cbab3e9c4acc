// Two Vedettes in one consumer group: who comes second is refused, who is gone is in nobody's way. Against the mock cluster.
#include "connectors/sources/kafka_presence.h"

#include <cstring>

#include "tests/connectors/kafka_support.h"

namespace vedette::connectors {
namespace {

using std::chrono::milliseconds;
using testing::eventually;
using testing::kNow;

class KafkaPresenceTest : public testing::MockKafkaTest {
 protected:
  KafkaPresenceTest() {
    create("okta", 2);
    rd_kafka_conf_t* conf = rd_kafka_conf_new();
    rd_kafka_conf_set(conf, "bootstrap.servers", brokers().c_str(), nullptr, 0);
    rd_kafka_conf_set(conf, "group.id", "vedette", nullptr, 0);
    other_ = rd_kafka_new(RD_KAFKA_CONSUMER, conf, nullptr, 0);
  }
  ~KafkaPresenceTest() override { rd_kafka_destroy(other_); }

  KafkaSourceOptions options(const std::string& instance = "aaaa") const {
    KafkaSourceOptions options = options_for({"okta"});
    options.instance = instance;
    options.presence_interval = milliseconds(200);
    return options;
  }
  // Writes as another Vedette does.
  void speak(const std::string& id, TimeUs start) {
    const KafkaPresenceText text{id, "elsewhere", 17, start, ++beat_};
    const std::string words = text.to_text();
    rd_kafka_topic_partition_list_t* list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_t* place = rd_kafka_topic_partition_list_add(list, "okta", 0);
    place->offset = 5;
    place->metadata = ::strdup(words.c_str());
    place->metadata_size = words.size();
    EXPECT_EQ(rd_kafka_commit(other_, list, 0), RD_KAFKA_RESP_ERR_NO_ERROR);
    rd_kafka_topic_partition_list_destroy(list);
  }
  std::string stands() {
    rd_kafka_topic_partition_list_t* list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_t* place = rd_kafka_topic_partition_list_add(list, "okta", 0);
    std::string text;
    if (rd_kafka_committed(other_, list, 5000) == RD_KAFKA_RESP_ERR_NO_ERROR && place->metadata != nullptr)
      text = std::string(static_cast<const char*>(place->metadata), place->metadata_size);
    rd_kafka_topic_partition_list_destroy(list);
    return text;
  }
  Status start_source(const KafkaSourceOptions& options) {
    const auto origins = [](const std::string&, int) { return testing::origin_named("identity"); };
    source_ = std::make_unique<KafkaSource>(
        options, origins, [] { return kNow; }, log_.log());
    return source_->start(batches_);
  }

  rd_kafka_t* other_ = nullptr;
  std::uint64_t beat_ = 0;
};

TEST_F(KafkaPresenceTest, TextsAreReadAsTheyAreWritten) {
  const KafkaPresenceText text{"9f", "web-1", 17, kNow, 5};
  EXPECT_EQ(text.to_text(), "vedette id=9f host=web-1 pid=17 start=1700000000000000 beat=5");
  const auto again = KafkaPresenceText::parse(text.to_text());
  ASSERT_TRUE(again);
  EXPECT_EQ(again->to_text(), text.to_text());
  for (const char* bad : {"", "9f", "vedette id= host=a pid=1 start=1 beat=1", "vedette id=9f host=a pid=x start=1 beat=1",
                          "vedette id=9f host=a pid=1 start=1"})
    EXPECT_FALSE(KafkaPresenceText::parse(bad)) << bad;
}

TEST_F(KafkaPresenceTest, ASecondOneIsRefusedAtStart) {
  std::atomic<bool> stop = false;
  speak("bbbb", kNow - 1);
  std::thread beating([&] {
    while (!stop) {
      std::this_thread::sleep_for(milliseconds(50));
      speak("bbbb", kNow - 1);
    }
  });
  const Status started = start_source(options());
  stop = true;
  beating.join();
  ASSERT_FALSE(started.ok());
  const std::string error = started.error().to_string();
  EXPECT_NE(error.find("another Vedette reads for group 'vedette' (on elsewhere, process 17, started 2023-11-14T22:13:19"),
            std::string::npos)
      << error;
  EXPECT_NE(error.find("a `group` of its own"), std::string::npos) << error;
}

TEST_F(KafkaPresenceTest, OneThatIsGoneIsInNobodysWay) {
  speak("bbbb", kNow - 1);
  produce("okta", 0, "x");
  const auto begin = std::chrono::steady_clock::now();
  const Status started = start_source(options());
  ASSERT_TRUE(started.ok()) << started.error().to_string();
  EXPECT_GE(std::chrono::steady_clock::now() - begin, milliseconds(600)) << "it may still have been there";
  EXPECT_TRUE(receives(1)) << log_.text();
  EXPECT_TRUE(eventually([&] { return stands().starts_with("vedette id=aaaa"); }));
  EXPECT_TRUE(source_->health().up);
  source_->stop();
  EXPECT_EQ(stands(), "") << "nobody shall wait for us";
}

// A backup of the store that was restored elsewhere and started while the original goes on.
TEST_F(KafkaPresenceTest, ACopyOfTheStoreStaysRefused) {
  std::atomic<bool> stop = false;
  std::thread beating([&] {
    while (!stop) {
      speak("aaaa", kNow - 1);
      std::this_thread::sleep_for(milliseconds(50));
    }
  });
  // At its start it may be refused already.
  const Status started = start_source(options());
  if (started.ok()) {
    const auto refused = [&] { return source_->health().reason.find("another Vedette") != std::string::npos; };
    EXPECT_TRUE(eventually(refused)) << log_.text();
    for (int i = 0; i < 30; ++i) {
      EXPECT_FALSE(source_->health().up) << "after " << i << " looks: " << log_.text();
      std::this_thread::sleep_for(milliseconds(100));
    }
  }
  stop = true;
  beating.join();
}

// After a kill -9, wherever the store is now: no waiting.
TEST_F(KafkaPresenceTest, TheSameStoreStartsAtOnce) {
  speak("aaaa", kNow - 1);
  KafkaSourceOptions slow = options();
  slow.presence_interval = std::chrono::seconds(100);
  const auto begin = std::chrono::steady_clock::now();
  ASSERT_TRUE(start_source(slow).ok());
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(20));
  produce("okta", 0, "x");
  EXPECT_TRUE(receives(1)) << log_.text();
}

TEST_F(KafkaPresenceTest, TheLaterOneGivesWayAndGoesOnWhenItIsAlone) {
  ASSERT_TRUE(start_source(options()).ok());
  produce("okta", 1, "one");
  ASSERT_TRUE(receives(1));
  ASSERT_TRUE(eventually([&] { return stands().starts_with("vedette id=aaaa"); }));
  // The other was there before, unseen.
  const bool down = eventually([&] {
    speak("bbbb", kNow - 1);
    return !source_->health().up;
  });
  ASSERT_TRUE(down) << log_.text();
  EXPECT_NE(source_->health().reason.find("another Vedette reads for group"), std::string::npos) << source_->health().reason;
  EXPECT_EQ(source_->counters().group_strangers, 1U);
  EXPECT_TRUE(stands().starts_with("vedette id=bbbb"));
  std::this_thread::sleep_for(milliseconds(300));  // what was fetched before the pause is through
  const std::size_t before = batches_.records().size();
  for (int i = 0; i < 10; ++i) {
    produce("okta", 1, "two");
    speak("bbbb", kNow - 1);
    std::this_thread::sleep_for(milliseconds(100));
  }
  EXPECT_EQ(batches_.records().size(), before) << log_.text();
  EXPECT_TRUE(receives(11)) << log_.text();
  EXPECT_TRUE(source_->health().up);
  EXPECT_TRUE(says("ours alone again"));
}

TEST_F(KafkaPresenceTest, TheEarlierOneGoesOnAndSaysSo) {
  ASSERT_TRUE(start_source(options()).ok());
  ASSERT_TRUE(eventually([&] { return stands().starts_with("vedette id=aaaa"); }));
  // On a copy of our store, at that.
  const bool seen = eventually([&] {
    speak("aaaa", kNow + 1);
    return source_->counters().group_strangers == 1;
  });
  EXPECT_TRUE(seen) << log_.text();
  EXPECT_TRUE(says("another Vedette reads for group"));
  produce("okta", 1, "one");
  EXPECT_TRUE(receives(1)) << log_.text();
  EXPECT_TRUE(source_->health().up);
  EXPECT_TRUE(eventually([&] { return source_->counters().group_strangers == 0; })) << log_.text();
}

}  // namespace
}  // namespace vedette::connectors
