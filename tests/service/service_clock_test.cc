#include "app/service/service_clock.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace vedette::app {
namespace {

constexpr TimeUs kStart = 1'700'000'000 * kSecondUs;
constexpr DurationUs kHour = 60 * kMinuteUs;

// A machine whose wall clock jumps, and a service on it that steps every second.
class WallClock : public testing::Test {
 protected:
  void pass(DurationUs time) {
    for (const TimeUs end = elapsed_ + time; elapsed_ < end;) {
      elapsed_ += kSecondUs;
      step();
    }
  }
  void step() {
    if (const auto told = clock_->step()) told_ += *told + "\n";
  }
  [[nodiscard]] TimeUs truth() const { return kStart + elapsed_; }
  // Events come with times a second old.
  void pass_with_events(DurationUs time) {
    for (const TimeUs end = elapsed_ + time; elapsed_ < end;) {
      pass(10 * kSecondUs);
      clock_->note_event(truth() - kSecondUs);
    }
  }

  TimeUs elapsed_ = 5 * kSecondUs;
  DurationUs wrong_ = 0;  // wall clock minus truth
  std::string told_;
  std::unique_ptr<ServiceClock> clock_ = make();

  [[nodiscard]] std::unique_ptr<ServiceClock> make() {
    return std::make_unique<ServiceClock>([this] { return truth() + wrong_; }, [this] { return elapsed_; });
  }
};

TEST_F(WallClock, IsFollowedWhileItDrifts) {
  for (int i = 0; i < 3600; ++i) {
    wrong_ += 500;  // 500 ppm
    pass(kSecondUs);
  }
  EXPECT_NEAR(static_cast<double>(clock_->now()), static_cast<double>(truth() + wrong_), 1000);
  EXPECT_EQ(told_, "");
}

TEST_F(WallClock, SmallStepsAreFollowedSlowly) {
  wrong_ = 30 * kSecondUs;
  pass(kMinuteUs);
  EXPECT_EQ(clock_->now(), truth() + 3 * kSecondUs);
  wrong_ = -30 * kSecondUs;
  pass(2 * kMinuteUs);
  EXPECT_EQ(clock_->now(), truth() - 3 * kSecondUs);
  pass(10 * kMinuteUs);
  EXPECT_EQ(clock_->now(), truth() + wrong_);
  EXPECT_EQ(told_, "");
}

TEST_F(WallClock, AJumpAheadMovesNothing) {
  pass(kMinuteUs);
  wrong_ = kHour;
  step();
  EXPECT_EQ(clock_->now(), truth());
  EXPECT_EQ(clock_->difference(), kHour);
  pass_with_events(3 * kHour);
  EXPECT_EQ(clock_->now(), truth());
  wrong_ = 0;
  pass(kMinuteUs);
  EXPECT_EQ(clock_->now(), truth());
  EXPECT_EQ(clock_->difference(), 0);
  EXPECT_EQ(told_,
            "the wall clock has jumped: it is 3600 s ahead of the elapsed time, by which this process goes on; when the jump "
            "corrects the clock, a restart takes it over at once\n"
            "the wall clock is back where the elapsed time puts it\n");
}

TEST_F(WallClock, AJumpBackMovesNothingWhileEventsContradictIt) {
  pass(kMinuteUs);
  wrong_ = -kHour;
  step();
  EXPECT_EQ(clock_->now(), truth());
  pass_with_events(3 * kHour);
  EXPECT_EQ(clock_->now(), truth());
  wrong_ = 0;
  pass(kMinuteUs);
  EXPECT_EQ(clock_->now(), truth());
}

TEST_F(WallClock, AShortJumpBackMovesNothingWithoutAnyEvent) {
  wrong_ = -kHour;
  pass(14 * kMinuteUs);
  EXPECT_EQ(clock_->now(), truth());
  wrong_ = 0;
  pass(kMinuteUs);
  EXPECT_EQ(clock_->now(), truth());
}

TEST_F(WallClock, ACorrectionAheadIsTakenOverWhenEventsShowIt) {
  wrong_ = -kHour;
  clock_ = make();  // begins on the wrong one
  pass(kMinuteUs);
  wrong_ = 0;
  pass(kMinuteUs);
  EXPECT_EQ(clock_->now(), truth() - kHour);
  clock_->note_event(truth() - 2 * kSecondUs);
  step();
  EXPECT_EQ(clock_->now(), truth());
  EXPECT_NE(told_.find("the wall clock, 3600 s ahead of the elapsed time, is right"), std::string::npos) << told_;
}

TEST_F(WallClock, ACorrectionBackIsTakenOverInTime) {
  wrong_ = kHour;
  clock_ = make();
  pass_with_events(kMinuteUs);
  wrong_ = 0;
  pass_with_events(14 * kMinuteUs);
  EXPECT_EQ(clock_->now(), truth() + kHour);
  pass_with_events(2 * kMinuteUs);
  EXPECT_EQ(clock_->now(), truth());
}

TEST_F(WallClock, EventsAheadOfBothClocksShowNothing) {
  wrong_ = kHour;
  step();
  clock_->note_event(truth() + 10 * 365 * 24 * kHour);
  pass(kMinuteUs);
  EXPECT_EQ(clock_->now(), truth());
  wrong_ = -kHour;
  pass(kMinuteUs);
  clock_->note_event(truth() + 10 * 365 * 24 * kHour);
  pass(16 * kMinuteUs);
  EXPECT_EQ(clock_->now(), truth() + wrong_);
}

}  // namespace
}  // namespace vedette::app
