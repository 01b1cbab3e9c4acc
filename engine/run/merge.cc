#include "engine/run/merge.h"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <limits>
#include <utility>
#include <vector>

#include "engine/base/time.h"

namespace vedette::run {
namespace {

using correlate::EventHits;
using correlate::HitBatch;
using correlate::kNoTime;

// A buffered event. `batch` keeps its memory alive.
struct Item {
  TimeUs t = 0;
  const EventHits* hits = nullptr;
  std::shared_ptr<const HitBatch> batch;
  std::uint64_t ordinal = 0;  // place within the input
};

// Order within one input: (t, tenant, source type, id or bytes, place).
bool before(const Item& a, const Item& b) {
  if (a.t != b.t) return a.t < b.t;
  if (const int order = a.batch->origin->tenant.compare(b.batch->origin->tenant); order != 0) return order < 0;
  if (a.hits->head.source != b.hits->head.source) return a.hits->head.source < b.hits->head.source;
  if (const int order = a.hits->head.id.compare(b.hits->head.id); order != 0) return order < 0;
  if (const int order = a.hits->raw.compare(b.hits->raw); order != 0) return order < 0;
  return false;
}

bool heap_after(const Item& a, const Item& b) {
  if (before(b, a)) return true;
  return !before(a, b) && a.ordinal > b.ordinal;
}

// One input: events in order go to `sorted`, the others to a heap; the smaller front is next.
class Input {
 public:
  void add(Item item) {
    if (sorted_.empty() || !before(item, sorted_.back())) {
      sorted_.push_back(std::move(item));
    } else {
      heap_.push_back(std::move(item));
      std::push_heap(heap_.begin(), heap_.end(), heap_after);
    }
  }

  [[nodiscard]] bool empty() const { return sorted_.empty() && heap_.empty(); }
  [[nodiscard]] const Item& front() const { return heap_is_next() ? heap_.front() : sorted_.front(); }

  void pop() {
    if (heap_is_next()) {
      std::pop_heap(heap_.begin(), heap_.end(), heap_after);
      heap_.pop_back();
    } else {
      sorted_.pop_front();
    }
  }

  // Batches read, newest last, that still lie inside the reorder buffer.
  struct Span {
    std::uint64_t events;
    TimeUs max_t;
  };
  std::deque<Span> window;
  std::uint64_t window_events = 0;
  TimeUs watermark = kNoTime;  // no event of this input can be older
  TimeUs last_good_t = kNoTime;
  std::uint64_t next_ordinal = 0;
  bool finished = false;

 private:
  [[nodiscard]] bool heap_is_next() const {
    if (heap_.empty()) return false;
    return sorted_.empty() || heap_after(sorted_.front(), heap_.front());
  }
  std::deque<Item> sorted_;
  std::vector<Item> heap_;
};

}  // namespace

class Merger::Impl {
 public:
  Impl(std::size_t inputs, Emit emit, std::size_t reorder_events)
      : inputs_(inputs), emit_(std::move(emit)), reorder_events_(reorder_events) {}

  Status push(std::size_t index, const std::shared_ptr<const HitBatch>& batch) {
    Input& input = inputs_[index];
    if (batch->min_t != kNoTime && batch->min_t < input.watermark) {
      return Error{
          fmt::format(
              "an event of {} comes more than {} events after newer ones (the newest is of {}); sort the input, or replay "
              "with --sort",
              format_rfc3339(batch->min_t), reorder_events_, format_rfc3339(input.watermark)),
          batch->origin->source_name};
    }
    for (const EventHits& hits : batch->events) {
      if (hits.hits.empty()) continue;
      TimeUs t = hits.head.t;
      if (t == kNoTime)
        t = input.last_good_t != kNoTime ? input.last_good_t : batch->first_good_t != kNoTime ? batch->first_good_t : 0;
      input.add({t, &hits, batch, input.next_ordinal++});
    }
    if (batch->last_good_t != kNoTime) input.last_good_t = batch->last_good_t;
    input.window.push_back({batch->counters.events, batch->max_t});
    input.window_events += batch->counters.events;
    while (!input.window.empty() && input.window_events - input.window.front().events >= reorder_events_) {
      input.window_events -= input.window.front().events;
      input.watermark = std::max(input.watermark, input.window.front().max_t);
      input.window.pop_front();
    }
    drain();
    return {};
  }

  void finish(std::size_t index) {
    inputs_[index].finished = true;
    drain();
  }

  [[nodiscard]] std::size_t wanted() const {
    std::size_t best = inputs_.size();
    for (std::size_t i = 0; i < inputs_.size(); ++i) {
      if (inputs_[i].finished) continue;
      if (best == inputs_.size() || inputs_[i].watermark < inputs_[best].watermark ||
          (inputs_[i].watermark == inputs_[best].watermark && inputs_[i].window_events < inputs_[best].window_events)) {
        best = i;
      }
    }
    return best;
  }

 private:
  void drain() {
    TimeUs horizon = std::numeric_limits<TimeUs>::max();
    bool all_finished = true;
    for (const Input& input : inputs_) {
      if (input.finished) continue;
      all_finished = false;
      horizon = std::min(horizon, input.watermark);
    }
    while (true) {
      Input* next = nullptr;
      for (Input& input : inputs_) {
        if (!input.empty() && (next == nullptr || before(input.front(), next->front()))) next = &input;
      }
      if (next == nullptr || (!all_finished && next->front().t >= horizon)) return;
      const Item item = next->front();
      next->pop();
      EventHits event = *item.hits;
      event.head.t = item.t;
      emit_(event, *item.batch->origin);
    }
  }

  std::vector<Input> inputs_;
  Emit emit_;
  std::size_t reorder_events_;
};

Merger::Merger(std::size_t inputs, Emit emit, std::size_t reorder_events)
    : impl_(std::make_unique<Impl>(inputs, std::move(emit), reorder_events)) {}
Merger::~Merger() = default;

Status Merger::push(std::size_t input, std::shared_ptr<const HitBatch> batch) { return impl_->push(input, batch); }
void Merger::finish(std::size_t input) { impl_->finish(input); }
std::size_t Merger::wanted() const { return impl_->wanted(); }

}  // namespace vedette::run
