#include "engine/correlate/records.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "engine/correlate/account.h"

namespace vedette::correlate {
namespace {

// A ColumnValue is written as: original length, key length (or kSameKey), original, key.
constexpr std::uint32_t kSameKey = 0xffff'ffff;

bool same_key(const ColumnValue& value) { return value.key == value.original; }

std::size_t encoded_bytes(const ColumnValue& value) {
  return 2 * sizeof(std::uint32_t) + value.original.size() + (same_key(value) ? 0 : value.key.size());
}

class BlobWriter {
 public:
  explicit BlobWriter(char* place) : place_(place) {}
  void number(std::uint32_t n) {
    std::memcpy(place_, &n, sizeof n);
    place_ += sizeof n;
  }
  void text(std::string_view text) {
    if (!text.empty()) std::memcpy(place_, text.data(), text.size());
    place_ += text.size();
  }
  void value(const ColumnValue& value) {
    number(static_cast<std::uint32_t>(value.original.size()));
    number(same_key(value) ? kSameKey : static_cast<std::uint32_t>(value.key.size()));
    text(value.original);
    if (!same_key(value)) text(value.key);
  }

 private:
  char* place_;
};

class BlobReader {
 public:
  BlobReader(const char* begin, const char* end) : place_(begin), end_(end) {}
  [[nodiscard]] bool done() const { return place_ >= end_; }
  std::uint32_t number() {
    std::uint32_t n = 0;
    std::memcpy(&n, place_, sizeof n);
    place_ += sizeof n;
    return n;
  }
  std::string_view text(std::uint32_t bytes) {
    const std::string_view text(place_, bytes);
    place_ += bytes;
    return text;
  }
  ColumnValue value() {
    const std::uint32_t original_bytes = number();
    const std::uint32_t key_bytes = number();
    ColumnValue value;
    value.original = text(original_bytes);
    value.key = key_bytes == kSameKey ? value.original : text(key_bytes);
    return value;
  }

