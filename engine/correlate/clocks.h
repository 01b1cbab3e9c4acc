// Clocks per (source name, partition) and the log times of rules: the minimum of the clocks of those source types that a
// rule listens to and that have delivered anything (spec semantics §2). One owner, one thread (the correlator's).
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "engine/base/time.h"

namespace vedette::correlate {

inline constexpr TimeUs kNoLogTime = INT64_MIN;  // nothing was delivered yet

class Clocks {
 public:
  explicit Clocks(std::size_t sources) : slowest_(sources, kNoLogTime), epoch_(1) {}

  void advance(std::uint32_t clock, std::uint32_t source, TimeUs stamp) {
    if (clock >= clocks_.size()) clocks_.resize(clock + 1);
    Clock& entry = clocks_[clock];
    bool known = true;
    if (std::find(entry.sources.begin(), entry.sources.end(), source) == entry.sources.end()) {
      entry.sources.push_back(source);
      known = false;
    }
    if (known && stamp <= entry.stamp) return;
    entry.stamp = std::max(entry.stamp, stamp);
    for (const std::uint32_t served : entry.sources) update(served);
  }

  [[nodiscard]] TimeUs logtime(const std::vector<std::uint32_t>& sources) const {
    TimeUs time = kNoLogTime;
    for (const std::uint32_t source : sources) {
      const TimeUs slowest = slowest_[source];
      if (slowest != kNoLogTime && (time == kNoLogTime || slowest < time)) time = slowest;
    }
    return time;
  }
  // Changes whenever some log time may have.
  [[nodiscard]] std::uint64_t epoch() const { return epoch_; }

 private:
  struct Clock {
    TimeUs stamp = kNoLogTime;
    std::vector<std::uint32_t> sources;
  };

  void update(std::uint32_t source) {
    TimeUs slowest = kNoLogTime;
    for (const Clock& clock : clocks_) {
      if (std::find(clock.sources.begin(), clock.sources.end(), source) == clock.sources.end()) continue;
      if (slowest == kNoLogTime || clock.stamp < slowest) slowest = clock.stamp;
    }
    if (slowest != slowest_[source]) ++epoch_;
    slowest_[source] = slowest;
  }

  std::vector<Clock> clocks_;
  std::vector<TimeUs> slowest_;  // per source type
  std::uint64_t epoch_;
};

}  // namespace vedette::correlate
