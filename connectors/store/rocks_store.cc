// The store in a folder. One write() is one RocksDB batch with the store's numbers in it, synced, then the high-water file.
#include <fmt/format.h>
#include <rocksdb/convenience.h>
#include <rocksdb/db.h>
#include <rocksdb/file_system.h>
#include <rocksdb/perf_level.h>

#include <algorithm>
#include <functional>
#include <mutex>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "connectors/store/failpoint.h"
#include "connectors/store/keys.h"
#include "connectors/store/quarantine.h"
#include "connectors/store/rocks_open.h"

namespace vedette::connectors {

namespace {

// Applied inbox entries are taken out of the database by the thousand: the numbers say at once that they are gone.
constexpr std::uint64_t kInboxDropEvery = 1024;
constexpr std::uint64_t kInboxDropBytes = std::uint64_t{2} << 20;
// Entries dropped in one batch by trim().
constexpr std::size_t kTrimChunk = 10'000;

using Snapshot = std::unique_ptr<const rocksdb::Snapshot, std::function<void(const rocksdb::Snapshot*)>>;

class RocksStore final : public Store {
 public:
  RocksStore(OpenStore open, const StoreLimits& limits)
      : limits_(limits), open_(std::move(open)), quarantine_(limits), numbers_(open_.numbers) {
    find_rejects();
  }

  WriteResult write(const Changes& changes) override;
  bool has_room() const override { return free_bytes(open_.folder.path) >= limits_.reserve_bytes; }

  std::uint64_t last_inbox() const override { return numbers().inbox.last; }
  std::uint64_t last_log() const override { return numbers().log.last; }
  std::uint64_t last_outbox() const override { return numbers().outbox.last; }

  Status read_inbox(std::uint64_t after, const Visitor& visit) const override {
    return read(Kind::inbox, &StoreNumbers::inbox, after, visit);
  }
  Status read_log(std::uint64_t after, const Visitor& visit) const override {
    return read(Kind::log, &StoreNumbers::log, after, visit);
  }
  Status read_outbox(std::uint64_t after, const Visitor& visit) const override {
    return read(Kind::outbox, &StoreNumbers::outbox, after, visit);
  }

  std::optional<std::string> cursor(const std::string& name) const override { return get(key_of(Kind::cursor, name)); }
  std::uint64_t delivered(const std::string& sink) const override {
    return read_u64(get(key_of(Kind::delivered, sink)).value_or(""), 0);
  }
  std::optional<std::string> bundle(const std::string& hash) const override { return get(key_of(Kind::bundle, hash)); }
  std::optional<std::string> fact(const std::string& name) const override { return get(key_of(Kind::fact, name)); }
  std::optional<EmittedAlert> emitted(const std::string& alert_id) const override;
  std::optional<std::string> evidence(const std::string& event, bool* truncated) const override;

  Status read_rejects(const RejectVisitor& visit) const override;

  Status trim(const Trim& trim) override;
  Result<StoreInfo> info() const override;

 private:
  [[nodiscard]] StoreNumbers numbers() const {
    const std::lock_guard lock(numbers_mutex_);
    return numbers_;
  }
  [[nodiscard]] std::string unreadable() const {
    const std::lock_guard lock(numbers_mutex_);
    return unreadable_;
  }
  void set_numbers(const StoreNumbers& numbers, const Quarantine::Plan& rejects = {}) {
    const std::lock_guard lock(numbers_mutex_);
    numbers_ = numbers;
    quarantine_.carry_out(rejects);
  }
  [[nodiscard]] rocksdb::DB& database() const { return *open_.database; }
  [[nodiscard]] std::optional<std::string> get(const std::string& key) const;
  [[nodiscard]] bool inbox_erase_due(const StoreNumbers& next) const {
    return next.inbox.dropped - inbox_erased_ >= kInboxDropEvery ||
           (next.inbox.dropped > inbox_erased_ && inbox_bytes_ >= kInboxDropBytes);
  }
  [[nodiscard]] Status read(Kind kind, LogSpan StoreNumbers::*log, std::uint64_t after, const Visitor& visit) const;

