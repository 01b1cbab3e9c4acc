#include "connectors/store/store.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "connectors/store/numbers.h"

namespace vedette::connectors {

namespace {

template <typename T>
void move_behind(std::vector<T>& to, std::vector<T>& from) {
  if (to.empty()) {
    to = std::move(from);
  } else {
    to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
  }
}

template <typename T>
void move_over(std::map<std::string, T>& to, std::map<std::string, T>& from) {
  from.merge(to);
  to = std::move(from);
}

std::string extend(LogSpan& span, const std::vector<StoredEntry>& entries, std::string_view name) {
  for (const StoredEntry& entry : entries) {
    if (entry.number != span.last + 1)
      return fmt::format("entry {} of the {} does not follow entry {}", entry.number, name, span.last);
    span.last = entry.number;
  }
  return {};
}

}  // namespace

bool Changes::empty() const {
  return inbox.empty() && inbox_applied == 0 && log.empty() && outbox.empty() && emitted.empty() && evidence.empty() &&
         rejects.empty() && cursors.empty() && delivered.empty() && bundles.empty() && facts.empty();
}

void Changes::clear() { *this = Changes{}; }

void Changes::append(Changes& other) {
  move_behind(inbox, other.inbox);
  inbox_applied = std::max(inbox_applied, other.inbox_applied);
  move_behind(log, other.log);
  move_behind(outbox, other.outbox);
  move_behind(emitted, other.emitted);
  move_behind(evidence, other.evidence);
  move_behind(rejects, other.rejects);
  move_over(cursors, other.cursors);
  move_over(delivered, other.delivered);
  move_over(bundles, other.bundles);
  move_over(facts, other.facts);
  other.clear();
}

std::string advance(StoreNumbers& numbers, const Changes& changes) {
  std::string problem = extend(numbers.inbox, changes.inbox, "inbox");
  if (problem.empty()) problem = extend(numbers.log, changes.log, "log");
  if (problem.empty()) problem = extend(numbers.outbox, changes.outbox, "outbox");
  if (problem.empty() && changes.inbox_applied > numbers.inbox.last)
    problem =
        fmt::format("entries of the inbox up to {} are applied, but it ends with {}", changes.inbox_applied, numbers.inbox.last);
  numbers.inbox.dropped = std::max(numbers.inbox.dropped, changes.inbox_applied);
  return problem;
}

std::string_view kept_part(std::string_view body, std::uint64_t limit) {
  if (body.size() <= limit) return body;
  auto length = static_cast<std::size_t>(limit);
  while (length > 0 && (static_cast<unsigned char>(body[length]) & 0xC0U) == 0x80U) --length;
  return body.substr(0, length);
}

void describe(const StoreNumbers& numbers, StoreInfo& info) {
  info.inbox_first = numbers.inbox.first_kept();
  info.inbox_last = numbers.inbox.last_kept();
  info.log_first = numbers.log.first_kept();
  info.log_last = numbers.log.last_kept();
  info.outbox_first = numbers.outbox.first_kept();
  info.outbox_last = numbers.outbox.last_kept();
  info.emitted = numbers.emitted;
  info.evidence = numbers.evidence;
  info.evidence_bytes = numbers.evidence_bytes;
}

}  // namespace vedette::connectors
