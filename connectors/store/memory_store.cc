// The store of a service without `store:`: the same contract, in memory, gone with the process.
#include <algorithm>
#include <deque>
#include <limits>
#include <mutex>
#include <set>
#include <unordered_map>
#include <utility>

#include "connectors/store/numbers.h"
#include "connectors/store/quarantine.h"
#include "connectors/store/store.h"

namespace vedette::connectors {

namespace {

constexpr std::uint32_t kFormat = 1;
constexpr std::size_t kChunk = 256;

using Entries = std::deque<std::shared_ptr<const StoredEntry>>;

struct Body {
  TimeUs time = 0;
  std::string bytes;
  bool truncated = false;
};

void drop_up_to(Entries& entries, std::uint64_t number) {
  while (!entries.empty() && entries.front()->number <= number) entries.pop_front();
}

void add_all(Entries& entries, const std::vector<StoredEntry>& added) {
  for (const StoredEntry& entry : added) entries.push_back(std::make_shared<const StoredEntry>(entry));
}

template <typename T>
std::optional<T> find_in(const std::map<std::string, T>& map, const std::string& key) {
  const auto found = map.find(key);
  return found == map.end() ? std::nullopt : std::optional<T>(found->second);
}

class MemoryStore final : public Store {
 public:
  explicit MemoryStore(const StoreLimits& limits) : limits_(limits), quarantine_(limits) {}

  WriteResult write(const Changes& changes) override;
  bool has_room() const override { return true; }

  std::uint64_t last_inbox() const override { return last(&StoreNumbers::inbox); }
  std::uint64_t last_log() const override { return last(&StoreNumbers::log); }
  std::uint64_t last_outbox() const override { return last(&StoreNumbers::outbox); }

  Status read_inbox(std::uint64_t after, const Visitor& visit) const override { return read(inbox_, after, visit); }
  Status read_log(std::uint64_t after, const Visitor& visit) const override { return read(log_, after, visit); }
  Status read_outbox(std::uint64_t after, const Visitor& visit) const override { return read(outbox_, after, visit); }

  std::optional<std::string> cursor(const std::string& name) const override { return locked_find(cursors_, name); }
  std::uint64_t delivered(const std::string& sink) const override { return locked_find(delivered_, sink).value_or(0); }
  std::optional<std::string> bundle(const std::string& hash) const override { return locked_find(bundles_, hash); }
  std::optional<std::string> fact(const std::string& name) const override { return locked_find(facts_, name); }
  std::optional<EmittedAlert> emitted(const std::string& alert_id) const override;
  std::optional<std::string> evidence(const std::string& event, bool* truncated) const override;

  Status read_rejects(const RejectVisitor& visit) const override;

  Status trim(const Trim& trim) override;
  Result<StoreInfo> info() const override;

 private:
  [[nodiscard]] std::uint64_t last(LogSpan StoreNumbers::*log) const {
    const std::lock_guard lock(mutex_);
    return (numbers_.*log).last;
  }
  template <typename T>
  [[nodiscard]] std::optional<T> locked_find(const std::map<std::string, T>& map, const std::string& key) const {
    const std::lock_guard lock(mutex_);
    return find_in(map, key);
  }
  [[nodiscard]] Status read(const Entries& entries, std::uint64_t after, const Visitor& visit) const;
  void add_emitted(const EmittedAlert& alert);
  void add_evidence(const StoredEvidence& evidence);
  void drop_oldest_evidence();

