// The outbox entry's bytes: what goes in comes out, and nothing damaged does.
#include "connectors/sinks/outbox_alert.h"

#include <random>

#include "tests/sinks/support.h"

namespace vedette::connectors {
namespace {

using testing::alert_of;

OutboxAlert full_alert() {
  OutboxAlert alert = alert_of(77, "f00d");
  alert.revision = 4'000'000'000;
  alert.withdrawn = true;
  alert.continuation = true;
  alert.episode_id = "e1";
  alert.level = plan::Level::critical;
  alert.tags = {"attack.t1110", ""};
  alert.sources = {"okta", "sshd"};
  alert.tenant = "acme";
  alert.group_key = std::string("a\0b", 3);
  alert.time = -5;
  alert.committed = INT64_MAX;
  alert.json = "{\"reason\":\"\xc3\xa9\\n\"}";
  return alert;
}

void expect_equal(const OutboxAlert& a, const OutboxAlert& b) {
  EXPECT_EQ(a.number, b.number);
  EXPECT_EQ(a.alert_id, b.alert_id);
  EXPECT_EQ(a.revision, b.revision);
  EXPECT_EQ(a.withdrawn, b.withdrawn);
  EXPECT_EQ(a.continuation, b.continuation);
  EXPECT_EQ(a.episode_id, b.episode_id);
  EXPECT_EQ(a.level, b.level);
  EXPECT_EQ(a.rule_id, b.rule_id);
  EXPECT_EQ(a.rule, b.rule);
  EXPECT_EQ(a.tags, b.tags);
  EXPECT_EQ(a.sources, b.sources);
  EXPECT_EQ(a.tenant, b.tenant);
  EXPECT_EQ(a.group_key, b.group_key);
  EXPECT_EQ(a.time, b.time);
  EXPECT_EQ(a.committed, b.committed);
  EXPECT_EQ(a.json, b.json);
}

TEST(OutboxAlertCodec, WhatGoesInComesOut) {
  for (const OutboxAlert& alert : {full_alert(), alert_of(1), OutboxAlert{}}) {
    const auto back = decode_outbox_alert(alert.number, encode_outbox_alert(alert));
    ASSERT_TRUE(back.ok()) << back.error().to_string();
    expect_equal(*back, alert);
  }
}

TEST(OutboxAlertCodec, EveryDamagedBitIsAnError) {
  const std::string good = encode_outbox_alert(full_alert());
  for (std::size_t bit = 0; bit < good.size() * 8; ++bit) {
    std::string bad = good;
    bad[bit / 8] = static_cast<char>(bad[bit / 8] ^ (1 << (bit % 8)));
    const auto decoded = decode_outbox_alert(9, bad);
    ASSERT_FALSE(decoded.ok()) << "bit " << bit;
    EXPECT_EQ(decoded.error().where, "outbox entry 9");
  }
}

TEST(OutboxAlertCodec, EveryCutAndEveryAdditionIsAnError) {
  const std::string good = encode_outbox_alert(full_alert());
  for (std::size_t size = 0; size < good.size(); ++size) EXPECT_FALSE(decode_outbox_alert(9, good.substr(0, size)).ok()) << size;
  EXPECT_FALSE(decode_outbox_alert(9, good + '\0').ok());
}

TEST(OutboxAlertCodec, ANewerVersionIsNamed) {
  std::string bytes = encode_outbox_alert(full_alert());
  bytes[0] = 2;
  const auto decoded = decode_outbox_alert(9, bytes);
  ASSERT_FALSE(decoded.ok());
  EXPECT_NE(decoded.error().message.find("version 2"), std::string::npos) << decoded.error().message;
}

// Bytes with a right checksum and a wrong layout, counts beyond the end among them.
TEST(OutboxAlertCodec, NoLayoutMakesItReadBeyondTheEnd) {
  std::mt19937 random(7);
  const std::string good = encode_outbox_alert(full_alert());
  const std::string body = good.substr(0, good.size() - 4);
  for (int round = 0; round < 20'000; ++round) {
    std::string bad = body;
    const int changes = 1 + static_cast<int>(random() % 4);
    for (int i = 0; i < changes; ++i) bad[1 + random() % (bad.size() - 1)] = static_cast<char>(random() % 2 ? 0xff : random());
    if (random() % 3 == 0) bad.resize(1 + random() % bad.size());
    auto sum = static_cast<std::uint32_t>(crc32_z(0, reinterpret_cast<const Bytef*>(bad.data()), bad.size()));
    for (int i = 0; i < 4; ++i, sum >>= 8) bad.push_back(static_cast<char>(sum & 0xff));
    const auto decoded = decode_outbox_alert(9, bad);
    EXPECT_TRUE(!decoded.ok() || decoded->json.size() <= bad.size());
  }
}

}  // namespace
}  // namespace vedette::connectors
