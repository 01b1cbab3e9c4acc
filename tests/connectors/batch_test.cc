// Batches and the queue between sources and workers.
#include "connectors/sources/batch_builder.h"
#include "connectors/sources/batch_queue.h"
#include "tests/connectors/support.h"

namespace vedette::connectors {
namespace {

event::RecordBatch batch_of(const std::string& text) {
  BatchBuilder builder(testing::origin_named("x"));
  builder.add(text, 1, 1, 0);
  event::RecordBatch batch;
  builder.take(batch);
  return batch;
}

TEST(BatchBuilder, ViewsSurviveMovesAndArePadded) {
  BatchBuilder builder(testing::origin_named("x"));
  builder.add("a", 1, 2, 3);
  builder.add("", 4, 5, 6);
  builder.add("ccc", 7, 8, 9);
  event::RecordBatch first;
  builder.take(first);
  EXPECT_TRUE(builder.empty());
  const event::RecordBatch batch = std::move(first);
  ASSERT_EQ(batch.records.size(), 3u);
  EXPECT_EQ(batch.records[0].bytes, "a");
  EXPECT_EQ(batch.records[1].bytes, "");
  EXPECT_EQ(batch.records[2].bytes, "ccc");
  EXPECT_EQ(batch.records[2].arrival, 7);
  EXPECT_EQ(batch.records[2].line, 8u);
  EXPECT_EQ(batch.records[2].position, 9u);
  EXPECT_EQ(batch.records[2].bytes.data() + 3 + event::kPadding, batch.buffer.data() + batch.buffer.size());
  EXPECT_EQ(std::string_view(batch.records[2].bytes.data() + 3, event::kPadding), std::string(event::kPadding, '\0'));
}

TEST(BatchBuilder, ReusesTheMemoryItIsGiven) {
  BatchBuilder builder(testing::origin_named("x"));
  event::RecordBatch batch;
  builder.add(std::string(1000, 'a'), 1, 1, 0);
  builder.take(batch);
  const char* memory = batch.buffer.data();
  builder.add("b", 1, 1, 0);
  builder.take(batch);
  builder.add("c", 1, 1, 0);
  builder.take(batch);
  EXPECT_EQ(batch.buffer.data(), memory);
  ASSERT_EQ(batch.records.size(), 1u);
  EXPECT_EQ(batch.records[0].bytes, "c");
}

TEST(BatchQueue, NumbersInOrderAndRefusesWhenFull) {
  BatchQueue queue(2, 1 << 20);
  event::RecordBatch a = batch_of("a"), b = batch_of("b"), c = batch_of("c");
  EXPECT_TRUE(queue.offer(a));
  EXPECT_TRUE(a.records.empty());
  EXPECT_TRUE(queue.offer(b));
  EXPECT_FALSE(queue.offer(c));
  EXPECT_EQ(c.records[0].bytes, "c");
  EXPECT_FALSE(queue.wait_for_room(std::chrono::milliseconds(1)));
  event::RecordBatch out;
  ASSERT_TRUE(queue.pop(out, std::chrono::milliseconds(0)));
  EXPECT_EQ(out.sequence, 0u);
  EXPECT_EQ(out.records[0].bytes, "a");
  EXPECT_TRUE(queue.wait_for_room(std::chrono::milliseconds(0)));
  EXPECT_TRUE(queue.offer(c));
  ASSERT_TRUE(queue.pop(out, std::chrono::milliseconds(0)));
  EXPECT_EQ(out.sequence, 1u);
  ASSERT_TRUE(queue.pop(out, std::chrono::milliseconds(0)));
  EXPECT_EQ(out.sequence, 2u);
  EXPECT_EQ(out.records[0].bytes, "c");
  EXPECT_FALSE(queue.pop(out, std::chrono::milliseconds(1)));
  EXPECT_EQ(queue.bytes(), 0u);
  EXPECT_EQ(queue.accepted(), 3u);
}

TEST(BatchQueue, IsBoundedInBytes) {
  BatchQueue queue(100, 1000);
  event::RecordBatch large = batch_of(std::string(2000, 'x')), small = batch_of("y");
  EXPECT_TRUE(queue.offer(large));  // one that is larger than the bound still passes, alone
  EXPECT_FALSE(queue.offer(small));
  event::RecordBatch out;
  ASSERT_TRUE(queue.pop(out, std::chrono::milliseconds(0)));
  EXPECT_TRUE(queue.offer(small));
}

TEST(BatchQueue, CloseLetsTheRestOutAndNothingIn) {
  BatchQueue queue;
  event::RecordBatch a = batch_of("a"), b = batch_of("b"), out;
  EXPECT_TRUE(queue.offer(a));
  queue.close();
  EXPECT_FALSE(queue.offer(b));
  EXPECT_FALSE(queue.drained());
  EXPECT_TRUE(queue.pop(out, std::chrono::milliseconds(0)));
  EXPECT_TRUE(queue.drained());
  EXPECT_FALSE(queue.pop(out, std::chrono::seconds(60)));  // at once: nothing can come
}

// Several producers, one consumer: everything arrives once, in the order of the numbers.
TEST(BatchQueue, ManyProducersOneOrder) {
  BatchQueue queue(4, 1 << 20);
  std::vector<std::thread> producers;
  for (int p = 0; p < 4; ++p) {
    producers.emplace_back([&queue, p] {
      for (int i = 0; i < 500; ++i) {
        event::RecordBatch batch = batch_of(std::to_string(p) + ":" + std::to_string(i));
        while (!queue.offer(batch)) static_cast<void>(queue.wait_for_room(std::chrono::milliseconds(100)));
      }
    });
  }
  std::vector<int> next(4, 0);
  event::RecordBatch out;
  for (std::uint64_t n = 0; n < 2000; ++n) {
    ASSERT_TRUE(queue.pop(out, std::chrono::seconds(30)));
    EXPECT_EQ(out.sequence, n);
    const std::string text(out.records[0].bytes);
    const auto producer = static_cast<std::size_t>(text[0] - '0');
    EXPECT_EQ(text.substr(2), std::to_string(next[producer]++));
  }
  for (auto& producer : producers) producer.join();
}

}  // namespace
}  // namespace vedette::connectors
