// Reading a whole store and checking everything in it against everything else.
#include <fmt/format.h>
#include <rocksdb/db.h>

#include <utility>

#include "connectors/store/keys.h"
#include "connectors/store/quarantine.h"
#include "connectors/store/rocks_open.h"

namespace vedette::connectors {

namespace {

// Counts while it walks over all keys in order; the first contradiction ends it.
class Walk {
 public:
  explicit Walk(const StoreNumbers& numbers) : numbers_(numbers) {}

  // False: problem() says what is wrong.
  bool visit(std::string_view key, std::string_view value);
  bool finish();
  [[nodiscard]] const std::string& problem() const { return problem_; }

 private:
  bool wrong(std::string what) {
    problem_ = std::move(what);
    return false;
  }
  bool entry(std::string_view name, const LogSpan& span, std::uint64_t& next, std::string_view key, std::string_view value);
  bool ended(std::string_view name, const LogSpan& span, std::uint64_t next);

  StoreNumbers numbers_;
  StoreNumbers found_;
  std::uint64_t inbox_next_ = 0, log_next_ = 0, outbox_next_ = 0;
  std::uint64_t emitted_times_ = 0, evidence_index_ = 0;
  std::string problem_;
};

bool Walk::entry(std::string_view name, const LogSpan& span, std::uint64_t& next, std::string_view key, std::string_view value) {
  const std::uint64_t number = read_u64(key, 1);
  if (key.size() != 9 || value.size() < 8) return wrong(fmt::format("an entry of the {} cannot be read", name));
  // Applied entries of the inbox stay a while.
  if (number <= span.dropped) return true;
  if (next == 0) next = span.dropped + 1;
  if (number != next && next > span.holes_to) return wrong(fmt::format("entry {} of the {} is missing", next, name));
  if (number > span.last) return wrong(fmt::format("entry {} of the {} is beyond its end, {}", number, name, span.last));
  next = number + 1;
  return true;
}

bool Walk::ended(std::string_view name, const LogSpan& span, std::uint64_t next) {
  if (span.empty() || span.last <= span.holes_to || next == span.last + 1) return true;
  return wrong(fmt::format("entry {} of the {} is missing", next == 0 ? span.dropped + 1 : next, name));
}

bool Walk::visit(std::string_view key, std::string_view value) {
  switch (static_cast<Kind>(key.front())) {
    case Kind::inbox:
      return entry("inbox", numbers_.inbox, inbox_next_, key, value);
    case Kind::log:
      return entry("log", numbers_.log, log_next_, key, value);
    case Kind::outbox:
      return entry("outbox", numbers_.outbox, outbox_next_, key, value);
    case Kind::emitted:
      ++found_.emitted;
      return decode_emitted({}, value) || wrong("an emitted alert cannot be read");
    case Kind::emitted_time:
      ++emitted_times_;
      return true;
    case Kind::evidence:
      ++found_.evidence;
      found_.evidence_bytes += value.empty() ? 0 : value.size() - 1;
      return !value.empty() || wrong("evidence cannot be read");
    case Kind::evidence_index:
      ++evidence_index_;
      return true;
    case Kind::reject:
      return decode_reject(value) || wrong("a refused record cannot be read");
    case Kind::cursor:
    case Kind::delivered:
    case Kind::bundle:
    case Kind::fact:
    case Kind::numbers:
      return true;
  }
  return wrong("it holds something of an unknown kind");
}

bool Walk::finish() {
  if (!ended("inbox", numbers_.inbox, inbox_next_) || !ended("log", numbers_.log, log_next_) ||
      !ended("outbox", numbers_.outbox, outbox_next_))
    return false;
  if (numbers_.log.holes_to > 0 || numbers_.inbox.holes_to > 0 || numbers_.outbox.holes_to > 0) return true;
  if (found_.emitted != numbers_.emitted || emitted_times_ != numbers_.emitted)
    return wrong(fmt::format("{} emitted alerts are there instead of {}", found_.emitted, numbers_.emitted));
  if (found_.evidence != numbers_.evidence || evidence_index_ != numbers_.evidence ||
      found_.evidence_bytes != numbers_.evidence_bytes)
    return wrong(fmt::format("{} pieces of evidence are there instead of {}", found_.evidence, numbers_.evidence));
  return true;
}

Status verify_all(rocksdb::DB& database, const StoreNumbers& numbers, const std::string& path) {
  const rocksdb::Status sums = database.VerifyChecksum();
  if (!sums.ok()) return database_error(path, sums);
  Walk walk(numbers);
  rocksdb::ReadOptions once;
  once.fill_cache = false;
  const std::unique_ptr<rocksdb::Iterator> at(database.NewIterator(once));
  for (at->SeekToFirst(); at->Valid(); at->Next()) {
    if (at->key().empty() || !walk.visit(at->key().ToStringView(), at->value().ToStringView()))
      return damage(path, walk.problem());
  }
  if (!at->status().ok()) return database_error(path, at->status());
  return walk.finish() ? Status{} : damage(path, walk.problem());
}

}  // namespace

Result<StoreInfo> verify_store(const std::string& path) {
  StoreOptions options;
  options.path = path;
  options.read_only = true;
  auto open = open_parts(options, {}, nullptr);
  if (!open) return open.error();
  if (Status verified = verify_all(*open->database, open->numbers, path); !verified) return verified.error();
  // What it says of itself, with the names in it.
  return store_of(std::move(*open), {})->info();
}

}  // namespace vedette::connectors
