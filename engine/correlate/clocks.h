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
  explicit Clocks(std::size_t sources) : slowest_(sources, kNoLogTime), marked_(slowest_), down_(sources, false), epoch_(1) {}

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
    newest_ = std::max(newest_, stamp);
    if (some_down_) ++epoch_;
    for (const std::uint32_t served : entry.sources) update(served);
  }

  [[nodiscard]] TimeUs logtime(const std::vector<std::uint32_t>& sources) const { return earliest(slowest_, sources); }

  // Log time as of the last mark(), which is set where a record is applied: between records, clocks depend on where batches end.
  void mark() { marked_ = slowest_; }
  [[nodiscard]] TimeUs marked_logtime(const std::vector<std::uint32_t>& sources) const { return earliest(marked_, sources); }
  // While a source among these is down: the log time of the others, or the newest clock of all when none of them is up.
  // kNoLogTime when none is down.
  [[nodiscard]] TimeUs time_without_down(const std::vector<std::uint32_t>& sources) const {
    if (!some_down_) return kNoLogTime;
    bool down = false;
    TimeUs time = kNoLogTime;
    for (const std::uint32_t source : sources) {
      const TimeUs slowest = slowest_[source];
      if (down_[source]) {
        down = true;
      } else if (slowest != kNoLogTime && (time == kNoLogTime || slowest < time)) {
        time = slowest;
      }
    }
    if (!down) return kNoLogTime;
    return time == kNoLogTime ? newest_ : time;
  }

  void set_down(std::uint32_t source, bool down) {
    down_[source] = down;
    some_down_ = std::find(down_.begin(), down_.end(), true) != down_.end();
    ++epoch_;
  }

  [[nodiscard]] bool is_down(std::uint32_t source) const { return down_[source]; }

  // Changes whenever some log time may have.
  [[nodiscard]] std::uint64_t epoch() const { return epoch_; }

 private:
  struct Clock {
    TimeUs stamp = kNoLogTime;
    std::vector<std::uint32_t> sources;
  };

  [[nodiscard]] static TimeUs earliest(const std::vector<TimeUs>& slowest, const std::vector<std::uint32_t>& sources) {
    TimeUs time = kNoLogTime;
    for (const std::uint32_t source : sources) {
      if (slowest[source] != kNoLogTime && (time == kNoLogTime || slowest[source] < time)) time = slowest[source];
    }
    return time;
  }

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
  std::vector<TimeUs> marked_;   // the same, where a record was applied
  std::vector<bool> down_;       // per source type
  bool some_down_ = false;
  TimeUs newest_ = kNoLogTime;
  std::uint64_t epoch_;
};

}  // namespace vedette::correlate
