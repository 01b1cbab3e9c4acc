// What was there long before it was read: stamps are the newest event time so far, whatever the read time is.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "engine/run/sequencer.h"
#include "engine/run/worker.h"
#include "rules/sigma/load.h"
#include "rules/source/load.h"

namespace vedette::run {
namespace {

constexpr TimeUs kRead = 1'767'614'400LL * kSecondUs;  // 2026-01-05T12:00:00Z

plan::PlanPtr session_plan() {
  Diagnostics diagnostics;
  rules::CompileOptions options;
  options.sources = rules::load_sources(rules::builtin_sources(), diagnostics);
  return rules::compile({{"r.yml",
                          "title: s\nid: 00000000-0000-4000-8000-000000000001\nlogsource: {product: okta, service: okta}\n"
                          "detection: {s: {eventType: user.session.end}, condition: s}\n"}},
                        options, diagnostics)
      .plan;
}

class Backlog : public ::testing::Test {
 protected:
  // The alerts of one line each, read together at kRead. `published`: how long before; 0: no time at all.
  std::vector<alert::Alert> read(const std::vector<DurationUs>& ages, bool backlog) {
    event::RecordBatch batch;
    batch.origin = origin_;
    batch.backlog = backlog;
    std::vector<std::string> lines;
    for (const DurationUs age : ages) {
      lines.push_back(fmt::format(
          R"({{"uuid":"{}",{}"eventType":"user.session.end","version":"0","severity":"INFO","actor":{{"id":"a"}},"outcome":{{}}}})",
          next_++, age == 0 ? "" : fmt::format(R"("published":"{}",)", format_rfc3339(kRead - age))));
      batch.buffer += lines.back();
    }
    batch.buffer.append(event::kPadding, ' ');
    std::size_t at = 0;
    for (const std::string& line : lines) {
      event::RawRecord record;
      record.bytes = std::string_view(batch.buffer).substr(at, line.size());
      record.arrival = kRead;
      batch.records.push_back(record);
      at += line.size();
    }
    TimeUs line_clock = 0;
    correlate::HitBatch hits;
    worker_.process(batch, line_clock, hits);
    std::vector<alert::Alert> alerts;
    sequencer_.apply(hits, alerts);
    EXPECT_EQ(alerts.size(), ages.size());
    return alerts;
  }

  plan::PlanPtr plan_ = session_plan();
  Worker worker_{plan_, *match::MatchProgram::build(plan_)};
  Sequencer sequencer_{plan_, ClockMode::live};
  std::shared_ptr<event::Origin> origin_ = std::make_shared<event::Origin>();
  int next_ = 0;
};

using Flags = std::vector<std::string>;

TEST_F(Backlog, WhatIsReadLongAfterItWasWrittenIsNotLate) {
  for (const auto& alert : read({72 * kHourUs, 50 * kHourUs, 51 * kHourUs, kHourUs}, true)) EXPECT_EQ(alert.flags, Flags{});
  EXPECT_EQ(read({2 * kHourUs}, true).at(0).fired_at, kRead - kHourUs) << "a clock never goes back";
  EXPECT_EQ(read({72 * kHourUs}, true).at(0).flags, Flags{"late"}) << "older than what came before it by more than is accepted";
}

TEST_F(Backlog, WhatIsReadAsItIsWrittenHasItsReadTime) {
  const auto alerts = read({72 * kHourUs, kHourUs}, false);
  EXPECT_EQ(alerts.at(0).flags, Flags{"late"});
  EXPECT_EQ(alerts.at(1).fired_at, kRead);
}

TEST_F(Backlog, AnUnusableTimeMovesNoClock) {
  const auto alerts = read({0, -kHourUs, 72 * kHourUs, -24 * kHourUs, 0}, true);
  EXPECT_EQ(alerts.at(0).time, kRead) << "nothing better is known";
  EXPECT_EQ(alerts.at(1).time, kRead);
  EXPECT_EQ(alerts.at(2).flags, Flags{});
  EXPECT_EQ(alerts.at(3).time, kRead - 72 * kHourUs);
  EXPECT_EQ(alerts.at(3).flags, Flags{"time_clamped"});
  EXPECT_EQ(alerts.at(4).time, kRead - 72 * kHourUs);
}

TEST_F(Backlog, NoStampLiesBehindTheReadTime) { EXPECT_EQ(read({kHourUs, -kMinuteUs}, true).at(1).fired_at, kRead); }

}  // namespace
}  // namespace vedette::run
