// Evidence records: one per event held by any group (id, times, flags, the columns that alerts and outer correlations may
// still ask for) and one per derived event. Reference-counted by the hits that point at them; blocks are pooled.
// Live events are found by identity (tenant, source type, id), which is what makes redelivered copies one event.
// One owner, one thread (the correlator's).
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/hash.h"
#include "engine/correlate/hit.h"
#include "engine/correlate/pool.h"
#include "engine/plan/plan.h"

namespace vedette::correlate {

struct Record {
  TimeUs t = 0;
  TimeUs a = 0;
  Hash128 identity;
  std::uint32_t refs = 0;
  std::uint32_t tenant = 0;
  std::uint32_t source = 0;
  std::uint32_t repeat = 1;
  std::uint8_t flags = 0;
  std::uint32_t id_bytes = 0;
  std::uint32_t data_bytes = 0;
  std::uint32_t charge = 0;  // bytes for the accounts of those who hold it, the source event's included
  char* data = nullptr;      // events: id, then columns; derived events: the inner group's members
  // Derived events only.
  std::uint32_t base = plan::kNone;         // record of the trigger's source event
  std::uint32_t base_rule = plan::kNone;    // the rule by which that event entered
  std::uint32_t correlation = plan::kNone;  // the inner correlation
  std::uint32_t exports_at = 0;             // into data: the values it exports, after the members
  Hash128 inner_group;
  Hash128 inner_alert;  // stands for the inner alert id, also where no alert is made

  [[nodiscard]] bool derived() const { return base != plan::kNone; }
};

struct DerivedEvent {
  std::uint32_t base = 0;
  std::uint32_t base_rule = 0;
  std::uint32_t correlation = 0;
  Hash128 group;
  Hash128 alert;
  TimeUs stamp = 0;
  std::span<const ColumnValue> members;
  std::span<const std::vector<ColumnValue>> exports;
};

class Records {
 public:
  // kept_columns: per rule, the columns worth keeping, ascending.
  Records(Pool& pool, std::vector<std::vector<std::uint32_t>> kept_columns);

  [[nodiscard]] const Record& operator[](std::uint32_t index) const { return records_[index]; }
  void name_tenant(std::uint32_t index, std::string_view name);
  [[nodiscard]] std::string_view tenant_name(std::uint32_t index) const { return tenants_[index]; }

  // plan::kNone when no live record has the identity.
  [[nodiscard]] std::uint32_t find(const Hash128& identity) const;
  // New records start with one reference, the caller's.
  [[nodiscard]] std::uint32_t add_event(const EventHits& event, std::uint32_t tenant, const Hash128& identity);
  [[nodiscard]] std::uint32_t add_derived(const DerivedEvent& derived);
  void retain(std::uint32_t index) { ++records_[index].refs; }
  void release(std::uint32_t index);

  // The source event behind a record (itself, unless derived).
  [[nodiscard]] std::uint32_t base_of(std::uint32_t index) const {
    const Record& record = records_[index];
    return record.derived() ? record.base : index;
  }
  [[nodiscard]] std::string_view id(std::uint32_t index) const;
  // Order of hits at equal times: event id, source type, tenant; then events before derived ones.
  [[nodiscard]] int compare(std::uint32_t a, std::uint32_t b) const;

  // Values of a kept column of an event's hit (empty when not kept or missing); views live as long as the record.
  void columns(std::uint32_t event, std::uint32_t rule, std::uint32_t column, std::vector<ColumnValue>& out) const;
  // A member of a derived event's inner group.
  [[nodiscard]] ColumnValue member(std::uint32_t derived, std::uint32_t member) const;
  // The values under one of the inner correlation's exports.
  void exported(std::uint32_t derived, std::uint32_t index, std::vector<ColumnValue>& out) const;
  // Whether two records stand for the same event: one that exports more than before is a record of its own.
  [[nodiscard]] bool same(std::uint32_t a, std::uint32_t b) const {
    return a == b || (records_[a].derived() && records_[a].identity == records_[b].identity && compare(a, b) == 0);
  }

  [[nodiscard]] std::size_t bytes() const;

 private:
  [[nodiscard]] int compare_members(const Record& a, const Record& b) const;

  Pool& pool_;
  std::vector<std::vector<std::uint32_t>> kept_columns_;
  Slab<Record> records_;
  boost::unordered_flat_map<Hash128, std::uint32_t, Hash128Hasher> by_identity_;
  std::vector<std::string> tenants_;
};

}  // namespace vedette::correlate
