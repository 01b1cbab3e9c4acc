// What a message's value holds: lines, arrays, Confluent headers, packed values.
#include "connectors/sources/kafka_value.h"

#include "tests/connectors/kafka_support.h"

namespace vedette::connectors {
namespace {

using Lines = std::vector<std::string>;
using namespace std::string_literals;

struct Collected final : event::ElementSink {
  void on_element(std::string_view bytes, std::uint64_t line, std::uint64_t) override {
    records.emplace_back(bytes);
    lines.push_back(line);
  }
  void on_reject(const event::Reject& reject) override { rejects.push_back(std::string(reject.reason) + ": " + reject.message); }
  Lines records, rejects;
  std::vector<std::uint64_t> lines;
  bool something = true;
};

Collected unpack(const std::string& value, bool text = false, std::size_t inflated = 16 << 20) {
  Collected out;
  std::string scratch;
  KafkaValueOptions options;
  options.text = text;
  options.inflated_bytes = inflated;
  out.something = unpack_kafka_value(value, options, scratch, out);
  return out;
}

TEST(KafkaValue, OneValueIsOneRecord) {
  for (const std::string value : {"{\"a\":1}", "[{\"a\":1},{\"a\":2}]", "plain text", "\"{}\""}) {
    const Collected out = unpack(value);
    EXPECT_EQ(out.records, Lines{value});
    EXPECT_EQ(out.lines, std::vector<std::uint64_t>{0});
    EXPECT_EQ(unpack(value + "\r\n").records, Lines{value});
  }
}

TEST(KafkaValue, BlankValuesHoldNothing) {
  for (const std::string value : {"", " ", "\n\r\n\t"}) EXPECT_FALSE(unpack(value).something);
  EXPECT_TRUE(unpack("0").something);
}

TEST(KafkaValue, SeveralLinesAreSeveralRecords) {
  const Collected out = unpack("{\"a\":1}\n{\"a\":2}\r\n\n{\"a\":3}");
  EXPECT_EQ(out.records, (Lines{"{\"a\":1}", "{\"a\":2}", "{\"a\":3}"}));
  EXPECT_EQ(out.lines, (std::vector<std::uint64_t>{1, 2, 4}));
  EXPECT_EQ(unpack("[\n {\"a\":1},\n {\"a\":2}\n]\n").records, (Lines{"{\"a\":1}", "{\"a\":2}"}));
  EXPECT_EQ(unpack("{\n \"a\": 1\n}").records, Lines{"{\n \"a\": 1\n}"});
}

TEST(KafkaValue, TextIsLinesWhateverItBeginsWith) {
  EXPECT_EQ(unpack("[1] one\n{2} two\n", true).records, (Lines{"[1] one", "{2} two"}));
  EXPECT_EQ(unpack("[1] one", true).records, Lines{"[1] one"});
}

TEST(KafkaValue, ConfluentHeadersAreStripped) {
  EXPECT_EQ(unpack("\0\0\0\0\x07{\"a\":1}"s).records, Lines{"{\"a\":1}"});
  EXPECT_EQ(unpack("\0\0\0\0\x07 [\n{\"a\":1}\n]"s).records, Lines{"{\"a\":1}"});
  EXPECT_EQ(unpack("\0\0\0\0\x07"s + testing::gzip("{\"a\":1}")).records, Lines{"{\"a\":1}"});
}

TEST(KafkaValue, AvroAndProtobufAreRefusedByName) {
  // Protobuf: message indexes, then fields. Avro: fields at once.
  for (const std::string& value : {"\0\0\1\0\x07\0\x0a\3abc"s, "\0\0\1\0\x07\6abc"s}) {
    const Collected out = unpack(value);
    EXPECT_TRUE(out.records.empty());
    ASSERT_EQ(out.rejects.size(), 1u);
    EXPECT_NE(out.rejects[0].find("schema: schema id 65543 is before something that is not JSON"), std::string::npos)
        << out.rejects[0];
  }
  EXPECT_EQ(unpack("\0\0\0"s).rejects, Lines{"schema: a Confluent header without a value behind it"});
}

TEST(KafkaValue, PackedValuesAreUnpackedWithinBounds) {
  const std::string text = "{\"a\":1}\n{\"a\":2}\n";
  for (const std::string& packed : {testing::gzip(text), testing::zstd(text)}) {
    EXPECT_EQ(unpack(packed).records, (Lines{"{\"a\":1}", "{\"a\":2}"}));
    EXPECT_EQ(unpack(packed, true).records, (Lines{"{\"a\":1}", "{\"a\":2}"}));
    EXPECT_EQ(unpack(packed, false, text.size()).records.size(), 2u);
    const Collected small = unpack(packed, false, text.size() - 1);
    EXPECT_TRUE(small.records.empty());
    ASSERT_EQ(small.rejects.size(), 1u);
    EXPECT_NE(small.rejects[0].find("holds more than 15 bytes"), std::string::npos) << small.rejects[0];
    const Collected cut = unpack(packed.substr(0, packed.size() - 3));
    EXPECT_TRUE(cut.records.empty());
    ASSERT_EQ(cut.rejects.size(), 1u);
    EXPECT_NE(cut.rejects[0].find("data is damaged"), std::string::npos) << cut.rejects[0];
  }
  // A bomb, and a frame that asks for much memory.
  const std::string zeros(64 << 20, '\0');
  EXPECT_EQ(unpack(testing::gzip(zeros)).rejects.size(), 1u);
  EXPECT_EQ(unpack(testing::zstd(zeros)).rejects.size(), 1u);
  EXPECT_EQ(unpack(testing::zstd(text, 26)).rejects.size(), 1u);
}

TEST(KafkaValue, TooLargeIsRefused) {
  const std::size_t most = event::Limits{}.record_bytes;
  EXPECT_EQ(unpack("{\"a\":\"" + std::string(most - 8, 'x') + "\"}").records.size(), 1u);
  const Collected over = unpack("{\"a\":\"" + std::string(most - 7, 'x') + "\"}");
  EXPECT_TRUE(over.records.empty());
  EXPECT_EQ(over.rejects.size(), 1u);
}

class KafkaValueTest : public testing::MockKafkaTest {};

// Records of one message share its offset and its batch; refused ones are told by it.
TEST_F(KafkaValueTest, ComeOutOfTheSource) {
  create("okta", 1);
  std::string many;
  for (int i = 0; i < 600; ++i) many += "{\"n\":" + std::to_string(i) + "}\n";
  produce("okta", 0, "{\"a\":1}");
  produce("okta", 0, "", 0, true);
  produce("okta", 0, testing::gzip(many));
  produce("okta", 0, "\0\0\0\0\1\0avro"s);
  produce("okta", 0, "{\"b\":2}");
  flush();
  consume({"okta"});
  ASSERT_TRUE(receives(602)) << log_.text();
  batches_.inspect([](const std::vector<event::RecordBatch>& batches) {
    for (const auto& batch : batches) {
      for (const auto& record : batch.records) {
        // Nothing of a message lies behind the place of its batch.
        EXPECT_LT(record.position, std::stoull(batch.resume));
        if (record.bytes.starts_with("{\"n\"")) {
          EXPECT_EQ(record.position, 2u);
        }
      }
    }
    EXPECT_EQ(batches.back().resume, "5");
  });
  EXPECT_EQ(source_->counters().tombstones, 1u);
  EXPECT_EQ(source_->counters().rejects, 1u);
  const std::lock_guard lock(reject_mutex_);
  ASSERT_EQ(rejects_.size(), 1u);
  EXPECT_NE(rejects_[0].find("okta/0@3 schema: okta/0 offset 3: schema id 1 is before"), std::string::npos) << rejects_[0];
}

}  // namespace
}  // namespace vedette::connectors
