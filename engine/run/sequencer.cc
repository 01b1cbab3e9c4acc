#include "engine/run/sequencer.h"

#include <algorithm>
#include <span>
#include <utility>

#include "engine/base/mutation.h"
#include "engine/run/ordinals.h"

namespace vedette::run {
namespace {

constexpr DurationUs kAheadLimit = 5 * kMinuteUs;

}  // namespace

class Sequencer::Impl {
 public:
  Impl(plan::PlanPtr plan, ClockMode mode, TimeUs now, const correlate::CorrelatorOptions& options)
      : plan_(std::move(plan)),
        live_(mode == ClockMode::live),
        merged_(mode == ClockMode::merged),
        now_(mode == ClockMode::as_arrived ? now : INT64_MAX),
        correlator_(plan_, options),
        waits_(plan_->waits()) {
    delivered_.resize(plan_->sources.size());
    counters_.filtered.resize(plan_->filters.size());
  }

  void apply(const correlate::HitBatch& batch, std::vector<alert::Alert>& alerts) {
    count(batch);
    const event::Origin& origin = *batch.origin;
    for (const correlate::EventHits& hits : batch.events) {
      correlate::EventHits event = hits;
      // Clocks first: what is dropped depends on the place in the log, never on where a batch ends, and a clock that
      // starts behind the others is known before its first hits.
      observe(origin, hits.stamps, alerts);
      if (hits.hits.empty()) continue;
      event.head.a = clock_of(origin, event.head.source);
      settle_time(event);
      deliver(event, origin, alerts);
    }
    observe(origin, batch.stamps, alerts);
    ordinals_.end_batch();
  }

  void apply_event(const correlate::EventHits& hits, const event::Origin& origin, std::vector<alert::Alert>& alerts) {
    correlate::EventHits event = hits;
    event.head.a = event.head.t;
    if ((event.head.flags & event::kTimeMissing) != 0) ++counters_.time_missing;
    delivered_[event.head.source] = true;
    if (waits_) tick_all(event.head.t, alerts);
    deliver(event, origin, alerts);
    if (event.head.t < next_tick_) return;
    next_tick_ = event.head.t + kSecondUs;
    if (!waits_) tick_all(event.head.t, alerts);
  }

  void tick(const event::Origin& origin, std::uint32_t source, TimeUs stamp, std::vector<alert::Alert>& alerts) {
    stamps_.assign(delivered_.size(), event::kNoArrival);
    stamps_[source] = stamp;
    observe(origin, stamps_, alerts);
  }

  void set_down(std::uint32_t source, bool down, std::vector<alert::Alert>& alerts) {
    correlator_.set_down(source, down);
    decide(alerts);
  }

  void finish(std::vector<alert::Alert>& alerts) {
    if (merged_ && counters_.last_t != INT64_MIN) tick_all(counters_.last_t, alerts);
    const std::size_t before = alerts.size();
    correlator_.finish(alerts);
    counters_.alerts += alerts.size() - before;
  }

  void count(const correlate::HitBatch& batch) {
    counters_.records += batch.counters.records;
    counters_.events += batch.counters.events;
    counters_.rejected += batch.counters.rejected;
    counters_.matched += batch.counters.matched;
    for (std::size_t i = 0; i < batch.counters.filtered.size(); ++i) counters_.filtered[i] += batch.counters.filtered[i];
    if (batch.min_t == correlate::kNoTime) return;
    counters_.first_t = std::min(counters_.first_t, batch.min_t);
    counters_.last_t = std::max(counters_.last_t, batch.max_t);
  }

  SequencerCounters counters_;
  Observer observer_;

  [[nodiscard]] const correlate::Correlator& correlator() const { return correlator_; }

 private:
  // Live, a clock belongs to a partition; in a replay as arrived, whose stamps are running maxima, to each source type in it.
  [[nodiscard]] std::uint32_t clock_index(const event::Origin& origin, std::uint32_t source) const {
    return live_ ? origin.clock : origin.clock * static_cast<std::uint32_t>(delivered_.size()) + source;
  }
  [[nodiscard]] TimeUs clock_of(const event::Origin& origin, std::uint32_t source) const {
    const std::uint32_t index = clock_index(origin, source);
    return index < clocks_.size() ? clocks_[index] : event::kNoArrival;
  }