  // The parts of a write, into the batch and the numbers.
  void put_logs(rocksdb::WriteBatch& batch, const Changes& changes, const StoreNumbers& next) const;
  void put_named(rocksdb::WriteBatch& batch, const Changes& changes) const;
  void put_emitted(rocksdb::WriteBatch& batch, const Changes& changes, StoreNumbers& next) const;
  void put_evidence(rocksdb::WriteBatch& batch, const Changes& changes, StoreNumbers& next) const;
  void find_rejects();
  static void put_rejects(rocksdb::WriteBatch& batch, const Quarantine::Plan& plan);
  void make_room_for_evidence(rocksdb::WriteBatch& batch, std::uint64_t added, StoreNumbers& next) const;

  // The parts of a trim, each a batch of its own; true: there is more of it.
  [[nodiscard]] Status trim_log(Kind kind, LogSpan StoreNumbers::*log, std::uint64_t up_to);
  [[nodiscard]] Result<bool> trim_emitted(TimeUs before);
  [[nodiscard]] Result<bool> trim_evidence(TimeUs before);
  [[nodiscard]] Status save(rocksdb::WriteBatch& batch, const StoreNumbers& next);
  void free_files(Kind kind, const std::string& end);

  [[nodiscard]] bool no_room(const Changes& changes, std::string& message) const;
  [[nodiscard]] WriteResult commit(rocksdb::WriteBatch& batch, bool sync);
  [[nodiscard]] WriteResult fail(std::string message);

