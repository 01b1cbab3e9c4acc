// Replay order: any split of the events over inputs, any disorder within the buffer, one order.
#include "engine/run/merge.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

namespace vedette::run {
namespace {

struct Sample {
  TimeUs t;
  std::string id;
};

std::shared_ptr<event::Origin> origin_named(const std::string& name) {
  auto origin = std::make_shared<event::Origin>();
  origin->source_name = name;
  return origin;
}

std::shared_ptr<correlate::HitBatch> batch_of(const std::vector<Sample>& samples, const std::shared_ptr<event::Origin>& origin) {
  static const correlate::Hit kHit;
  auto batch = std::make_shared<correlate::HitBatch>();
  batch->origin = origin;
  for (const Sample& sample : samples) {
    correlate::EventHits hits;
    hits.head.t = sample.t;
    hits.head.id = batch->arena.copy(sample.id);
    hits.hits = {&kHit, 1};
    batch->events.push_back(hits);
    if (sample.t == correlate::kNoTime) continue;
    if (batch->first_good_t == correlate::kNoTime) batch->first_good_t = batch->min_t = batch->max_t = sample.t;
    batch->last_good_t = sample.t;
    batch->min_t = std::min(batch->min_t, sample.t);
    batch->max_t = std::max(batch->max_t, sample.t);
  }
  batch->counters.events = samples.size();
  return batch;
}

std::vector<std::string> run(const std::vector<std::vector<Sample>>& inputs, std::size_t batch_size, std::size_t reorder) {
  std::vector<std::string> order;
  Merger merger(
      inputs.size(), [&](const correlate::EventHits& event, const event::Origin&) { order.emplace_back(event.head.id); },
      reorder);
  std::vector<std::size_t> at(inputs.size(), 0);
  for (std::size_t input = merger.wanted(); input < inputs.size(); input = merger.wanted()) {
    const auto& samples = inputs[input];
    const std::size_t end = std::min(samples.size(), at[input] + batch_size);
    if (at[input] == samples.size()) {
      merger.finish(input);
      continue;
    }
    const std::vector<Sample> part(samples.begin() + static_cast<std::ptrdiff_t>(at[input]),
                                   samples.begin() + static_cast<std::ptrdiff_t>(end));
    EXPECT_TRUE(merger.push(input, batch_of(part, origin_named("in" + std::to_string(input)))).ok());
    at[input] = end;
  }
  return order;
}

TEST(Merger, OneOrderForEverySplitAndEveryDisorderWithinTheBuffer) {
  std::mt19937 random(11);
  for (int round = 0; round < 200; ++round) {
    std::vector<Sample> samples;
    for (int i = 0; i < 60; ++i) samples.push_back({static_cast<TimeUs>(random() % 40), "e" + std::to_string(100 + i)});
    std::vector<Sample> sorted = samples;
    std::sort(sorted.begin(), sorted.end(),
              [](const Sample& a, const Sample& b) { return std::tie(a.t, a.id) < std::tie(b.t, b.id); });
    std::vector<std::string> expected;
    for (const Sample& sample : sorted) expected.push_back(sample.id);

    const std::size_t count = 1 + random() % 4;
    std::vector<std::vector<Sample>> inputs(count);
    for (const Sample& sample : samples) inputs[random() % count].push_back(sample);
    EXPECT_EQ(run(inputs, 1 + random() % 7, 1000), expected) << "round " << round;

    // Sorted inputs need no buffer at all beyond ties.
    for (auto& input : inputs)
      std::stable_sort(input.begin(), input.end(), [](const Sample& a, const Sample& b) { return a.t < b.t; });
    EXPECT_EQ(run(inputs, 1 + random() % 7, 8), expected) << "round " << round;
  }
}

TEST(Merger, RefusesDisorderBeyondTheBuffer) {
  std::vector<std::string> order;
  Merger merger(
      1, [&](const correlate::EventHits& event, const event::Origin&) { order.emplace_back(event.head.id); }, 3);
  const auto origin = origin_named("a.ndjson");
  ASSERT_TRUE(merger.push(0, batch_of({{10, "a"}, {20, "b"}, {30, "c"}}, origin)).ok());
  ASSERT_TRUE(merger.push(0, batch_of({{40, "d"}, {50, "e"}, {60, "f"}}, origin)).ok());
  const Status status = merger.push(0, batch_of({{29, "late"}}, origin));
  ASSERT_FALSE(status.ok());
  EXPECT_NE(status.error().to_string().find("a.ndjson"), std::string::npos);
  EXPECT_NE(status.error().message.find("--sort"), std::string::npos);
}

TEST(Merger, AMissingTimeTakesTheLastGoodOneOfItsInput) {
  std::vector<std::pair<std::string, TimeUs>> order;
  Merger merger(
      1, [&](const correlate::EventHits& event, const event::Origin&) { order.emplace_back(event.head.id, event.head.t); });
  const auto origin = origin_named("a");
  ASSERT_TRUE(merger.push(0, batch_of({{10, "a"}}, origin)).ok());
  ASSERT_TRUE(merger.push(0, batch_of({{correlate::kNoTime, "b"}, {20, "c"}}, origin)).ok());
  merger.finish(0);
  const std::vector<std::pair<std::string, TimeUs>> expected = {{"a", 10}, {"b", 10}, {"c", 20}};
  EXPECT_EQ(order, expected);
}

}  // namespace
}  // namespace vedette::run
