// Which alerts of an episode go out.
#include "connectors/sinks/continuations.h"

#include <random>
#include <set>

#include "tests/sinks/support.h"

namespace vedette::connectors {
namespace {

OutboxAlert alert_at(TimeUs committed, const std::string& id, const std::string& episode) {
  OutboxAlert alert = testing::alert_of(1, id);
  alert.committed = committed;
  alert.episode_id = episode;
  alert.continuation = id != episode;
  return alert;
}

OutboxAlert revised(OutboxAlert alert, std::uint32_t revision, bool withdrawn = false) {
  alert.revision = revision;
  alert.withdrawn = withdrawn;
  return alert;
}

TEST(Continuations, TheFirstGoesOutAndOneEveryInterval) {
  Continuations rule(kDayUs);
  EXPECT_TRUE(rule.sends(alert_at(0, "e", "e")));
  EXPECT_FALSE(rule.sends(alert_at(kHourUs, "c1", "e")));
  EXPECT_FALSE(rule.sends(alert_at(kDayUs - 1, "c2", "e")));
  EXPECT_TRUE(rule.sends(alert_at(kDayUs, "c3", "e")));
  EXPECT_FALSE(rule.sends(alert_at(kDayUs + kHourUs, "c4", "e")));  // counted from c3
  EXPECT_TRUE(rule.sends(alert_at(kHourUs, "f", "f")));             // another episode
}

TEST(Continuations, RevisionsAndWithdrawalsFollowTheirAlert) {
  Continuations rule(kDayUs);
  const OutboxAlert first = alert_at(0, "e", "e"), dropped = alert_at(kHourUs, "c1", "e");
  EXPECT_TRUE(rule.sends(first));
  EXPECT_FALSE(rule.sends(dropped));
  EXPECT_TRUE(rule.sends(revised(first, 2)));
  EXPECT_TRUE(rule.sends(revised(first, 3, true)));
  EXPECT_FALSE(rule.sends(revised(dropped, 2)));
  EXPECT_FALSE(rule.sends(revised(dropped, 3, true)));
}

TEST(Continuations, WhatIsUnknownIsSent) {
  Continuations rule(kDayUs);
  EXPECT_TRUE(rule.sends(alert_at(0, "c1", "e")));
  EXPECT_TRUE(rule.sends(revised(alert_at(0, "c0", "e"), 2, true)));
  EXPECT_FALSE(rule.sends(alert_at(1, "c2", "e")));
}

TEST(Continuations, MemoryIsBoundedAndForgetsTowardsSending) {
  Continuations rule(kDayUs, 10);
  for (int i = 0; i < 11; ++i) EXPECT_TRUE(rule.sends(alert_at(0, "e" + std::to_string(i), "e" + std::to_string(i))));
  EXPECT_FALSE(rule.sends(alert_at(1, "x", "e10")));
  EXPECT_TRUE(rule.sends(alert_at(1, "y", "e0")));
}

// Against the definition, over everything that was sent.
TEST(Continuations, AgreesWithTheDefinition) {
  std::mt19937 random(11);
  Continuations rule(100);
  std::map<std::string, TimeUs> last;
  std::set<std::string> dropped;
  TimeUs now = 0;
  int sent = 0, held = 0;
  std::vector<OutboxAlert> past;
  for (int i = 0; i < 5000; ++i) {
    now += static_cast<TimeUs>(random() % 20);
    if (!past.empty() && random() % 4 == 0) {
      const OutboxAlert again = revised(past[random() % past.size()], 2, random() % 2 == 0);
      EXPECT_EQ(rule.sends(again), !dropped.contains(again.alert_id));
      continue;
    }
    const std::string episode = "e" + std::to_string(random() % 8);
    const OutboxAlert alert = alert_at(now, last.contains(episode) ? "c" + std::to_string(i) : episode, episode);
    const bool expected = !alert.continuation || now - last[episode] >= 100;
    if (expected) last[episode] = now;
    if (!expected) dropped.insert(alert.alert_id);
    (expected ? sent : held)++;
    ASSERT_EQ(rule.sends(alert), expected) << i;
    past.push_back(alert);
  }
  EXPECT_GT(sent, 100);
  EXPECT_GT(held, 100);
}

}  // namespace
}  // namespace vedette::connectors
