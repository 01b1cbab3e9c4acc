#include "app/service/service_clock.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <utility>

namespace vedette::app {
namespace {

constexpr DurationUs kJump = kMinuteUs;                    // what is more than ordinary drift and its correction
constexpr DurationUs kAhead = 5 * kMinuteUs;               // an event further ahead of a clock shows that it is wrong
constexpr DurationUs kTakeOverBackAfter = 15 * kMinuteUs;  // a clock set back and not contradicted by events
constexpr std::int64_t kSlew = 20;                         // small differences: by a twentieth of the elapsed time

std::string distance(DurationUs difference) {
  return fmt::format("{} s {}", std::abs(difference) / kSecondUs, difference > 0 ? "ahead of" : "behind");
}

}  // namespace

ServiceClock::ServiceClock(connectors::Clock wall, connectors::Clock elapsed)
    : wall_(std::move(wall)), elapsed_(std::move(elapsed)), base_(wall_() - elapsed_()), stepped_(elapsed_()) {}

TimeUs ServiceClock::now() const { return base_ + elapsed_(); }

void ServiceClock::note_event(TimeUs t) {
  if (t > std::max(now(), wall_()) + kAhead) return;  // a sender's clock is wrong: it tells nothing about ours
  const std::lock_guard lock(mutex_);
  newest_ = std::max(newest_, t);
}

std::optional<std::string> ServiceClock::step() {
  const TimeUs elapsed = elapsed_(), now = base_ + elapsed, wall = wall_();
  const DurationUs since_last = std::max<DurationUs>(0, elapsed - std::exchange(stepped_, elapsed));
  difference_ = wall - now;
  if (std::abs(difference_) <= kJump) {
    base_ += std::clamp<DurationUs>(difference_, -since_last / kSlew, since_last / kSlew);
    const std::lock_guard lock(mutex_);
    newest_ = INT64_MIN;
    if (!std::exchange(held_, std::nullopt)) return std::nullopt;
    return "the wall clock is back where the elapsed time puts it";
  }
  if (is_right(wall, now, elapsed)) {
    base_ = wall - elapsed;
    held_.reset();
    return fmt::format("the wall clock, {} the elapsed time, is right and followed from now on", distance(wall - now));
  }
  if (held_ && std::abs(difference_ - told_) <= kJump) return std::nullopt;
  if (!held_) held_ = elapsed;
  told_ = difference_;
  return fmt::format(
      "the wall clock has jumped: it is {} the elapsed time, by which this process goes on; when the jump corrects the clock, "
      "a restart takes it over at once",
      distance(told_));
}

// Ahead: only when an event shows it, for to follow a wrong one would decide too soon what waits. Back: unless one shows the
// contrary.
bool ServiceClock::is_right(TimeUs wall, TimeUs now, TimeUs elapsed) const {
  if (!held_) return false;
  const std::lock_guard lock(mutex_);
  if (wall > now) return newest_ > now + kAhead;
  return elapsed - *held_ >= kTakeOverBackAfter && newest_ <= wall + kAhead;
}

}  // namespace vedette::app