  const StoreLimits limits_;
  OpenStore open_;
  std::mutex write_mutex_;  // write() and trim(); below it until numbers_mutex_
  std::string failed_;      // what went wrong for good
  std::uint64_t inbox_erased_ = 0;
  std::uint64_t inbox_bytes_ = 0;  // written since entries were last erased
  Quarantine quarantine_;          // changed under both locks
  mutable std::mutex numbers_mutex_;
  mutable std::string unreadable_;  // a read of a small value failed
  StoreNumbers numbers_;
};

WriteResult RocksStore::write(const Changes& changes) {
  rocksdb::SetPerfLevel(rocksdb::PerfLevel::kDisable);  // counters of the thread that nobody reads, one for each comparison
  const std::lock_guard lock(write_mutex_);
  if (!failed_.empty()) return {WriteOutcome::failed, failed_};
  if (open_.read_only) return {WriteOutcome::failed, "the store was opened for reading only"};
  if (changes.empty()) return {};
  StoreNumbers next = numbers();
  if (std::string problem = advance(next, changes); !problem.empty()) return fail(std::move(problem));
  std::string message;
  if (no_room(changes, message)) return {WriteOutcome::full, std::move(message)};
  rocksdb::WriteBatch batch;
  put_logs(batch, changes, next);
  put_named(batch, changes);
  put_emitted(batch, changes, next);
  put_evidence(batch, changes, next);
  const Quarantine::Plan rejects = quarantine_.plan(changes.rejects);
  put_rejects(batch, rejects);
  batch.Put(key_of(Kind::numbers), encode_numbers(next));
  // "Not there" and "cannot be read" are not the same: what was decided on the first must not be kept.
  if (std::string unread = unreadable(); !unread.empty()) return fail(std::move(unread));
  WriteResult result = commit(batch, true);
  if (result.outcome != WriteOutcome::ok) return result;
  set_numbers(next, rejects);
  if (inbox_erase_due(next)) {
    inbox_erased_ = next.inbox.dropped;
    inbox_bytes_ = 0;
  }
  for (const StoredEntry& entry : changes.inbox) inbox_bytes_ += entry.bytes.size();
  failpoint("highwater_before");
  const Status marked =
      open_.high_water.write({database().GetLatestSequenceNumber(), next.inbox.last, next.log.last, next.outbox.last});
  failpoint("highwater_after");
  return marked ? WriteResult{} : fail(marked.error().to_string());
}

void RocksStore::put_logs(rocksdb::WriteBatch& batch, const Changes& changes, const StoreNumbers& next) const {
  // What is applied already when it comes is never needed.
  for (const StoredEntry& entry : changes.inbox) {
    if (entry.number > next.inbox.dropped) batch.Put(key_of(Kind::inbox, entry.number), encode_entry(entry));
  }
  for (const StoredEntry& entry : changes.log) batch.Put(key_of(Kind::log, entry.number), encode_entry(entry));
  for (const StoredEntry& entry : changes.outbox) batch.Put(key_of(Kind::outbox, entry.number), encode_entry(entry));
  if (inbox_erase_due(next)) batch.DeleteRange(key_of(Kind::inbox, inbox_erased_), key_of(Kind::inbox, next.inbox.dropped + 1));
}

void RocksStore::put_named(rocksdb::WriteBatch& batch, const Changes& changes) const {
  for (const auto& [name, value] : changes.cursors) batch.Put(key_of(Kind::cursor, name), value);
  for (const auto& [name, value] : changes.bundles) batch.Put(key_of(Kind::bundle, name), value);
  for (const auto& [name, value] : changes.delivered) {
    std::string number;
    append_u64(number, value);
    batch.Put(key_of(Kind::delivered, name), number);
  }
  for (const auto& [name, value] : changes.facts) {
    if (value.empty()) {
      batch.Delete(key_of(Kind::fact, name));
    } else {
      batch.Put(key_of(Kind::fact, name), value);
    }
  }
}

void RocksStore::put_emitted(rocksdb::WriteBatch& batch, const Changes& changes, StoreNumbers& next) const {
  std::unordered_map<std::string_view, TimeUs> here;  // earlier in this batch
  for (const EmittedAlert& alert : changes.emitted) {
    const auto [at, first_here] = here.try_emplace(alert.alert_id, alert.time);
    std::optional<TimeUs> before;
    if (!first_here) {
      before = std::exchange(at->second, alert.time);
    } else if (const auto known = emitted(alert.alert_id)) {
      before = known->time;
    }
    if (before) batch.Delete(key_of(Kind::emitted_time, *before, alert.alert_id));
    if (!before) ++next.emitted;
    batch.Put(key_of(Kind::emitted, alert.alert_id), encode_emitted(alert));
    batch.Put(key_of(Kind::emitted_time, alert.time, alert.alert_id), "");
  }
}

void RocksStore::put_evidence(rocksdb::WriteBatch& batch, const Changes& changes, StoreNumbers& next) const {
  std::unordered_set<std::string_view> here;
  std::vector<const StoredEvidence*> added;
  std::uint64_t bytes = 0;
  for (const StoredEvidence& evidence : changes.evidence) {
    if (get(key_of(Kind::evidence_index, evidence.event)) || !here.insert(evidence.event).second) continue;
    added.push_back(&evidence);
    bytes += kept_part(evidence.bytes, limits_.evidence_body_bytes).size();
  }
  if (added.empty()) return;
  make_room_for_evidence(batch, bytes, next);
  for (const StoredEvidence* evidence : added) {
    const std::string_view kept = kept_part(evidence->bytes, limits_.evidence_body_bytes);
    std::string value(1, kept.size() < evidence->bytes.size() ? 'c' : 'w');
    value += kept;
    std::string time;
    append_time(time, evidence->time);
    batch.Put(key_of(Kind::evidence, evidence->time, evidence->event), value);
    batch.Put(key_of(Kind::evidence_index, evidence->event), time);
  }
  next.evidence += added.size();
  next.evidence_bytes += bytes;
}

// Drops the oldest bodies, a little more than needed, so that it need not be done each time.
void RocksStore::make_room_for_evidence(rocksdb::WriteBatch& batch, std::uint64_t added, StoreNumbers& next) const {
  if (next.evidence_bytes + added <= limits_.evidence_bytes) return;
  const std::uint64_t slack = limits_.evidence_bytes / 64;
  const std::uint64_t most = limits_.evidence_bytes - std::min(limits_.evidence_bytes, added + slack);
  const std::unique_ptr<rocksdb::Iterator> at(database().NewIterator(rocksdb::ReadOptions()));
  std::string first, last;
  for (at->Seek(key_of(Kind::evidence)); at->Valid() && next.evidence_bytes > most; at->Next()) {
    if (!at->key().starts_with(key_of(Kind::evidence))) break;
    last = at->key().ToString();
    if (first.empty()) first = last;
    batch.Delete(key_of(Kind::evidence_index, std::string_view(last).substr(9)));
    next.evidence_bytes -= std::min<std::uint64_t>(next.evidence_bytes, at->value().size() - 1);
    next.evidence -= next.evidence > 0 ? 1 : 0;
  }
  if (!first.empty()) batch.DeleteRange(first, last + '\0');
}

void RocksStore::find_rejects() {
  const std::unique_ptr<rocksdb::Iterator> at(database().NewIterator(rocksdb::ReadOptions()));
  for (at->Seek(key_of(Kind::reject)); at->Valid() && at->key().starts_with(key_of(Kind::reject)); at->Next())
    quarantine_.found(read_u64(at->key().ToStringView(), 1), at->value().ToStringView());
}

void RocksStore::put_rejects(rocksdb::WriteBatch& batch, const Quarantine::Plan& plan) {
  if (plan.erase_to > 0) batch.DeleteRange(key_of(Kind::reject), key_of(Kind::reject, plan.erase_to + 1));
  for (const auto& [number, value] : plan.put) batch.Put(key_of(Kind::reject, number), value);
}

Status RocksStore::read_rejects(const RejectVisitor& visit) const {
  const std::unique_ptr<rocksdb::Iterator> at(database().NewIterator(rocksdb::ReadOptions()));
  for (at->Seek(key_of(Kind::reject)); at->Valid() && at->key().starts_with(key_of(Kind::reject)); at->Next()) {
    const auto reject = decode_reject(at->value().ToStringView());
    if (!reject) return damage(open_.folder.path, "a refused record cannot be read");
    if (!visit(*reject)) return {};
  }
  return at->status().ok() ? Status{} : Status(database_error(open_.folder.path, at->status()));
}

bool RocksStore::no_room(const Changes& changes, std::string& message) const {
  const std::uint64_t needed = changes.inbox.empty() ? limits_.reserve_bytes / 2 : limits_.reserve_bytes;
  const std::uint64_t free = free_bytes(open_.folder.path);
  if (free >= needed) return false;
  message = fmt::format("{}: {} MiB are free on the disk and {} MiB are kept in reserve", open_.folder.path, free >> 20U,
                        needed >> 20U);
  return true;
}

WriteResult RocksStore::commit(rocksdb::WriteBatch& batch, bool sync) {
  rocksdb::WriteOptions options;
  options.sync = sync;
  rocksdb::Status status = database().Write(options, &batch);
  // A disk that was full, in this write or behind it, stops the database until it is told to go on.
  if (status.IsNoSpace()) {
    status = database().Resume();
    if (status.ok()) status = database().Write(options, &batch);
  }
  if (status.ok()) return {};
  // Busy: it is trying to go on by itself, every few seconds.
  if (status.IsNoSpace() || status.IsBusy())
    return {WriteOutcome::full, fmt::format("{}: the database has run out of space", open_.folder.path)};
  return fail(database_error(open_.folder.path, status).to_string());
}

WriteResult RocksStore::fail(std::string message) {
  failed_ = std::move(message);
  return {WriteOutcome::failed, failed_};
}

std::optional<std::string> RocksStore::get(const std::string& key) const {
  std::string value;
  const rocksdb::Status status = database().Get(rocksdb::ReadOptions(), key, &value);
  if (status.ok()) return value;
  if (!status.IsNotFound() && key.front() != static_cast<char>(Kind::evidence)) {
    const std::lock_guard lock(numbers_mutex_);
    unreadable_ = database_error(open_.folder.path, status).to_string();
  }
  return std::nullopt;
}

Status RocksStore::read(Kind kind, LogSpan StoreNumbers::*log, std::uint64_t after, const Visitor& visit) const {
  const Snapshot snapshot(database().GetSnapshot(), [this](const rocksdb::Snapshot* held) { database().ReleaseSnapshot(held); });
  rocksdb::ReadOptions options;
  options.snapshot = snapshot.get();
  // The numbers of the same moment as the entries.
  std::string value;
  const rocksdb::Status found = database().Get(options, key_of(Kind::numbers), &value);
  if (found.IsNotFound()) return {};
  if (!found.ok()) return database_error(open_.folder.path, found);
  const auto numbers = decode_numbers(value);
  if (!numbers) return damage(open_.folder.path, "its numbers cannot be read");
  const LogSpan span = (*numbers).*log;
  std::uint64_t expected = std::max(after, span.dropped) + 1;
  const std::string end = end_of(kind);
  const rocksdb::Slice bound(end);
  options.iterate_upper_bound = &bound;
  const std::unique_ptr<rocksdb::Iterator> at(database().NewIterator(options));
  for (at->Seek(key_of(kind, expected)); at->Valid(); at->Next(), ++expected) {
    const std::uint64_t number = read_u64(at->key().ToStringView(), 1);
    if (number != expected && expected > span.holes_to) break;
    expected = number;
    const std::string_view entry = at->value().ToStringView();
    if (!visit(number, read_time(entry, 0), entry.substr(std::min<std::size_t>(8, entry.size())))) return {};
  }
  if (!at->status().ok()) return database_error(open_.folder.path, at->status());
  if (expected > span.last || span.last <= span.holes_to) return {};
  return damage(open_.folder.path, fmt::format("entry {} is missing", expected));
}

std::optional<EmittedAlert> RocksStore::emitted(const std::string& alert_id) const {
  const auto value = get(key_of(Kind::emitted, alert_id));
  return value ? decode_emitted(alert_id, *value) : std::nullopt;
}

std::optional<std::string> RocksStore::evidence(const std::string& event, bool* truncated) const {
  const auto time = get(key_of(Kind::evidence_index, event));
  if (!time) return std::nullopt;
  auto value = get(key_of(Kind::evidence, read_time(*time, 0), event));
  if (!value || value->empty()) return std::nullopt;
  if (truncated != nullptr) *truncated = value->front() == 'c';
  value->erase(0, 1);
  return value;
}

Status RocksStore::trim(const Trim& trim) {
  failpoint("trim_before");
  if (Status status = trim_log(Kind::log, &StoreNumbers::log, trim.log); !status) return status;
  if (Status status = trim_log(Kind::outbox, &StoreNumbers::outbox, trim.outbox); !status) return status;
  while (true) {
    const auto more = trim_emitted(trim.emitted_before);
    if (!more) return more.error();
    if (!*more) break;
  }
  while (true) {
    const auto more = trim_evidence(trim.evidence_before);
    if (!more) return more.error();
    if (!*more) break;
  }
  failpoint("trim_after");
  return {};
}

Status RocksStore::trim_log(Kind kind, LogSpan StoreNumbers::*log, std::uint64_t up_to) {
  const std::lock_guard lock(write_mutex_);
  StoreNumbers next = numbers();
  LogSpan& span = next.*log;
  const std::uint64_t first = span.dropped + 1;
  up_to = std::min(up_to, span.last);
  if (up_to < first) return {};
  span.dropped = up_to;
  rocksdb::WriteBatch batch;
  batch.DeleteRange(key_of(kind, first), key_of(kind, up_to + 1));
  if (Status saved = save(batch, next); !saved) return saved;
  free_files(kind, key_of(kind, up_to + 1));
  return {};
}

Result<bool> RocksStore::trim_emitted(TimeUs before) {
  const std::lock_guard lock(write_mutex_);
  StoreNumbers next = numbers();
  rocksdb::WriteBatch batch;
  const std::string end = key_of(Kind::emitted_time, before, "");
  const std::unique_ptr<rocksdb::Iterator> at(database().NewIterator(rocksdb::ReadOptions()));
  std::string first, last;
  std::size_t count = 0;
  for (at->Seek(key_of(Kind::emitted_time)); at->Valid() && count < kTrimChunk && at->key().compare(end) < 0;
       at->Next(), ++count) {
    last = at->key().ToString();
    if (first.empty()) first = last;
    batch.Delete(key_of(Kind::emitted, std::string_view(last).substr(9)));
    next.emitted -= next.emitted > 0 ? 1 : 0;
  }
  if (!at->status().ok()) return database_error(open_.folder.path, at->status());
  if (count == 0) return false;
  batch.DeleteRange(first, last + '\0');
  if (Status saved = save(batch, next); !saved) return saved.error();
  return count == kTrimChunk;
}

Result<bool> RocksStore::trim_evidence(TimeUs before) {
  const std::lock_guard lock(write_mutex_);
  StoreNumbers next = numbers();
  rocksdb::WriteBatch batch;
  const std::string end = key_of(Kind::evidence, before, "");
  const std::unique_ptr<rocksdb::Iterator> at(database().NewIterator(rocksdb::ReadOptions()));
  std::string first, last;
  std::size_t count = 0;
  for (at->Seek(key_of(Kind::evidence)); at->Valid() && count < kTrimChunk && at->key().compare(end) < 0; at->Next(), ++count) {
    last = at->key().ToString();
    if (first.empty()) first = last;
    batch.Delete(key_of(Kind::evidence_index, std::string_view(last).substr(9)));
    next.evidence -= next.evidence > 0 ? 1 : 0;
    next.evidence_bytes -= std::min<std::uint64_t>(next.evidence_bytes, at->value().size() - 1);
  }
  if (!at->status().ok()) return database_error(open_.folder.path, at->status());
  if (count == 0) return false;
  batch.DeleteRange(first, last + '\0');
  if (Status saved = save(batch, next); !saved) return saved.error();
  free_files(Kind::evidence, last + '\0');
  return count == kTrimChunk;
}

// Trimming is not held back by the reserve: it is what makes room.
Status RocksStore::save(rocksdb::WriteBatch& batch, const StoreNumbers& next) {
  if (!failed_.empty()) return Error{failed_};
  if (open_.read_only) return Error{"the store was opened for reading only", open_.folder.path};
  batch.Put(key_of(Kind::numbers), encode_numbers(next));
  WriteResult result = commit(batch, false);
  if (result.outcome != WriteOutcome::ok) return Error{std::move(result.message)};
  set_numbers(next);
  return {};
}

// Whole files of what is dropped go at once instead of by and by; the deletion must be synced before.
void RocksStore::free_files(Kind kind, const std::string& end) {
  if (!database().SyncWAL().ok()) return;  // the next write says what is wrong
  const std::string begin = key_of(kind);
  const rocksdb::Slice from(begin), to(end);
  (void)rocksdb::DeleteFilesInRange(&database(), database().DefaultColumnFamily(), &from, &to, false);
}

Result<StoreInfo> RocksStore::info() const {
  StoreInfo info;
  info.format = kStoreFormat;
  describe(numbers(), info);
  {
    const std::lock_guard lock(numbers_mutex_);
    info.rejects = quarantine_.entries();
    info.rejects_bytes = quarantine_.bytes();
    info.rejects_dropped = quarantine_.dropped();
  }
  info.bytes = bytes_under(open_.folder.path);
  const std::unique_ptr<rocksdb::Iterator> at(database().NewIterator(rocksdb::ReadOptions()));
  for (at->Seek(key_of(Kind::cursor)); at->Valid() && at->key().compare(end_of(Kind::delivered)) < 0; at->Next()) {
    const std::string name = at->key().ToString().substr(1);
    if (at->key()[0] == static_cast<char>(Kind::cursor)) {
      info.cursors[name] = at->value().ToString();
    } else {
      info.delivered[name] = read_u64(at->value().ToStringView(), 0);
    }
  }
  if (!at->status().ok()) return database_error(open_.folder.path, at->status());
  return info;
}

}  // namespace

std::unique_ptr<Store> store_of(OpenStore open, const StoreLimits& limits) {
  return std::make_unique<RocksStore>(std::move(open), limits);
}

Result<std::unique_ptr<Store>> open_store_on(const StoreOptions& options, Log log, std::shared_ptr<rocksdb::FileSystem> files) {
  auto open = open_parts(options, log, std::move(files));
  if (!open) return open.error();
  return store_of(std::move(*open), options.limits);
}

Result<std::unique_ptr<Store>> open_store(const StoreOptions& options, Log log) {
  return open_store_on(options, std::move(log), nullptr);
}

}  // namespace vedette::connectors
