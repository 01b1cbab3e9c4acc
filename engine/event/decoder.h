// RawRecord -> events: recognise, unwrap, one On-Demand walk per event through the source program's path trie, id and
// time. One Decoder per worker thread; buffers are reused, so nothing is allocated per event in the steady state.
// simdjson stays inside engine/event/*.cc.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "engine/event/event.h"
#include "engine/event/record.h"
#include "engine/plan/plan.h"

namespace vedette::event {

struct Limits {
  std::size_t element_bytes = 1 << 20;  // an event, and an element of a stream
  std::size_t record_bytes = 4 << 20;   // a record that holds several events (an HTTP body)
  int depth = 64;                       // at most 64
  std::size_t events_per_record = 10'000;
  bool strict_json = false;  // check the whole grammar, not only the walked paths
};

// Why a record, or one element of it, was refused. `reason` is a stable slug: json, utf8, depth, size, element (not an
// object), events (too many in one record), recognise (no source type for it), truncated, framing.
struct Reject {
  std::string_view reason;
  std::string message;     // for people: names the place inside the record
  std::string_view bytes;  // the offending element, whole (of an over-long one the beginning)
  std::uint64_t line = 0;
  std::uint64_t position = 0;  // byte offset in the input
};

// One decoded event. Valid until the visitor returns.
class EventView {
 public:
  virtual ~EventView() = default;

  EventHead head;
  std::string_view raw;  // the event's own bytes, after unwrapping

  // Values captured by a slot of Plan::sources[head.source]; empty span = absent. A present null (or []) is one null.
  [[nodiscard]] std::span<const Value> slot(std::uint32_t index) const { return slots_[index]; }
  // Compact JSON text of an object value (whitespace outside strings removed). Cached until the event ends.
  [[nodiscard]] virtual std::string_view compact_text(const Value& object) const = 0;
  // Every scalar of the event (strings unescaped), for keyword searches; text sources: the raw line. Stops when the
  // callback returns true, and then returns true.
  [[nodiscard]] virtual bool any_scalar(const std::function<bool(std::string_view)>& test) const = 0;

 protected:
  std::span<const std::span<const Value>> slots_;
};

class EventVisitor {
 public:
  virtual ~EventVisitor() = default;
  virtual void on_event(const EventView& event) = 0;
  virtual void on_reject(const Reject& reject) = 0;
};

class Decoder {
 public:
  explicit Decoder(plan::PlanPtr plan, Limits limits = {});
  ~Decoder();
  Decoder(const Decoder&) = delete;
  Decoder& operator=(const Decoder&) = delete;

  // Reports each event and each rejected element of the record to the visitor, in order. head.a is the record's arrival,
  // else the recorded one, else kNoArrival; head.t of an event without a usable time is 0 with kTimeMissing set.
  // Zone-less syslog years are resolved against the arrival when there is one, else against the previous line's time of
  // this origin (state kept in `line_clock`, owned by the caller per origin, 0 = none yet).
  void decode(const RawRecord& record, const Origin& origin, TimeUs& line_clock, EventVisitor& visitor);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace vedette::event
