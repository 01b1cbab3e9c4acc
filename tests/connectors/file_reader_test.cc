// Recorded inputs as batches: the same for every block size, bounded, with lines and positions; errors after the rest.
#include "connectors/sources/file_reader.h"

#include "tests/connectors/support.h"

namespace vedette::connectors {
namespace {

using testing::gzip;
using testing::origin_named;
using testing::TempDir;

struct Element {
  std::string bytes;
  std::uint64_t line = 0, position = 0;
  friend bool operator==(const Element&, const Element&) = default;
};
struct Reading {
  std::vector<std::vector<Element>> batches;
  std::vector<std::string> rejects;
  std::string error;
  friend bool operator==(const Reading&, const Reading&) = default;
  [[nodiscard]] std::vector<Element> elements() const {
    std::vector<Element> out;
    for (const auto& batch : batches) out.insert(out.end(), batch.begin(), batch.end());
    return out;
  }
};

Reading read(const std::string& path, std::size_t block, event::Framing framing = event::Framing::automatic) {
  Reading out;
  FileReaderOptions options;
  options.framing = framing;
  options.block_bytes = block;
  options.on_reject = [&out](const event::Origin& origin, const event::Reject& reject) {
    out.rejects.push_back(origin.source_name + "|" + std::string(reject.reason) + "|" + std::to_string(reject.line));
  };
  auto reader = FileReader::open(path, origin_named("input"), options);
  if (!reader.ok()) return {{}, {}, reader.error().to_string()};
  event::RecordBatch batch;
  for (;;) {
    auto more = (*reader)->next(batch);
    if (!more.ok()) out.error = more.error().to_string();
    if (!more.ok() || !*more) break;
    EXPECT_EQ(batch.origin->source_name, "input");
    auto& elements = out.batches.emplace_back();
    for (const auto& record : batch.records) {
      EXPECT_EQ(record.arrival, event::kNoArrival);
      EXPECT_GE(record.bytes.data(), batch.buffer.data());
      EXPECT_LE(record.bytes.data() + record.bytes.size() + event::kPadding, batch.buffer.data() + batch.buffer.size());
      elements.push_back({std::string(record.bytes), record.line, record.position});
    }
  }
  return out;
}

const std::string kLines = "{\"a\":1}\n\n  {\"b\":\"x\\\"}{\"}\r\n{\"c\":[1,{\"d\":2}]}\n{\"e\":\"\xc3\xa9\"}";
const std::string kArray = "[\n {\"a\":1},\n {\"b\":[\"],\"]} ,{\"c\":{}}\n]\n";
const std::string kRecords = "{\"Records\": [{\"a\":1},\n{\"b\":\"]}\"}]}\n";
const std::string kPretty = "{\n  \"a\": {\n    \"b\": 1\n  }\n}\n{\n  \"c\": 2\n}\n";

// A block boundary may fall anywhere: reading with blocks of 1, 2, 3, ... bytes puts one at every place of the input.
TEST(FileReader, EverySplitPointGivesTheSameElements) {
  const TempDir dir;
  for (const std::string& text : {kLines, kArray, kRecords, kPretty}) {
    const std::string path = dir.write("input", text);
    const Reading whole = read(path, 1 << 20);
    EXPECT_EQ(whole.error, "");
    EXPECT_FALSE(whole.elements().empty()) << text;
    for (std::size_t block = 1; block <= text.size(); ++block) EXPECT_EQ(read(path, block), whole) << block << "\n" << text;
    const Reading packed = read(dir.write("input.gz", gzip(text)), 5);
    EXPECT_EQ(packed, whole);
    // Two members split at every place.
    for (std::size_t cut = 0; cut <= text.size(); ++cut) {
      EXPECT_EQ(read(dir.write("input.gz", gzip(text.substr(0, cut)) + gzip(text.substr(cut))), 1 << 20), whole) << cut;
    }
  }
}

TEST(FileReader, TellsLinesAndPositions) {
  const TempDir dir;
  const Reading lines = read(dir.write("input", "one\n\ntwo two\nthree"), 4, event::Framing::lines);
  EXPECT_EQ(lines.elements(), (std::vector<Element>{{"one", 1, 0}, {"two two", 3, 5}, {"three", 4, 13}}));
  const Reading json = read(dir.write("input", "{\"a\":1}\n{\"b\":2}\n"), 1 << 20);
  EXPECT_EQ(json.elements(), (std::vector<Element>{{"{\"a\":1}", 1, 0}, {"{\"b\":2}", 2, 8}}));
}

TEST(FileReader, BatchesAreBoundedByTheInputAlone) {
  const TempDir dir;
  std::string many;
  for (int i = 0; i < 1300; ++i) many += "{\"n\":" + std::to_string(i) + "}\n";
  const Reading small = read(dir.write("many", many), 1 << 20);
  ASSERT_EQ(small.batches.size(), 3u);
  EXPECT_EQ(small.batches[0].size(), 512u);
  EXPECT_EQ(small.batches[2].size(), 276u);
  const std::vector<Element> elements = small.elements();
  for (std::size_t i = 0; i < elements.size(); ++i) EXPECT_EQ(elements[i].bytes, "{\"n\":" + std::to_string(i) + "}");
  EXPECT_EQ(read(dir.write("many", many), 777), small);
  std::string large;
  for (int i = 0; i < 30; ++i) large += "{\"n\":\"" + std::string(100'000, 'x') + "\"}\n";
  const Reading bytes = read(dir.write("large", large), 1 << 20);
  ASSERT_EQ(bytes.batches.size(), 3u);
  EXPECT_EQ(bytes.batches[0].size(), 11u);
  EXPECT_EQ(read(dir.write("large", large), 4321), bytes);
}

TEST(FileReader, ReportsWhatFramingRefuses) {
  const TempDir dir;
  const std::string text = "{\"a\":1}\n{\"b\":\"" + std::string(2 << 20, 'x') + "\"}\n{\"c\":1}\n";
  const Reading whole = read(dir.write("input", text), 1 << 20);
  ASSERT_EQ(whole.elements().size(), 2u);
  EXPECT_EQ(whole.elements()[1].bytes, "{\"c\":1}");
  ASSERT_EQ(whole.rejects.size(), 1u);
  EXPECT_EQ(whole.rejects[0].find("input|size|2"), 0u) << whole.rejects[0];
  EXPECT_EQ(read(dir.write("input", text), 1000), whole);
}

TEST(FileReader, WhatCameBeforeAnErrorIsDelivered) {
  const TempDir dir;
  std::string packed = gzip("{\"a\":1}\n{\"b\":2}\n{\"c\"");
  packed.resize(packed.size() - 4);
  const Reading out = read(dir.write("cut.gz", packed), 1 << 20);
  EXPECT_EQ(out.elements().size(), 2u);
  EXPECT_NE(out.error.find("cut.gz: the gzip data ends in the middle"), std::string::npos) << out.error;
}

TEST(FileReader, CountsProgressAndStampsWhenAsked) {
  const TempDir dir;
  const std::string path = dir.write("input", "{}\n{}\n");
  FileReaderOptions options;
  options.arrival = [] { return TimeUs{42}; };
  auto reader = FileReader::open(path, origin_named("input"), options);
  ASSERT_TRUE(reader.ok());
  EXPECT_EQ((*reader)->bytes_total(), 6u);
  event::RecordBatch batch;
  ASSERT_TRUE((*reader)->next(batch).value());
  EXPECT_EQ((*reader)->bytes_read(), 6u);
  ASSERT_EQ(batch.records.size(), 2u);
  EXPECT_EQ(batch.records[1].arrival, 42);
  EXPECT_FALSE((*reader)->next(batch).value());
  EXPECT_FALSE((*reader)->next(batch).value());
  EXPECT_TRUE(modified_time(path).has_value());
  EXPECT_FALSE(modified_time("-").has_value());
}

}  // namespace
}  // namespace vedette::connectors
