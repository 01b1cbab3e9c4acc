#include "engine/run/worker.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace vedette::run {
namespace {

constexpr DurationUs kAheadLimit = 5 * kMinuteUs;

}  // namespace

class Worker::Impl final : public event::EventVisitor {
 public:
  Impl(plan::PlanPtr plan, std::shared_ptr<const match::MatchProgram> program, event::Limits limits)
      : plan_(std::move(plan)), decoder_(plan_, limits), matcher_(std::move(program)), waits_(plan_->waits()) {}

  void process(const event::RecordBatch& batch, TimeUs& line_clock, correlate::HitBatch& out) {
    out.clear();
    out.stamps.resize(plan_->sources.size(), event::kNoArrival);
    out.sequence = batch.sequence;
    out.origin = batch.origin;
    out.counters.records = batch.records.size();
    out.counters.filtered.resize(plan_->filters.size(), 0);
    out_ = &out;
    backlog_ = batch.backlog;
    for (const event::RawRecord& record : batch.records) {
      if (guard_ != nullptr && !guard_->enter(record)) {
        on_reject({"crashed", "it ended the process twice", record.bytes, record.line, record.position});
        continue;
      }
      decoder_.decode(record, *batch.origin, line_clock, *this);
      if (guard_ != nullptr) guard_->leave();
    }
    out_ = nullptr;
  }

  void on_event(const event::EventView& event) override {
    ++out_->counters.events;
    const TimeUs t = note_time(event.head);
    if (observer_) observer_(event, matcher_);
    arms_.clear();
    matcher_.match(event, arms_, out_->counters.filtered);
    if (!arms_.empty()) add_hits(event, t);
  }

  void on_reject(const event::Reject& reject) override {
    ++out_->counters.rejected;
    if (reject_) reject_(*out_->origin, reject);
  }

  RejectHandler reject_;
  EventObserver observer_;
  bool keep_raw_ = false;
  RecordGuard* guard_ = nullptr;

 private:
  // Updates the batch's times; returns the event time, or the stand-in for a missing one.
  TimeUs note_time(const event::EventHead& head) {
    correlate::HitBatch& out = *out_;
    const bool missing = (head.flags & event::kTimeMissing) != 0;
    const bool ahead = backlog_ && !missing && head.t > head.a + kAheadLimit;
    if (!missing && !ahead) {
      if (out.first_good_t == correlate::kNoTime) out.first_good_t = out.min_t = out.max_t = head.t;
      out.last_good_t = head.t;
      out.min_t = std::min(out.min_t, head.t);
      out.max_t = std::max(out.max_t, head.t);
    }
    const TimeUs stamp = stamp_of(head, missing || ahead);
    if (waits_ && out.stamps[head.source] == event::kNoArrival) mark(out);
    out.stamps[head.source] = std::max(out.stamps[head.source], stamp);
    if (ahead || (missing && backlog_ && out.last_good_t == correlate::kNoTime)) return head.a;
    return missing ? out.last_good_t : head.t;
  }

  // Without a usable time an event of a backlog has no stamp of its own: the clock's is taken.
  [[nodiscard]] TimeUs stamp_of(const event::EventHead& head, bool unusable) const {
    if (head.a == event::kNoArrival || backlog_) {
      if (unusable) return event::kNoArrival;
      return backlog_ ? std::min(head.t, head.a) : head.t;
    }
    return head.a;
  }

  // The clocks before a source type's first event of the batch: log times can fall when a source type first delivers, so
  // what it came after must be known.
  void mark(correlate::HitBatch& out) {
    const auto seen = [](TimeUs stamp) { return stamp != event::kNoArrival; };
    if (std::none_of(out.stamps.begin(), out.stamps.end(), seen)) return;
    correlate::EventHits hits;
    hits.stamps = copy_stamps(out);
    out.events.push_back(hits);
  }

  static std::span<const TimeUs> copy_stamps(correlate::HitBatch& out) {
    const std::span<TimeUs> stamps = out.arena.array<TimeUs>(out.stamps.size());
    std::copy(out.stamps.begin(), out.stamps.end(), stamps.begin());
    return stamps;
  }

  void add_hits(const event::EventView& event, TimeUs t) {
    correlate::HitBatch& out = *out_;
    ++out.counters.matched;
    correlate::EventHits hits;
    hits.head = event.head;
    hits.head.t = t;
    hits.stamps = copy_stamps(out);
    hits.head.id = out.arena.copy(event.head.id);
    if (keep_raw_ || (event.head.flags & event::kIdMade) != 0) hits.raw = out.arena.copy(event.raw);
    const std::span<correlate::Hit> list = out.arena.array<correlate::Hit>(arms_.size());
    for (std::size_t i = 0; i < arms_.size(); ++i) list[i] = matcher_.project(event, arms_[i], out.arena);
    hits.hits = list;
    out.events.push_back(hits);
  }

  plan::PlanPtr plan_;
  event::Decoder decoder_;
  match::Matcher matcher_;
  std::vector<std::uint32_t> arms_;
  correlate::HitBatch* out_ = nullptr;
  bool waits_;
  bool backlog_ = false;  // the batch is one
};

Worker::Worker(plan::PlanPtr plan, std::shared_ptr<const match::MatchProgram> program, event::Limits limits)
    : impl_(std::make_unique<Impl>(std::move(plan), std::move(program), limits)) {}
Worker::~Worker() = default;

void Worker::on_reject(RejectHandler handler) { impl_->reject_ = std::move(handler); }
void Worker::observe(EventObserver observer) { impl_->observer_ = std::move(observer); }
void Worker::keep_raw() { impl_->keep_raw_ = true; }
void Worker::guard(RecordGuard& guard) { impl_->guard_ = &guard; }
void Worker::process(const event::RecordBatch& batch, TimeUs& line_clock, correlate::HitBatch& out) {
  impl_->process(batch, line_clock, out);
}

}  // namespace vedette::run
