// The record being applied, and the state that all rules and correlations share. Owned by the Correlator; one thread.
#pragma once

#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/alert/alert.h"
#include "engine/correlate/clocks.h"
#include "engine/correlate/pool.h"
#include "engine/correlate/records.h"

namespace vedette::correlate {

struct Shared {
  Shared(plan::PlanPtr plan_in, std::vector<std::vector<std::uint32_t>> kept_columns, bool limited_in)
      : plan(std::move(plan_in)), records(pool, std::move(kept_columns)), clocks(plan->sources.size()), limited(limited_in) {}
  Shared(const Shared&) = delete;
  Shared& operator=(const Shared&) = delete;

  plan::PlanPtr plan;
  Pool pool;
  Records records;
  Clocks clocks;
  std::size_t charged = 0;  // bytes in all accounts
  bool limited;             // there is a budget for them
  // While decisions that have fallen due are not made yet nothing is forgotten; what they open may fall due at once.
  bool deciding = false;
  std::uint64_t id_conflicts = 0;  // copies of a held event that disagree on its time
};

// One event on its way through all levels, or one moment at which waiting decisions are made (no event). The evidence
// record of an event is made when a group first needs it.
class Applying {
 public:
  Applying(Shared& shared, TimeUs moment, bool at_end, std::vector<alert::Alert>& alerts)
      : shared_(shared), alerts_(alerts), moment_(moment), at_end_(at_end) {}
  Applying(Shared& shared, const EventHits& event, std::uint32_t tenant, std::vector<alert::Alert>& alerts)
      : shared_(shared), event_(&event), tenant_(tenant), alerts_(alerts), moment_(event.head.a) {
    Hasher128 hasher(process_hash_seed());
    hasher.add(std::uint64_t{tenant});
    hasher.add(std::uint64_t{event.head.source});
    hasher.add(event.head.id);
    identity_ = hasher.finish();
  }
  ~Applying() {
    if (record_ != plan::kNone) shared_.records.release(record_);
  }
  Applying(const Applying&) = delete;
  Applying& operator=(const Applying&) = delete;

  [[nodiscard]] bool has_event() const { return event_ != nullptr; }
  // Only while an event is applied.
  [[nodiscard]] const EventHits& event() const { return *event_; }
  // The event's stamp, or the deadline of the decisions: what alerts carry as fired_at.
  [[nodiscard]] TimeUs moment() const { return moment_; }
  [[nodiscard]] bool at_end() const { return at_end_; }
  [[nodiscard]] bool incomplete() const { return incomplete_; }
  void set_incomplete(bool incomplete) { incomplete_ = incomplete; }
  [[nodiscard]] std::uint32_t tenant() const { return tenant_; }
  [[nodiscard]] const Hash128& identity() const { return identity_; }
  [[nodiscard]] std::vector<alert::Alert>& alerts() { return alerts_; }

  // A copy of an event that is still held takes part as the first copy, with its times.
  [[nodiscard]] std::uint32_t record() {
    if (record_ != plan::kNone) return record_;
    record_ = shared_.records.find(identity_);
    if (record_ != plan::kNone) {
      shared_.records.retain(record_);
      if (shared_.records[record_].t != event_->head.t) ++shared_.id_conflicts;
    } else {
      record_ = shared_.records.add_event(*event_, tenant_, identity_);
    }
    return record_;
  }

 private:
  Shared& shared_;
  const EventHits* event_ = nullptr;
  std::uint32_t tenant_ = 0;
  std::vector<alert::Alert>& alerts_;
  TimeUs moment_ = 0;
  bool at_end_ = false;
  bool incomplete_ = false;
  Hash128 identity_;
  std::uint32_t record_ = plan::kNone;
};

}  // namespace vedette::correlate