  // Replay by event time: every clock stands at the record's time.
  void tick_all(TimeUs t, std::vector<alert::Alert>& alerts) {
    for (std::uint32_t source = 0; source < delivered_.size(); ++source) {
      if (delivered_[source]) correlator_.advance(0, source, t);
    }
    decide(alerts);
  }

  void decide(std::vector<alert::Alert>& alerts) {
    const std::size_t before = alerts.size();
    correlator_.decide(alerts);
    counters_.alerts += alerts.size() - before;
  }

  // Raises the clocks to the stamps of source types that have delivered, and makes the decisions that now fall due.
  void observe(const event::Origin& origin, std::span<const TimeUs> stamps, std::vector<alert::Alert>& alerts) {
    for (std::uint32_t source = 0; source < stamps.size(); ++source) {
      if (stamps[source] == event::kNoArrival) continue;
      const std::uint32_t index = clock_index(origin, source);
      if (index >= clocks_.size()) clocks_.resize(index + 1, event::kNoArrival);
      clocks_[index] = std::max(clocks_[index], std::min(stamps[source], now_));
      correlator_.advance(index, source, clocks_[index]);
    }
    if (waits_) decide(alerts);
  }

  // Missing and future times against the arrival stamp, and whether the event is late (spec semantics §2).
  void settle_time(correlate::EventHits& event) {
    event::EventHead& head = event.head;
    if ((head.flags & event::kTimeMissing) != 0) {
      // Without any stamp yet there is nothing better than the last good time of the batch, or the epoch.
      head.t = head.a != event::kNoArrival ? head.a : head.t != correlate::kNoTime ? head.t : 0;
      ++counters_.time_missing;
    }
    if (head.a == event::kNoArrival) head.a = head.t;
    if (head.t > head.a + kAheadLimit) {
      head.t = head.a;
      head.flags |= event::kTimeClamped;
      ++counters_.clamped;
    }
    if (head.t < head.a - plan_->sources[head.source].source.accept && !mutated(Mutation::late_accepted)) {
      head.flags |= event::kLate;
      ++counters_.late;
    }
  }

  void deliver(correlate::EventHits& event, const event::Origin& origin, std::vector<alert::Alert>& alerts) {
    std::string made;
    if ((event.head.flags & event::kIdMade) != 0) {
      made = ordinals_.make_id(event, origin);
      counters_.ordinals_forgotten = ordinals_.forgotten();
      event.head.id = made;
    }
    if (observer_) observer_(event, origin);
    const std::size_t before = alerts.size();
    correlator_.apply(event, origin, alerts);
    counters_.alerts += alerts.size() - before;
  }

  plan::PlanPtr plan_;
  bool live_;
  bool merged_;
  TimeUs now_;
  correlate::Correlator correlator_;
  bool waits_;  // some correlation has decisions that wait
  Ordinals ordinals_;
  std::vector<TimeUs> clocks_;
  std::vector<bool> delivered_;
  std::vector<TimeUs> stamps_;
  TimeUs next_tick_ = INT64_MIN;
};

Sequencer::Sequencer(plan::PlanPtr plan, ClockMode mode, TimeUs now, const correlate::CorrelatorOptions& options)
    : impl_(std::make_unique<Impl>(std::move(plan), mode, now, options)) {}
Sequencer::~Sequencer() = default;

void Sequencer::observe(Observer observer) { impl_->observer_ = std::move(observer); }
void Sequencer::apply(const correlate::HitBatch& batch, std::vector<alert::Alert>& alerts) { impl_->apply(batch, alerts); }
void Sequencer::apply_event(const correlate::EventHits& event, const event::Origin& origin, std::vector<alert::Alert>& alerts) {
  impl_->apply_event(event, origin, alerts);
}
void Sequencer::tick(const event::Origin& origin, std::uint32_t source, TimeUs stamp, std::vector<alert::Alert>& alerts) {
  impl_->tick(origin, source, stamp, alerts);
}
void Sequencer::set_down(std::uint32_t source, bool down, std::vector<alert::Alert>& alerts) {
  impl_->set_down(source, down, alerts);
}
void Sequencer::finish(std::vector<alert::Alert>& alerts) { impl_->finish(alerts); }
void Sequencer::count(const correlate::HitBatch& batch) { impl_->count(batch); }
const SequencerCounters& Sequencer::counters() const { return impl_->counters_; }
const correlate::Correlator& Sequencer::correlator() const { return impl_->correlator(); }

}  // namespace vedette::run