 private:
  const char* place_;
  const char* end_;
};

std::uint32_t charge_of(std::size_t data_bytes) {
  const std::size_t data = data_bytes == 0 ? 0 : Pool::rounded(data_bytes);
  return static_cast<std::uint32_t>(sizeof(Record) + kSlabEntry + kTableEntry + data);
}

int sign(int value) { return value < 0 ? -1 : (value > 0 ? 1 : 0); }

template <typename T>
int order(const T& a, const T& b) {
  return a < b ? -1 : (b < a ? 1 : 0);
}

}  // namespace

Records::Records(Pool& pool, std::vector<std::vector<std::uint32_t>> kept_columns)
    : pool_(pool), kept_columns_(std::move(kept_columns)) {}

void Records::name_tenant(std::uint32_t index, std::string_view name) {
  if (index >= tenants_.size()) tenants_.resize(index + 1);
  if (tenants_[index].empty()) tenants_[index] = name;
}

std::uint32_t Records::find(const Hash128& identity) const {
  const auto found = by_identity_.find(identity);
  return found == by_identity_.end() ? plan::kNone : found->second;
}

std::uint32_t Records::add_event(const EventHits& event, std::uint32_t tenant, const Hash128& identity) {
  std::size_t bytes = event.head.id.size();
  for (const Hit& hit : event.hits) {
    for (const std::uint32_t column : kept_columns_[hit.rule]) {
      if (hit.columns[column].empty()) continue;
      bytes += 3 * sizeof(std::uint32_t);
      for (const ColumnValue& value : hit.columns[column]) bytes += encoded_bytes(value);
    }
  }
  const std::uint32_t index = records_.allocate();
  Record& record = records_[index];
  record.t = event.head.t;
  record.a = event.head.a;
  record.identity = identity;
  record.refs = 1;
  record.tenant = tenant;
  record.source = event.head.source;
  record.repeat = event.head.repeat;
  record.flags = event.head.flags;
  record.id_bytes = static_cast<std::uint32_t>(event.head.id.size());
  record.data_bytes = static_cast<std::uint32_t>(bytes);
  record.charge = charge_of(bytes);
  record.data = static_cast<char*>(pool_.allocate(bytes));
  BlobWriter writer(record.data);
  writer.text(event.head.id);
  for (const Hit& hit : event.hits) {
    for (const std::uint32_t column : kept_columns_[hit.rule]) {
      const ColumnValues values = hit.columns[column];
      if (values.empty()) continue;
      writer.number(hit.rule);
      writer.number(column);
      writer.number(static_cast<std::uint32_t>(values.size()));
      for (const ColumnValue& value : values) writer.value(value);
    }
  }
  by_identity_.insert_or_assign(identity, index);
  return index;
}

std::uint32_t Records::add_derived(const DerivedEvent& derived) {
  std::size_t bytes = 0;
  for (const ColumnValue& value : derived.members) bytes += encoded_bytes(value);
  const std::size_t exports_at = bytes;
  for (const std::vector<ColumnValue>& values : derived.exports) {
    bytes += sizeof(std::uint32_t);
    for (const ColumnValue& value : values) bytes += encoded_bytes(value);
  }
  const std::uint32_t index = records_.allocate();
  Record& record = records_[index];
  const Record& base = records_[derived.base];
  record.t = base.t;
  record.a = derived.stamp;
  record.refs = 1;
  record.tenant = base.tenant;
  record.source = base.source;
  record.flags = base.flags;
  record.base = derived.base;
  record.base_rule = derived.base_rule;
  record.correlation = derived.correlation;
  record.inner_group = derived.group;
  record.inner_alert = derived.alert;
  Hasher128 hasher(process_hash_seed());
  for (const std::uint64_t part :
       {derived.group.low, derived.group.high, derived.alert.low, derived.alert.high, base.identity.low, base.identity.high})
    hasher.add(part);
  record.identity = hasher.finish();
  record.exports_at = static_cast<std::uint32_t>(exports_at);
  record.data_bytes = static_cast<std::uint32_t>(bytes);
  record.charge = charge_of(bytes) + base.charge;
  record.data = bytes == 0 ? nullptr : static_cast<char*>(pool_.allocate(bytes));
  BlobWriter writer(record.data);
  for (const ColumnValue& value : derived.members) writer.value(value);
  for (const std::vector<ColumnValue>& values : derived.exports) {
    writer.number(static_cast<std::uint32_t>(values.size()));
    for (const ColumnValue& value : values) writer.value(value);
  }
  retain(derived.base);
  return index;
}

void Records::release(std::uint32_t index) {
  Record& record = records_[index];
  if (--record.refs > 0) return;
  if (record.data != nullptr) pool_.release(record.data, record.data_bytes);
  const std::uint32_t base = record.base;
  if (base == plan::kNone) {
    const auto found = by_identity_.find(record.identity);
    if (found != by_identity_.end() && found->second == index) by_identity_.erase(found);
    shrink_table(by_identity_);
  }
  records_.release(index);
  if (base != plan::kNone) release(base);
}

std::string_view Records::id(std::uint32_t index) const {
  const Record& record = records_[base_of(index)];
  return {record.data, record.id_bytes};
}

int Records::compare(std::uint32_t a, std::uint32_t b) const {
  if (a == b) return 0;
  const std::uint32_t base_a = base_of(a);
  const std::uint32_t base_b = base_of(b);
  if (base_a != base_b) {
    if (const int c = sign(id(a).compare(id(b))); c != 0) return c;
    const Record& event_a = records_[base_a];
    const Record& event_b = records_[base_b];
    if (const int c = order(event_a.source, event_b.source); c != 0) return c;
    if (const int c = sign(tenants_[event_a.tenant].compare(tenants_[event_b.tenant])); c != 0) return c;
  }
  const Record& record_a = records_[a];
  const Record& record_b = records_[b];
  if (record_a.derived() != record_b.derived()) return record_a.derived() ? 1 : -1;
  if (!record_a.derived()) return 0;
  if (const int c = order(record_a.correlation, record_b.correlation); c != 0) return c;
  if (const int c = compare_members(record_a, record_b); c != 0) return c;
  return order(record_a.identity.low, record_b.identity.low);  // several values of one event: any order, but one
}

int Records::compare_members(const Record& a, const Record& b) const {
  BlobReader reader_a(a.data, a.data + a.exports_at);
  BlobReader reader_b(b.data, b.data + b.exports_at);
  while (!reader_a.done() && !reader_b.done()) {
    if (const int c = sign(reader_a.value().key.compare(reader_b.value().key)); c != 0) return c;
  }
  return 0;
}

void Records::columns(std::uint32_t event, std::uint32_t rule, std::uint32_t column, std::vector<ColumnValue>& out) const {
  out.clear();
  const Record& record = records_[event];
  BlobReader reader(record.data + record.id_bytes, record.data + record.data_bytes);
  while (!reader.done()) {
    const bool wanted_rule = reader.number() == rule;
    const bool wanted = reader.number() == column && wanted_rule;
    const std::uint32_t count = reader.number();
    for (std::uint32_t i = 0; i < count; ++i) {
      const ColumnValue value = reader.value();
      if (wanted) out.push_back(value);
    }
    if (wanted) return;
  }
}

ColumnValue Records::member(std::uint32_t derived, std::uint32_t member) const {
  const Record& record = records_[derived];
  BlobReader reader(record.data, record.data + record.exports_at);
  for (std::uint32_t i = 0; i < member && !reader.done(); ++i) (void)reader.value();
  return reader.done() ? ColumnValue{} : reader.value();
}

void Records::exported(std::uint32_t derived, std::uint32_t index, std::vector<ColumnValue>& out) const {
  const Record& record = records_[derived];
  BlobReader reader(record.data + record.exports_at, record.data + record.data_bytes);
  for (std::uint32_t i = 0; !reader.done(); ++i) {
    for (std::uint32_t left = reader.number(); left > 0; --left) {
      const ColumnValue value = reader.value();
      if (i == index) out.push_back(value);
    }
    if (i == index) return;
  }
}

std::size_t Records::bytes() const {
  return records_.bytes() + by_identity_.size() * (sizeof(Hash128) + sizeof(std::uint32_t) + 1);
}

}  // namespace vedette::correlate