  const StoreLimits limits_;
  mutable std::mutex mutex_;  // all below
  StoreNumbers numbers_;
  Entries inbox_, log_, outbox_;
  std::unordered_map<std::string, EmittedAlert> emitted_;
  std::set<std::pair<TimeUs, std::string>> emitted_times_;
  std::unordered_map<std::string, Body> evidence_;
  std::set<std::pair<TimeUs, std::string>> evidence_times_;
  std::map<std::string, std::string> cursors_, bundles_, facts_;
  std::map<std::string, std::uint64_t> delivered_;
  Quarantine quarantine_;
  std::map<std::uint64_t, std::string> rejects_;
};

WriteResult MemoryStore::write(const Changes& changes) {
  const std::lock_guard lock(mutex_);
  StoreNumbers numbers = numbers_;
  if (std::string problem = advance(numbers, changes); !problem.empty()) return {WriteOutcome::failed, std::move(problem)};
  numbers_ = numbers;
  add_all(inbox_, changes.inbox);
  drop_up_to(inbox_, numbers_.inbox.dropped);
  add_all(log_, changes.log);
  add_all(outbox_, changes.outbox);
  for (const EmittedAlert& alert : changes.emitted) add_emitted(alert);
  for (const StoredEvidence& evidence : changes.evidence) add_evidence(evidence);
  while (numbers_.evidence_bytes > limits_.evidence_bytes && !evidence_times_.empty()) drop_oldest_evidence();
  const Quarantine::Plan plan = quarantine_.plan(changes.rejects);
  for (const auto& [number, value] : plan.put) rejects_.emplace(number, value);
  rejects_.erase(rejects_.begin(), rejects_.upper_bound(plan.erase_to));
  quarantine_.carry_out(plan);
  for (const auto& [name, value] : changes.cursors) cursors_[name] = value;
  for (const auto& [name, value] : changes.delivered) delivered_[name] = value;
  for (const auto& [name, value] : changes.bundles) bundles_[name] = value;
  for (const auto& [name, value] : changes.facts) {
    if (value.empty()) {
      facts_.erase(name);
    } else {
      facts_[name] = value;
    }
  }
  return {};
}

void MemoryStore::add_emitted(const EmittedAlert& alert) {
  const auto [at, added] = emitted_.try_emplace(alert.alert_id, alert);
  if (!added) {
    emitted_times_.erase({at->second.time, alert.alert_id});
    at->second = alert;
  }
  emitted_times_.emplace(alert.time, alert.alert_id);
  numbers_.emitted = emitted_.size();
}

void MemoryStore::add_evidence(const StoredEvidence& evidence) {
  const std::string_view kept = kept_part(evidence.bytes, limits_.evidence_body_bytes);
  const Body body{evidence.time, std::string(kept), kept.size() < evidence.bytes.size()};
  if (!evidence_.try_emplace(evidence.event, body).second) return;
  evidence_times_.emplace(evidence.time, evidence.event);
  numbers_.evidence_bytes += kept.size();
  numbers_.evidence = evidence_.size();
}

void MemoryStore::drop_oldest_evidence() {
  const auto found = evidence_.find(evidence_times_.begin()->second);
  numbers_.evidence_bytes -= found->second.bytes.size();
  evidence_.erase(found);
  evidence_times_.erase(evidence_times_.begin());
  numbers_.evidence = evidence_.size();
}

Status MemoryStore::read(const Entries& entries, std::uint64_t after, const Visitor& visit) const {
  std::uint64_t end = std::numeric_limits<std::uint64_t>::max();
  while (true) {
    // The visitor runs without the lock: it may use the store.
    std::vector<std::shared_ptr<const StoredEntry>> chunk;
    {
      const std::lock_guard lock(mutex_);
      if (end == std::numeric_limits<std::uint64_t>::max()) end = entries.empty() ? 0 : entries.back()->number;
      if (entries.empty() || end <= after) return {};
      const std::uint64_t first = entries.front()->number;
      for (std::uint64_t at = std::max(after + 1, first); at <= end && chunk.size() < kChunk; ++at)
        chunk.push_back(entries[static_cast<std::size_t>(at - first)]);
    }
    if (chunk.empty()) return {};
    for (const auto& entry : chunk) {
      if (!visit(entry->number, entry->time, entry->bytes)) return {};
    }
    after = chunk.back()->number;
  }
}

std::optional<EmittedAlert> MemoryStore::emitted(const std::string& alert_id) const {
  const std::lock_guard lock(mutex_);
  const auto found = emitted_.find(alert_id);
  return found == emitted_.end() ? std::nullopt : std::optional(found->second);
}

std::optional<std::string> MemoryStore::evidence(const std::string& event, bool* truncated) const {
  const std::lock_guard lock(mutex_);
  const auto found = evidence_.find(event);
  if (found == evidence_.end()) return std::nullopt;
  if (truncated != nullptr) *truncated = found->second.truncated;
  return found->second.bytes;
}

Status MemoryStore::read_rejects(const RejectVisitor& visit) const {
  std::map<std::uint64_t, std::string> copy;
  {
    const std::lock_guard lock(mutex_);
    copy = rejects_;
  }
  for (const auto& [number, value] : copy) {
    const auto reject = decode_reject(value);
    if (reject && !visit(*reject)) break;
  }
  return {};
}

Status MemoryStore::trim(const Trim& trim) {
  const std::lock_guard lock(mutex_);
  numbers_.log.dropped = std::max(numbers_.log.dropped, std::min(trim.log, numbers_.log.last));
  numbers_.outbox.dropped = std::max(numbers_.outbox.dropped, std::min(trim.outbox, numbers_.outbox.last));
  drop_up_to(log_, numbers_.log.dropped);
  drop_up_to(outbox_, numbers_.outbox.dropped);
  while (!emitted_times_.empty() && emitted_times_.begin()->first < trim.emitted_before) {
    emitted_.erase(emitted_times_.begin()->second);
    emitted_times_.erase(emitted_times_.begin());
  }
  numbers_.emitted = emitted_.size();
  while (!evidence_times_.empty() && evidence_times_.begin()->first < trim.evidence_before) drop_oldest_evidence();
  return {};
}

Result<StoreInfo> MemoryStore::info() const {
  const std::lock_guard lock(mutex_);
  StoreInfo info;
  info.format = kFormat;
  describe(numbers_, info);
  info.rejects = quarantine_.entries();
  info.rejects_bytes = quarantine_.bytes();
  info.rejects_dropped = quarantine_.dropped();
  info.cursors = cursors_;
  info.delivered = delivered_;
  return info;
}

}  // namespace

std::unique_ptr<Store> make_memory_store(const StoreLimits& limits) { return std::make_unique<MemoryStore>(limits); }

}  // namespace vedette::connectors
