#include "connectors/store/quarantine.h"

#include <algorithm>

#include "engine/base/wire.h"

namespace vedette::connectors {

namespace {

constexpr std::uint8_t kVersion = 1;
constexpr std::size_t kMostMessage = 512;

}  // namespace

std::string encode_reject(const StoredReject& reject, std::uint64_t most_bytes) {
  std::string value;
  WireWriter writer(value);
  writer.byte(kVersion);
  // First what tells one record from another; the time may be another when it is read again.
  const auto kept = static_cast<std::size_t>(std::min<std::uint64_t>(most_bytes, reject.bytes.size()));
  writer.text(reject.source);
  writer.text(reject.partition);
  writer.text(reject.reason);
  writer.number(reject.position);
  writer.number(std::max<std::uint64_t>(reject.size, reject.bytes.size()));
  writer.text(std::string_view(reject.bytes).substr(0, kept));
  writer.signed_number(reject.time);
  writer.number(reject.line);
  writer.text(std::string_view(reject.message).substr(0, kMostMessage));
  return value;
}

std::optional<StoredReject> decode_reject(std::string_view value) {
  WireReader reader(value);
  if (reader.byte() != kVersion) return std::nullopt;
  StoredReject reject;
  reject.source = reader.text();
  reject.partition = reader.text();
  reject.reason = reader.text();
  reject.position = reader.number();
  reject.size = reader.number();
  reject.bytes = reader.text();
  reject.time = reader.signed_number();
  reject.line = reader.number();
  reject.message = reader.text();
  if (!reader.ok() || !reader.at_end()) return std::nullopt;
  return reject;
}

Quarantine::Mark Quarantine::mark_of(std::string_view value) {
  WireReader reader(value);
  (void)reader.byte();
  for (int i = 0; i < 3; ++i) (void)reader.text();
  (void)reader.number();
  (void)reader.number();
  const std::string_view bytes = reader.text();
  const auto end = reader.ok() ? static_cast<std::size_t>(bytes.data() + bytes.size() - value.data()) : value.size();
  const Hash128 hash = siphash128(value.substr(0, end), process_hash_seed());
  return {hash.low, hash.high};
}

void Quarantine::add(std::uint64_t number, std::string_view value) {
  entries_.push_back({number, value.size(), mark_of(value)});
  known_.insert(entries_.back().mark);
  bytes_ += value.size();
}

void Quarantine::found(std::uint64_t number, std::string_view value) { add(number, value); }

Quarantine::Plan Quarantine::plan(const std::vector<StoredReject>& rejects) const {
  Plan plan;
  std::set<Mark> here;
  std::uint64_t number = entries_.empty() ? 0 : entries_.back().number, bytes = bytes_;
  for (const StoredReject& reject : rejects) {
    std::string value = encode_reject(reject, limits_.reject_bytes);
    const Mark mark = mark_of(value);
    if (known_.contains(mark) || !here.insert(mark).second) continue;
    bytes += value.size();
    plan.put.emplace_back(++number, std::move(value));
  }
  std::uint64_t left = entries_.size() + plan.put.size();
  for (const Entry& entry : entries_) {
    if (bytes <= limits_.rejects_bytes && left <= limits_.rejects) break;
    plan.erase_to = entry.number;
    bytes -= entry.bytes;
    --left;
  }
  return plan;
}

void Quarantine::carry_out(const Plan& plan) {
  while (!entries_.empty() && entries_.front().number <= plan.erase_to) {
    known_.erase(entries_.front().mark);
    bytes_ -= entries_.front().bytes;
    entries_.pop_front();
    ++dropped_;
  }
  for (const auto& [number, value] : plan.put) add(number, value);
}

}  // namespace vedette::connectors
